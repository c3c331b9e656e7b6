"""The ways a repair leaves its straight course: the bank's no, a second try, the end."""

from datetime import timedelta

import pytest
from django.db import transaction

from core.errors import RuleViolation
from documents.authority import development_identity
from funds.domain.applications import Payee, Stage
from funds.domain.books import Line
from funds.endings import end
from funds.models import (
    EmergencyDecision,
    Instalment,
    OwedAmount,
    OwedRelief,
    Quote,
    Refund,
    RepairRequest,
    RepairVersion,
    Settlement,
    VersionUnit,
)
from funds.selectors.balances import balances_of
from funds.selectors.checks import check_books
from funds.selectors.owed import owed_in
from funds.selectors.public import public_repair
from funds.selectors.releases import owed_left, paid_instalments, spent_fen
from funds.selectors.repairs import version_in_force
from funds.services.applications import draft_application
from funds.services.books import Basis, seal_voucher
from funds.services.emergencies import withdraw_emergency
from funds.services.ending import apply_anew, decide_anew, end_repair
from funds.services.releases import (
    call_in_owed,
    confirm_instalment,
    decline_instalment,
    order_release,
)
from funds.services.requests import drop_request, edit_request, remove_file
from funds.services.reviewing import lift_correction
from funds.services.settling import (
    FinalCost,
    confirm_settlement,
    receive_refund,
    reopen_settlement,
    state_settlement,
)
from funds.services.vouchers import UnitAmount, draft_unit
from funds.steps import SYSTEM, By, Receipt, locked_repair
from tests.funds.books import book, make_account
from tests.funds.payments import (
    DAY,
    borne,
    close,
    exact,
    funded,
    not_paid,
    order,
    pay,
    pay_owed,
    ready,
    revoke,
    settle,
)
from tests.funds.repairs import (
    APPLICANT,
    AT,
    BUDGET,
    FIRM,
    OFFICIAL,
    SECOND,
    apply_for,
    approve,
    approved_repair,
    paper,
    sought,
    voted_repair,
)
from voting.models import Motion, StandingEvent

pytestmark = pytest.mark.django_db
WHY = {"reason": "业主决定不再维修", "by": APPLICANT, "at": AT}


@pytest.fixture(autouse=True)
def _signing(settings, tmp_path):
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)


def refused(act, *arguments, **named):
    with pytest.raises(RuleViolation) as found:
        act(*arguments, **named)
    return found.value.code


def instalments(case):
    rows = case.application.instalments.order_by("position")
    return [(one.kind, one.state) for one in rows]


def befall(case, kind):
    """Something that befell the owners' decision."""
    motion = Motion.objects.get(repair_version__request=case.request)
    StandingEvent.objects.create(
        session=motion.session, motion=motion, kind=kind, authority="样例区人民法院",
        reference="1", dated=DAY, reason="程序违法", content=b"", content_type="",
        sha256="0" * 64, recorded_by="user:5", recorded_role="bureau", recorded_at=AT,
    )  # fmt: skip


def voted(fen=2_000_00, **fields):
    """An approved ordinary repair, its sub-accounts holding the same amount each."""
    account = make_account()
    subs = list(account.subs.values_list("pk", flat=True))
    lines = [Line("sub", sub, -fen) for sub in subs]
    book(account.special, [Line("bank", None, fen * len(subs)), *lines])
    case = voted_repair(account, **fields)
    apply_for(case)
    approve(case)
    return case


def wrong(case, by=SECOND):
    """Why a confirmed settlement is taken back."""
    return {"code": case.code, "reason": "算错了，漏了材料费", "by": by, "at": AT}


def take_back(case, refund, serial="R1"):
    return take_part(case, refund, refund.fen, serial)


def take_part(case, refund, fen, serial="R1"):
    return receive_refund(
        code=case.code, refund_id=refund.pk, receipt=Receipt(serial, DAY, fen),
        scan=b"", by=SECOND, at=AT,
    )  # fmt: skip


# --- the bank has not paid -------------------------------------------------------------------


