"""From an approved application to the last fen: instalments, the bank, what is owed."""

import io
from collections import Counter
from datetime import date, timedelta

import openpyxl
import pytest

from core.errors import RuleViolation
from documents.authority import development_identity
from documents.models import Document
from funds.domain.applications import Stage
from funds.domain.books import Line
from funds.models import (
    Instalment,
    InstalmentShare,
    OwedAmount,
    Refund,
    RefundShare,
    ReleaseList,
    RepairRequest,
    Settlement,
    Snapshot,
    SnapshotLine,
    Voucher,
)
from funds.selectors.balances import balances_of, ledger_totals
from funds.selectors.checks import check_books
from funds.selectors.releases import owed_left, own_warranty, preview
from funds.services.books import draft_reversal
from funds.services.ending import decide_anew
from funds.services.receipts import close_payment
from funds.services.releases import (
    ask_instalment,
    call_in_owed,
    confirm_instalment,
    decline_instalment,
    note_acceptance,
    order_release,
)
from funds.services.settling import (
    FinalCost,
    confirm_settlement,
    receive_refund,
    state_settlement,
)
from funds.steps import By, Receipt
from registry.fields import open_bytes
from registry.models import Owner, Ownership
from tests.funds.books import book, deposit, make_account
from tests.funds.payments import (
    DAY,
    borne,
    close,
    exact,
    funded,
    order,
    pay,
    pay_owed,
    ready,
    receipt,
    revoke,
    settle,
)
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
    emergency_repair,
    freeze,
    paper,
)

pytestmark = pytest.mark.django_db
THREE = [Stage("start", 100), Stage("milestone", 200, "过半"), Stage("final", BUDGET - 300)]


@pytest.fixture(autouse=True)
def _signing(settings, tmp_path):
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)


def test_a_repair_is_paid_and_settled_to_the_fen():
    case = funded()
    before = {one.sub_id: 2_000_00 for one in case.version.units.all()}
    pay(case)
    assert case.request.desk == "works"
    settle(case, BUDGET - 1_01, warranty=DAY + timedelta(days=730))
    final = case.application.instalments.get(kind="final")
    assert final.fen == BUDGET - 1_01 - 3_600_00
    pay(case, 2)
    assert case.request.state == "settled"
    shares = exact(BUDGET - 1_01, case)
    assert borne(case) == shares
    subs = {one.unit_id: one.sub_id for one in case.version.units.all()}
    held = balances_of(list(before))
    assert {subs[unit]: 2_000_00 - fen for unit, fen in shares.items()} == held
    vouchers = Voucher.objects.filter(kind="release").order_by("number")
    assert [(one.drafted_by, one.sealed_by) for one in vouchers] == [
        (OFFICIAL.actor, SECOND.actor)
    ] * 2
    assert list(check_books()) == []
    with pytest.raises(RuleViolation):
        close(case, 2, serial="S9")


def test_the_list_is_the_banks_file_with_totals_and_no_gap():
    case = funded()
    ready(case)
    made = order(case)
    assert (made.number, made.lines, made.total_fen) == (1, 1, 3_600_00)
    content = open_bytes(bytes(made.content), purpose="funds.releaselist")
    assert b"6222" not in bytes(made.content)
    rows = list(openpyxl.load_workbook(io.BytesIO(content)).active.values)
    assert rows[0][:6] == ("序号", "清单号", "收款户名", "收款开户行", "收款账号", "金额（元）")
    assert rows[1][4:6] == ("6222000000000009", "3600.00")
    assert rows[2][2] == "1笔"
    assert rows[2][5] == "3600.00"
    notice = made.notice
    assert notice.kind == "fund_transfer"
    assert not notice.is_public
    assert b"6222000000000009" not in bytes(notice.facts)
    assert b"****0009" in bytes(notice.facts)
    assert made.sha256.encode() in bytes(notice.facts)
    close(case)
    made.refresh_from_db()
    assert made.state == "closed"


