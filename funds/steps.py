"""Small writes of the fund that join the caller's transaction and refuse to run without one."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction

from core.canonical import canonical
from core.deadlines import local_day
from core.errors import RuleViolation
from core.exact import format_yuan
from core.files import PICTURES, content_reasons
from core.reasons import Reason, demand_none
from core.workdays import workdays_end
from documents.scans import plain_scan
from funds.domain.apportionment import apportion
from funds.domain.books import (
    INTEREST,
    SUB,
    UNALLOCATED,
    Basis,
    Line,
    digest,
    line_reasons,
    owed_digest,
)
from funds.domain.instalments import Bearing
from funds.domain.repairs import Desk, State, demand_move, speaks_for
from funds.models import (
    FundAccount,
    FundApplication,
    Instalment,
    InstalmentShare,
    OwedAmount,
    OwedPayment,
    PlanItem,
    Posting,
    RepairFile,
    RepairRequest,
    RepairStep,
    RepairVersion,
    SpecialAccount,
    SubAccount,
    VersionUnit,
    Voucher,
)
from funds.selectors.applications import passed_application
from funds.selectors.balances import balances_of, ledger_totals
from funds.selectors.gates import decision_fell
from funds.selectors.owed import still_owed_of
from funds.selectors.releases import (
    owed_left,
    refunds_expected,
    reserved_of,
    serial_used,
    taken_by,
    unpaid,
)
from funds.selectors.repairs import (
    FILES,
    ScopeUnit,
    files_of,
    fund_rules,
    settlement_of,
)
from funds.selectors.sharing import Sharing, sharing_of
from funds.selectors.vouchers import facts_of, lines_of
from logbook.steps import record_act
from registry.fields import seal_bytes
from registry.selectors import guiding_authority
from voting.domain.drafts import file_name

_SHOWN = 10  # rooms named in one sentence
_PICTURES_ONLY = frozenset({"photo_before", "photo_after", "finding"})


class By(NamedTuple):
    """Who acts, in which role, for which authority."""

    actor: str
    role: str = ""
    authority: int | None = None


class Receipt(NamedTuple):
    """银行回单: what the bank says it has done."""

    serial: str
    day: date | None
    fen: int
    account: str = ""  # of the payee, as on the receipt


SYSTEM = By("system")


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
    request.state = str(state)
    request.desk, request.desk_authority_id = desk.kind, desk.authority
    request.desk_since, request.desk_due_at = at, due_at
    request.escalated_to = None
    request.save(
        update_fields=[
            "state", "desk", "desk_authority", "desk_since", "desk_due_at", "escalated_to",
        ]
    )  # fmt: skip


def to_review_desk(request: RepairRequest, step: str, *, at: datetime) -> None:
    """Put an application on the desk of a step of `domain.reviewing`, with its day or hour.

    The street's is the street office that guides the estate; the department's the one that
    keeps the special account; a committee's belongs to no authority.
    """
    _inside_transaction()
    rules = fund_rules(request.estate, local_day(at))
    if request.kind == "emergency":
        hours = rules["fund.emergency_desk_hours"].value["review"]
        due_at = at + timedelta(hours=hours)
    else:
        days = rules["fund.review_days"].value
        due_at = workdays_end(at, days.get(step) or days[step.removesuffix("_second")]).at
    authority = None
    if step == "street":
        authority = guiding_authority(request.estate).pk
    elif step in {"bureau", "second", "seller"}:
        assert request.special is not None  # noqa: S101 (a version was frozen)
        authority = request.special.authority_id
    move(request, State.REVIEW, Desk(step, authority), due_at=due_at, at=at)


def locked_account(request: RepairRequest) -> SpecialAccount:
    """The special account a repair is paid from, locked after the repair's row."""
    locked = SpecialAccount.objects.select_for_update(no_key=True)
    return locked.get(repairs=request)


def demand_applicant(request: RepairRequest, by: By) -> None:
    """RuleViolation "application.role" for a role that does not speak for who applied."""
    if not speaks_for(by.role, request.applicant_kind):
        raise RuleViolation("application.role", "只有申请人自己可以办这一步")


