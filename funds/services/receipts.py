"""回单: what the bank says it has done with what it was told to pay."""

from datetime import datetime

from django.db import transaction

from core.deadlines import local_day
from core.errors import RuleViolation
from core.reasons import Reason, demand_none, explains
from documents.labels import label
from funds.domain.applications import BALANCE, account_digits
from funds.domain.books import BANK, SUB, Basis, Line
from funds.domain.instalments import UNDER_WAY
from funds.domain.repairs import Desk, State
from funds.endings import add_instalment
from funds.models import (
    FundApplication,
    Instalment,
    ReleaseList,
    RepairRequest,
    SpecialAccount,
)
from funds.selectors.gates import gate_reasons
from funds.steps import (
    By,
    Receipt,
    demand_instalment,
    demand_payer,
    instalment_facts,
    keep_receipt,
    locked_account,
    locked_instalment,
    move,
    note,
    note_owed,
    receipt_reasons,
    seal,
    settle_if_done,
    write_draft,
)
from registry.fields import keyed_hash


@transaction.atomic(durable=True)
def close_payment(
    *, code: str, position: int, receipt: Receipt, scan: bytes, by: By, at: datetime
) -> Instalment:
    """Enter the bank's receipt: the payment is made, and in our books it is posted.

    The money is gone whatever became of the decision meanwhile: it is written down, and what
    is left is frozen. Harmless where the same person has entered the same receipt.

    RuleViolation "repair.state", "instalment.state", "release.role", "receipt.same_person",
    "receipt.invalid" with every reason, "receipt.twice", and those of the books.
    """
    request, application, instalment = locked_instalment(code, position)
    demand_payer(request, by)
    if instalment.state == "paid":
        if (instalment.bank_serial, instalment.closed_by) == (receipt.serial, by.actor):
            return instalment
        raise RuleViolation("receipt.twice", "这一期已经有银行回单，不能再录一次")
    demand_instalment(instalment, "ordered")
    made = instalment.release_list
    assert made is not None  # noqa: S101 (it is ordered)
    _demand_another(made, by)
    special = locked_account(request)
    demand_none("receipt.invalid", _payment_reasons(application, instalment, receipt, at))
    instalment.receipt_sha256 = keep_receipt(
        request, f"银行回单{receipt.serial}", scan, by=by, at=at
    )
    instalment.state, instalment.bank_serial = "paid", receipt.serial
    instalment.paid_on, instalment.closed_by = receipt.day, by.actor
    instalment.save()
    if special.ledger_mode == "record":
        _post(special, request, instalment, receipt, by=by, at=at)
    _answered(request, application, made, at=at)
    _freeze_rest(request, application)
    facts = {
        **instalment_facts(instalment),
        "paid": instalment.payable_fen,
        "serial": receipt.serial,
    }
    note(
        request, "instalment_paid", by=by, at=at, text=request.hold or "银行已付款", data=facts
    )
    settle_if_done(request, application, by=by, at=at)
    return instalment


@transaction.atomic(durable=True)
def payment_failed(
    *, code: str, position: int, reason: str, scan: bytes, by: By, at: datetime
) -> Instalment:
    """The bank says that it has not paid, by a paper: nothing was borne, the money is free.

    It can be asked for again as a new instalment; what owners made up is called in again. Who
    listed it cannot say so: a payment that did leave would be ordered twice.

    RuleViolation "repair.state", "instalment.state", "release.role", "receipt.same_person",
    "receipt.reason", "receipt.scan" and those of `keep_file`.
    """
    request, application, instalment = locked_instalment(code, position)
    demand_payer(request, by)
    demand_instalment(instalment, "ordered")
    made = instalment.release_list
    assert made is not None  # noqa: S101 (it is ordered)
    _demand_another(made, by)
    if not explains(reason):
        raise RuleViolation("receipt.reason", "请写明银行为什么没有付，至少4个字")
    if not scan:
        raise RuleViolation("receipt.scan", "请上传银行没有付款的凭证，例如退汇通知")
    locked_account(request)
    name = f"银行未付凭证 第{made.number}号清单"
    instalment.receipt_sha256 = keep_receipt(request, name, scan, by=by, at=at)
    instalment.state, instalment.closed_by = "failed", by.actor
    instalment.save(update_fields=["state", "receipt_sha256", "closed_by"])
    if instalment.kind != BALANCE:
        add_instalment(
            application, instalment.kind, instalment.fen, condition=instalment.condition
        )
    _answered(request, application, made, at=at)
    text = f"银行没有付：{reason.strip()[:300]}"
    facts = {
        **instalment_facts(instalment),
        "list": made.number,
        "sha256": instalment.receipt_sha256,
    }
    note(request, "instalment_failed", by=by, at=at, text=text, data=facts)
    return instalment