def test_lists_are_numbered_on():
    case = funded(plan=[Stage("start", 100), Stage("final", BUDGET - 100)])
    pay(case)
    settle(case, BUDGET)
    ready(case, 2)
    assert order(case, 2).number == 2


def test_what_a_sub_account_lacks_is_owed_and_paid_when_it_came_in():
    case = funded(600_00)
    account = case.account
    pay(case)  # 3600.00 among 900.00 m²: 4.00 a square metre; two units of 150 m² owe nothing
    settle(case, BUDGET)
    pay(case, 2)
    final = case.application.instalments.get(position=2)
    owed = owed_left(case.request)
    assert final.payable_fen == 5_400_00 - sum(owed.values())
    assert {o.sub_id: o.fen for o in OwedAmount.objects.all()} == {
        one.sub_id: owed[one.sub_id] for one in case.version.units.all() if one.sub_id in owed
    }
    assert all(fen >= 0 for fen in balances_of([one.pk for one in account.subs.all()]).values())
    assert case.request.state == "approved"  # the firm is still owed
    with pytest.raises(RuleViolation) as refused:
        call_in_owed(code=case.code, by=OFFICIAL, at=AT)
    assert refused.value.code == "owed.none"
    first = OwedAmount.objects.order_by("pk").first()
    pay_owed(account, [first])
    balance = call_in_owed(code=case.code, by=OFFICIAL, at=AT)
    assert (balance.kind, balance.state, balance.fen) == ("balance", "asked", first.fen)
    with pytest.raises(RuleViolation):  # not twice
        call_in_owed(code=case.code, by=OFFICIAL, at=AT)
    with pytest.raises(RuleViolation) as refused:
        confirm_instalment(code=case.code, position=balance.position, by=OFFICIAL, at=AT)
    assert refused.value.code == "instalment.same_person"
    confirm_instalment(code=case.code, position=balance.position, by=SECOND, at=AT)
    order(case, balance.position)
    close(case, balance.position)
    assert case.request.state == "approved"
    pay_owed(account, list(OwedAmount.objects.exclude(pk=first.pk)))
    rest = call_in_owed(code=case.code, by=OFFICIAL, at=AT)
    confirm_instalment(code=case.code, position=rest.position, by=SECOND, at=AT)
    order(case, rest.position)
    close(case, rest.position)
    assert case.request.state == "settled"
    assert borne(case) == exact(BUDGET, case)
    assert list(check_books()) == []


def test_nothing_is_ordered_where_there_is_nothing_to_pay():
    case = approved_repair(account=make_account())
    ready(case)
    with pytest.raises(RuleViolation) as refused:
        order(case)
    assert refused.value.code == "release.nothing"
    assert not ReleaseList.objects.exists()


def test_money_that_is_ordered_is_kept_for_it():
    case = funded()
    ready(case)
    order(case)
    sub = case.version.units.order_by("pk").first().sub
    with pytest.raises(RuleViolation) as refused:
        book(
            case.account.special,
            [Line("bank", None, -1_999_00), Line("sub", sub.pk, 1_999_00)],
            "release",
        )
    assert refused.value.code == "voucher.overdrawn"
    close(case)


def test_two_repairs_do_not_promise_the_same_money():
    first = funded(450_00, plan=[Stage("start", 3_600_00), Stage("final", BUDGET - 3_600_00)])
    second = emergency_repair(first.account)
    apply_for(second, plan=[Stage("start", 3_600_00), Stage("final", BUDGET - 3_600_00)])
    approve(second)
    for case in (first, second):
        ready(case)
    order(first)
    order(second)
    taken = Counter()
    for sub, fen in InstalmentShare.objects.values_list("unit__sub", "fen"):
        taken[sub] += fen
    assert max(taken.values()) <= 450_00
    close(first)
    close_payment(
        code=second.code, position=1, receipt=receipt(second, serial="S2"), scan=b"",
        by=SECOND, at=AT,
    )  # fmt: skip
    assert list(check_books()) == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"fen": 3_600_01}, "receipt.amount"),
        ({"account": "6222 0000 0000 0008"}, "receipt.account"),
        ({"account": ""}, "receipt.account"),
        ({"serial": ""}, "receipt.serial"),
        ({"serial": "x" * 61}, "receipt.serial"),
        ({"serial": "\x00"}, "receipt.serial"),
        ({"day": None}, "receipt.day"),
        ({"day": DAY + timedelta(days=1)}, "receipt.day"),
        ({"day": DAY - timedelta(days=1)}, "receipt.day"),
    ],
)
def test_a_receipt_that_does_not_fit_is_refused(fields, code):
    case = funded()
    ready(case)
    order(case)
    with pytest.raises(RuleViolation) as refused:
        close(case, **fields)
    assert code in {one.code for one in refused.value.facts["reasons"]}
    assert Instalment.objects.get(position=1).state == "ordered"
    assert not Voucher.objects.filter(kind="release").exists()