def demand_payer(request: RepairRequest, by: By) -> None:
    """RuleViolation "release.role" for a role that does not pay under this custody.

    代管 and 公房: the department (165号令 22); 自管: the committee (165号令 23).
    """
    if by.role != ("organiser" if request.custody == "self" else "bureau"):
        raise RuleViolation(
            "release.role", "自管的由业委会通知银行，代管和公房的由主管部门划转"
        )


def locked_application(
    code: str, request: RepairRequest | None = None
) -> tuple[RepairRequest, FundApplication]:
    """An approved repair under its lock, and the application money leaves on.

    RuleViolation "repair.state", "instalment.state".
    """
    request = request or locked_repair(code)
    demand_state(request, State.APPROVED)
    application = passed_application(request)
    if application is None:
        raise instalment_elsewhere()
    application.request = request
    return request, application


def locked_instalment(
    code: str, position: int, request: RepairRequest | None = None
) -> tuple[RepairRequest, FundApplication, Instalment]:
    """The same, and the instalment at a position of it."""
    request, application = locked_application(code, request)
    instalment = application.instalments.filter(position=position).first()
    if instalment is None:
        raise instalment_elsewhere()
    instalment.application = application
    return request, application, instalment


def instalment_elsewhere() -> RuleViolation:
    """What is refused where an instalment is not where the step expects it."""
    return RuleViolation("instalment.state", "这一期现在不能办这一步，请刷新页面再看")


def demand_instalment(instalment: Instalment, state: str) -> None:
    """RuleViolation "instalment.state" unless it is in this state."""
    if instalment.state != state:
        raise instalment_elsewhere()


def instalment_facts(instalment: Instalment) -> dict[str, object]:
    """Which payment a step was about, for the history and the log."""
    return {
        "application": instalment.application.number,
        "position": instalment.position,
        "kind": instalment.kind,
        "fen": instalment.fen,
    }


def free_item(request: RepairRequest) -> None:
    """A repair is a draft again: its item of the plan can be requested by another one, unless
    money was paid for it."""
    if not any(taken_by(request).values()):
        PlanItem.objects.filter(requests=request).update(state="planned")


def settle_if_done(
    request: RepairRequest, application: FundApplication, *, by: By, at: datetime
) -> None:
    """Close a repair whose cost is confirmed and paid, with nothing owed or to come back.

    Not where no decision carries it any more, or an order to correct stands.
    """
    _inside_transaction()
    settlement = settlement_of(request)
    if settlement is None or settlement.confirmed_at is None:
        return
    if request.hold or decision_fell(application.version):
        return
    if unpaid(application).exists() or refunds_expected(request) or owed_left(request):
        return
    move(request, State.SETTLED, Desk(""), due_at=None, at=at)
    PlanItem.objects.filter(requests=request).update(state="done")
    note(
        request,
        "settled",
        by=by,
        at=at,
        text="款项结清",
        data={"final_fen": settlement.final_fen},
    )


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


def keep_receipt(
    request: RepairRequest, name: str, scan: bytes, *, by: By, at: datetime
) -> str:
    """SHA-256 of the bank's paper, kept among the papers; "" where it follows on paper."""
    if not scan:
        return ""
    kept = keep_file(
        request,
        kind="receipt",
        name=name,
        content=scan,
        is_public=False,
        actor=by.actor,
        at=at,
    )
    return kept.sha256


