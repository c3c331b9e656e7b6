"""划转: an instalment is asked for, confirmed, ordered from the bank; `receipts` closes it.

Each step is one transaction and the state column is the queue: whoever is killed between two
of them leaves the instalment where the last one put it, and doing a step twice is refused or
does nothing. The gate is asked under the repair's lock at each of them.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from secrets import choice

from django.conf import settings
from django.db import transaction

from core.codes import LENGTH, new_code
from core.errors import RuleViolation
from core.reasons import Reason, demand_none, explains
from documents.labels import label
from documents.models import Document
from documents.steps import next_number, store_signed
from documents.transfers import (
    TRANSFER_NAME,
    TransferFacts,
    TransferLine,
    render_transfer,
    transfer_json,
)
from funds.domain.applications import BALANCE, FINAL, turn
from funds.domain.exports import ReleaseLine, release_workbook
from funds.domain.instalments import UNDER_WAY, Part, bear, split_final, split_instalment
from funds.domain.repairs import Desk, State
from funds.endings import add_instalment
from funds.models import (
    FundApplication,
    Instalment,
    InstalmentShare,
    ReleaseList,
    RepairRequest,
    SpecialAccount,
    VersionUnit,
)
from funds.selectors.gates import final_reasons, gate_reasons
from funds.selectors.releases import owed_paid, parts_of
from funds.selectors.repairs import files_of, settlement_of
from funds.steps import (
    By,
    demand_applicant,
    demand_instalment,
    demand_payer,
    instalment_elsewhere,
    instalment_facts,
    locked_account,
    locked_application,
    locked_instalment,
    locked_repair,
    move,
    note,
    save_shares,
)
from logbook.steps import record_act
from registry.fields import open_bytes, seal_bytes

LISTS = "funds.releaselist"  # the purpose lists to the bank are sealed with
# What has to be among the papers, by the kind of instalment; one of each group.
_PAPERS = {
    "start": (("contract",),),
    "advance": (("contract",),),
    "milestone": (("supervision", "acceptance"),),
    "final": (("acceptance",),),
}
_ASKED_FOR = {
    "contract": "请上传施工合同",
    "supervision": "请上传监理文件或者进度证明",
    "acceptance": "请上传验收文件",
}


@transaction.atomic(durable=True)
def ask_instalment(*, code: str, position: int, by: By, at: datetime) -> Instalment:
    """Ask for the payment of an instalment, with the papers it is bound to.

    RuleViolation "repair.state", "instalment.state", "instalment.order", "release.gate",
    "instalment.papers" with every reason.
    """
    request, application, instalment = locked_instalment(code, position)
    demand_applicant(request, by)
    _demand_gate(request, application)
    demand_instalment(instalment, "planned")
    waiting = application.instalments.filter(state="planned")
    if any(turn(one.kind, one.position) < turn(instalment.kind, position) for one in waiting):
        raise RuleViolation("instalment.order", "前面还有没有申请的一期，请按顺序申请")
    papers = list(files_of(request))
    demand_none("instalment.papers", _paper_reasons(request, instalment, papers))
    wanted = {kind for group in _PAPERS[instalment.kind] for kind in group}
    instalment.papers = [one.sha256 for one in papers if one.kind in wanted]
    instalment.state, instalment.asked_by, instalment.asked_at = "asked", by.actor, at
    instalment.save(update_fields=["papers", "state", "asked_by", "asked_at"])
    _to_payment(request, at)
    note(
        request,
        "instalment_asked",
        by=by,
        at=at,
        text="申请付款",
        data=instalment_facts(instalment),
    )
    return instalment


@transaction.atomic(durable=True)
def confirm_instalment(
    *, code: str, position: int, by: By, at: datetime, seen: str | None = None
) -> Instalment:
    """Another person has looked at the papers: it may be ordered.

    `seen`: the moment it was asked at, as on the page (ISO 8601). RuleViolation
    "repair.state", "instalment.state", "instalment.same_person", "release.role",
    "release.gate".
    """
    request, application, instalment = locked_instalment(code, position)
    demand_payer(request, by)
    _demand_gate(request, application, instalment, at)
    demand_instalment(instalment, "asked")
    assert instalment.asked_at is not None  # noqa: S101 (it is asked)
    if seen not in (None, instalment.asked_at.isoformat()):
        raise instalment_elsewhere()
    if instalment.asked_by == by.actor:
        raise RuleViolation(
            "instalment.same_person", "申请付款的人不能自己确认，请另一个人来办"
        )
    instalment.state = "ready"
    instalment.confirmed_by, instalment.confirmed_at = by.actor, at
    instalment.save(update_fields=["state", "confirmed_by", "confirmed_at"])
    note(
        request,
        "instalment_confirmed",
        by=by,
        at=at,
        text="确认可以付款",
        data=instalment_facts(instalment),
    )
    return instalment


@transaction.atomic(durable=True)
def decline_instalment(
    *, code: str, position: int, reason: str, by: By, at: datetime
) -> Instalment:
    """What was asked for is not confirmed: it can be asked for again, with what is missing.

    RuleViolation "repair.state", "instalment.state", "release.role", "instalment.reason".
    """
    request, application, instalment = locked_instalment(code, position)
    demand_payer(request, by)
    if instalment.state not in {"asked", "ready"}:
        raise instalment_elsewhere()
    if not explains(reason):
        raise RuleViolation("instalment.reason", "请写明为什么不付，至少4个字")
    # What owners have made up is called in again with what came in meanwhile.
    instalment.state = "cancelled" if instalment.kind == BALANCE else "planned"
    instalment.asked_by = instalment.confirmed_by = ""
    instalment.asked_at = instalment.confirmed_at = None
    instalment.save(
        update_fields=["state", "asked_by", "asked_at", "confirmed_by", "confirmed_at"]
    )
    if not application.instalments.filter(state__in=UNDER_WAY).exists():
        move(request, State.APPROVED, Desk("works"), due_at=None, at=at)
    text = reason.strip()[:400]
    note(
        request,
        "instalment_declined",
        by=by,
        at=at,
        text=text,
        data=instalment_facts(instalment),
    )
    return instalment


@transaction.atomic(durable=True)
def call_in_owed(*, code: str, by: By, at: datetime) -> Instalment:
    """Ask for what owners owed and have paid meanwhile; another person confirms it.

    RuleViolation "repair.state", "release.role", "release.gate", "owed.none".
    """
    request, application = locked_application(code)
    demand_payer(request, by)
    _demand_gate(request, application)
    locked_account(request)  # what is called in is kept from now on
    paid = owed_paid(request)
    if not paid:
        raise RuleViolation("owed.none", "没有业主补足的欠缴，不能列补足款")
    instalment = add_instalment(
        application,
        BALANCE,
        sum(paid.values()),
        state="asked",
        asked_by=by.actor,
        asked_at=at,
    )
    units = dict(application.version.units.values_list("sub", "pk"))
    InstalmentShare.objects.bulk_create(
        [
            InstalmentShare(instalment=instalment, unit_id=units[sub], fen=fen)
            for sub, fen in paid.items()
        ],
        batch_size=1000,
    )
    _to_payment(request, at)
    note(
        request,
        "owed_called_in",
        by=by,
        at=at,
        text="业主补足欠缴，列为补足款",
        data=instalment_facts(instalment),
    )
    return instalment


@transaction.atomic(durable=True)
def order_release(*, instalments: Sequence[int], by: By, at: datetime) -> ReleaseList:
    """Put instalments of one estate and one special account on a list for the bank.

    What each unit's sub-account gives is fixed now and kept for it; what it lacks is owed
    and not paid. The list and the notice (划转通知) are made once.

    RuleViolation "list.empty", "list.mixed", "repair.state", "instalment.state",
    "release.role", "release.gate", "release.nothing", "owed.spent", "signer.missing".
    """
    wanted = list(
        Instalment.objects.filter(pk__in=instalments)
        .order_by("application__request", "position")
        .values_list("application__request__code", "position", "pk")
    )
    if not wanted:
        raise RuleViolation("list.empty", "请选择要划转的款项")
    # In the order of their rows.
    locked = {code: locked_repair(code) for code in dict.fromkeys(one[0] for one in wanted)}
    requests = list(locked.values())
    if len({(one.estate_id, one.special_id, one.custody) for one in requests}) != 1:
        raise RuleViolation("list.mixed", "一张清单只能有同一个小区、同一个专户的款项")
    special = locked_account(requests[0])
    lines = []
    for code, position, pk in wanted:
        request, application, instalment = locked_instalment(code, position, locked[code])
        if instalment.pk != pk:  # of an application that another one took the place of
            raise instalment_elsewhere()
        demand_payer(request, by)
        _demand_gate(request, application, instalment, at)
        demand_instalment(instalment, "ready")
        _fix_shares(application, instalment)
        lines.append(instalment)
    made = _listed(special, requests[0], lines, by=by, at=at)
    for instalment in lines:
        facts = {
            **instalment_facts(instalment),
            "list": made.number,
            "pays": instalment.payable_fen,
        }
        note(locked[instalment.application.request.code], "instalment_ordered", by=by, at=at,
             text="列入划转清单，通知银行",
             data=facts)  # fmt: skip
    record_act(
        special.log_name,
        "release.listed",
        {
            "number": made.number,
            "lines": made.lines,
            "total_fen": made.total_fen,
            "sha256": made.sha256,
        },
        actor=by.actor,
        at=at,
    )
    return made


@transaction.atomic(durable=True)
def open_list(*, list_id: int, actor: str, at: datetime) -> bytes:
    """The file for the bank, with whole account numbers; each time it is taken is logged."""
    made = ReleaseList.objects.select_related("special").get(pk=list_id)
    facts = {"number": made.number, "sha256": made.sha256}
    record_act(made.special.log_name, "release.downloaded", facts, actor=actor, at=at)
    return open_bytes(bytes(made.content), purpose=LISTS)


@transaction.atomic(durable=True)
def note_acceptance(*, code: str, number: str, by: By, at: datetime) -> FundApplication:
    """受理号: the number the fund centre's own system took the application under.

    RuleViolation "application.none", "acceptance.number".
    """
    request = locked_repair(code)
    application = request.applications.filter(state__in=["filed", "passed"]).last()
    if application is None:
        raise RuleViolation("application.none", "还没有填写列支申请")
    plain = number.strip()
    if not plain or len(plain) > 60 or not plain.isprintable():
        raise RuleViolation("acceptance.number", "请填写受理号，最多60个字")
    if application.acceptance_number != plain:
        application.acceptance_number = plain
        application.save(update_fields=["acceptance_number"])
        note(request, "accepted", by=by, at=at, text=plain)
    return application


def _demand_gate(
    request: RepairRequest,
    application: FundApplication,
    instalment: Instalment | None = None,
    at: datetime | None = None,
) -> None:
    """The gate of the repair; for the last payment of an emergency, the owners' hearing too."""
    shut = gate_reasons(request, application.version)
    if instalment is not None and at is not None and instalment.kind == "final":
        shut += final_reasons(request, at=at)
    if shut:
        raise RuleViolation("release.gate", "；".join(shut), reasons=shut)