def test_what_the_bank_did_not_pay_is_free_again_and_asked_for_anew():
    case = funded()
    subs = [one.sub_id for one in case.version.units.all()]
    before = balances_of(subs)
    ready(case)
    made = order(case)
    # Whoever listed it cannot say so, and nobody without the bank's paper.
    assert refused(not_paid, case, by=OFFICIAL) == "receipt.same_person"
    assert refused(not_paid, case, scan=b"") == "receipt.scan"
    assert refused(not_paid, case, reason=" ") == "receipt.reason"
    assert refused(not_paid, case, by=APPLICANT) == "release.role"
    failed = not_paid(case)
    assert (failed.state, failed.closed_by) == ("failed", SECOND.actor)
    assert case.request.files.get(kind="receipt").sha256 == failed.receipt_sha256
    made.refresh_from_db()
    assert made.state == "closed"
    assert case.request.desk == "works"
    assert balances_of(subs) == before
    assert (spent_fen(case.request), owed_left(case.request)) == (0, {})
    assert instalments(case) == [
        ("start", "failed"), ("final", "planned"), ("start", "planned"),
    ]  # fmt: skip
    # The same answer twice, or a receipt after it, finds nothing that is ordered.
    assert refused(not_paid, case) == "instalment.state"
    assert refused(close, case) == "instalment.state"
    settle(case, BUDGET - 100_00)  # what was not asked for again is part of the last payment
    pay(case, 2)
    assert case.request.state == "settled"
    assert borne(case) == exact(BUDGET - 100_00, case)
    assert list(check_books()) == []


def test_the_second_try_comes_before_what_follows():
    case = funded(
        plan=[
            Stage("start", 100),
            Stage("milestone", 100, "过半"),
            Stage("final", BUDGET - 200),
        ]
    )
    ready(case)
    order(case)
    not_paid(case)
    assert refused(ready, case, 2) == "instalment.order"
    pay(case, 4)
    assert case.application.instalments.get(position=4).state == "paid"


def test_a_list_is_closed_once_every_line_is_answered():
    account = make_account()
    book(
        account.special,
        [
            Line("bank", None, 8_000_00),
            *(Line("sub", sub.pk, -1_000_00) for sub in account.subs.order_by("pk")[:8]),
        ],
    )
    first = approved_repair(account=account)
    second = approved_repair(account=account, place="2幢2号电梯")
    for case in (first, second):
        ready(case)
    rows = Instalment.objects.filter(position=1)
    made = order_release(instalments=[one.pk for one in rows], by=OFFICIAL, at=AT)
    not_paid(first)
    made.refresh_from_db()
    assert made.state == "made"
    close(second, serial="S7")
    made.refresh_from_db()
    assert made.state == "closed"


def test_made_up_money_the_bank_did_not_pay_is_called_in_again():
    case = funded(600_00)
    pay(case)
    settle(case, BUDGET)
    pay(case, 2)
    first = OwedAmount.objects.order_by("pk").first()
    pay_owed(case.account, [first])
    balance = call_in_owed(code=case.code, by=OFFICIAL, at=AT)
    decline_instalment(
        code=case.code, position=balance.position, reason="先核对余额", by=SECOND, at=AT
    )
    balance = call_in_owed(code=case.code, by=OFFICIAL, at=AT)
    # Kept for the firm from now on: nothing else may take it.
    taking = [Line("sub", first.sub_id, first.fen), Line("bank", None, -first.fen)]
    assert refused(book, case.account.special, taking, "release") == "voucher.overdrawn"
    confirm_instalment(code=case.code, position=balance.position, by=SECOND, at=AT)
    order(case, balance.position)
    not_paid(case, balance.position)
    again = call_in_owed(code=case.code, by=OFFICIAL, at=AT)
    assert (again.fen, again.position) == (first.fen, balance.position + 1)


# --- owed and settled ------------------------------------------------------------------------


def test_what_is_owed_above_the_final_share_falls_away_before_anything_comes_back():
    # 3,600.00 asked of 900 m²: 4.00 each square metre. Sub-accounts hold 500.00: the two of
    # 150 m² pay 500 of 600 and owe 100 each; the six of 100 m² pay 400 each.
    case = funded(500_00)
    pay(case)
    assert spent_fen(case.request) == 3_400_00
    assert sorted(owed_left(case.request).values()) == [100_00, 100_00]
    # In the end 1,800.00: 2.00 a square metre; the firm has 3,400.00 and keeps 1,800.00.
    settle(case, 1_800_00)
    assert owed_left(case.request) == {}
    assert owed_in(case.account.special) == []
    assert sorted(OwedRelief.objects.values_list("fen", flat=True)) == [100_00, 100_00]
    refund = Refund.objects.get()
    assert refund.fen == 1_600_00
    take_back(case, refund)
    assert case.request.state == "settled"
    assert borne(case) == exact(1_800_00, case)
    assert list(check_books()) == []


