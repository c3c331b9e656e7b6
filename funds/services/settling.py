"""结算: what the repair cost in the end, and what has to come back.

Stated by one person, confirmed by another; from then on the final instalment is what is left
of the final cost, so that every unit ends at its share of it, to the fen.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction

from core.deadlines import local_day
from core.errors import RuleViolation
from core.exact import format_yuan
from core.reasons import Reason, demand_none, explains
from funds.domain.applications import FINAL
from funds.domain.apportionment import apportion
from funds.domain.books import BANK, SUB, Basis, Line
from funds.domain.instalments import (
    Bearing,
    even_out,
    give_back,
    give_back_part,
    split_final,
)
from funds.domain.repairs import State
from funds.endings import (
    demand_nothing_under_way,
    expect_back,
    final_instalment,
    relieve,
    settlement_confirmed,
)
from funds.models import (
    FundApplication,
    Refund,
    RefundShare,
    RepairRequest,
    Settlement,
    SpecialAccount,
    VersionUnit,
)
from funds.selectors.applications import borne_so_far, passed_application
from funds.selectors.gates import decision_fell
from funds.selectors.releases import parts_of
from funds.selectors.repairs import (
    files_of,
    settlement_of,
)
from funds.steps import (
    By,
    Receipt,
    demand_applicant,
    demand_payer,
    demand_state,
    keep_receipt,
    locked_account,
    locked_repair,
    note,
    receipt_reasons,
    save_shares,
    seal,
    settle_if_done,
    write_draft,
)

_PAPERS = {"acceptance": "请上传验收文件", "settlement": "请上传结算文件"}


class FinalCost(NamedTuple):
    """What the settlement papers say; amounts in fen, `audited_fen` None with its reason."""

    final_fen: int
    accepted_on: date | None
    warranty_until: date | None = None
    audited_fen: int | None = None
    no_audit: str = ""
    remark: str = ""


@transaction.atomic(durable=True)
def state_settlement(*, code: str, cost: FinalCost, by: By, at: datetime) -> Settlement:
    """Say what it cost; somebody else confirms it. What was stated before is written over.

    RuleViolation "repair.state", "settlement.confirmed", "settlement.over" where it is more
    than was approved, "settlement.invalid" with every reason.
    """
    request, application = _locked(code)
    demand_applicant(request, by)
    settlement = settlement_of(request)
    if settlement is not None and settlement.confirmed_at is not None:
        raise settlement_confirmed()
    _demand_within(cost.final_fen, application)
    papers = list(files_of(request))
    kinds = {one.kind for one in papers}
    reasons = _reasons(cost, kinds, at)
    if cost.accepted_on and cost.accepted_on < local_day(request.created_at):
        sentence = "验收的日期不能早于这项维修立项的日期"
        reasons.append(Reason("settlement.accepted", sentence, "accepted_on"))
    demand_none("settlement.invalid", reasons)
    settlement = settlement or Settlement(request=request)
    settlement.final_fen = cost.final_fen
    settlement.audited_fen = cost.audited_fen
    settlement.no_audit = "" if cost.audited_fen else cost.no_audit.strip()
    assert cost.accepted_on is not None  # noqa: S101 (asked above)
    settlement.accepted_on = cost.accepted_on
    settlement.warranty_until = cost.warranty_until
    settlement.papers = [
        one.sha256
        for one in papers
        if one.kind in {"acceptance", "settlement", "cost_audit", "invoice"}
    ]
    settlement.note = cost.remark.strip()
    settlement.stated_by, settlement.stated_at = by.actor, at
    settlement.save()
    note(
        request,
        "settlement_stated",
        by=by,
        at=at,
        text="填写了结算",
        data={"final_fen": cost.final_fen},
    )
    return settlement


@transaction.atomic(durable=True)
def confirm_settlement(
    *, code: str, by: By, at: datetime, seen: str | None = None
) -> Settlement:
    """Another person has compared it with the papers: what is still to be paid is fixed.

    Less than was paid: the surplus is expected back, and what a unit owes above its share of
    the final cost falls away. Instalments nobody asked for fall away, the final one is what is
    left. RuleViolation "repair.state", "release.role", "settlement.none",
    "settlement.confirmed", "settlement.same_person", "settlement.over", "settlement.pending",
    "settlement.gate" once the decision has fallen, "settlement.changed" where what was stated
    is not what was `seen` (the moment it was stated at, ISO 8601).
    """
    request, application = _locked(code)
    demand_payer(request, by)
    settlement = settlement_of(request)
    if settlement is None:
        raise RuleViolation("settlement.none", "还没有填写结算")
    if settlement.confirmed_at is not None:
        raise settlement_confirmed()
    if settlement.stated_by == by.actor:
        raise RuleViolation(
            "settlement.same_person", "填写结算的人不能自己确认，请另一个人来办"
        )
    if seen not in (None, settlement.stated_at.isoformat()):
        raise RuleViolation("settlement.changed", "结算刚刚改过，请看清新的金额再确认")
    if decision_fell(application.version):
        raise RuleViolation(
            "settlement.gate", "原来的决定已经不再有效，不能按它结算；请申请人终止或者重新决定"
        )
    _demand_within(settlement.final_fen, application)
    demand_nothing_under_way(request)
    settlement.confirmed_by, settlement.confirmed_at = by.actor, at
    settlement.save(update_fields=["confirmed_by", "confirmed_at"])
    application.instalments.filter(state="planned").exclude(kind=FINAL).update(
        state="cancelled"
    )
    relieve(application, _due(application, settlement.final_fen), by=by, at=at)
    left = settlement.final_fen - borne_so_far(request)
    if left > 0:
        final = final_instalment(application)
        final.fen = left
        final.save(update_fields=["fen"])
    elif left < 0:
        application.instalments.filter(state="planned").update(state="cancelled")
        expect_back(request, -left, "结算金额低于已付金额", by=by, at=at)
    else:
        _move_odd_fen(application, settlement, by=by, at=at)
    facts = {
        "final_fen": settlement.final_fen,
        "left_fen": max(left, 0),
        "back_fen": max(-left, 0),
    }
    note(request, "settlement_confirmed", by=by, at=at, text="确认了结算", data=facts)
    settle_if_done(request, application, by=by, at=at)
    return settlement


@transaction.atomic(durable=True)
def reopen_settlement(*, code: str, reason: str, by: By, at: datetime) -> Settlement:
    """Take the confirmation back before the last money has left: the final cost was wrong, an
    objection was right, or the decision fell. It is stated and confirmed again, by two people.

    What was to come back after it is not expected any more. RuleViolation "repair.state",
    "release.role", "settlement.none", "settlement.reason", "settlement.pending".
    """
    request, _application = _locked(code)
    demand_payer(request, by)
    settlement = settlement_of(request)
    if settlement is None or settlement.confirmed_at is None:
        raise RuleViolation("settlement.none", "结算还没有确认")
    if not explains(reason):
        raise RuleViolation("settlement.reason", "请写明为什么退回结算，至少4个字")
    demand_nothing_under_way(request)
    settlement.confirmed_by, settlement.confirmed_at = "", None
    settlement.save(update_fields=["confirmed_by", "confirmed_at"])
    request.refunds.filter(state="expected").update(state="cancelled")
    facts = {"final_fen": settlement.final_fen}
    text = reason.strip()[:400]
    note(request, "settlement_reopened", by=by, at=at, text=text, data=facts)
    return settlement


@transaction.atomic(durable=True)
def receive_refund(
    *, code: str, refund_id: int, receipt: Receipt, scan: bytes, by: By, at: datetime
) -> Refund:
    """Money has come back, all of it or a part: every unit gets its share of it.

    Harmless where the same person has entered the same receipt. RuleViolation
    "repair.state", "release.role", "refund.same_person", "receipt.twice",
    "receipt.invalid" with every reason.
    """
    request = locked_repair(code)
    demand_payer(request, by)
    refund = request.refunds.get(pk=refund_id)
    if refund.state == "received":
        if (refund.bank_serial, refund.received_by) == (receipt.serial, by.actor):
            return refund
        raise RuleViolation("receipt.twice", "这一笔退款已经有银行回单，不能再录一次")
    if refund.state == "cancelled":
        raise RuleViolation("refund.cancelled", "这一笔退款已经取消，请刷新页面再看")
    application = _refunded(request)
    if refund.noted_by == by.actor:
        raise RuleViolation(
            "refund.same_person", "确认结算的人不能自己录退款回单，请另一个人来办"
        )
    special = locked_account(request)
    reasons = receipt_reasons(special.pk, receipt, fen=receipt.fen, at=at)
    if not 0 < receipt.fen <= refund.fen:
        most = format_yuan(refund.fen)
        sentence = f"退回的金额要大于零，最多是待退回的 {most} 元"
        reasons.append(Reason("receipt.amount", sentence, "fen"))
    demand_none("receipt.invalid", reasons)
    refund.receipt_sha256 = keep_receipt(
        request, f"退款回单{receipt.serial}", scan, by=by, at=at
    )
    assert receipt.day is not None  # noqa: S101 (asked above)
    units, parts = parts_of(application.version)
    final_fen = borne_so_far(request) - refund.fen
    if receipt.fen == refund.fen:
        shares = give_back(refund.fen, final_fen, parts)
    else:
        shares = give_back_part(receipt.fen, final_fen, parts)
        rest = refund.fen - receipt.fen
        expect_back(request, rest, refund.reason, by=By(refund.noted_by), at=at)
        refund.fen = receipt.fen
    refund.state, refund.bank_serial = "received", receipt.serial
    refund.received_on, refund.received_by = receipt.day, by.actor
    refund.save()
    RefundShare.objects.bulk_create(
        [
            RefundShare(refund=refund, unit=unit, fen=fen)
            for unit, fen in zip(units, shares, strict=True)
        ],
        batch_size=1000,
    )
    if special.ledger_mode == "record":
        _post_refund(special, request, refund, units, shares, by=by, at=at)
    facts = {"fen": refund.fen, "serial": receipt.serial}
    note(request, "refund_received", by=by, at=at, text="款项退回各户", data=facts)
    if request.state == State.APPROVED:
        settle_if_done(request, application, by=by, at=at)
    return refund


def _demand_within(final_fen: int, application: FundApplication) -> None:
    if final_fen > application.amount_fen:
        raise RuleViolation(
            "settlement.over",
            "结算金额超过批准的金额，要先由业主重新决定；请点“退回重新决定”，材料都会保留",
        )


def _post_refund(
    special: SpecialAccount,
    request: RepairRequest,
    refund: Refund,
    units: Sequence[VersionUnit],
    shares: Sequence[int],
    *,
    by: By,
    at: datetime,
) -> None:
    """The voucher of money that came back: drafted by who expected it, sealed by who saw it."""
    assert refund.received_on is not None  # noqa: S101 (it was received)
    lines = [Line(BANK, None, refund.fen)]
    lines += [
        Line(SUB, unit.sub_id, -fen) for unit, fen in zip(units, shares, strict=True) if fen
    ]
    basis = Basis(
        "refund",
        refund.received_on,
        f"{request.title} 款项退回"[:200],
        f"银行回单 {refund.bank_serial}",
        refund.receipt_sha256,
    )
    voucher = write_draft(special, basis, lines, actor=refund.noted_by, at=at)
    refund.voucher = seal(special, voucher, actor=by.actor, at=at)
    refund.save(update_fields=["voucher"])


def _locked(
    code: str, request: RepairRequest | None = None
) -> tuple[RepairRequest, FundApplication]:
    request = request or locked_repair(code)
    demand_state(request, State.APPROVED)
    application = passed_application(request)
    if application is None:
        raise RuleViolation("settlement.none", "还没有填写结算")
    application.request = request
    return request, application


def _refunded(request: RepairRequest) -> FundApplication:
    """What the money that comes back was paid on; the repair itself may have ended."""
    demand_state(request, State.APPROVED, State.CLOSED, State.DRAFT, State.VOTING)
    application = request.applications.filter(state="passed").order_by("number").last()
    if application is None:
        raise RuleViolation("settlement.none", "还没有填写结算")
    application.request = request
    return application


def _reasons(cost: FinalCost, kinds: set[str], at: datetime) -> list[Reason]:
    found = []
    if cost.final_fen <= 0:
        found.append(Reason("settlement.fen", "请填写结算金额", "final"))
    if cost.audited_fen is None:
        if not explains(cost.no_audit):
            sentence = "请填写造价审核的金额，没有做造价审核的要写明原因，至少4个字"
            found.append(Reason("settlement.audit", sentence, "no_audit"))
    elif cost.final_fen > cost.audited_fen:
        sentence = "结算金额不能超过造价审核的金额"
        found.append(Reason("settlement.audit", sentence, "final"))
    found += _day_reasons(cost, local_day(at))
    if len(cost.no_audit) > 200 or len(cost.remark) > 400:
        found.append(Reason("settlement.long", "说明太长，请写短一些", "remark"))
    for kind, sentence in _PAPERS.items():
        if kind not in kinds:
            found.append(Reason("settlement.papers", sentence, "files"))
    return found


def _day_reasons(cost: FinalCost, today: date) -> list[Reason]:
    found = []
    if cost.accepted_on is None:
        found.append(Reason("settlement.accepted", "请填写验收合格的日期", "accepted_on"))
    elif cost.accepted_on > today:
        sentence = "验收合格的日期不能晚于今天"
        found.append(Reason("settlement.accepted", sentence, "accepted_on"))
    elif cost.warranty_until is not None and cost.warranty_until < cost.accepted_on:
        sentence = "保修期不能早于验收的日期结束"
        found.append(Reason("settlement.warranty", sentence, "warranty_until"))
    return found


def _due(application: FundApplication, final_fen: int) -> dict[int, int]:
    """Sub-account → its share of the final cost, in fen."""
    units, parts = parts_of(application.version)
    shares = apportion(final_fen, [(one.label, one.weight) for one in parts])
    return {unit.sub_id: fen for unit, fen in zip(units, shares, strict=True)}


def _move_odd_fen(
    application: FundApplication, settlement: Settlement, *, by: By, at: datetime
) -> None:
    """Exactly the final cost is paid: largest remainders of it may lie at other units."""
    request = application.request
    special = locked_account(request)
    units, parts = parts_of(application.version)
    moved = split_final(settlement.final_fen, parts)
    back = even_out([-fen for fen in moved], [max(one.available, 0) for one in parts])
    if not any(back):
        application.instalments.filter(state="planned").update(state="cancelled")
        return
    final = final_instalment(application)
    final.fen = final.payable_fen = 0
    final.state, final.paid_on, final.closed_by = "paid", local_day(at), by.actor
    save_shares(final, units, [Bearing(-fen, 0) for fen in back])
    if special.ledger_mode == "record":
        lines = [
            Line(SUB, unit.sub_id, -fen) for unit, fen in zip(units, back, strict=True) if fen
        ]
        basis = Basis("release", local_day(at), f"{request.title} 结算尾差"[:200], "结算确认")
        voucher = write_draft(special, basis, lines, actor=settlement.stated_by, at=at)
        final.voucher = seal(special, voucher, actor=by.actor, at=at)
    final.save()
