"""Small writes of the fund that join the caller's transaction and refuse to run without one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction

from core.canonical import canonical
from core.errors import RuleViolation
from core.files import PICTURES, content_reasons
from core.reasons import Reason, demand_none
from documents.scans import plain_scan
from funds.domain.apportionment import apportion
from funds.domain.repairs import Desk, State, demand_move
from funds.models import (
    FundAccount,
    RepairFile,
    RepairRequest,
    RepairStep,
    RepairVersion,
    VersionUnit,
)
from funds.selectors.repairs import FILES, ScopeUnit, files_of
from logbook.steps import record_act
from registry.fields import seal_bytes
from voting.domain.drafts import file_name

_SHOWN = 10  # rooms named in one sentence
_PICTURES_ONLY = frozenset({"photo_before", "photo_after", "finding"})


class By(NamedTuple):
    """Who acts, in which role, for which authority."""

    actor: str
    role: str = ""
    authority: int | None = None


def locked_repair(code: str) -> RepairRequest:
    """The repair under its row lock: the first lock of every command on it."""
    _inside_transaction()
    return (
        RepairRequest.objects.select_for_update(of=("self",), no_key=True)
        .select_related("estate")
        .get(code=code)
    )


def demand_state(request: RepairRequest, *states: State) -> None:
    """RuleViolation "repair.state" unless it is in one of these."""
    if request.state not in states:
        raise RuleViolation("repair.state", "这项维修现在的状态不能办这一步，请刷新页面再看")


def move(
    request: RepairRequest,
    state: State,
    desk: Desk,
    *,
    due_at: datetime | None,
    at: datetime,
) -> None:
    """Put a repair into a state and on a desk. RuleViolation "repair.state"."""
    _inside_transaction()
    if request.state != state:
        demand_move(request.state, state)
    request.state = state
    request.desk, request.desk_authority_id = desk.kind, desk.authority
    request.desk_since, request.desk_due_at = at, due_at
    request.escalated_to = None
    request.save(
        update_fields=[
            "state", "desk", "desk_authority", "desk_since", "desk_due_at", "escalated_to",
        ]
    )  # fmt: skip


def note(
    request: RepairRequest,
    kind: str,
    *,
    by: By,
    at: datetime,
    text: str = "",
    data: Mapping[str, Any] | None = None,
) -> RepairStep:
    """Write down what happened: a row of the repair's history, and the log entry of the act.

    `text` and `data` are shown to people, `data` is logged too: no names, no numbers of people.
    """
    _inside_transaction()
    facts = {"repair": request.code, "state": request.state, **(data or {})}
    record_act(f"estate/{request.estate.code}", f"repair.{kind}", facts, actor=by.actor, at=at)
    return RepairStep.objects.create(
        request=request,
        kind=kind,
        at=at,
        actor=by.actor,
        role=by.role,
        authority_id=by.authority,
        state=request.state,
        desk=request.desk,
        text=text,
        data=dict(data or {}),
    )


def keep_file(
    request: RepairRequest,
    *,
    kind: str,
    name: str,
    content: bytes,
    is_public: bool,
    actor: str,
    at: datetime,
) -> RepairFile:
    """Keep a paper or photograph, encrypted, a picture without where it was taken.

    The same content under the same kind is one. RuleViolation "file.kind", "file.invalid"
    with every reason, "scan.unreadable", "picture.unreadable", "picture.too_large".
    """
    _inside_transaction()
    if kind not in dict(RepairFile.KINDS):
        raise RuleViolation("file.kind", "请选择这是什么文件")
    most = settings.UPLOAD_MAX_BYTES
    if kind in _PICTURES_ONLY:
        demand_none("file.invalid", content_reasons(content, most=most, only=PICTURES))
    else:
        demand_none("file.invalid", content_reasons(content, most=most))
    kept, media = plain_scan(content)
    digest = sha256(kept).hexdigest()
    same = request.files.filter(kind=kind, sha256=digest, removed_at=None).first()
    if same is not None:
        return same
    return RepairFile.objects.create(
        request=request,
        kind=kind,
        name=file_name(name)[:120] or "文件",
        content_type=media,
        content=seal_bytes(kept, purpose=FILES),
        sha256=digest,
        size=len(kept),
        is_public=is_public,
        added_by=actor,
        added_at=at,
    )


def freeze_version(
    request: RepairRequest, units: Sequence[ScopeUnit], *, by: By, at: datetime
) -> RepairVersion:
    """Freeze what is decided on: plan, budget, papers, and every unit's share to the fen.

    `units`: of `selectors.repairs.scope_units`. The request learns which special account and
    custody it falls under. RuleViolation "repair.units" with every reason.
    """
    _inside_transaction()
    demand_none("repair.units", _unit_reasons(request, units))
    accounts = FundAccount.objects.filter(pk__in={one.account for one in units})
    held = set(accounts.values_list("special", "custody"))
    if len(held) != 1:
        raise RuleViolation(
            "repair.units",
            "这个范围的房屋分在不同的专户或者不同的管理方式下，请按专户分开申请",
        )
    [(request.special_id, request.custody)] = held
    request.save(update_fields=["special", "custody"])
    budget = request.budget_fen
    assert budget is not None  # noqa: S101 (asked by _unit_reasons)
    weights = [_weight(request, one) for one in units]
    shares = apportion(
        budget, [(one.label, weight) for one, weight in zip(units, weights, strict=True)]
    )
    number = request.versions.count() + 1
    content = canonical(_version_facts(request, number, units, weights, shares))
    version = RepairVersion.objects.create(
        request=request,
        number=number,
        content=content,
        sha256=sha256(content).hexdigest(),
        budget_fen=budget,
        share_basis=request.share_basis,
        submitted_by=by.actor,
        submitted_at=at,
    )
    VersionUnit.objects.bulk_create(
        [
            VersionUnit(
                version=version,
                unit_id=one.unit,
                sub_id=one.sub or 0,  # asked by _unit_reasons
                label=one.label,
                area=one.area or 0,
                weight=weight,
                share_fen=fen,
            )
            for one, weight, fen in zip(units, weights, shares, strict=True)
        ],
        batch_size=1000,
    )
    return version


def _unit_reasons(request: RepairRequest, units: Sequence[ScopeUnit]) -> list[Reason]:
    found = []
    if request.budget_fen is None or request.budget_fen <= 0:
        found.append(Reason("repair.budget", "请填写预算金额", "budget"))
    if not units:
        found.append(Reason("repair.scope", "这个范围里没有可以分摊的房屋", "scope"))
    for missing, what in (
        ([one.label for one in units if one.area is None], "没有面积"),
        ([one.label for one in units if one.sub is None], "没有分户账"),
    ):
        if missing:
            rooms = "、".join(missing[:_SHOWN]) + ("等" if len(missing) > _SHOWN else "")
            found.append(
                Reason("repair.units", f"{len(missing)}处房屋{what}：{rooms}", "scope")
            )
    if not found and request.share_basis == "agreed":
        named = set(request.agreed_weights)
        if named != {str(one.unit) for one in units}:
            sentence = "约定的分摊要写明范围里每一户的份额，不多也不少"
            found.append(Reason("repair.shares", sentence, "agreed"))
        elif not any(request.agreed_weights.values()):
            found.append(Reason("repair.shares", "约定的份额不能全部为零", "agreed"))
    return found


def _weight(request: RepairRequest, unit: ScopeUnit) -> int:
    if request.share_basis == "agreed":
        return int(request.agreed_weights[str(unit.unit)])
    return unit.area or 0


def _version_facts(
    request: RepairRequest,
    number: int,
    units: Sequence[ScopeUnit],
    weights: Sequence[int],
    shares: Sequence[int],
) -> dict[str, Any]:
    quotes = request.quotes.filter(removed_at=None)
    return {
        "repair": request.code,
        "version": number,
        "kind": request.kind,
        "title": request.title,
        "part": request.part,
        "place": request.place,
        "fault": request.fault,
        "plan": request.plan,
        "budget_fen": request.budget_fen,
        "scope": request.scope,
        "share_basis": request.share_basis,
        "share_clause": request.share_clause,
        "exclusions": request.exclusions,
        "warranty_until": str(request.warranty_until or ""),
        "warranty_note": request.warranty_note,
        "few_quotes": request.few_quotes,
        "quotes": [
            {"firm": one.firm, "fen": one.fen, "chosen": one.is_chosen} for one in quotes
        ],
        "papers": [
            {"kind": one.kind, "name": one.name, "sha256": one.sha256}
            for one in files_of(request)
        ],
        "units": [
            {"unit": one.unit, "label": one.label, "area": one.area, "weight": weight,
             "share_fen": fen}
            for one, weight, fen in zip(units, weights, shares, strict=True)
        ],
    }  # fmt: skip


def _inside_transaction() -> None:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a step joins the caller's transaction only")