def test_only_what_is_above_the_share_falls_away():
    # As above; in the end 3,300.00: 3.666… a square metre, 550.00 for 150 m². The two have paid
    # 500.00 and still owe 50.00; the six paid 400.00 and get 33.33 or 33.34 back.
    case = funded(500_00)
    pay(case)
    settle(case, 3_300_00)
    assert sorted(owed_left(case.request).values()) == [50_00, 50_00]
    assert [one.left for one in owed_in(case.account.special)] == [50_00, 50_00]
    refund = Refund.objects.get()
    assert refund.fen == 200_00
    take_back(case, refund)
    assert case.request.state == "approved"  # the firm is still owed 100.00
    pay_owed_left(case)
    balance = call_in_owed(code=case.code, by=OFFICIAL, at=AT)
    confirm_instalment(code=case.code, position=balance.position, by=SECOND, at=AT)
    order(case, balance.position)
    close(case, balance.position, serial="S9")
    assert case.request.state == "settled"
    assert borne(case) == exact(3_300_00, case)
    assert list(check_books()) == []


def pay_owed_left(case):
    """Owners pay what is left of what they owe."""
    labels = dict(case.account.subs.values_list("pk", "unit__label"))
    for one in owed_in(case.account.special):
        voucher = draft_unit(
            special_id=case.account.special_id, basis=Basis("deposit", DAY, "补交", "回单"),
            unit=UnitAmount("", labels[one.sub], one.left), settles=True, actor="user:1", at=AT,
        )  # fmt: skip
        seal_voucher(voucher_id=voucher.pk, actor="user:2", at=AT)


def test_a_relief_changed_by_hand_is_found():
    case = funded(500_00)
    pay(case)
    settle(case, 1_800_00)
    one = OwedRelief.objects.first()
    OwedRelief.objects.create(owed=one.owed, instalment=Instalment.objects.first(), fen=1)
    assert {one.code for one in check_books()} == {"owed.content", "owed.overpaid"}


def test_money_under_way_is_answered_before_the_settlement_is_taken_back():
    case = funded()
    pay(case)
    stated(case, BUDGET)
    assert refused(reopen_settlement, **wrong(case)) == "settlement.none"
    confirm_settlement(code=case.code, by=OFFICIAL, at=AT)
    ready(case, 2)
    assert refused(reopen_settlement, **wrong(case)) == "settlement.pending"


def stated(case, final):
    paper(case, "acceptance")
    paper(case, "settlement")
    cost = FinalCost(final, DAY, None, None, "金额小，按合同单价结算")
    return state_settlement(code=case.code, cost=cost, by=APPLICANT, at=AT)


# --- a settlement taken back -----------------------------------------------------------------


def test_a_confirmed_cost_that_was_wrong_is_taken_back_and_confirmed_anew():
    case = funded()
    pay(case)
    settle(case, 2_000_00)  # below the 3,600.00 that are paid
    assert instalments(case) == [("start", "paid"), ("final", "cancelled")]
    assert refused(reopen_settlement, code=case.code, reason="", by=SECOND, at=AT) == (
        "settlement.reason"
    )
    assert refused(reopen_settlement, **wrong(case, by=APPLICANT)) == "release.role"
    reopen_settlement(**wrong(case))
    gone = Refund.objects.get()
    assert gone.state == "cancelled"
    assert refused(take_back, case, gone) == "refund.cancelled"
    settle(case, 5_000_00)
    assert instalments(case)[-1] == ("final", "planned")
    assert case.application.instalments.last().fen == 1_400_00
    pay(case, 3)
    assert case.request.state == "settled"
    assert borne(case) == exact(5_000_00, case)
    assert list(check_books()) == []


