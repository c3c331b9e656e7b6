from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.deadlines import (
    SHANGHAI,
    earliest_opening,
    floor_ten_minutes,
    last_moment,
    latest_posting,
    local_day,
    publicity_end,
)


def shanghai(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SHANGHAI)


@pytest.mark.parametrize("posted", [shanghai(2026, 3, 1), shanghai(2026, 3, 1, 23, 59, 59)])
def test_fifteen_full_days_lie_between(posted):
    assert earliest_opening(posted, 15) == shanghai(2026, 3, 17)


def test_the_day_is_shanghai_s():
    posted = datetime(2026, 2, 28, 16, 0, tzinfo=UTC)
    assert local_day(posted) == date(2026, 3, 1)
    assert earliest_opening(posted, 15) == shanghai(2026, 3, 17)
    assert earliest_opening(posted - timedelta(seconds=1), 15) == shanghai(2026, 3, 16)


def test_no_holiday_shortens_it():
    # National Day: 1 to 7 October.
    assert earliest_opening(shanghai(2026, 9, 20, 9), 15) == shanghai(2026, 10, 6)


def test_a_leap_day_is_a_day():
    assert earliest_opening(shanghai(2028, 2, 20), 15) == shanghai(2028, 3, 7)


def test_publicity_runs_to_the_end_of_its_last_day():
    assert publicity_end(shanghai(2026, 3, 1, 18), 7) == shanghai(2026, 3, 9)


def test_latest_posting():
    assert latest_posting(shanghai(2026, 3, 17, 9), 15) == shanghai(2026, 3, 2)


START = datetime(2020, 1, 1, tzinfo=UTC)
instants = st.integers(0, 20 * 366 * 86_400).map(
    lambda seconds: START + timedelta(seconds=seconds)
)


@given(instants, st.integers(0, 60))
def test_posting_and_opening_mirror_each_other(opens_at, days):
    deadline = latest_posting(opens_at, days)
    assert earliest_opening(deadline - timedelta(seconds=1), days) <= opens_at
    assert earliest_opening(deadline, days) > opens_at


@given(instants)
def test_times_are_cut_to_ten_minutes(at):
    cut = floor_ten_minutes(at)
    assert timedelta(0) <= at - cut < timedelta(minutes=10)
    assert cut.timestamp() % 600 == 0


def test_naive_instants_and_negative_periods_are_mistakes():
    naive = datetime(2026, 3, 1)  # noqa: DTZ001
    for call in (lambda: local_day(naive), lambda: floor_ten_minutes(naive)):
        with pytest.raises(ValueError, match="time zone"):
            call()
    for period in (earliest_opening, latest_posting, publicity_end):
        with pytest.raises(ValueError, match="-1 days"):
            period(shanghai(2026, 3, 1), -1)


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (shanghai(2026, 12, 5), (date(2026, 12, 4), "24:00")),
        (shanghai(2026, 12, 5, 0, 1), (date(2026, 12, 5), "0:01")),
        (shanghai(2026, 12, 4, 23, 59), (date(2026, 12, 4), "23:59")),
        (shanghai(2027, 1, 1), (date(2026, 12, 31), "24:00")),
        (datetime(2026, 12, 4, 16, 0, tzinfo=UTC), (date(2026, 12, 4), "24:00")),
        (datetime(2026, 12, 5, 0, 0, tzinfo=UTC), (date(2026, 12, 5), "8:00")),
    ],
)
def test_an_end_at_midnight_is_said_of_the_day_before(end, said):
    assert last_moment(end) == said
