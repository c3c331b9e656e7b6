"""Expected days are those of the State Council's notices (国办发明电), not the library's.

2026: Spring Festival 15-23 February, worked on 14 and 28 February; National Day 1-7
October, worked on 20 September and 10 October. 2025: National Day 1-8 October, worked on 28
September and 11 October; 2024: Labour Day 1-5 May, worked on 28 April and 11 May.
"""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.deadlines import SHANGHAI, local_day
from core.workdays import Due, duty_end, is_known, is_workday, workdays_end, workdays_left


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(hour=9, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("on", "worked"),
    [
        ("2026-02-14", True),  # a Saturday, made up
        ("2026-02-16", False),
        ("2026-02-23", False),
        ("2026-02-24", True),
        ("2026-02-28", True),
        ("2026-09-20", True),  # a Sunday
        ("2026-10-07", False),
        ("2026-10-10", True),
        ("2026-10-11", False),
        ("2024-04-28", True),
        ("2024-05-03", False),
        ("2018-12-29", True),
    ],
)
def test_make_up_days_are_worked_and_bridges_are_not(on, worked):
    assert is_workday(date.fromisoformat(on)) is worked


@pytest.mark.parametrize(
    ("begun", "days", "last"),
    [
        ("2026-03-06", 5, "2026-03-13"),  # Friday to Friday
        ("2026-03-07", 1, "2026-03-09"),  # handed in on a Saturday
        ("2026-02-13", 5, "2026-02-27"),  # over the Spring Festival, 14 February worked
        ("2026-09-30", 3, "2026-10-10"),  # 8 and 9 October, Saturday the 10th made up
        ("2025-09-26", 3, "2025-09-30"),  # Sunday, 28 September, made up
        ("2026-03-06", 0, "2026-03-06"),
    ],
)
def test_working_days_are_counted_after_the_first_day(begun, days, last):
    due = workdays_end(day(begun), days)
    assert (due.day.isoformat(), due.warning) == (last, "")
    assert due.at == datetime.combine(
        due.day + timedelta(days=1), datetime.min.time(), SHANGHAI
    )


@pytest.mark.parametrize(
    ("begun", "days", "last"),
    [
        ("2026-03-02", 3, "2026-03-05"),  # no holiday
        ("2026-03-05", 3, "2026-03-09"),  # Sunday
        ("2026-09-01", 30, "2026-10-08"),  # 1 October
        ("2026-09-10", 30, "2026-10-10"),  # a Saturday that is worked
        ("2026-01-17", 30, "2026-02-24"),  # 16 February
        ("2024-04-02", 30, "2024-05-06"),  # 2 May
    ],
)
def test_a_duty_s_last_day_moves_behind_the_holiday(begun, days, last):
    assert duty_end(day(begun), days) == Due(
        day((date.fromisoformat(last) + timedelta(days=1)).isoformat()).replace(hour=0)
    )


@pytest.mark.parametrize(
    ("begun", "days", "warned"),
    [
        ("2026-12-18", 4, False),  # ends on Thursday, the 24th
        ("2026-12-18", 5, True),  # the notice for 2027 may touch the week before New Year
        ("2027-02-01", 5, True),
        ("2003-12-30", 1, True),  # before the library begins
    ],
)
def test_a_year_that_is_not_known_is_said(begun, days, warned):
    for due in (workdays_end(day(begun), days), duty_end(day(begun), days + 2)):
        assert bool(due.warning) is warned
    if begun.startswith("2026") and warned:
        assert "2027年的放假安排" in workdays_end(day(begun), days).warning


def test_an_unknown_day_is_reckoned_by_the_week():
    assert not is_known(date(2027, 2, 5))
    assert is_workday(date(2027, 2, 5))  # a Friday, whatever the Spring Festival will be
    assert not is_workday(date(2027, 2, 6))


def test_the_day_is_shanghai_s():
    at = datetime(2026, 3, 5, 17, 0, tzinfo=UTC)  # Friday, 01:00 in Shanghai
    assert workdays_end(at, 1).day == date(2026, 3, 9)


moments = st.integers(0, 7900 * 86_400).map(
    lambda seconds: datetime(2005, 1, 1, tzinfo=SHANGHAI) + timedelta(seconds=seconds)
)


@given(moments, st.integers(0, 40))
def test_so_many_working_days_lie_in_the_period_and_it_ends_with_one(at, days):
    due = workdays_end(at, days)
    inside = [
        local_day(at) + timedelta(days=n) for n in range(1, (due.day - local_day(at)).days + 1)
    ]
    assert sum(map(is_workday, inside)) == days
    assert workdays_left(at, due) == days
    assert not inside or is_workday(inside[-1])


@given(moments, st.integers(0, 60))
def test_a_duty_is_never_shortened_and_ends_on_a_working_day(at, days):
    due = duty_end(at, days)
    assert (due.day - local_day(at)).days >= days
    assert is_workday(due.day)


def test_negative_periods_and_naive_instants_are_mistakes():
    for period in (workdays_end, duty_end):
        with pytest.raises(ValueError, match="-1 days"):
            period(day("2026-03-01"), -1)
        with pytest.raises(ValueError, match="time zone"):
            period(datetime(2026, 3, 1), 1)  # noqa: DTZ001