def test_once_the_surplus_is_back_nothing_is_taken_back():
    case = funded()
    pay(case)
    settle(case, 2_000_00)
    take_back(case, Refund.objects.get())
    assert case.request.state == "settled"
    assert refused(reopen_settlement, **wrong(case, by=SECOND)) == "repair.state"


# --- applied for anew ------------------------------------------------------------------------


def test_a_wrong_account_is_corrected_by_another_application():
    case = funded()
    ready(case)
    order(case)
    assert refused(apply_anew, code=case.code, **WHY) == "settlement.pending"
    not_paid(case)
    assert refused(apply_anew, code=case.code, **{**WHY, "reason": "x"}) == "settlement.reason"
    apply_anew(code=case.code, reason="收款账号写错了", by=APPLICANT, at=AT)
    assert (case.request.state, case.request.desk) == ("returned", "applicant")
    assert refused(ready, case, 3) == "repair.state"  # nothing leaves meanwhile
    apply_for(case, payee=Payee(FIRM, "样例银行西区支行", "6222 0000 0000 0017"))
    approve(case)
    assert case.application.number == 2
    ready(case)
    order(case)
    assert refused(close, case) == "receipt.invalid"  # the old account's receipt
    close(case, account="6222 0000 0000 0017")
    settle(case, BUDGET)
    ready(case, 2)
    order(case, 2)
    close(case, 2, account="6222 0000 0000 0017")
    assert case.request.state == "settled"
    assert borne(case) == exact(BUDGET, case)


def test_an_emergency_applied_for_anew_gets_no_second_advance():
    case = funded()  # 4,500.00 before acceptance at most; 3,600.00 of it
    pay(case)
    apply_anew(code=case.code, reason="付款安排要改", by=APPLICANT, at=AT)
    left = BUDGET - 3_600_00
    plan = [Stage("start", 900_01), Stage("final", left - 900_01)]
    with pytest.raises(RuleViolation) as found:
        draft_application(code=case.code, sought=sought(plan=plan), by=APPLICANT, at=AT)
    assert [one.code for one in found.value.facts["reasons"]] == ["plan.advance"]
    plan = [Stage("start", 900_00), Stage("final", left - 900_00)]
    assert draft_application(code=case.code, sought=sought(plan=plan), by=APPLICANT, at=AT)


# --- the end ---------------------------------------------------------------------------------


def test_a_decided_repair_nobody_paid_for_is_given_up():
    case = voted()
    assert (
        refused(end_repair, code=case.code, **{**WHY, "by": By("user:50", "property_manager")})
        == "application.role"
    )
    assert refused(end_repair, code=case.code, **{**WHY, "reason": " "}) == "settlement.reason"
    end_repair(code=case.code, **WHY)
    assert (case.request.state, case.request.close_reason) == ("closed", WHY["reason"])
    assert {state for _kind, state in instalments(case)} == {"cancelled"}
    assert not Refund.objects.exists()


@pytest.mark.parametrize("kind", ["revoked", "superseded"])
def test_a_decision_that_fell_after_a_payment_ends_it_and_the_money_comes_back(kind):
    case = voted()
    pay(case)
    assert refused(end_repair, code=case.code, **WHY) == "repair.spent"  # the decision holds
    befall(case, "challenged")
    assert refused(end_repair, code=case.code, **WHY) == "repair.spent"  # it may yet hold
    befall(case, kind)
    end_repair(code=case.code, **WHY)
    assert case.request.state == "closed"
    refund = Refund.objects.get()
    assert refund.fen == 3_600_00
    take_back(case, refund)
    assert set(borne(case).values()) == {0}
    assert case.request.state == "closed"
    assert list(check_books()) == []


def test_a_decision_that_fell_after_the_settlement_was_confirmed_has_a_way_out():
    case = voted(300_00)  # so that units owe something too
    pay(case)
    settle(case, BUDGET)
    befall(case, "revoked")
    assert refused(end_repair, code=case.code, **WHY) == "settlement.confirmed"
    assert refused(decide_anew, code=case.code, **WHY) == "settlement.confirmed"
    reopen_settlement(code=case.code, reason="决定被撤销", by=SECOND, at=AT)
    spent = spent_fen(case.request)
    assert owed_left(case.request)
    end_repair(code=case.code, **WHY)
    assert owed_left(case.request) == {}
    assert owed_in(case.account.special) == []
    refund = Refund.objects.get()
    assert refund.fen == spent
    take_back(case, refund)
    assert set(borne(case).values()) == {0}
    assert list(check_books()) == []