def _paper_reasons(
    request: RepairRequest, instalment: Instalment, papers: Sequence[object]
) -> list[Reason]:
    kinds = {getattr(one, "kind", "") for one in papers}
    found = [
        Reason("instalment.papers", _ASKED_FOR[group[0]], "papers")
        for group in _PAPERS[instalment.kind]
        if not kinds & set(group)
    ]
    if instalment.kind == FINAL:
        settlement = settlement_of(request)
        if settlement is None or settlement.confirmed_at is None:
            sentence = "结算确认以后才能申请尾款"
            found.append(Reason("instalment.settlement", sentence, "papers"))
    return found


def _to_payment(request: RepairRequest, at: datetime) -> None:
    assert request.special is not None  # noqa: S101 (a version was frozen)
    authority = None if request.custody == "self" else request.special.authority_id
    move(request, State.APPROVED, Desk("payment", authority), due_at=None, at=at)


def _fix_shares(application: FundApplication, instalment: Instalment) -> None:
    """What each unit gives and owes, from now on kept for this payment."""
    units, parts = parts_of(application.version)
    if instalment.kind == BALANCE:
        _demand_still_there(instalment, units, parts)
        instalment.payable_fen = instalment.fen
    else:
        if instalment.kind == FINAL:
            settlement = settlement_of(application.request)
            assert settlement is not None  # noqa: S101 (asked when it was asked for)
            shares = split_final(settlement.final_fen, parts)
        else:
            shares = split_instalment(instalment.fen, application.amount_fen, parts)
        found = bear(shares, parts)
        instalment.payable_fen = sum(one.paid for one in found)
        if instalment.payable_fen <= 0:
            raise RuleViolation(
                "release.nothing", "分户账里没有可以付的余额，等业主续交以后再列入清单"
            )
        save_shares(instalment, units, found)
    instalment.state = "ordered"
    instalment.save(update_fields=["state", "payable_fen"])


