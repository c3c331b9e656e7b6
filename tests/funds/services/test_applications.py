"""Applying for the use of the fund: what is refused, whose desk it goes to, taking it back."""

from datetime import timedelta

import pytest
from django.db import transaction

from core.errors import RuleViolation
from core.workdays import workdays_end
from funds.domain.applications import Payee, Stage
from funds.models import FundApplication, Instalment, RepairRequest
from funds.services.applications import (
    draft_application,
    file_application,
    withdraw_application,
)
from logbook.models import Entry
from tests.factories import make_profile
from tests.funds.repairs import (
    APPLICANT,
    AT,
    BUDGET,
    FIRM,
    apply_for,
    approved_repair,
    decide_at_once,
    emergency_repair,
    paper,
    sought,
    voted_repair,
)

pytestmark = pytest.mark.django_db


def draft(case, amount=BUDGET, **fields):
    return draft_application(
        code=case.code, sought=sought(amount, **fields), by=APPLICANT, at=AT
    )


def test_an_application_on_a_vote_goes_to_the_street_first():
    case = voted_repair()
    application = apply_for(case)
    request = case.request
    assert (request.state, request.desk) == ("review", "street")
    assert request.desk_authority == request.estate.authority
    assert request.desk_due_at == workdays_end(AT, 3).at
    assert application.version == case.version
    assert {kind for kind, _sha in application.papers} == {"contract"}
    assert [one.fen for one in application.instalments.all()] == [3_600_00, 5_400_00]
    assert Entry.objects.filter(kind="repair.application_filed").count() == 1


def test_an_emergency_skips_the_street_and_is_due_by_the_hour():
    case = emergency_repair()
    apply_for(case)
    request = case.request
    assert (request.desk, request.desk_authority) == ("bureau", request.special.authority)
    assert request.desk_due_at == AT + timedelta(hours=24)


@pytest.mark.parametrize(
    ("custody", "desk", "days"), [("self", "committee", 5), ("public", "seller", 5)]
)
def test_each_custody_has_its_first_desk(custody, desk, days):
    case = voted_repair(custody=custody)
    apply_for(case)
    request = case.request
    assert request.desk == desk
    assert request.desk_due_at == workdays_end(AT, days).at
    authority = None if custody == "self" else request.special.authority
    assert request.desk_authority == authority


def test_the_account_is_kept_encrypted_and_found_by_its_hash():
    case = emergency_repair()
    application = draft(case)
    application.refresh_from_db()
    assert application.payee_account == "6222000000000009"
    assert application.payee_tail == "0009"
    [(raw,)] = _raw("select payee_account from funds_fundapplication")
    assert b"6222" not in bytes(raw)
    assert "6222" not in "".join(bytes(one.line).decode() for one in Entry.objects.all())


