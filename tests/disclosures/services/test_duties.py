"""What is due, and when it is late: by hand from the calendar, never from our own output."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core.errors import RuleViolation
from disclosures.models import Duty, Enrolment
from disclosures.services.disclosing import Complaints, disclose
from disclosures.services.duties import enrol, open_duties
from disclosures.steps import By
from tests.disclosures.accounts import (
    AT,
    COMMITTEE,
    FIRST,
    LAST,
    MANAGER,
    NEXT,
    STREET,
    accounts_estate,
    can_sign,
    open_books,
    published,
)
from tests.factories import make_estate, make_profile
from tests.voting.services.test_races import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("erasable")]
PHONES = Complaints("0556-5550101", "每天 8:00—20:00", "", "0556-5550102", "12345")


@pytest.fixture(autouse=True)
def _signs(settings, tmp_path):
    can_sign(settings, tmp_path)


@pytest.fixture
def estate():
    return accounts_estate()


def enrolled(estate, since=FIRST, *, manager=True):
    enrol(estate_ids=[estate.pk], since=since, has_manager=manager, by=STREET, at=AT)


def due(estate, **named):
    rows = Duty.objects.filter(estate=estate, **named).order_by("kind", "first")
    return [
        (one.kind, one.first, one.last, one.due_on, one.late_on, one.done_at) for one in rows
    ]


def test_what_is_due_after_a_quarter(estate):
    enrolled(estate)
    assert open_duties(AT) == 4
    # 30 days after 30 September, 15 days of grace: late from 15 November on. What the manager
    # discloses: 30 days after 1 July.
    quarter = (FIRST, LAST, date(2026, 10, 30), date(2026, 11, 15), None)
    first_day = (FIRST, FIRST, date(2026, 7, 31), date(2026, 8, 16), None)
    assert due(estate) == [
        ("complaints", *first_day),
        ("expenses", *quarter),
        ("revenue", *quarter),
        ("service", *first_day),
    ]


def test_the_fund_is_due_by_the_year_and_nothing_twice(estate):
    enrolled(estate)
    open_duties(AT)
    assert open_duties(AT) == 0
    assert open_duties(NEXT) == 3  # the fourth quarter of two books, the year of the fund
    assert [first for _kind, first, *_rest in due(estate, kind="fund")] == [date(2026, 1, 1)]
    assert open_duties(NEXT) == 0


def test_an_estate_that_manages_itself_has_no_managers_disclosures(estate):
    enrolled(estate, manager=False)
    open_duties(AT)
    assert {kind for kind, *_rest in due(estate)} == {"revenue", "expenses"}


def test_nothing_is_due_before_the_day_of_enrolment(estate):
    enrolled(estate, date(2026, 12, 1))
    assert open_duties(AT) == 0


def test_what_is_out_is_done_whichever_came_first(estate):
    """Published, then written down as due; and the other way round."""
    book = open_books(estate)
    out = published(book)
    enrolled(estate)
    open_duties(AT + timedelta(hours=1))
    duty = Duty.objects.get(kind="revenue")
    assert (duty.done_at, duty.publication) == (out.posted_at, out)
    open_duties(NEXT)
    again = published(book, date(2026, 10, 1), at=NEXT)
    assert Duty.objects.get(kind="revenue", publication=again).done_at == NEXT


def test_a_book_by_months_does_what_was_due_for_a_quarter_with_its_last_month(estate):
    enrolled(estate)
    open_duties(AT)
    book = open_books(estate, frequency="monthly")
    published(book, date(2026, 7, 1))
    published(book, date(2026, 8, 1))
    assert Duty.objects.get(kind="revenue").done_at is None
    out = published(book, date(2026, 9, 1))
    assert Duty.objects.get(kind="revenue").publication == out
    open_duties(datetime(2026, 11, 2, 2, 0, tzinfo=UTC))
    # October is the next, not July anew.
    assert [one[1] for one in due(estate, kind="revenue")] == [FIRST, date(2026, 10, 1)]


def test_what_the_manager_discloses_is_done_and_due_again_in_a_year(estate):
    enrolled(estate)
    open_duties(AT)
    made = disclose(
        estate_id=estate.pk, manager="样例物业", said=PHONES, file=None, by=MANAGER, at=AT
    )
    first, again = due(estate, kind="complaints")
    assert first[-1] == AT
    # Posted on 12 October, the day is not counted: until 12 October of the next year.
    assert made.valid_until == date(2027, 10, 12)
    assert again[3:] == (date(2027, 10, 12), date(2027, 10, 28), None)
    assert open_duties(AT) == 0


def test_a_second_version_on_one_day_is_due_once(estate):
    enrolled(estate, date(2026, 10, 12))
    open_duties(AT)
    for phone in ("0556-5550101", "0556-5550109"):
        disclose(
            estate_id=estate.pk,
            manager="样例物业",
            said=PHONES._replace(phone=phone),
            file=None,
            by=MANAGER,
            at=AT,
        )
    open_duties(AT)
    assert Duty.objects.filter(kind="complaints", done_at=None).count() == 1
    assert Duty.objects.filter(kind="complaints").count() == 2


def test_what_was_disclosed_before_anybody_watched_is_due_for_renewal_only(estate):
    disclose(estate_id=estate.pk, manager="样例物业", said=PHONES, file=None, by=MANAGER, at=AT)
    assert not Duty.objects.exists()
    enrolled(estate)
    open_duties(AT)
    [one] = due(estate, kind="complaints")
    assert one[3] == date(2027, 10, 12)


def test_a_place_without_rules_does_not_hold_up_the_others(estate):
    make_profile("bare")
    other = make_estate("西苑", profile_code="bare")
    enrolled(other)
    enrolled(estate)
    assert open_duties(AT) == 4
    assert not Duty.objects.filter(estate=other).exists()


def test_two_sweepers_at_once_write_everything_once(estate):
    enrolled(estate)
    at_once(*[lambda: open_duties(AT)] * 2)
    assert Duty.objects.count() == 4


def test_two_people_enrol_an_estate_at_once(estate):
    at_once(*[lambda: enrolled(estate)] * 2)
    assert Enrolment.objects.count() == 1


@pytest.mark.parametrize(
    ("since", "code"),
    [(date(2020, 12, 31), "enrol.day"), (date(2027, 12, 31), "enrol.day")],
)
def test_a_day_before_the_code_or_far_ahead_is_refused(estate, since, code):
    with pytest.raises(RuleViolation) as refused:
        enrolled(estate, since)
    assert refused.value.code == code


def test_who_enrols(estate):
    for by in (COMMITTEE, MANAGER, By("user:1", "supervisor")):
        with pytest.raises(RuleViolation, match="角色"):
            enrol(estate_ids=[estate.pk], since=FIRST, has_manager=True, by=by, at=AT)
    with pytest.raises(RuleViolation, match="请选择小区"):
        enrol(estate_ids=[], since=FIRST, has_manager=True, by=STREET, at=AT)