def _demand_still_there(
    instalment: Instalment, units: Sequence[VersionUnit], parts: Sequence[Part]
) -> None:
    """What was called in is kept: nothing is missing where no sub-account is short of it."""
    has = {unit.pk: part.available for unit, part in zip(units, parts, strict=True)}
    if any(
        has.get(unit, -1) < 0 for unit in instalment.shares.values_list("unit_id", flat=True)
    ):
        raise RuleViolation("owed.spent", "业主补交的钱已经不够，请先核对分户账的余额")


def _listed(
    special: SpecialAccount,
    request: RepairRequest,
    instalments: Sequence[Instalment],
    *,
    by: By,
    at: datetime,
) -> ReleaseList:
    number = special.release_lists.count() + 1
    shown = f"{special.code}-{number}"
    content = release_workbook(shown, [_line(one) for one in instalments])
    digest = sha256(content).hexdigest()
    made = ReleaseList.objects.create(
        special=special,
        number=number,
        total_fen=sum(one.payable_fen or 0 for one in instalments),
        lines=len(instalments),
        content=seal_bytes(content, purpose=LISTS),
        sha256=digest,
        notice=_notice(special, request, instalments, number, digest, at),
        made_by=by.actor,
        made_at=at,
    )
    for one in instalments:
        one.release_list = made
        one.save(update_fields=["release_list"])
    return made


