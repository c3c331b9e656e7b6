"""Any course of a repair's payments leaves every unit with what the law makes it bear.

Three people act at random: the bank pays or does not, owners make up what they owe, the final
cost is confirmed, taken back and stated again, the repair is decided anew and given up. What is
counted here knows none of our functions: what owners put in, what the firm has in its hand.
"""

import os

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from core.deadlines import local_day
from core.errors import RuleViolation
from documents.authority import development_identity
from documents.transfers import render_transfer
from funds.domain.applications import Stage
from funds.domain.books import Line
from funds.models import EmergencyDecision, Instalment, RepairRequest, Settlement
from funds.selectors.balances import balances_of, ledger_totals
from funds.selectors.checks import check_books
from funds.selectors.owed import owed_in
from funds.selectors.releases import owed_left
from funds.services.books import Basis, seal_voucher
from funds.services.ending import apply_anew, decide_anew
from funds.services.receipts import close_payment, payment_failed
from funds.services.releases import (
    ask_instalment,
    call_in_owed,
    confirm_instalment,
    decline_instalment,
    order_release,
)
from funds.services.requests import drop_request
from funds.services.settling import (
    FinalCost,
    confirm_settlement,
    receive_refund,
    reopen_settlement,
    state_settlement,
)
from funds.services.vouchers import UnitAmount, draft_unit
from funds.steps import Receipt
from tests.funds.books import DRAFTER, SEALER, book, make_account
from tests.funds.repairs import (
    APPLICANT,
    AT,
    BUDGET,
    OFFICIAL,
    PDF,
    SECOND,
    apply_for,
    approve,
    approved_repair,
    decide_at_once,
    freeze,
    paper,
)

pytestmark = pytest.mark.django_db
DAY = local_day(AT)
ACCOUNT = "6222 0000 0000 0009"
PLAN = [
    Stage("start", 300_00),
    Stage("milestone", 500_00, "过半"),
    Stage("final", BUDGET - 800_00),
]
ACTS = [
    *["pay"] * 5, "fail", "decline", *["make_up"] * 2, *["pass_on"] * 2, *["settle"] * 3,
    "reopen", "refund", "anew", "redecide", "redecide", "reapply", "drop", "fall",
]  # fmt: skip
courses = st.lists(
    st.tuples(st.sampled_from(ACTS), st.integers(0, 7), st.integers(1, BUDGET)),
    min_size=3,
    max_size=14,
)


class Money:
    """What went into the sub-accounts, and what the firm holds."""

    def __init__(self, case):
        self.case = case
        self.firm = 0
        self.put_in = {}
        self.serial = 0
        self.budget = BUDGET  # what the newest decision carries

    def next_serial(self):
        self.serial += 1
        return f"S{self.serial}"