def _demand_another(made: ReleaseList, by: By) -> None:
    if made.made_by == by.actor:
        raise RuleViolation("receipt.same_person", "列清单的人不能自己录回单，请另一个人来办")


def _answered(
    request: RepairRequest, application: FundApplication, made: ReleaseList, *, at: datetime
) -> None:
    """The bank has answered for one line: the list may be closed, the desk empty."""
    if not made.instalments.filter(state="ordered").exists():
        made.state = "closed"
        made.save(update_fields=["state"])
    if not application.instalments.filter(state__in=UNDER_WAY).exists():
        move(request, State.APPROVED, Desk("works"), due_at=None, at=at)


def _payment_reasons(
    application: FundApplication, instalment: Instalment, receipt: Receipt, at: datetime
) -> list[Reason]:
    made = instalment.release_list
    assert made is not None  # noqa: S101 (it is ordered)
    found = receipt_reasons(made.special_id, receipt, fen=instalment.payable_fen or 0, at=at)
    if receipt.day is not None and receipt.day < local_day(made.made_at):
        found.append(Reason("receipt.day", "银行记账的日期早于划转清单", "day"))
    digest = keyed_hash(account_digits(receipt.account), purpose="funds.payee")
    if digest != application.payee_hash:
        sentence = "回单的收款账号和申请的不一致，请和银行核对，不要入账"
        found.append(Reason("receipt.account", sentence, "account"))
    return found


def _post(
    special: SpecialAccount,
    request: RepairRequest,
    instalment: Instalment,
    receipt: Receipt,
    *,
    by: By,
    at: datetime,
) -> None:
    """The voucher of a payment: drafted by who ordered it, sealed by who closed it."""
    made = instalment.release_list
    assert made is not None  # noqa: S101 (it was ordered)
    assert receipt.day is not None  # noqa: S101 (asked above)
    rows = instalment.shares.order_by("unit__sub").values_list("unit__sub", "fen", "owed_fen")
    shares = list(rows)
    lines = [Line(BANK, None, -(instalment.payable_fen or 0))]
    lines += [Line(SUB, sub, fen) for sub, fen, _owed in shares if fen]
    basis = Basis(
        "release",
        receipt.day,
        f"{request.title} {label(instalment, 'kind')}"[:200],
        f"银行回单 {receipt.serial}",
        instalment.receipt_sha256,
    )
    voucher = write_draft(special, basis, lines, actor=made.made_by, at=at)
    note_owed(voucher, [(sub, owed) for sub, _fen, owed in shares if owed])
    seal(special, voucher, actor=by.actor, at=at)
    instalment.voucher = voucher
    instalment.save(update_fields=["voucher"])


def _freeze_rest(request: RepairRequest, application: FundApplication) -> None:
    """A decision that fell while the bank was paying: nothing more leaves."""
    if request.hold or not gate_reasons(request, application.version):
        return
    request.hold = "银行付款的时候，决定已经被撤销、中止或者有争议；查清以前不再付款"
    request.save(update_fields=["hold"])