def test_a_receipt_counts_once():
    case = funded(plan=THREE)
    pay(case)
    again = close(case, serial="S1")  # the same person sends the form twice
    assert again.state == "paid"
    assert Voucher.objects.filter(kind="release").count() == 1
    with pytest.raises(RuleViolation) as refused:
        close(case, by=By("user:22", "bureau"))
    assert refused.value.code == "receipt.twice"
    paper(case, "supervision")
    ready(case, 2)
    order(case, 2)
    with pytest.raises(RuleViolation) as refused:
        close(case, 2, serial="S1")
    assert [one.code for one in refused.value.facts["reasons"]] == ["receipt.serial_used"]


def test_two_people_at_every_step():
    case = funded()
    ask_instalment(code=case.code, position=1, by=OFFICIAL._replace(role="organiser"), at=AT)
    with pytest.raises(RuleViolation) as refused:
        confirm_instalment(code=case.code, position=1, by=OFFICIAL, at=AT)
    assert refused.value.code == "instalment.same_person"
    confirm_instalment(code=case.code, position=1, by=SECOND, at=AT)
    order(case)
    with pytest.raises(RuleViolation) as refused:
        close(case, by=OFFICIAL)
    assert refused.value.code == "receipt.same_person"


@pytest.mark.parametrize(
    ("custody", "payer", "other"),
    [("agency", "bureau", "organiser"), ("public", "bureau", "organiser"),
     ("self", "organiser", "bureau")],
)  # fmt: skip
def test_who_pays_depends_on_custody(custody, payer, other):
    account = make_account(custody="public" if custody == "public" else "agency")
    deposit(account, 2_000_00)
    case = approved_repair(account=account, custody=custody)
    ask_instalment(code=case.code, position=1, by=APPLICANT, at=AT)
    with pytest.raises(RuleViolation) as refused:
        confirm_instalment(code=case.code, position=1, by=By("user:40", other), at=AT)
    assert refused.value.code == "release.role"
    confirm_instalment(code=case.code, position=1, by=By("user:40", payer), at=AT)
    made = order(case, by=By("user:40", payer))
    committee = "样例花园业主委员会"
    assert (f'"issuer":"{committee}"' in bytes(made.notice.facts).decode()) == (
        custody == "self"
    )


def test_papers_are_asked_for_by_kind():
    case = funded(plan=THREE)
    with pytest.raises(RuleViolation) as refused:
        ask_instalment(code=case.code, position=2, by=APPLICANT, at=AT)
    assert refused.value.code == "instalment.order"
    pay(case)
    with pytest.raises(RuleViolation) as refused:
        ask_instalment(code=case.code, position=2, by=APPLICANT, at=AT)
    assert str(refused.value) == "请上传监理文件或者进度证明"
    paper(case, "supervision")
    pay(case, 2)
    with pytest.raises(RuleViolation) as refused:
        ask_instalment(code=case.code, position=3, by=APPLICANT, at=AT)
    assert {one.code for one in refused.value.facts["reasons"]} == {
        "instalment.papers",
        "instalment.settlement",
    }


