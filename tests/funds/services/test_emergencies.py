"""From a report to a decision without a vote, and back to the owners; nobody does two steps."""

import threading
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from core.errors import RuleViolation
from funds.domain.emergencies import SITUATIONS
from funds.domain.repairs import EXCLUSIONS
from funds.models import (
    Emergency,
    EmergencyDecision,
    EmergencyFinding,
    Refund,
    RepairRequest,
    RepairVersion,
    Settlement,
)
from funds.selectors.emergencies import running_like, stages
from funds.selectors.gates import gate_reasons
from funds.services.emergencies import Upload, escalate, withdraw_emergency
from funds.services.requests import drop_request
from funds.steps import By
from funds.tasks import escalate_due
from logbook.models import Entry
from registry.models import Building
from tests.factories import make_profile
from tests.funds.emergencies import (
    AT,
    HOUR,
    PDF,
    Cast,
    decide,
    decided,
    find,
    opened,
    pay_advance,
    picture,
    report,
    settle,
)
from tests.town import town

__all__ = ["town"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(town):
    return Cast(town)


def refused(act, *args, **kwargs):
    """The code of a refusal, and the fields it names."""
    with pytest.raises(RuleViolation) as found:
        act(*args, **kwargs)
    reasons = found.value.facts.get("reasons", [])
    return found.value.code, {one.field for one in reasons}


def test_the_whole_way_to_a_decision(town, cast):
    opened(town)
    request = report(town)
    assert (request.state, request.desk) == ("reported", "finding")
    assert request.desk_authority == town.here.committee
    # Saturday night does not stop the clock: 12 hours for the desk, 48 for everything.
    assert request.desk_due_at == AT + 12 * HOUR
    assert request.emergency.due_at == AT + 48 * HOUR
    find(town, request)
    request.refresh_from_db()
    assert (request.state, request.desk) == ("found", "decision")
    assert request.desk_due_at == AT + 2 * HOUR + 12 * HOUR
    made = decide(town, request)
    request.refresh_from_db()
    assert (request.state, request.desk, request.desk_due_at) == ("decided", "applicant", None)
    assert made.decided_by_kind == "owners_committee"
    assert made.clause == "平台默认，法律没有规定"
    version = request.versions.get()
    assert (version.verdict, version.budget_fen) == ("authorised", 1_000_000)
    assert sum(version.units.values_list("share_fen", flat=True)) == 1_000_000
    assert gate_reasons(request, version) == []
    assert [one.desk for one in stages(request)] == ["finding", "decision", "applicant"]
    kinds = Entry.objects.filter(kind__startswith="repair.emergency").values_list("kind")
    assert [kind for (kind,) in kinds.order_by("pk")] == [
        "repair.emergency.reported", "repair.emergency.found", "repair.emergency.decided",
    ]  # fmt: skip


def test_all_reasons_of_a_report_at_once(town):
    code, fields = refused(
        report, town, situation="", danger=" ", part="moon", place="", applicant="",
        contact_phone="", exclusions={}, warranty_until=None, clause="", photos=[],
    )  # fmt: skip
    assert code == "emergency.invalid"
    assert fields == {
        "situation", "danger", "part", "place", "applicant", "contact_phone",
        "warranty_until", "clause", "photos", *EXCLUSIONS,
    }  # fmt: skip
    assert not RepairRequest.objects.exists()


@pytest.mark.parametrize("key", EXCLUSIONS)
def test_urgent_or_not_the_fund_does_not_pay_what_others_owe(town, key):
    answers = {**dict.fromkeys(EXCLUSIONS, False), key: True}
    assert refused(report, town, exclusions=answers) == ("emergency.invalid", {key})


def test_within_the_warranty_the_builder_pays_its_last_day_too(town):
    today = date(2026, 11, 7)  # in Shanghai; in UTC as well
    for until, right in ((today, False), (today - timedelta(days=1), True)):
        if right:
            assert report(town, warranty_until=until).pk
        else:
            outcome = refused(report, town, warranty_until=until)
            assert outcome == ("emergency.invalid", {"warranty_until"})


def test_the_day_is_the_one_in_shanghai(town):
    at = AT + HOUR  # 00:30 on the 8th there, 16:30 on the 7th in UTC
    assert report(town, warranty_until=date(2026, 11, 7), at=at).pk


def test_a_place_with_a_closed_list_knows_no_other_danger(town):
    estate = town.here.estate
    make_profile("closed", **{"fund.emergency_codes": ["E1", "E2", "E3", "E7"]})
    estate.profile_code = "closed"
    estate.save()
    assert refused(report, town, situation="E99", part="other")[0] == "emergency.invalid"
    assert refused(report, town, situation="E5", part="drain")[0] == "emergency.invalid"
    assert report(town, situation="E7", part="facade").emergency.situation == "E7"


@pytest.mark.parametrize("situation", SITUATIONS)
def test_evidence_is_asked_where_the_situation_asks_for_it(town, situation):
    make_profile("test", **{"fund.emergency_codes": list(SITUATIONS)})
    part = next(iter(SITUATIONS[situation].parts), "other")
    send = {"situation": situation, "part": part, "papers": []}
    if situation in ("E1", "E2", "E99"):
        assert refused(report, town, **send) == ("emergency.invalid", {"paper"})
    else:
        assert report(town, **send).pk


def test_only_the_assembly_and_the_committee_need_no_clause(town, cast):
    assert refused(report, town, clause="")[1] == {"clause"}
    committee = report(
        town, by=cast.committee, applicant_kind="owners_committee", clause="", place="1幢电梯"
    )
    assert committee.emergency.clause == "民法典第281条第2款"
    # Nobody applies in another's name.
    assert refused(report, town, applicant_kind="owners_committee")[1] == {"applicant_kind"}
    # A place whose rule names the manager: its clause is cited.
    make_profile("test", **{"fund.emergency_applicants": ["property_manager"]})
    named = report(town, clause="", place="1幢2号电梯")
    assert named.emergency.clause == "测试条款"


def test_the_same_fault_is_reported_once(town, cast):
    first = report(town, submission="a")
    assert report(town, submission="a") == first  # the button pressed twice
    with pytest.raises(RuleViolation) as found:
        report(town, place=" ２幢 1单元1号电梯", by=cast.committee,
               applicant_kind="owners_committee")  # fmt: skip
    assert found.value.code == "emergency.known"
    assert found.value.facts["repair"] == first.code
    assert RepairRequest.objects.count() == 1
    # Once it is over, the lift may break again.
    withdraw_emergency(code=first.code, reason="已经自行恢复", by=cast.manager, at=AT + HOUR)
    assert running_like(town.here.estate, "lift", first.place) is None
    assert report(town).pk != first.pk


def test_files_are_told_by_their_content(town):
    with pytest.raises(RuleViolation) as found:
        report(town, photos=[Upload("x.png", b"MZ\x90")])
    assert found.value.code == "file.invalid"
    with pytest.raises(RuleViolation):
        report(town, photos=[Upload("x.pdf", PDF)])  # a photograph is a picture
    assert not RepairRequest.objects.exists()  # nothing of a refused report stays


def test_a_role_without_the_right_may_nothing(town, cast):
    assert refused(report, town, by=cast.bureau)[0] == "emergency.role"
    request = report(town)
    assert refused(find, town, request, by=cast.manager)[0] == "emergency.role"
    assert refused(find, town, request, by=cast.committee)[0] == "emergency.role"


# --- the finding ---------------------------------------------------------------------------


def test_all_reasons_of_a_finding_at_once(town):
    request = report(town)
    code, fields = refused(
        find, town, request, on_site_at=None, position="", present="", parties=[],
        qualifies=None, reason="", photos=[],
    )  # fmt: skip
    assert code == "finding.invalid"
    assert fields == {
        "on_site_at", "position", "present", "parties", "qualifies", "reason", "photos",
    }  # fmt: skip


def test_on_site_after_the_report_and_not_tomorrow(town):
    request = report(town)
    now = AT + HOUR
    for when in (AT - timedelta(minutes=1), now + timedelta(seconds=1)):
        found = refused(find, town, request, on_site_at=when, at=now)
        assert found == ("finding.invalid", {"on_site_at"})
    # A form knows minutes only: the minute of the report is after the report.
    assert find(town, request, on_site_at=AT.replace(second=0), at=now).qualifies


def test_the_reporter_does_not_find_and_old_photographs_show_nothing(town, cast):
    photo = picture()
    request = report(town, by=cast.finder, applicant_kind="residents_committee", photos=[photo])
    assert refused(find, town, request)[0] == "finding.reporter"
    street = cast.street
    assert refused(find, town, request, by=street, photos=[photo])[0] == "finding.photo_reused"
    assert not EmergencyFinding.objects.exists()
    assert find(town, request, by=street).authority == town.here.street


def test_parties_are_counted_once_and_known(town):
    request = report(town)
    same = ["owner", "owner", "nobody", "manager"]
    assert refused(find, town, request, parties=same) == ("finding.invalid", {"parties"})


def test_no_emergency_goes_back_to_the_vote_with_all_that_was_typed(town):
    opened(town)
    request = report(town)
    find(town, request, qualifies=False, reason="电梯可以正常运行，只是老旧")
    request.refresh_from_db()
    assert (request.kind, request.state, request.desk) == ("ordinary", "draft", "applicant")
    assert request.desk_due_at is None
    assert request.plan == "更换钢丝绳"
    assert request.files.filter(removed_at=None).count() == 3
    assert "只是老旧" in request.emergency.fall_back_reason
    # After that nobody finds, decides or withdraws.
    assert refused(find, town, request)[0] == "repair.state"
    assert refused(decide, town, request)[0] == "repair.state"


# --- the decision --------------------------------------------------------------------------


def test_neither_who_reported_nor_who_found_decides(town, cast):
    opened(town)
    both = report(town, by=cast.committee, applicant_kind="owners_committee")
    find(town, both)
    assert refused(decide, town, both)[0] == "decision.same_person"
    make_profile("test", **{"fund.emergency_deciders": ["street_office"]})
    other = report(town, place="1幢1单元电梯")
    find(town, other, by=cast.street)
    assert refused(decide, town, other, by=cast.street)[0] == "decision.same_person"
    assert decide(town, other, by=cast.by("street_office", 1000)).role == "street_office"


def test_who_decides_is_said_by_the_profile(town, cast):
    opened(town)
    assert cast.committee
    request = report(town)
    find(town, request)
    assert refused(decide, town, request, by=cast.street)[0] == "decision.role"
    make_profile("test", **{"fund.emergency_deciders": ["street_office"]})
    assert refused(decide, town, request)[0] == "decision.role"
    made = decide(town, request, by=cast.street)
    assert (made.decided_by_kind, made.clause) == ("street_office", "测试条款")


def test_without_a_committee_the_street_office_decides_and_says_so(town, cast):
    opened(town)
    request = report(town)  # nobody holds the committee's grant: cast.committee was not made
    find(town, request)
    request.refresh_from_db()
    assert request.desk_authority == town.here.street
    made = decide(town, request, by=cast.street)
    assert "没有业主委员会，由街道办事处决定" in made.clause


@pytest.mark.parametrize(
    ("most", "advance", "field"),
    [(None, 0, "most"), (0, 0, "most"), (-1, 0, "most"), (10**15, 0, "most"),
     (101, 51, "advance"), (100, 51, "advance"), (100, -1, "advance")],
)  # fmt: skip
def test_amounts_that_nobody_decides_on(town, cast, most, advance, field):
    opened(town)
    request = report(town)
    assert cast.committee
    find(town, request)
    found = refused(decide, town, request, most_fen=most, advance_fen=advance)
    assert found == ("decision.invalid", {field})
    assert not RepairVersion.objects.exists()


def test_half_of_an_odd_amount_is_cut_down(town, cast):
    opened(town)
    request = report(town)
    assert cast.committee
    find(town, request)
    assert decide(town, request, most_fen=101, advance_fen=50).advance_fen == 50


def test_units_without_an_account_stop_the_decision_with_their_names(town, cast):
    assert cast.committee
    request = report(town)
    find(town, request)
    with pytest.raises(RuleViolation) as found:
        decide(town, request)
    assert found.value.code == "repair.units"
    assert "没有分户账" in str(found.value)
    assert not EmergencyDecision.objects.exists()


def test_only_the_scope_bears_the_cost(town, cast):
    opened(town)
    building = Building.objects.get(estate=town.here.estate, name="2幢")
    request = report(town, scope=[{"building": building.pk, "entrance": None}])
    assert cast.committee
    find(town, request)
    decide(town, request, most_fen=500, advance_fen=0)
    units = request.versions.get().units.order_by("pk")
    # 100, 100, 150 and 150 m² of 500 m² bear 1 fen for each m².
    assert [one.share_fen for one in units] == [100, 100, 150, 150]
    nowhere = [{"building": 10**6, "entrance": None}]
    assert refused(report, town, place="别处", scope=nowhere)[1] == {"scope"}


def test_a_no_goes_back_to_the_vote(town, cast):
    opened(town)
    request = report(town)
    assert cast.committee
    find(town, request)
    made = decide(town, request, authorises=False, most_fen=None, advance_fen=None)
    request.refresh_from_db()
    assert not made.authorises
    assert (request.kind, request.state) == ("ordinary", "draft")
    assert not request.versions.exists()


# --- back, with money spent ----------------------------------------------------------------


def test_what_was_spent_is_told_and_comes_back_if_the_owners_say_no(town, cast):
    request = decided(town)
    _paid, rest = pay_advance(request)
    withdraw_emergency(code=request.code, reason="发现不属于紧急", by=cast.manager, at=AT)
    request.refresh_from_db()
    rest.refresh_from_db()
    assert (request.kind, request.state, rest.state) == ("ordinary", "draft", "cancelled")
    old = request.versions.get()
    assert old.verdict == "withdrawn"
    assert gate_reasons(request, old)  # nothing more leaves on the old decision
    assert "已经付出 5,000.00 元" in request.steps.last().text
    # The owners are still to be asked: nothing is expected back yet.
    assert not Refund.objects.exists()
    drop_request(code=request.code, reason="业主不同意，不再申请", by=cast.manager, at=AT)
    request.refresh_from_db()
    back = Refund.objects.get()
    assert (request.state, back.fen, back.state) == ("closed", 500_000, "expected")
    assert request.steps.last().text == "没有有效的决定，已经付出的要退回"


def test_what_the_bank_was_told_to_pay_has_to_be_answered_first(town, cast):
    request = decided(town)
    pay_advance(request, state="ordered")
    said = {"code": request.code, "reason": "发现不属于紧急", "by": cast.manager, "at": AT}
    assert refused(withdraw_emergency, **said)[0] == "emergency.ordered"
    request.refresh_from_db()
    assert request.state == "approved"


def test_after_the_settlement_owners_object_instead(town, cast):
    request = decided(town)
    pay_advance(request)
    settle(request)
    Settlement.objects.update(confirmed_at=AT, confirmed_by="user:9")
    said = {"code": request.code, "reason": "发现不属于紧急", "by": cast.manager, "at": AT}
    assert refused(withdraw_emergency, **said)[0] == "emergency.settled"


def test_who_may_withdraw(town, cast):
    request = report(town)
    said = {"code": request.code, "reason": "已经恢复运行", "at": AT + HOUR}
    assert refused(withdraw_emergency, by=cast.finder, **said)[0] == "emergency.role"
    assert refused(withdraw_emergency, by=cast.committee, **said)[0] == "emergency.role"
    blank = {**said, "reason": "x"}
    assert refused(withdraw_emergency, by=cast.manager, **blank)[0] == "emergency.reason"
    assert withdraw_emergency(by=cast.manager, **said).state == "draft"


# --- a desk that sleeps --------------------------------------------------------------------


def test_an_overslept_desk_goes_up_once_and_both_may_act(town, cast):
    opened(town)
    assert cast.committee  # it exists, and will sleep
    request = report(town)
    due = AT + 12 * HOUR
    assert escalate_due(due - timedelta(seconds=1)) == 0
    assert escalate_due(due) == 1
    assert escalate_due(due + HOUR) == 0
    request.refresh_from_db()
    assert (request.escalated_to, request.desk_authority) == (
        town.here.street, town.here.committee,
    )  # fmt: skip
    assert request.steps.filter(kind="emergency.escalated").count() == 1
    find(town, request, by=cast.street, at=due + HOUR)  # the street; the committee could too
    request.refresh_from_db()
    assert request.escalated_to is None  # the next desk begins anew
    assert escalate_due(due + 12 * HOUR + HOUR) == 1
    request.refresh_from_db()
    assert request.escalated_to == town.here.street
    made = decide(town, request, by=cast.by("street_office", 1000), at=due + 14 * HOUR)
    assert "逾期没有决定，转由东街道办理" in made.clause


def test_a_committees_own_review_that_sleeps_is_told_above_and_stays_its_own(town, cast):
    request = decided(town)
    RepairRequest.objects.update(
        custody="self", state="review", desk="committee", desk_authority=None, desk_due_at=AT
    )
    assert escalate_due(AT) == 1
    request.refresh_from_db()
    assert request.escalated_to == town.here.street
    assert request.steps.last().text == "超过时限没有办理，已经告诉东街道"
    assert not request.above_may_act


def test_a_bureau_acts_only_on_what_has_come_up_to_it(town, cast):
    opened(town)
    make_profile("test", **{"fund.emergency_deciders": ["street_office"]})
    request = report(town)
    find(town, request)
    assert refused(decide, town, request, by=cast.bureau)[0] == "emergency.role"
    assert escalate(code=request.code, at=AT + 20 * HOUR) is not None
    made = decide(town, request, by=cast.bureau, at=AT + 21 * HOUR)
    assert made.role == "bureau"


def test_nothing_above_is_noted_once_and_harms_nobody(town):
    request = report(town)
    RepairRequest.objects.filter(pk=request.pk).update(desk_authority=town.city)
    assert escalate_due(AT + 13 * HOUR) == 1
    assert escalate_due(AT + 14 * HOUR) == 0


def test_a_desk_that_acted_is_not_escalated(town):
    request = report(town)
    find(town, request)
    assert escalate(code=request.code, at=AT + 13 * HOUR) is None


# --- the database --------------------------------------------------------------------------


def test_what_was_reported_stays(town):
    request = report(town)
    for change in ({"situation": "E2"}, {"danger": "别的"}, {"reported_at": AT + HOUR}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Emergency.objects.filter(request=request).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Emergency.objects.filter(request=request).delete()


def test_who_was_there_is_kept_encrypted_and_out_of_the_log(town):
    find(town, report(town))
    with connection.cursor() as cursor:
        cursor.execute("SELECT present FROM funds_emergencyfinding")
        assert "周主任" not in str(cursor.fetchone()[0])
        cursor.execute("SELECT data, text FROM funds_repairstep")
        assert "周主任" not in str(cursor.fetchall())


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("no_first", [True, False])
def test_two_officials_decide_at_the_same_moment(town, cast, no_first):
    opened(town)
    make_profile("test", **{"fund.emergency_deciders": ["owners_committee", "street_office"]})
    cast.committee, cast.street  # noqa: B018 (both exist before anybody acts)
    request = report(town)
    find(town, request)
    start, outcomes = threading.Barrier(2), []
    people = [(cast.committee, not no_first), (cast.street, True)]

    def work(by: By, authorises: bool) -> None:
        start.wait()
        try:
            decide(town, request, by=by, authorises=authorises)
            outcomes.append("done")
        except RuleViolation as found:
            outcomes.append(found.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=one) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "repair.state"]
    assert EmergencyDecision.objects.count() == 1
    request.refresh_from_db()
    assert request.versions.count() == (1 if request.state == "decided" else 0)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_people_in_front_of_the_same_lift_report_it_once(town, cast):
    start, outcomes = threading.Barrier(2), []
    people = [
        (cast.manager, "property_manager"),
        (cast.finder, "residents_committee"),
    ]

    def work(by: By, kind: str) -> None:
        start.wait()
        try:
            report(town, by=by, applicant_kind=kind)
            outcomes.append("done")
        except RuleViolation as found:
            outcomes.append(found.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=one) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "emergency.known"]
    assert RepairRequest.objects.count() == 1
