"""What a committee did of its duties, what is overdue, and what the list prohibits."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from committees.models import Breach, BreachStep, Committee, DutyDone, DutyStrike, Occasion
from committees.selectors.duties import findings, overdue
from committees.selectors.duty_list import committee_of, list_of
from committees.services.breaches import Reported, report_breach, take_step
from committees.services.duties import (
    Shown,
    record_done,
    record_occasion,
    strike_done,
    strike_occasion,
)
from core.deadlines import start_of
from core.errors import RuleViolation
from disclosures import steps
from disclosures.services.sources import Said
from disclosures.steps import By
from documents.scans import plain_picture
from logbook.models import Entry
from registry.domain.problems import ITEMS, NOT_DILIGENT
from registry.models import Estate
from tests.committees.city import AT, city, line, write
from tests.disclosures.accounts import voucher
from tests.factories import make_estate, make_profile, make_unit
from voting.models import Session

pytestmark = pytest.mark.django_db
RULES = {
    "duties.assembly": "yearly",
    "committee.decision_post_days": 3,
    "committee.agenda_days": 7,
    "duties.change_days": 30,
}
FORMED = date(2025, 3, 15)
TODAY = date(2026, 11, 2)  # of AT
ORGANISER = By("user:12", "organiser")
STREET = By("user:13", "street_office")
OWNER = By("owner", "owner")


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(steps, "pages_of", lambda content: [plain_picture(content)])


@pytest.fixture
def committee() -> Committee:
    return formed(make_estate("东苑"))


def formed(estate: Estate, on: date = FORMED, kind: str = "owners", **rules) -> Committee:
    if estate.profile_code != "duties":
        make_profile("duties", **(RULES | rules))
        Estate.objects.filter(pk=estate.pk).update(profile_code="duties")
        estate.profile_code = "duties"
    return Committee.objects.create(
        estate=estate, kind=kind, source="filed", formed_on=on, recorded_by="user:1",
        recorded_at=start_of(on),
    )  # fmt: skip


def shown(note: str = "公告栏张贴", key: str = "a", file=None) -> Shown:
    return Shown(note, file, key)


def do(
    committee, duty="assembly", day=TODAY, key="a", occasion=None, note="开了会", by=ORGANISER
):
    return record_done(
        committee_id=committee.pk, duty=duty, occasion_id=occasion, day=day,
        shown=shown(note, key), by=by, at=AT,
    )  # fmt: skip


def happen(committee, duty="decision", day=date(2026, 10, 20), key="o", by=ORGANISER):
    return record_occasion(
        committee_id=committee.pk, duty=duty, day=day, shown=shown("例会", key), by=by, at=AT
    )


def held(estate, day, **fields) -> Session:
    values = {"state": "resolved", "closes_at": start_of(day) + timedelta(hours=18)} | fields
    return Session.objects.create(
        estate=estate, code=f"S{Session.objects.count()}", title="业主大会会议",
        organiser_kind="owners_committee", organiser="样例", contact_phone="0",
        created_by="user:1", created_at=start_of(day), **values,
    )  # fmt: skip


def late(estate=None, on: date = TODAY) -> list[tuple[str, date, int]]:
    places = Estate.objects.all() if estate is None else Estate.objects.filter(pk=estate.pk)
    return [(one.duty.code, one.due.due_on, one.due.late) for one in overdue(places, on)]


def test_a_year_without_an_assembly_is_overdue_until_one_is_held(committee):
    # 15 March 2026 to 2 November 2026, by another way of counting.
    assert late() == [
        ("assembly", date(2026, 3, 15), 31 - 15 + 30 + 31 + 30 + 31 + 31 + 30 + 31 + 2)
    ]
    do(committee)
    assert late() == []
    # What was entered on 2 November was not known the day before.
    assert late(on=TODAY - timedelta(days=1)) == [("assembly", date(2026, 3, 15), 231)]


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({}, True),
        ({"state": "counted"}, False),
        ({"rehearsal": True}, False),
        ({"scope": [{"building": 1, "entrance": None}]}, False),
    ],
)
def test_an_assembly_held_here_counts_by_itself(committee, fields, counts):
    held(committee.estate, date(2026, 2, 1), **fields)
    assert (late() == []) is counts
    (row,) = [one for one in list_of(committee, TODAY) if one.duty.code == "assembly"]
    assert [one.session is not None for one in row.acts] == ([True] if counts else [])


def test_another_estates_assembly_is_not_this_ones(committee):
    held(make_estate("西苑"), date(2026, 2, 1))
    assert [code for code, _due, _late in late()] == ["assembly"]


def test_a_decision_is_posted_within_three_days(committee):
    do(committee)
    event = happen(committee)
    assert late() == [("decision", date(2026, 10, 23), 10)]
    do(committee, "decision", date(2026, 10, 22), "b", event.pk)
    assert late() == []
    (row,) = [one for one in list_of(committee, TODAY) if one.duty.code == "decision"]
    assert (row.events[0].due.late, row.late) == (0, 0)


def test_an_agenda_is_posted_before(committee):
    do(committee)
    happen(committee, "agenda", TODAY + timedelta(days=7))
    assert late() == []
    happen(committee, "agenda", TODAY + timedelta(days=6), "p")
    assert [one[0] for one in late()] == ["agenda"]
    with pytest.raises(RuleViolation, match="不能晚于"):
        happen(committee, "agenda", TODAY + timedelta(days=91), "q")


def test_a_management_committee_calls_no_assembly():
    formed(make_estate("东苑"), kind="management")
    assert late() == []


def test_only_where_the_profile_says_so(committee):
    codes = [one.duty.code for one in list_of(committee, TODAY)]
    assert "fees" not in codes  # Beijing 44(8); this profile has no such rule
    assert "archive" in codes
    with pytest.raises(RuleViolation, match="重新选择"):
        happen(committee, "handover")
    other = formed(make_estate("西苑"), date(2024, 1, 1))
    assert late(other.estate)[0][1] == date(2025, 1, 1)


def test_findings_are_of_problem_22_with_the_rows_that_prove_them(committee):
    event = happen(committee)
    held(committee.estate, date(2025, 5, 1))
    (first,) = findings(Estate.objects.all(), date(2026, 11, 2))
    assert (first.code, first.item) == (NOT_DILIGENT, ITEMS[22].words)
    assert (first.body, first.unit) == ("committee", "业主委员会")
    assert first.since == date(2026, 10, 24)
    assert [(one.model, one.pk) for one in first.evidence] == [
        ("committees.occasion", event.pk)
    ]
    assert "2026年10月20日作出决定" in first.evidence[0].sentence
    later = findings(Estate.objects.all(), date(2027, 4, 1))
    assert [one.key for one in later if one.since == first.since] == [first.key]
    (assembly,) = [one for one in later if one.since == date(2027, 3, 16)]
    assert [one.model for one in assembly.evidence] == [
        "committees.committee", "voting.session",
    ]  # fmt: skip


def test_so_many_queries_however_many_estates(committee):
    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            overdue(Estate.objects.all(), TODAY)
        return len(found)

    before = asked()
    for number in range(5):
        other = make_estate(f"苑{number}")
        Estate.objects.filter(pk=other.pk).update(profile_code="duties")
        other.profile_code = "duties"
        happen(formed(other), key=f"k{number}")
    assert asked() == before
    assert len(late()) == 11


def test_what_shows_nothing_is_struck_and_stays(committee):
    row = do(committee)
    strike_done(done_id=row.pk, reason="照片是别的小区的", by=STREET, at=AT)
    assert [code for code, _due, _late in late()] == ["assembly"]
    again = strike_done(done_id=row.pk, reason="再划一次", by=STREET, at=AT)
    assert again.reason == "照片是别的小区的"
    with pytest.raises(RuleViolation, match="请写明为什么划去"):
        strike_done(done_id=do(committee, key="b").pk, reason="错", by=STREET, at=AT)
    event = happen(committee)
    strike_occasion(occasion_id=event.pk, reason="那天没有开会", by=STREET, at=AT)
    with pytest.raises(RuleViolation, match="已经划去"):
        do(committee, "decision", key="c", occasion=event.pk)
    assert DutyDone.objects.count() == 2


def test_sent_twice_is_entered_once(committee):
    assert do(committee).pk == do(committee, day=TODAY - timedelta(days=1)).pk
    assert happen(committee).pk == happen(committee).pk
    event = Occasion.objects.get()
    do(committee, "decision", key="x", occasion=event.pk)
    with pytest.raises(RuleViolation, match="已经登记过"):
        do(committee, "decision", key="y", occasion=event.pk)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"day": TODAY + timedelta(days=1)}, "也不能晚于今天"),
        ({"day": FORMED - timedelta(days=1)}, "日期不能早于2025-03-15"),
        ({"note": " "}, "请填写说明"),
        ({"note": "x" * 301}, "说明最多300个字"),
        ({"duty": "revenue"}, "小区的账"),
        ({"duty": "decision"}, "请先登记事由"),
        ({"duty": "nothing"}, "重新选择"),
        ({"by": By("user:9", "bureau")}, "您的角色"),
        ({"by": By("user:9", "property_manager")}, "您的角色"),
    ],
)
def test_what_cannot_be(committee, change, words):
    with pytest.raises(RuleViolation, match=words):
        do(committee, **change)
    assert not DutyDone.objects.exists()


def test_nothing_is_entered_for_a_committee_that_ended(committee):
    Committee.objects.update(ended_on=TODAY, ended_at=AT)
    for act in (do, happen):
        with pytest.raises(RuleViolation, match="这一届已经结束"):
            act(committee)
    assert late() == []
    assert committee_of(committee.estate) is None


def test_evidence_is_kept_plain_and_its_words_encrypted(committee):
    done = record_done(
        committee_id=committee.pk, duty="archive", occasion_id=None, day=TODAY,
        shown=shown("整理了档案", file=voucher()), by=ORGANISER, at=AT,
    )  # fmt: skip
    assert done.paper.pages.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT note FROM committees_dutydone")
        assert "档案".encode() not in bytes(cursor.fetchone()[0])
    logged = b"".join(bytes(one.line) for one in Entry.objects.all())
    assert "档案".encode() not in logged
    with pytest.raises(RuleViolation):
        record_done(
            committee_id=committee.pk, duty="archive", occasion_id=None, day=TODAY,
            shown=shown(key="b", file=("a.txt", b"x")), by=ORGANISER, at=AT,
        )  # fmt: skip


# --- breaches -------------------------------------------------------------------------------


def report(estate, key="r", unit=None, by=STREET, **changes) -> Breach:
    values = {"act": 10, "day": date(2026, 10, 1), "source": "visit", "text": "样例委员代签名"}
    values |= changes
    return report_breach(
        estate_id=estate.pk,
        reported=Reported(values["act"], values["day"], values["source"]),
        told=Said(values["text"], unit, key),
        by=by,
        at=AT,
    )


def move(breach, step, text="电话问过", by=STREET):
    return take_step(breach_id=breach.pk, step=step, text=text, by=by, at=AT)


def test_a_report_is_handled_step_by_step(committee):
    breach = report(committee.estate)
    assert (breach.number, breach.committee_id, breach.state) == (1, committee.pk, "reported")
    for step in ("taken_up", "asked", "answered", "passed_on", "founded"):
        move(breach, step)
    breach.refresh_from_db()
    assert breach.state == "founded"
    kinds = list(breach.steps.values_list("number", "kind"))
    assert kinds[0] == (1, "taken_up")
    assert kinds[-1] == (5, "founded")
    with pytest.raises(RuleViolation, match="刷新页面"):
        move(breach, "unfounded")


def test_two_people_at_once_the_second_is_refused(committee):
    breach = report(committee.estate)
    move(breach, "taken_up")
    with pytest.raises(RuleViolation, match="已经有人办过"):
        move(breach, "taken_up")
    with pytest.raises(RuleViolation, match="请填写办理情况"):
        move(breach, "asked", " ")
    for by in (ORGANISER, By("user:1", "residents_committee"), OWNER):
        with pytest.raises(RuleViolation, match="您的角色"):
            move(breach, "asked", by=by)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"act": 11}, "负面清单里的哪一项"),
        ({"text": ""}, "请填写具体情况"),
        ({"text": "x" * 1001}, "最多1000个字"),
        ({"source": "owner"}, "从哪里来"),
        ({"source": "x"}, "从哪里来"),
        ({"source": "visit", "by": OWNER}, "从哪里来"),
        ({"day": TODAY + timedelta(days=1)}, "日期不能晚于今天"),
        ({"by": ORGANISER}, "交给街道办事处"),
        ({"by": By("user:1", "residents_committee")}, "交给街道办事处"),
        ({"unit": 99}, "不在这个小区"),
    ],
)
def test_reports_that_cannot_be(committee, change, words):
    with pytest.raises(RuleViolation, match=words):
        report(committee.estate, **change)
    assert not Breach.objects.exists()


def test_an_owner_reports_and_waits(committee):
    unit = make_unit(committee.estate, "1幢", "101", 80_00)
    for number in range(3):
        made = report(
            committee.estate, f"k{number}", unit.pk, OWNER, source="owner", act=number + 1
        )
    assert report(committee.estate, "k2", unit.pk, OWNER, source="owner").pk == made.pk
    with pytest.raises(RuleViolation, match="您家已经有3件"):
        report(committee.estate, "k9", unit.pk, OWNER, source="owner")


def test_the_same_report_within_a_day_is_a_repetition(committee):
    first = report(committee.estate, "a")
    with pytest.raises(RuleViolation, match="已经登记过：第1号") as refused:
        report(committee.estate, "b")
    assert refused.value.facts["first"] == first.pk
    assert report(committee.estate, "c", by=By("user:77", "street_office")).number == 2


def test_what_was_reported_names_people_and_is_encrypted(committee):
    breach = report(committee.estate)
    move(breach, "taken_up", "样例委员说没有")
    with connection.cursor() as cursor:
        for table in ("committees_breach", "committees_breachstep"):
            cursor.execute(f"SELECT text FROM {table}")
            assert "样例".encode() not in bytes(cursor.fetchone()[0])
    assert "样例委员".encode() not in b"".join(bytes(one.line) for one in Entry.objects.all())


def test_the_database_keeps_it(committee):
    event = happen(committee)
    row = do(committee)
    strike_done(done_id=row.pk, reason="照片是别的小区的", by=STREET, at=AT)
    breach = report(committee.estate)
    move(breach, "taken_up")
    for model, change in (
        (Occasion, {"day": TODAY}),
        (DutyDone, {"day": FORMED}),
        (DutyStrike, {"struck_by": "user:1"}),
        (Breach, {"act": 1}),
        (BreachStep, {"kind": "founded"}),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.update(**change)
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.all()._raw_delete(using="default")
    move(breach, "unfounded")
    with pytest.raises(DatabaseError), transaction.atomic():
        Breach.objects.update(state="reported")
    with pytest.raises(DatabaseError), transaction.atomic():
        DutyStrike.objects.create(
            done=row, occasion=event, struck_by="x", struck_role="x", struck_at=AT
        )


def test_a_register_alone_says_since_when_it_is_known():
    write(city(), line("东苑", formed="1"))
    assert late() == []  # known since 31 October 2026, no year is over