def test_from_decided_or_returned_it_can_be_decided_anew_or_ended():
    case = voted_repair()
    decide_anew(code=case.code, reason="范围要改", by=APPLICANT, at=AT)
    assert (case.request.state, case.request.desk) == ("draft", "applicant")
    RepairRequest.objects.update(state="returned", desk="applicant")
    end_repair(code=case.code, **WHY)
    assert case.request.state == "closed"


def test_an_emergency_has_its_own_ways_out():
    case = funded()
    assert refused(end_repair, code=case.code, **WHY) == "repair.state"
    RepairRequest.objects.update(state="decided")
    assert refused(decide_anew, code=case.code, **WHY) == "repair.state"


def test_a_second_plan_the_owners_refuse_leaves_the_first_to_be_settled():
    case = voted()
    pay(case)
    decide_anew(code=case.code, reason="拆开后发现要多换", by=APPLICANT, at=AT)
    refused_one = again(case, verdict="rejected")
    give_up(case)
    request = case.request
    assert (request.state, request.desk) == ("approved", "works")
    assert version_in_force(request) == case.versions[0] != refused_one
    shown = public_repair(case.code)
    assert shown is not None
    assert shown.version == case.versions[0]
    settle(case, 5_000_00)
    pay(case, 3)
    assert case.request.state == "settled"
    assert borne(case) == exact(5_000_00, case)


def test_a_dropped_second_plan_of_an_emergency_goes_back_to_the_emergency():
    case = funded()
    pay(case)
    decide_anew(code=case.code, reason="电机也要换，超过批准的金额", by=APPLICANT, at=AT)
    assert case.request.kind == "ordinary"
    drop_request(code=case.code, reason="业主只同意原来的", by=APPLICANT, at=AT)
    assert (case.request.state, case.request.kind) == ("approved", "emergency")
    assert not Refund.objects.exists()


def test_after_the_decision_is_gone_a_dropped_plan_asks_the_money_back():
    case = funded()
    pay(case)
    decide_anew(code=case.code, reason="电机也要换，超过批准的金额", by=APPLICANT, at=AT)
    revoke(case)
    drop_request(code=case.code, reason="业主不同意了", by=APPLICANT, at=AT)
    assert case.request.state == "closed"
    assert Refund.objects.get().fen == 3_600_00


def again(case, *, verdict):
    """Another version, that the owners have answered."""
    first = case.versions[0]
    return RepairVersion.objects.create(
        request=case.request, number=2, content=bytes(first.content), sha256=first.sha256,
        budget_fen=BUDGET + 1, share_basis="area", submitted_by="user:1", submitted_at=AT,
        verdict=verdict,
    )  # fmt: skip


def give_up(case):
    """As the sweeper does where a vote has failed."""
    RepairRequest.objects.update(state="voting", desk="owners")
    with transaction.atomic():
        end(locked_repair(case.code), "vote_failed", "同意的人数不够", by=SYSTEM, at=AT)


def test_an_emergency_that_fell_back_stays_to_be_seen():
    case = funded()
    pay(case)
    before = public_repair(case.code)
    assert before is not None
    emergency = case.request.emergency
    assert emergency.reported_at is None  # made by rows
    withdraw_emergency(
        code=case.code, reason="发现不属于紧急", by=APPLICANT, at=AT + timedelta(1)
    )
    shown = public_repair(case.code)
    assert shown is not None
    assert (shown.request.state, shown.version.verdict) == ("draft", "withdrawn")
    assert shown.paid == 3_600_00
    assert [one.kind for one in paid_instalments(case.request)] == ["start"]


# --- what has been decided twice -------------------------------------------------------------