def freeze_version(
    request: RepairRequest, units: Sequence[ScopeUnit], *, by: By, at: datetime
) -> RepairVersion:
    """Freeze what is decided on: plan, budget, papers, and every unit's share to the fen.

    `units`: of `selectors.repairs.scope_units`. The request learns which special account and
    custody it falls under. Under 公房 the selling organisations are frozen beside the units.
    RuleViolation "repair.units" with every reason, "repair.deposits", "repair.weights".
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
    sharing = sharing_of(
        request.estate, units, [_weight(request, one) for one in units], on=local_day(at)
    )
    weighed = [
        *((one.label, weight) for one, weight in zip(units, sharing.weights, strict=True)),
        *((one.label, one.weight) for one in sharing.sellers),
    ]
    _demand_same_payers(request, units, sharing)
    shares = apportion(budget, weighed)
    number = request.versions.count() + 1
    content = canonical(_version_facts(request, number, units, sharing, shares))
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
            for one, weight, fen in zip(
                units, sharing.weights, shares[: len(units)], strict=True
            )
        ],
        batch_size=1000,
    )
    # After the units, whose shares come first.
    VersionUnit.objects.bulk_create(
        VersionUnit(
            version=version,
            sub_id=one.sub,
            label=one.label,
            area=0,
            weight=one.weight,
            share_fen=fen,
        )
        for one, fen in zip(sharing.sellers, shares[len(units) :], strict=True)
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


def _demand_same_payers(
    request: RepairRequest, units: Sequence[ScopeUnit], sharing: Sharing
) -> None:
    """RuleViolation "repair.units" where some have paid and others would bear it now.

    What was paid is theirs by the shares it was decided on; another plan or budget may follow,
    another scope only as another repair.
    """
    paid_on = passed_application(request)
    if paid_on is None or not any(taken_by(request).values()):
        return
    now = [
        *((one.sub, weight) for one, weight in zip(units, sharing.weights, strict=True)),
        *((one.sub, one.weight) for one in sharing.sellers),
    ]
    if sorted(paid_on.version.units.values_list("sub", "weight")) != sorted(now):
        sentence = (
            "这项维修已经付过款，分摊的房屋和份额要和付款时一样；"
            "范围要改的，先按原来的决定结算，另外申请一项"
        )
        demand_none("repair.units", [Reason("repair.paid", sentence, "scope")])


def _weight(request: RepairRequest, unit: ScopeUnit) -> int:
    if request.share_basis == "agreed":
        return int(request.agreed_weights[str(unit.unit)])
    return unit.area or 0


def _version_facts(
    request: RepairRequest,
    number: int,
    units: Sequence[ScopeUnit],
    sharing: Sharing,
    shares: Sequence[int],
) -> dict[str, Any]:
    quotes = request.quotes.filter(removed_at=None)
    facts = {
        "repair": request.code,
        "version": number,
        "kind": request.kind,
        "title": request.title,
        "part": request.part,
        "place": request.place,
        "fault": request.fault,
        "plan": request.plan,
        "budget_fen": request.budget_fen,
        "budget_note": request.budget_note,
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
            for one, weight, fen in zip(
                units, sharing.weights, shares[: len(units)], strict=True
            )
        ],
    }  # fmt: skip
    if sharing.sellers:
        facts["deposits"] = [one._asdict() for one in sharing.ratios]
        facts["sellers"] = [
            {"label": one.label, "deposit_fen": one.deposit_fen, "weight": one.weight,
             "share_fen": fen}
            for one, fen in zip(sharing.sellers, shares[len(units) :], strict=True)
        ]  # fmt: skip
    return facts


def locked_special(special_id: int) -> SpecialAccount:
    """The special account under its row lock, under which balances are looked at.

    RuleViolation "books.elsewhere" where another system keeps the books.
    """
    _inside_transaction()
    special = SpecialAccount.objects.select_for_update(no_key=True).get(pk=special_id)
    if special.ledger_mode != "record":
        raise RuleViolation("books.elsewhere", "这个专户由资金中心记账，这里不能制单")
    return special


def write_draft(
    special: SpecialAccount,
    basis: Basis,
    lines: Sequence[Line],
    *,
    actor: str,
    at: datetime,
    reverses: Voucher | None = None,
) -> Voucher:
    """A voucher for somebody else to check. RuleViolation "voucher.invalid", all reasons."""
    _inside_transaction()
    found = [*_basis_reasons(basis, at, reverses), *line_reasons(lines)]
    if basis.dated_on < special.opened_on:
        found.append("记账日期早于专户开立的日期")
    found += _stray(special, lines)
    if found:
        raise RuleViolation("voucher.invalid", "；".join(found), reasons=found)
    voucher = Voucher.objects.create(
        special=special,
        reverses=reverses,
        drafted_by=actor,
        drafted_at=at,
        **basis._asdict(),
    )
    Posting.objects.bulk_create(
        [
            Posting(voucher=voucher, ledger=ledger, sub_id=sub, fen=fen)
            for ledger, sub, fen in lines
        ],
        batch_size=5000,
    )
    return voucher


def note_owed(voucher: Voucher, owed: Sequence[tuple[int, int]]) -> None:
    """Write down what units owe beyond what a release takes from them: (sub-account, fen).

    Before the voucher is sealed, by whoever drafts it or in the transaction that seals it:
    sealing it puts the hash of these rows into the log. They stand while it is sealed and
    not reversed. The database refuses them on a sealed voucher.
    """
    _inside_transaction()
    OwedAmount.objects.bulk_create(
        [OwedAmount(voucher=voucher, sub_id=sub, fen=fen) for sub, fen in owed if fen],
        batch_size=1000,
    )


def note_payments(voucher: Voucher, paid: Sequence[tuple[int, int]]) -> None:
    """Write down what a drafted deposit pays of owed amounts: (owed amount, fen)."""
    _inside_transaction()
    OwedPayment.objects.bulk_create(
        [OwedPayment(voucher=voucher, owed_id=owed, fen=fen) for owed, fen in paid],
        batch_size=1000,
    )


def learn_first_deposits(stated: Sequence[tuple[SubAccount, int | None]]) -> None:
    """Put first deposits on record that were not, and a selling organisation's as it grows.

    Whether they may be as stated was asked by `selectors.files.first_deposit_reasons`. A unit's
    of nothing is not known, as fund centres write it; a selling organisation's is a fact.
    """
    _inside_transaction()
    learned = []
    for sub, fen in stated:
        known = fen is not None and (fen > 0 or sub.unit_id is None)
        if known and fen != sub.first_deposit_fen:
            sub.first_deposit_fen = fen
            learned.append(sub)
    SubAccount.objects.bulk_update(learned, ["first_deposit_fen"], batch_size=500)


def seal(special: SpecialAccount, voucher: Voucher, *, actor: str, at: datetime) -> Voucher:
    """Book a draft under the next number; both rows are locked, the special account's first.

    RuleViolation "voucher.same_person", "voucher.dropped", "voucher.sealed",
    "voucher.overdrawn", "voucher.owed".
    """
    _inside_transaction()
    if voucher.state == "sealed":
        if voucher.sealed_by == actor:
            return voucher
        raise RuleViolation("voucher.sealed", "这张凭证已经由别人复核入账")
    if voucher.state == "dropped":
        raise RuleViolation("voucher.dropped", "这张凭证已经作废，不能入账")
    if voucher.drafted_by == actor:
        raise RuleViolation("voucher.same_person", "制单的人不能自己复核，请另一个人来办")
    lines = lines_of(voucher)
    _demand_covered(special, lines)
    with_it = _owed_of(voucher, lines)
    special.last_number += 1
    special.save(update_fields=["last_number"])
    voucher.number = special.last_number
    voucher.state, voucher.sealed_by, voucher.sealed_at = "sealed", actor, at
    voucher.digest = digest(facts_of(voucher), lines)
    voucher.save(update_fields=["number", "state", "sealed_by", "sealed_at", "digest"])
    facts = {"number": voucher.number, "sha256": voucher.digest, "postings": len(lines)}
    if with_it:
        facts["owed_sha256"] = with_it
    record_act(special.log_name, "voucher.sealed", facts, actor=actor, at=at)
    return voucher


def save_shares(
    instalment: Instalment, units: Sequence[VersionUnit], found: Sequence[Bearing]
) -> None:
    """Keep what each unit bears of an instalment."""
    InstalmentShare.objects.bulk_create(
        [
            InstalmentShare(instalment=instalment, unit=unit, fen=one.paid, owed_fen=one.owed)
            for unit, one in zip(units, found, strict=True)
        ],
        batch_size=1000,
    )


def receipt_reasons(
    special_id: int, receipt: Receipt, *, fen: int, at: datetime
) -> list[Reason]:
    """What is wrong with a bank's receipt, whichever way the money went."""
    found = []
    serial = receipt.serial
    if not serial or len(serial) > 60 or not serial.isprintable():
        found.append(Reason("receipt.serial", "请填写银行流水号，最多60个字", "serial"))
    elif serial_used(special_id, serial):
        sentence = "这个流水号已经用在另一笔，请核对回单"
        found.append(Reason("receipt.serial_used", sentence, "serial"))
    if receipt.day is None:
        found.append(Reason("receipt.day", "请填写银行记账的日期", "day"))
    elif receipt.day > local_day(at):
        found.append(Reason("receipt.day", "银行记账的日期不能晚于今天", "day"))
    if receipt.fen != fen:
        sentence = "回单的金额和清单不一致，请和银行核对，不要入账"
        found.append(Reason("receipt.amount", sentence, "fen"))
    return found