def test_a_decision_revoked_after_the_first_instalment_stops_the_rest():
    case = funded()
    pay(case)
    revoke(case)
    with pytest.raises(RuleViolation) as refused:
        settle(case, BUDGET)
    assert refused.value.code == "settlement.gate"
    with pytest.raises(RuleViolation) as refused:
        ask_instalment(code=case.code, position=2, by=APPLICANT, at=AT)
    assert refused.value.code == "release.gate"
    assert borne(case)  # what was paid stays on record
    assert case.request.state == "approved"


def test_a_decision_that_falls_while_the_bank_pays_is_noted_and_freezes_the_rest():
    case = funded()
    ready(case)
    order(case)
    revoke(case)
    close(case)
    assert Instalment.objects.get(position=1).state == "paid"
    assert "不再付款" in case.request.hold
    assert Voucher.objects.filter(kind="release", state="sealed").count() == 1
    revoke(case, authorises=True)
    with pytest.raises(RuleViolation) as refused:
        settle_and_ask(case)
    assert refused.value.code == "release.gate"


def settle_and_ask(case):
    settle(case, BUDGET)
    ask_instalment(code=case.code, position=2, by=APPLICANT, at=AT)


@pytest.mark.parametrize("step", ["ask", "confirm", "order"])
def test_the_gate_is_asked_at_every_step(step):
    case = funded()
    if step != "ask":
        ask_instalment(code=case.code, position=1, by=APPLICANT, at=AT)
    if step == "order":
        confirm_instalment(code=case.code, position=1, by=OFFICIAL, at=AT)
    RepairRequest.objects.update(hold="合同没有盖章")
    act = {
        "ask": lambda: ask_instalment(code=case.code, position=1, by=APPLICANT, at=AT),
        "confirm": lambda: confirm_instalment(code=case.code, position=1, by=OFFICIAL, at=AT),
        "order": lambda: order(case),
    }[step]
    with pytest.raises(RuleViolation) as refused:
        act()
    assert refused.value.code == "release.gate"


def test_a_unit_sold_between_the_vote_and_the_payment_pays_by_its_sub_account():
    case = funded()
    unit = case.version.units.order_by("pk").first()
    Ownership.objects.filter(unit=unit.unit).update(valid_to=date(2026, 11, 1))
    buyer = Owner.objects.order_by("-pk").first()
    Ownership.objects.create(unit=unit.unit, owner=buyer, valid_from=date(2026, 11, 2))
    pay(case)
    share = InstalmentShare.objects.get(unit=unit)
    assert balances_of([unit.sub_id])[unit.sub_id] == 2_000_00 - share.fen


def test_the_surplus_comes_back_to_every_unit_to_the_fen():
    case = funded()
    pay(case)
    settle(case, 3_333_33)
    refund = Refund.objects.get()
    assert (refund.fen, refund.state) == (3_600_00 - 3_333_33, "expected")
    assert case.application.instalments.get(kind="final").state == "cancelled"
    assert case.request.state == "approved"
    back = Receipt("R1", DAY, refund.fen)

    def receive(given=back, by=SECOND):
        return receive_refund(
            code=case.code, refund_id=refund.pk, receipt=given, scan=b"", by=by, at=AT
        )

    with pytest.raises(RuleViolation) as refused:
        receive(by=OFFICIAL)
    assert refused.value.code == "refund.same_person"
    with pytest.raises(RuleViolation):
        receive(back._replace(fen=refund.fen + 1))
    with pytest.raises(RuleViolation):
        receive(back._replace(serial="S1"))  # of the payment
    receive()
    receive()  # the form twice
    assert sum(RefundShare.objects.values_list("fen", flat=True)) == refund.fen
    assert borne(case) == exact(3_333_33, case)
    assert case.request.state == "settled"
    assert ledger_totals(case.account.special)["bank"] == 9 * 2_000_00 - 3_333_33
    assert list(check_books()) == []