def new_decision(case, *, verdict="passed", motion=None):
    """Another version with the same scope, as a second vote leaves it."""
    first = case.versions[0]
    made = RepairVersion.objects.create(
        request=case.request, number=case.request.versions.count() + 1,
        content=bytes(first.content), sha256=first.sha256, budget_fen=first.budget_fen,
        share_basis="area", submitted_by="user:1", submitted_at=AT, verdict=verdict,
        motion=motion,
    )  # fmt: skip
    VersionUnit.objects.bulk_create(
        VersionUnit(
            version=made, unit=one.unit, sub=one.sub, label=one.label, area=one.area,
            weight=one.weight, share_fen=one.share_fen,
        )
        for one in first.units.order_by("pk")
    )  # fmt: skip
    case.versions.append(made)
    return made


def test_a_challenged_decision_has_not_fallen_for_the_dropped_draft_either():
    case = voted()
    pay(case)
    befall(case, "challenged")
    decide_anew(code=case.code, reason="换一种修法", by=APPLICANT, at=AT)
    drop_request(code=case.code, reason="业主不想改了", by=APPLICANT, at=AT)
    assert case.request.state == "approved"
    assert not Refund.objects.exists()
    assert refused(ready, case, 3) == "instalment.state"
    assert refused(ready, case, 2) == "release.gate"  # and no money leaves meanwhile


def test_what_was_paid_on_a_decision_that_stands_is_not_asked_back_for_another_that_fell():
    case = voted()
    pay(case)
    decide_anew(code=case.code, reason="换一种修法", by=APPLICANT, at=AT)
    new_decision(case, verdict="authorised")
    RepairRequest.objects.update(state="decided")
    EmergencyDecision.objects.create(
        request=case.request, decided_by_kind="street_office", decided_by="user:31",
        role="street_office", authorises=True, most_fen=BUDGET, reason="测试", clause="测试",
        at=AT,
    )  # fmt: skip
    apply_for(case, plan=[Stage("final", BUDGET - 3_600_00)])
    approve(case)
    assert case.application.number == 2
    revoke(case)
    end_repair(code=case.code, **WHY)
    request = case.request
    assert request.state == "approved"
    assert not Refund.objects.exists()
    assert version_in_force(request) == case.versions[0]
    settle(case, 5_000_00)
    first = request.applications.get(number=1)
    assert first.instalments.get(state="planned").fen == 1_400_00
    assert request.applications.get(number=2).state == "withdrawn"


def test_after_a_refused_plan_the_account_can_still_be_corrected():
    case = voted()
    pay(case)
    decide_anew(code=case.code, reason="换一种修法", by=APPLICANT, at=AT)
    new_decision(case, verdict="rejected")
    give_up(case)
    apply_anew(code=case.code, reason="收款账号写错了", by=APPLICANT, at=AT)
    assert version_in_force(case.request) == case.versions[0]
    apply_for(case, plan=[Stage("final", BUDGET - 3_600_00)])
    assert case.application.version == case.versions[0]


def test_nothing_is_applied_for_anew_once_all_of_it_is_listed():
    case = funded(600_00)
    pay(case)
    settle(case, BUDGET)
    pay(case, 2)
    assert owed_left(case.request)
    reopen_settlement(**wrong(case))
    assert refused(apply_anew, code=case.code, **WHY) == "application.all_paid"
    settle(case, BUDGET)
    assert case.request.state == "approved"


def test_a_returned_emergency_that_was_paid_for_can_be_decided_anew():
    case = funded()
    pay(case)
    apply_anew(code=case.code, reason="收款账号写错了", by=APPLICANT, at=AT)
    decide_anew(code=case.code, reason="电机也要换", by=APPLICANT, at=AT)
    assert (case.request.state, case.request.kind) == ("draft", "ordinary")


def test_a_stated_cost_does_not_outlive_the_decision_it_was_stated_on():
    case = funded()
    pay(case)
    stated(case, BUDGET)
    decide_anew(code=case.code, reason="电机也要换", by=APPLICANT, at=AT)
    assert not Settlement.objects.exists()


def test_a_decision_that_fell_is_never_settled_on():
    case = voted()
    pay(case)
    settle(case, BUDGET)
    ready(case, 2)
    order(case, 2)
    befall(case, "revoked")
    close(case, 2)  # the money is gone; what becomes of it is not settled
    assert case.request.state == "approved"
    assert case.request.hold
    lift_correction(code=case.code, reason="已经查清，决定被撤销", by=SECOND, at=AT)
    assert case.request.state == "approved"
    reopen_settlement(**wrong(case))
    assert refused(confirm_settlement, code=case.code, by=OFFICIAL, at=AT) == "settlement.gate"
    end_repair(code=case.code, **WHY)
    refund = Refund.objects.get()
    assert refund.fen == BUDGET
    take_back(case, refund)
    assert set(borne(case).values()) == {0}


