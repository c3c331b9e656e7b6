"""Months as they ended: written once, beside what is known today."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest
from django.db import DatabaseError, transaction

from accounts.permissions import Permission
from accounts.reach import Reach
from committees.domain.formation import Count, Month, Share, outlook
from committees.models import Committee, Snapshot, SnapshotCount, SnapshotEstate
from committees.selectors.formation import Formation, whole
from committees.selectors.months import months_of, paced, with_corrections
from committees.services.snapshots import take_snapshot
from committees.tasks import take_due_snapshot
from core.deadlines import SHANGHAI
from core.errors import RuleViolation
from registry.models import Estate
from tests.committees.city import AT, BY, DAY, authority, city, line, write
from tests.town import grant, make_user

pytestmark = pytest.mark.django_db
WEST = "西区、西2街道、西22社区"
SEPTEMBER = date(2026, 9, 30)


@pytest.fixture
def bureau():
    return city()


@pytest.fixture
def reach(bureau):
    user = make_user("head")
    grant(user, "bureau", bureau)
    return Reach(user, Permission.VIEW_REGISTER, None)


def test_a_month_is_written_once_and_adds_up(bureau, reach):
    write(bureau, line("东苑", formed="1"), line("西苑", WEST, formed="2"), day=SEPTEMBER)
    write(bureau, line("新城", "西区、高新区、高新社区"), day=SEPTEMBER)
    first = take_snapshot(day=SEPTEMBER, at=AT)
    assert take_snapshot(day=SEPTEMBER, at=AT + timedelta(days=1)).pk == first.pk
    assert first.estates.count() == 3
    (month,) = months_of(reach, 2026)
    assert (month.day, month.estates) == (SEPTEMBER, Count(3, 1, 1))
    # The counts are the rows added up, and the live page says the same.
    for count in SnapshotCount.objects.all():
        rows = SnapshotEstate.objects.filter(authority=count.authority_id)
        kinds = [one.formed for one in rows]
        assert (count.total, count.owners, count.management) == (
            len(kinds), kinds.count("owners"), kinds.count("management"),
        )  # fmt: skip
    user = make_user("other")
    grant(user, "bureau", bureau)
    assert whole(Formation(user).counts()) == month.estates


def test_later_corrections_leave_the_month_and_are_shown(bureau, reach):
    write(bureau, line("东苑"), line("西苑", WEST), day=SEPTEMBER)
    take_snapshot(day=SEPTEMBER, at=AT)
    # Reported late: it was formed in September, and a third estate was there too.
    Committee.objects.create(
        estate=Estate.objects.get(name="东苑"), kind="owners", source="filed",
        formed_on=date(2026, 9, 12), recorded_by=BY, recorded_at=AT,
    )  # fmt: skip
    write(bureau, line("南苑"), day=date(2026, 9, 20))
    (month,) = with_corrections(reach, months_of(reach, 2026))
    assert month.estates == Count(2)
    assert month.corrected == Count(3, 1)
    write(bureau, line("北苑"), day=DAY)  # of October: no correction of September
    assert with_corrections(reach, months_of(reach, 2026))[0].corrected == Count(3, 1)


def test_what_was_entered_late_is_no_growth(bureau, reach):
    """Elected in August and entered in November: the pace starts with it."""
    write(bureau, line("东苑"), line("西苑", WEST), day=date(2026, 8, 31))
    for day in (date(2026, 8, 31), SEPTEMBER, DAY):
        take_snapshot(day=day, at=AT)
    for name, on in (("东苑", date(2026, 8, 20)), ("西苑", date(2026, 10, 20))):
        Committee.objects.create(
            estate=Estate.objects.get(name=name), kind="owners", source="filed", formed_on=on,
            recorded_by=BY, recorded_at=AT,
        )  # fmt: skip
    today = Month(date(2026, 11, 30), Count(2, 2))
    known = [*months_of(reach, 2026), today]
    assert [one.estates.formed for one in known] == [0, 0, 0, 2]
    assert [one.estates.formed for one in paced(reach, known)] == [1, 0, 0, 2]
    # One in 91 days, carried on for 31: nothing more. Two would have been taken for the pace.
    seen = outlook(paced(reach, known), Share(7, 10))
    assert seen.speed == Fraction(30, 91)
    assert paced(reach, [today]) == [today]


def test_an_estate_that_moved_counts_where_it_lay_then(bureau):
    write(bureau, line("东苑", formed="1"), day=SEPTEMBER)
    take_snapshot(day=SEPTEMBER, at=AT)
    west = authority("西2街道办事处").children.first()
    Estate.objects.update(authority=west, division=west.division)
    take_snapshot(day=DAY, at=AT)
    for place, months in (("东区住建局", [SEPTEMBER]), ("西区住建局", [DAY])):
        user = make_user(f"user_{place}")
        grant(user, "bureau", authority(place))
        reach = Reach(user, Permission.VIEW_REGISTER, None)
        assert [month.day for month in months_of(reach, 2026)] == months


def test_a_committee_that_ended_counts_until_then(bureau, reach):
    write(bureau, line("东苑", formed="1"), day=date(2026, 8, 31))
    write(bureau, line("东苑", formed="3"), day=DAY)
    for day in (SEPTEMBER, DAY):
        take_snapshot(day=day, at=AT)
    assert [month.estates.owners for month in months_of(reach, 2026)] == [1, 0]


@pytest.mark.parametrize("day", [date(2026, 9, 29), date(2026, 11, 30), date(2027, 1, 31)])
def test_only_a_month_that_is_over(bureau, day):
    with pytest.raises(RuleViolation, match="已经结束的月份"):
        take_snapshot(day=day, at=AT)


def test_the_sweeper_takes_each_month_once(bureau):
    midnight = datetime(2026, 11, 1, 0, 0, tzinfo=SHANGHAI)
    assert take_due_snapshot(midnight) == 0  # nothing was reported yet: it waits
    write(bureau, line("东苑"), day=DAY)
    assert take_due_snapshot(midnight) == 1
    assert take_due_snapshot(midnight + timedelta(days=20)) == 0
    assert Snapshot.objects.get().day == DAY
    assert take_due_snapshot(datetime(2026, 11, 30, 23, 59, tzinfo=SHANGHAI)) == 0
    assert take_due_snapshot(datetime(2026, 12, 1, tzinfo=SHANGHAI)) == 1


def test_the_database_keeps_it(bureau):
    write(bureau, line("东苑"), day=SEPTEMBER)
    snapshot = take_snapshot(day=SEPTEMBER, at=AT)
    row = SnapshotEstate.objects.get()
    for model, change in (
        (Snapshot, {"day": DAY}),
        (SnapshotEstate, {"formed": "owners"}),
        (SnapshotCount, {"owners": 1}),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.update(**change)
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.all()._raw_delete(using="default")
    write(bureau, line("西苑", WEST))
    late = Estate.objects.get(name="西苑")
    with pytest.raises(DatabaseError), transaction.atomic():
        SnapshotEstate.objects.create(
            snapshot=snapshot, estate=late, authority=row.authority, division=row.division
        )