def test_a_cost_that_is_just_what_was_paid_moves_the_odd_fen():
    plan = [
        Stage("start", 1_00),
        Stage("milestone", 1_01, "过半"),
        Stage("milestone", 99, "完工"),
        Stage("final", BUDGET - 3_00),
    ]
    case = funded(plan=plan)
    paper(case, "supervision")
    for position in (1, 2, 3):
        pay(case, position)
    settle(case, 3_00)
    assert borne(case) == exact(3_00, case)
    assert case.request.state == "settled"
    assert list(check_books()) == []


def test_more_than_was_approved_goes_back_for_a_new_decision():
    case = funded()
    pay(case)
    paper(case, "acceptance")
    paper(case, "settlement")
    cost = FinalCost(BUDGET + 1, DAY, None, None, "按实际工程量结算")
    with pytest.raises(RuleViolation) as refused:
        state_settlement(code=case.code, cost=cost, by=APPLICANT, at=AT)
    assert refused.value.code == "settlement.over"
    with pytest.raises(RuleViolation):
        decide_anew(code=case.code, reason="", by=APPLICANT, at=AT)
    decide_anew(code=case.code, reason="拆开后发现要多换一根钢丝绳", by=APPLICANT, at=AT)
    request = case.request
    assert (request.state, request.desk) == ("draft", "applicant")
    states = dict(case.application.instalments.values_list("position", "state"))
    assert states == {1: "paid", 2: "cancelled"}
    assert request.files.filter(removed_at=None).count() == 3
    assert borne(case)


def test_after_a_new_decision_what_was_paid_counts():
    case = funded()
    pay(case)
    decide_anew(code=case.code, reason="拆开后发现要多换一根钢丝绳", by=APPLICANT, at=AT)
    more = BUDGET + 1_000_00
    RepairRequest.objects.update(budget_fen=more)
    decide_at_once(case.request, most=more)
    case.versions.append(freeze(case.request, verdict="authorised"))
    RepairRequest.objects.update(state="decided", desk="applicant")
    left = more - 3_600_00
    with pytest.raises(RuleViolation):
        apply_for(case, more, plan=[Stage("final", more)])
    apply_for(case, more, plan=[Stage("final", left)])
    approve(case)
    settle(case, more - 7)
    one = case.application.instalments.get()
    assert one.fen == left - 7
    ready(case)
    order(case)
    close(case, serial="S2")
    assert borne(case) == exact(more - 7, case)
    assert case.request.state == "settled"


def test_who_has_paid_bears_it_to_the_end():
    case = funded()
    pay(case)
    decide_anew(code=case.code, reason="换一种修法，只修1幢", by=APPLICANT, at=AT)
    building = case.account.estate.buildings.get(name="1幢")
    RepairRequest.objects.update(scope=[{"building": building.pk, "entrance": None}])
    with pytest.raises(RuleViolation) as refused:
        freeze(case.request, verdict="")
    assert [one.code for one in refused.value.facts["reasons"]] == ["repair.paid"]
    RepairRequest.objects.update(scope=[], budget_fen=BUDGET + 1)
    assert freeze(case.request, verdict="").number == 2


def test_the_settlement_is_two_peoples_and_waits_for_payments_under_way():
    case = funded()
    ask_instalment(code=case.code, position=1, by=APPLICANT, at=AT)
    paper(case, "acceptance")
    paper(case, "settlement")
    cost = FinalCost(BUDGET, DAY, None, None, "按合同单价结算")
    state_settlement(code=case.code, cost=cost, by=OFFICIAL._replace(role="organiser"), at=AT)
    with pytest.raises(RuleViolation) as refused:
        confirm_settlement(code=case.code, by=OFFICIAL, at=AT)
    assert refused.value.code == "settlement.same_person"
    with pytest.raises(RuleViolation) as refused:
        confirm_settlement(code=case.code, by=SECOND, at=AT)
    assert refused.value.code == "settlement.pending"
    decline_instalment(code=case.code, position=1, reason="先结算再付", by=SECOND, at=AT)
    confirm_settlement(code=case.code, by=SECOND, at=AT)
    assert list(case.application.instalments.values_list("kind", "state", "fen")) == [
        ("start", "cancelled", 3_600_00),
        ("final", "planned", BUDGET),
    ]
    with pytest.raises(RuleViolation):
        state_settlement(code=case.code, cost=cost, by=APPLICANT, at=AT)