def _line(instalment: Instalment) -> ReleaseLine:
    application = instalment.application
    return ReleaseLine(
        application.payee,
        application.payee_bank,
        application.payee_account,
        instalment.payable_fen or 0,
        f"{application.request.title} {label(instalment, 'kind')}",
        application.request.code,
    )


def _notice(
    special: SpecialAccount,
    request: RepairRequest,
    instalments: Sequence[Instalment],
    number: int,
    digest: str,
    at: datetime,
) -> Document:
    estate = request.estate
    code = new_code(LENGTH, choice)
    own = request.custody == "self"
    facts = TransferFacts(
        number=next_number(estate, series="划", at=at),
        code=code,
        verify_url=f"{settings.PUBLIC_URL}/v/{code}",
        estate=estate.name,
        issued_at=at,
        issuer=f"{estate.name}业主委员会" if own else special.authority.name,
        self_managed=own,
        bank=special.bank,
        special=special.number_tail,
        list_number=number,
        file_sha256=digest,
        lines=tuple(
            TransferLine(
                one.application.request.title,
                one.application.request.code,
                label(one, "kind"),
                one.application.opinion.number if one.application.opinion else "",
                one.application.payee,
                one.application.payee_bank,
                f"****{one.application.payee_tail}",
                one.payable_fen or 0,
            )
            for one in instalments
        ),
    )
    data = transfer_json(facts)
    return store_signed(
        facts=facts,
        kind="fund_transfer",
        title=f"{facts.title}（第{number}号）",
        estate=estate,
        pdf=render_transfer(facts, attachments={TRANSFER_NAME: data}),
        data=data,
        is_public=False,
    )