def _basis_reasons(basis: Basis, at: datetime, reverses: Voucher | None) -> list[str]:
    found = []
    if basis.kind not in dict(Voucher.KINDS):
        found.append("请选择凭证的种类")
    if basis.kind == "reversal" and reverses is None:
        found.append("冲正要从原凭证开始，不能自己填分录")
    if basis.dated_on > local_day(at):
        found.append("记账日期不能晚于今天")
    for value, label, most in ((basis.text, "摘要", 200), (basis.paper, "依据的单据", 120)):
        if not value.strip():
            found.append(f"请填写{label}")
        elif len(value) > most:
            found.append(f"{label}最多{most}个字")
    return found


def _stray(special: SpecialAccount, lines: Sequence[Line]) -> list[str]:
    """Postings to sub-accounts of another special account."""
    wanted = {one.sub for one in lines if one.sub is not None}
    own = SubAccount.objects.filter(account__special=special)
    strange = len(wanted.difference(own.values_list("pk", flat=True))) if wanted else 0
    return [f"有 {strange} 笔分录不属于这个专户的分户账"] if strange else []


def _demand_covered(special: SpecialAccount, lines: Sequence[Line]) -> None:
    """RuleViolation "voucher.overdrawn" where these postings take anything below zero."""
    moved: dict[int, int] = defaultdict(int)
    for ledger, sub, fen in lines:
        if ledger == SUB and sub is not None:
            moved[sub] += fen
    taking = [sub for sub, fen in moved.items() if fen > 0]
    held, on_its_way = balances_of(taking), reserved_of(taking)
    # What is ordered from the bank is on its way: nothing else may take it.
    held = {sub: fen - on_its_way[sub] for sub, fen in held.items()}
    overdrawn = sorted(sub for sub in taking if held[sub] < moved[sub])
    if overdrawn:
        raise RuleViolation(
            "voucher.overdrawn",
            f"有 {len(overdrawn)} 户余额不够，入账后会成负数，请改分摊或者先记欠缴",
            subs=overdrawn,
        )
    for kind, title in ((INTEREST, "待分配利息"), (UNALLOCATED, "待分配交存")):
        taken = sum(one.fen for one in lines if one.ledger == kind)
        if taken > 0 and (left := ledger_totals(special)[kind]) < taken:
            raise RuleViolation(
                "voucher.overdrawn",
                f"{title}只有 {format_yuan(left)} 元，不够这张凭证用",
                subs=[],
            )


def _owed_of(voucher: Voucher, lines: Sequence[Line]) -> str:
    """The hash of what goes with a voucher; RuleViolation "voucher.owed" where it is stale."""
    paid = list(voucher.settles.values_list("owed", "owed__sub", "fen"))
    if paid:
        left = {one.pk: one.left for one in still_owed_of([sub for _one, sub, _fen in paid])}
        given: dict[int, int] = defaultdict(int)
        for line in lines:
            if line.sub is not None:
                given[line.sub] -= line.fen
        for owed, sub, fen in paid:
            given[sub] -= fen
            if left.get(owed, 0) < fen or given[sub] < 0:
                raise RuleViolation(
                    "voucher.owed", "欠缴的金额已经有变化，请作废这张凭证，重新制单"
                )
    noted = voucher.owed.values_list("sub", "fen")
    return owed_digest(noted, ((owed, fen) for owed, _sub, fen in paid))


def _inside_transaction() -> None:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a step joins the caller's transaction only")