def test_a_settlement_needs_its_papers_and_days():
    case = funded()
    cost = FinalCost(0, DAY + timedelta(days=1), None, None, "")
    with pytest.raises(RuleViolation) as refused:
        state_settlement(code=case.code, cost=cost, by=APPLICANT, at=AT)
    assert {one.code for one in refused.value.facts["reasons"]} == {
        "settlement.fen", "settlement.audit", "settlement.accepted", "settlement.papers",
    }  # fmt: skip


def test_the_repairs_own_warranty_is_remembered():
    case = funded()
    pay(case)
    until = DAY + timedelta(days=365)
    settle(case, BUDGET, warranty=until)
    estate = case.request.estate
    assert own_warranty(estate, "lift", "1幢 1号电梯", until).request.code == case.code
    assert own_warranty(estate, "lift", "1幢1号电梯", until + timedelta(days=1)) is None
    assert own_warranty(estate, "roof", "1幢1号电梯", DAY) is None
    assert own_warranty(estate, "lift", "2幢1号电梯", DAY) is None


def test_the_preview_shows_every_unit_before_anybody_decides():
    account = make_account()
    deposit(account, 1_000_00)
    case = emergency_repair(account)
    rows, totals = preview(case.version, BUDGET)
    assert totals.share == BUDGET
    assert totals.units == 8
    for one in rows:
        assert one.before == 1_000_00
        assert one.after == max(1_000_00 - one.share, 0)
        assert one.owed == max(one.share - 1_000_00, 0)
    assert totals.owed == sum(one.owed for one in rows) == 2 * 500_00 + 2 * 100_00


def test_the_preview_without_balances_says_so():
    case = emergency_repair(mode="mirror")
    rows, _totals = preview(case.version, BUDGET)
    assert {one.before for one in rows} == {None}


def test_in_mirror_mode_the_shares_are_the_record():
    account = make_account("mirror")
    snapshot = Snapshot.objects.create(
        special=account.special, as_of=DAY, source="样例市资金中心", file_name="余额.csv",
        total_fen=9 * 500_00, imported_by="user:1",
        imported_at=AT - timedelta(hours=1),
    )  # fmt: skip
    SnapshotLine.objects.bulk_create(
        SnapshotLine(snapshot=snapshot, sub=sub, fen=500_00) for sub in account.subs.all()
    )
    case = approved_repair(account=account)
    ready(case)
    made = order(case)
    assert made.total_fen == Instalment.objects.get(position=1).payable_fen
    close(case, day=DAY)
    assert not Voucher.objects.exists()
    # 60.00 m² would be 4.00 each; 150 m² bear 600.00 and have 500.00.
    owed = owed_left(case.request)
    assert set(owed.values()) == {100_00}
    assert len(owed) == 2
    with pytest.raises(RuleViolation):
        call_in_owed(code=case.code, by=OFFICIAL, at=AT)


def test_the_fund_centres_number_is_entered_back():
    case = funded()
    with pytest.raises(RuleViolation):
        note_acceptance(code=case.code, number=" ", by=OFFICIAL, at=AT)
    note_acceptance(code=case.code, number="AQ2026-000123", by=OFFICIAL, at=AT)
    note_acceptance(code=case.code, number="AQ2026-000123", by=OFFICIAL, at=AT)
    assert case.application.acceptance_number == "AQ2026-000123"
    assert case.request.steps.filter(kind="accepted").count() == 1


def test_the_receipt_is_kept_as_a_paper():
    case = funded()
    ready(case)
    order(case)
    close_payment(code=case.code, position=1, receipt=receipt(case), scan=PDF, by=SECOND, at=AT)
    kept = case.request.files.get(kind="receipt")
    one = Instalment.objects.get(position=1)
    assert one.receipt_sha256 == kept.sha256 == one.voucher.paper_sha256


