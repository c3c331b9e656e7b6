"""The payments of a repair, step by step, for tests of what they lead to.

case = funded()            # an approved emergency, its sub-accounts full
pay(case)                  # the first instalment: asked, confirmed, listed, paid
settle(case, BUDGET)       # the final cost, stated by one and confirmed by another
"""

from collections import Counter

from core.deadlines import local_day
from funds.domain.books import Line
from funds.models import InstalmentShare, OwedPayment, RefundShare
from funds.services.books import seal_voucher
from funds.services.receipts import close_payment, payment_failed
from funds.services.releases import ask_instalment, confirm_instalment, order_release
from funds.services.settling import FinalCost, confirm_settlement, state_settlement
from funds.steps import Receipt
from tests.funds.books import SEALER, deposit, draft, make_account
from tests.funds.repairs import APPLICANT, AT, OFFICIAL, PDF, SECOND, approved_repair, paper

ACCOUNT = "6222 0000 0000 0009"
DAY = local_day(AT)


def ready(case, position=1, *, by=OFFICIAL):
    ask_instalment(code=case.code, position=position, by=APPLICANT, at=AT)
    return confirm_instalment(code=case.code, position=position, by=by, at=AT)


def order(case, position=1, *, by=OFFICIAL):
    one = case.application.instalments.get(position=position)
    return order_release(instalments=[one.pk], by=by, at=AT)


def receipt(case, position=1, **fields):
    one = case.application.instalments.get(position=position)
    return Receipt(
        **{
            "serial": f"S{position}", "day": DAY, "fen": one.payable_fen, "account": ACCOUNT,
            **fields,
        }
    )  # fmt: skip


def close(case, position=1, *, by=SECOND, **fields):
    return close_payment(
        code=case.code, position=position, receipt=receipt(case, position, **fields),
        scan=b"", by=by, at=AT,
    )  # fmt: skip


def pay(case, position=1):
    ready(case, position)
    order(case, position)
    return close(case, position)


def settle(case, final, *, warranty=None, confirmed_by=OFFICIAL):
    paper(case, "acceptance")
    paper(case, "settlement")
    cost = FinalCost(final, DAY, warranty, None, "金额小，按合同单价结算")
    state_settlement(code=case.code, cost=cost, by=APPLICANT, at=AT)
    return confirm_settlement(code=case.code, by=confirmed_by, at=AT)


def funded(fen=2_000_00, **fields):
    """An approved repair whose eight sub-accounts hold the same amount each."""
    account = make_account()
    deposit(account, fen)
    return approved_repair(account=account, **fields)


def exact(final, case):
    """Hamilton's shares of the units of the scope, recomputed."""
    units = list(case.version.units.order_by("pk"))
    base = sum(one.weight for one in units)
    floors = {one.unit_id: final * one.weight // base for one in units}
    order_ = sorted(units, key=lambda one: -(final * one.weight % base))
    for one in order_[: final - sum(floors.values())]:
        floors[one.unit_id] += 1
    return floors


def borne(case):
    found = Counter()
    rows = InstalmentShare.objects.filter(instalment__state="paid")
    for unit, fen in rows.values_list("unit__unit", "fen"):
        found[unit] += fen
    for unit, fen in RefundShare.objects.values_list("unit__unit", "fen"):
        found[unit] -= fen
    return dict(found)


def pay_owed(account, owed):
    lines = [Line("bank", None, sum(one.fen for one in owed))]
    lines += [Line("sub", one.sub_id, -one.fen) for one in owed]
    voucher = draft(account.special, lines)
    OwedPayment.objects.bulk_create(
        OwedPayment(owed=one, voucher=voucher, fen=one.fen) for one in owed
    )
    seal_voucher(voucher_id=voucher.pk, actor=SEALER, at=AT)


def revoke(case, *, authorises=False):
    decision = case.request.emergency_decisions.order_by("pk").last()
    decision.pk, decision.authorises = None, authorises
    decision.save()


def not_paid(case, position=1, *, by=SECOND, scan=PDF, reason="账号与户名不符"):
    """The bank says that it has not paid."""
    return payment_failed(
        code=case.code, position=position, reason=reason, scan=scan, by=by, at=AT
    )