def test_an_order_that_is_lifted_settles_what_was_only_waiting_for_it():
    case = funded()
    pay(case)
    settle(case, BUDGET)
    ready(case, 2)
    order(case, 2)
    RepairRequest.objects.update(hold="补公示")
    close(case, 2)
    assert case.request.state == "approved"
    lift_correction(code=case.code, reason="已经补公示", by=SECOND, at=AT)
    assert case.request.state == "settled"


def test_what_a_dropped_draft_said_is_given_up():
    case = funded()
    pay(case)
    before = case.request
    decide_anew(code=case.code, reason="换一种修法", by=APPLICANT, at=AT)
    changes = {"title": "换整台电梯", "plan": "整台更换", "budget_fen": 1, "place": "别处"}
    edit_request(code=case.code, changes=changes, by=APPLICANT, at=AT)
    drop_request(code=case.code, reason="业主不想改了", by=APPLICANT, at=AT)
    after = case.request
    for name in ("title", "plan", "budget_fen", "place", "scope", "kind"):
        assert getattr(after, name) == getattr(before, name)


def test_the_firm_that_was_decided_on_cannot_be_exchanged_in_a_draft():
    case = funded()
    pay(case)
    decide_anew(code=case.code, reason="换一种修法", by=APPLICANT, at=AT)
    Quote.objects.update(is_chosen=False)
    Quote.objects.create(
        request=case.request, firm="别家电梯有限公司", fen=BUDGET, is_chosen=True,
        added_by="user:10", added_at=AT,
    )  # fmt: skip
    drop_request(code=case.code, reason="业主不想改了", by=APPLICANT, at=AT)
    apply_anew(code=case.code, reason="换施工单位", by=APPLICANT, at=AT)
    other = sought(
        contract_firm="别家电梯有限公司", plan=[Stage("final", BUDGET - 3_600_00)],
        payee=Payee("别家电梯有限公司", "样例银行", "6222000000000025"),
    )  # fmt: skip
    with pytest.raises(RuleViolation) as found:
        draft_application(code=case.code, sought=other, by=APPLICANT, at=AT)
    assert [one.code for one in found.value.facts["reasons"]] == ["application.firm"]


def test_nobody_else_goes_on_with_a_repair_the_fund_was_applied_for():
    case = funded()
    pay(case)
    decide_anew(code=case.code, reason="换一种修法", by=APPLICANT, at=AT)
    manager = {"code": case.code, "by": By("user:50", "property_manager"), "at": AT}
    assert refused(edit_request, changes={"plan": "另一种"}, **manager) == "application.role"
    assert refused(drop_request, reason="业主不想改了", **manager) == "application.role"
    own = {**manager, "by": APPLICANT}
    changes = {"applicant_kind": "owners_assembly"}
    assert refused(edit_request, changes=changes, **own) == "repair.invalid"


def test_papers_money_was_paid_on_stay():
    case = funded()
    pay(case)
    decide_anew(code=case.code, reason="换一种修法", by=APPLICANT, at=AT)
    contract = case.request.files.get(kind="contract")
    taking = {"code": case.code, "file_id": contract.pk, "by": APPLICANT, "at": AT}
    assert refused(remove_file, **taking) == "file.used"


def test_money_comes_back_in_two_parts():
    case = funded()
    pay(case)
    settle(case, 1_000_01)
    refund = Refund.objects.get()
    assert refund.fen == 2_599_99
    for wrong_fen in (0, refund.fen + 1):
        assert refused(take_part, case, refund, wrong_fen) == "receipt.invalid"
    take_part(case, refund, 700_00)
    assert case.request.state == "approved"
    rest = Refund.objects.get(state="expected")
    assert rest.fen == 1_899_99
    take_back(case, rest, "R2")
    assert case.request.state == "settled"
    assert borne(case) == exact(1_000_01, case)
    assert list(check_books()) == []