def test_a_list_has_one_estate_and_something_on_it():
    with pytest.raises(RuleViolation) as refused:
        order_release(instalments=[], by=OFFICIAL, at=AT)
    assert refused.value.code == "list.empty"
    one, other = funded(), funded()
    ready(one)
    ready(other)
    both = list(Instalment.objects.filter(state="ready").values_list("pk", flat=True))
    with pytest.raises(RuleViolation) as refused:
        order_release(instalments=both, by=OFFICIAL, at=AT)
    assert refused.value.code == "list.mixed"
    assert not Document.objects.exclude(kind="repair_publicity").exists()


@pytest.mark.parametrize(
    "plan",
    [
        [Stage("start", BUDGET - 1), Stage("final", 1)],
        [Stage("milestone", BUDGET - 1, "过半"), Stage("final", 1)],
        [Stage("advance", BUDGET // 2), Stage("start", 1), Stage("final", BUDGET // 2 - 1)],
    ],
    ids=["start", "milestone", "a fen beside the advance"],
)
def test_an_emergency_pays_no_more_than_its_advance_before_acceptance(plan):
    case = emergency_repair()  # half of it may leave at once
    with pytest.raises(RuleViolation) as refused:
        apply_for(case, plan=plan)
    assert [one.code for one in refused.value.facts["reasons"]] == ["plan.advance"]


def test_a_settlement_stated_after_the_notice_has_to_be_shown_again():
    case = funded()
    pay(case)
    settle(case, BUDGET)
    Settlement.objects.update(stated_at=AT + timedelta(days=31))  # the notice: thirty
    ask_instalment(code=case.code, position=2, by=APPLICANT, at=AT)
    with pytest.raises(RuleViolation, match="公示以后结算改过"):
        confirm_instalment(code=case.code, position=2, by=OFFICIAL, at=AT)


@pytest.mark.parametrize(
    "act",
    [
        lambda case, by: ask_instalment(code=case.code, position=1, by=by, at=AT),
        lambda case, by: decide_anew(code=case.code, reason="超过批准", by=by, at=AT),
        lambda case, by: state_settlement(
            code=case.code, cost=FinalCost(1, DAY, None, None, "不审核"), by=by, at=AT
        ),
    ],
    ids=["ask", "decide anew", "settle"],
)
def test_another_applicants_repair_is_not_theirs(act):
    case = funded()  # the committee's
    with pytest.raises(RuleViolation) as refused:
        act(case, By("user:50", "property_manager"))
    assert refused.value.code == "application.role"


def test_an_emergency_that_costs_more_is_for_the_owners():
    case = funded()
    pay(case)
    decide_anew(code=case.code, reason="电机也要换，超过批准的金额", by=APPLICANT, at=AT)
    assert (case.request.kind, case.request.state) == ("ordinary", "draft")


def test_money_comes_back_to_a_repair_that_has_ended():
    case = funded()
    pay(case)
    RepairRequest.objects.update(state="closed")
    before = sum(balances_of(_subs(case)).values())
    paid = case.application.instalments.get(position=1).payable_fen
    made = Refund.objects.create(
        request=case.request, fen=paid, reason="业主没有同意", noted_by="system", noted_at=AT
    )
    receive_refund(
        code=case.code, refund_id=made.pk, receipt=Receipt("R1", DAY, paid), scan=b"",
        by=SECOND, at=AT,
    )  # fmt: skip
    assert sum(balances_of(_subs(case)).values()) == before + paid
    assert case.request.state == "closed"
    assert list(check_books()) == []


def test_a_repairs_voucher_is_not_reversed_alone():
    case = funded()
    pay(case)
    voucher = Voucher.objects.get(kind="release")
    with pytest.raises(RuleViolation) as refused:
        draft_reversal(voucher_id=voucher.pk, reason="错", dated_on=DAY, actor="user:1", at=AT)
    assert refused.value.code == "reversal.repair"


def _subs(case):
    return list(case.account.subs.values_list("pk", flat=True))