def hamilton(total, weights):
    """Largest remainder over whole numbers, written out once more."""
    base = sum(weights)
    floors = [total * one // base for one in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % base), i))
    for index in order[: total - sum(floors)]:
        floors[index] += 1
    return floors


def code(money):
    return money.case.code


def planned(money):
    return Instalment.objects.filter(
        application=money.case.application, state="planned"
    ).order_by("position")


def put_through(money, instalment, *, pays):
    """From the confirmed instalment to the bank's answer."""
    where = {"code": code(money), "position": instalment.position}
    order_release(instalments=[instalment.pk], by=OFFICIAL, at=AT)
    instalment.refresh_from_db()
    if not pays:
        payment_failed(**where, reason="账号与户名不符", scan=PDF, by=SECOND, at=AT)
        return
    fen = instalment.payable_fen
    receipt = Receipt(money.next_serial(), DAY, fen, ACCOUNT)
    close_payment(**where, receipt=receipt, scan=b"", by=SECOND, at=AT)
    money.firm += fen


def pay(money, which, fen, *, outcome="pays"):
    for one in planned(money):
        where = {"code": code(money), "position": one.position}
        try:
            ask_instalment(**where, by=APPLICANT, at=AT)
        except RuleViolation:
            continue
        if outcome == "decline":
            decline_instalment(**where, reason="材料不清楚", by=OFFICIAL, at=AT)
            return
        confirm_instalment(**where, by=OFFICIAL, at=AT)
        try:
            put_through(money, one, pays=outcome == "pays")
        except RuleViolation:  # no sub-account has anything
            decline_instalment(**where, reason="没有余额", by=OFFICIAL, at=AT)
        return


def fail(money, which, fen):
    pay(money, which, fen, outcome="fails")


def decline(money, which, fen):
    pay(money, which, fen, outcome="decline")


def make_up(money, which, fen):
    """An owner pays in, as much as it likes; what it owes is settled first."""
    sub = money.case.account.subs.order_by("pk")[which]
    voucher = draft_unit(
        special_id=money.case.account.special_id,
        basis=Basis("deposit", DAY, "补交", "回单"),
        unit=UnitAmount("", sub.unit.label, fen),
        settles=True,
        actor=DRAFTER,
        at=AT,
    )
    seal_voucher(voucher_id=voucher.pk, actor=SEALER, at=AT)
    money.put_in[sub.pk] = money.put_in.get(sub.pk, 0) + fen


def pass_on(money, which, fen):
    one = call_in_owed(code=code(money), by=OFFICIAL, at=AT)
    confirm_instalment(code=code(money), position=one.position, by=SECOND, at=AT)
    put_through(money, one, pays=which != 0)


def settle(money, which, fen):
    cost = FinalCost(fen, DAY, None, None, "按合同单价结算")
    state_settlement(code=code(money), cost=cost, by=APPLICANT, at=AT)
    confirm_settlement(code=code(money), by=OFFICIAL, at=AT)
    for refund in money.case.request.refunds.filter(state="expected"):
        assert 0 < refund.fen <= money.firm


def reopen(money, which, fen):
    reopen_settlement(code=code(money), reason="发现结算算错了", by=SECOND, at=AT)


def refund(money, which, fen):
    for one in money.case.request.refunds.filter(state="expected"):
        receipt = Receipt(money.next_serial(), DAY, one.fen)
        receive_refund(
            code=code(money), refund_id=one.pk, receipt=receipt, scan=b"", by=SECOND, at=AT
        )
        money.firm -= one.fen


def anew(money, which, fen):
    decide_anew(code=code(money), reason="要换一种修法", by=APPLICANT, at=AT)


def again(money, at=AT):
    """An application of the whole budget for what is left of it, and its approval."""
    left = money.budget - sum(borne(money).values())
    if left > 0:
        apply_for(money.case, money.budget, plan=[Stage("final", left)])
        approve(money.case)


def reapply(money, which, fen):
    apply_anew(code=code(money), reason="收款账号写错了", by=APPLICANT, at=AT)
    again(money)


def redecide(money, which, fen):
    """The repair is decided a second time, on another budget."""
    request = money.case.request
    if request.state != "draft":
        return
    budget = BUDGET + fen
    RepairRequest.objects.filter(pk=request.pk).update(budget_fen=budget, kind="emergency")
    decide_at_once(money.case.request, most=budget)
    money.case.versions.append(freeze(money.case.request, verdict="authorised"))
    RepairRequest.objects.filter(pk=request.pk).update(state="decided", desk="applicant")
    money.budget = budget


def drop(money, which, fen):
    drop_request(code=code(money), reason="业主不想改了", by=APPLICANT, at=AT)


def fall(money, which, fen):
    """Nobody stands to the emergency decision any more, and the applicant gives up."""
    decide_anew(code=code(money), reason="决定被撤销", by=APPLICANT, at=AT)
    EmergencyDecision.objects.create(
        request=money.case.request, decided_by_kind="street_office", decided_by="user:31",
        role="street_office", authorises=False, most_fen=0, reason="不属于紧急情况",
        clause="测试条款", at=AT,
    )  # fmt: skip
    drop_request(code=code(money), reason="不再维修了", by=APPLICANT, at=AT)


def borne(money):
    """Sub-account → what it has borne: what went in and is gone, and what it owes."""
    subs = list(money.case.version.units.values_list("sub", flat=True))
    held = balances_of(subs)
    owed = owed_left(money.case.request)
    return {sub: money.put_in.get(sub, 0) - held[sub] + owed.get(sub, 0) for sub in subs}


def compare(money):
    case = money.case
    special = case.account.special
    assert list(check_books()) == []
    held = balances_of(list(money.put_in))
    assert all(fen >= 0 for fen in held.values())
    totals = ledger_totals(special)
    assert totals["bank"] == sum(money.put_in.values()) - money.firm
    spent = {sub: fen - held[sub] for sub, fen in money.put_in.items()}
    assert sum(spent.values()) == money.firm
    owed = owed_left(case.request)
    assert all(fen > 0 for fen in owed.values())
    state = case.request.state
    event(state)
    units = list(case.version.units.order_by("pk"))
    if state == "settled":
        final = Settlement.objects.get(request=case.request).final_fen
        assert money.firm == final
        assert not owed
        assert not owed_in(special)
        exact = hamilton(final, [one.weight for one in units])
        mine = [spent.get(one.sub_id, 0) for one in units]
        # A sub-account without a fen for a refund pays none, and others get a fen less by it.
        odd = [a - b for a, b in zip(mine, exact, strict=True)]
        assert all(abs(one) <= 1 for one in odd)
        event(f"odd fen: {any(odd)}")
    if state == "closed":
        assert not owed
        assert not owed_in(special)
        expected = sum(
            case.request.refunds.filter(state="expected").values_list("fen", flat=True)
        )
        assert expected == money.firm
        if not money.firm:
            assert not any(spent.values())


@pytest.fixture
def signed(settings, tmp_path, monkeypatch):
    """A certificate, and one picture for all notices: what they show is not looked at here."""
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)
    drawn = []

    def render(facts, *, attachments):
        drawn[:] = drawn or [render_transfer(facts, attachments=attachments)]
        return drawn[0]

    monkeypatch.setattr("funds.services.releases.render_transfer", render)


@settings(
    max_examples=200 if os.environ.get("YISHI_SOAK") else 8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.sampled_from(["agency", "public"]),
    st.lists(st.integers(0, 2_000_00), min_size=11, max_size=11),
    courses,
)
@pytest.mark.usefixtures("signed")
def test_payments_in_any_course(custody, balances, acts):
    account = make_account(custody=custody)
    assume(any(balances[: account.subs.count()]))
    subs = list(account.subs.order_by("pk").values_list("pk", flat=True))
    lines = [Line("sub", sub, -fen) for sub, fen in zip(subs, balances, strict=False) if fen]
    book(account.special, [Line("bank", None, -sum(one.fen for one in lines)), *lines])
    case = approved_repair(account=account, custody=custody, plan=PLAN)
    money = Money(case)
    money.put_in = {one.sub: -one.fen for one in lines}
    paper(case, "supervision")
    paper(case, "acceptance")
    paper(case, "settlement")
    for act, which, fen in acts:
        try:
            globals()[act](money, which, fen)
        except RuleViolation as refused:
            event(f"{act}: {refused.code}")
            continue
        event(f"{act}: done")
        if case.request.state in ("decided", "returned"):
            again(money)
        compare(money)