def _raw(sql):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"contract_fen": BUDGET - 1}, "application.over_contract"),
        ({"contract_fen": 0}, "application.contract"),
        ({"audited_fen": BUDGET - 1}, "application.over_audit"),
        ({"no_audit": "x"}, "application.audit"),
        ({"contract_firm": "别的公司"}, "application.payee"),
        ({"payee": Payee("别的公司", "样例银行", "62220000")}, "application.payee"),
        ({"payee": Payee(FIRM, "样例银行", "6222000")}, "application.account"),
        ({"payee": Payee(FIRM, "样例银行", "6222000a")}, "application.account"),
        ({"payee": Payee(FIRM, "", "62220000")}, "application.missing"),
        ({"payee": Payee(FIRM, "\x00", "62220000")}, "application.text"),
        (
            {"contract_firm": "别的公司", "payee": Payee("别的公司", "样例银行", "62220000")},
            "application.firm",
        ),
        ({"plan": [Stage("final", BUDGET - 1)]}, "plan.sum"),
        ({"plan": [Stage("start", BUDGET)]}, "plan.final"),
        ({"plan": [Stage("final", BUDGET - 1), Stage("start", 1)]}, "plan.final"),
        ({"plan": [Stage("start", 0), Stage("final", BUDGET)]}, "plan.fen"),
        ({"plan": [Stage("balance", 1), Stage("final", BUDGET - 1)]}, "plan.kind"),
        ({"plan": [Stage("milestone", 1), Stage("final", BUDGET - 1)]}, "plan.condition"),
        (
            {"plan": [Stage("advance", BUDGET // 2 + 1), Stage("final", BUDGET // 2 - 1)]},
            "plan.advance",
        ),
    ],
)
def test_what_is_wrong_is_named(fields, code):
    case = emergency_repair()
    with pytest.raises(RuleViolation) as refused:
        draft(case, **fields)
    assert refused.value.code == "application.invalid"
    assert code in {one.code for one in refused.value.facts["reasons"]}
    assert not FundApplication.objects.exists()


def test_all_reasons_come_at_once():
    case = emergency_repair()
    with pytest.raises(RuleViolation) as refused:
        draft(case, contract_fen=1, no_audit="", plan=[Stage("final", 1)])
    codes = {one.code for one in refused.value.facts["reasons"]}
    assert codes == {"application.over_contract", "application.audit", "plan.sum"}


@pytest.mark.parametrize(
    ("tolerance", "amount", "allowed"),
    [
        ([0, 100], BUDGET, True),
        ([0, 100], BUDGET + 1, False),
        ([5, 100], 9_450_00, True),
        ([5, 100], 9_450_01, False),
        ([1, 3], 12_000_00, True),
        ([1, 3], 12_000_01, False),
    ],
)
def test_more_than_was_decided_needs_a_new_decision(tolerance, amount, allowed):
    case = voted_repair()
    make_profile(**{"fund.over_budget_redecide": tolerance})
    if allowed:
        draft(case, amount)
        return
    with pytest.raises(RuleViolation) as refused:
        draft(case, amount)
    assert "application.over_decision" in {one.code for one in refused.value.facts["reasons"]}


def test_an_emergency_may_spend_what_was_decided_not_what_was_estimated():
    case = emergency_repair()
    decide_at_once(case.request, most=8_000_00)
    draft(case, 8_000_00)
    with pytest.raises(RuleViolation):
        draft(case, 8_000_01)


def test_nothing_is_applied_for_where_the_decision_does_not_stand():
    case = emergency_repair()
    case.version.verdict = "rejected"
    case.version.save()
    with pytest.raises(RuleViolation) as refused:
        draft(case)
    assert refused.value.code == "application.gate"


def test_a_decision_taken_back_between_drafting_and_filing_shuts_the_gate():
    case = emergency_repair()
    paper(case, "contract")
    draft(case)
    decision = case.request.emergency_decisions.get()
    decision.pk, decision.authorises = None, False
    decision.save()
    with pytest.raises(RuleViolation) as refused:
        file_application(code=case.code, by=APPLICANT, at=AT)
    assert refused.value.code == "application.gate"
    assert case.request.state == "decided"


def test_an_order_to_correct_shuts_the_gate():
    case = emergency_repair()
    RepairRequest.objects.update(hold="合同没有盖章")
    with pytest.raises(RuleViolation) as refused:
        draft(case)
    assert "合同没有盖章" in str(refused.value)


def test_filing_asks_for_the_papers():
    case = emergency_repair()
    draft(case, audited_fen=BUDGET)
    with pytest.raises(RuleViolation) as refused:
        file_application(code=case.code, by=APPLICANT, at=AT)
    assert [str(one) for one in refused.value.facts["reasons"]] == [
        "请上传施工合同",
        "请上传造价审核的文件",
    ]
    paper(case, "contract")
    paper(case, "cost_audit")
    assert file_application(code=case.code, by=APPLICANT, at=AT).state == "filed"


def test_there_is_nothing_to_file_without_a_draft():
    case = emergency_repair()
    with pytest.raises(RuleViolation) as refused:
        file_application(code=case.code, by=APPLICANT, at=AT)
    assert refused.value.code == "application.none"


def test_a_draft_is_written_over_and_filed_once():
    case = emergency_repair()
    apply_for(case)
    with pytest.raises(RuleViolation) as refused:
        draft(case)
    assert refused.value.code == "repair.state"
    with pytest.raises(RuleViolation):
        file_application(code=case.code, by=APPLICANT, at=AT)
    assert FundApplication.objects.count() == 1


def test_a_returned_one_stays_and_the_next_has_the_next_number():
    case = emergency_repair()
    first = apply_for(case)
    with transaction.atomic():
        FundApplication.objects.update(state="returned")
        RepairRequest.objects.update(state="returned", desk="applicant")
    second = draft(case, 8_000_00)
    assert (second.number, second.pk != first.pk) == (2, True)
    first.refresh_from_db()
    assert first.amount_fen == BUDGET
    assert first.instalments.count() == 2
    assert file_application(code=case.code, by=APPLICANT, at=AT).number == 2


def test_one_that_was_filed_can_be_taken_back():
    case = emergency_repair()
    apply_for(case)
    with pytest.raises(RuleViolation):
        withdraw_application(code=case.code, reason="x", by=APPLICANT, at=AT)
    withdraw_application(code=case.code, reason="合同金额写错了", by=APPLICANT, at=AT)
    request = case.request
    assert (request.state, request.desk) == ("returned", "applicant")
    assert case.application.state == "withdrawn"
    assert set(Instalment.objects.values_list("state", flat=True)) == {"cancelled"}
    assert draft(case).number == 2


def test_one_that_has_passed_cannot_be_taken_back():
    case = approved_repair()
    with pytest.raises(RuleViolation) as refused:
        withdraw_application(code=case.code, reason="不想修了", by=APPLICANT, at=AT)
    assert refused.value.code == "repair.state"
