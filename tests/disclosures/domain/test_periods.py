"""Periods, expected income and jumps of public revenue, by hand and by another reckoning."""

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disclosures.domain.periods import (
    MONTHS,
    Period,
    Term,
    after,
    before,
    expected,
    is_as_often,
    jumps,
    period_of,
    split_periods,
    to_transfer,
    year_before,
)

days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
frequencies = st.sampled_from(sorted(MONTHS))


@pytest.mark.parametrize(
    ("frequency", "day", "first", "last"),
    [
        ("monthly", "2024-02-29", "2024-02-01", "2024-02-29"),
        ("monthly", "2026-12-31", "2026-12-01", "2026-12-31"),
        ("quarterly", "2026-03-31", "2026-01-01", "2026-03-31"),
        ("quarterly", "2026-04-01", "2026-04-01", "2026-06-30"),
        ("half_yearly", "2026-06-30", "2026-01-01", "2026-06-30"),
        ("half_yearly", "2026-07-01", "2026-07-01", "2026-12-31"),
        ("yearly", "2026-11-29", "2026-01-01", "2026-12-31"),
    ],
)
def test_the_period_a_day_lies_in(frequency, day, first, last):
    found = period_of(frequency, date.fromisoformat(day))
    assert found == Period(date.fromisoformat(first), date.fromisoformat(last))


@given(frequencies, days)
def test_periods_follow_each_other_without_gap_or_overlap(frequency, day):
    period = period_of(frequency, day)
    assert period.first <= day <= period.last
    assert after(frequency, period).first == period.last + timedelta(days=1)
    assert before(frequency, after(frequency, period)) == period
    earlier = year_before(frequency, period)
    assert (earlier.first.month, earlier.first.day) == (period.first.month, period.first.day)
    assert earlier.first.year == period.first.year - 1


QUARTER = Period(date(2026, 1, 1), date(2026, 3, 31))


@pytest.mark.parametrize(
    ("term", "fen"),
    [
        # 300.00 a month for the whole quarter.
        (Term(300_00, "month", date(2025, 1, 1)), 900_00),
        (Term(900_00, "quarter", date(2025, 1, 1), date(2026, 12, 31)), 900_00),
        (Term(3_600_00, "year", date(2026, 1, 1), date(2026, 12, 31)), 900_00),
        # From 16 January: 16 of 31 days, then two whole months.
        (Term(310_00, "month", date(2026, 1, 16)), 160_00 + 620_00),
        # One day of February, which has 28.
        (Term(280_00, "month", date(2026, 2, 28), date(2026, 2, 28)), 10_00),
        (Term(500_00, "once", date(2026, 3, 31)), 500_00),
        (Term(500_00, "once", date(2025, 12, 31)), 0),
        (Term(300_00, "month", date(2026, 4, 1)), 0),
        (Term(300_00, "month", date(2025, 1, 1), date(2025, 12, 31)), 0),
    ],
)
def test_what_a_source_should_bring(term, fen):
    assert expected(term, QUARTER) == fen


@given(
    st.integers(1, 10**9),
    st.sampled_from(["month", "quarter", "year"]),
    days,
    st.integers(0, 900),
    frequencies,
)
def test_periods_together_bring_what_the_days_bring(fen, priced, first, length, frequency):
    last = first + timedelta(days=length)
    period, total = period_of(frequency, first), Fraction(0)
    while period.first <= last:
        total += expected(Term(fen, priced, first, last), period)
        period = after(frequency, period)
    # Day by day: a day is worth its part of its own month.
    months = {"month": 1, "quarter": 3, "year": 12}[priced]
    by_days = Fraction(0)
    for number in range(length + 1):
        day = first + timedelta(days=number)
        following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
        whole = (following - date(day.year, day.month, 1)).days
        by_days += Fraction(fen, months * whole)
    assert total == by_days


@pytest.mark.parametrize(
    ("now", "then", "found"),
    [
        (130_00, 100_00, False),  # just 30 %
        (130_01, 100_00, True),
        (69_99, 100_00, True),
        (70_00, 100_00, False),
        (9_99, 0, False),  # below 10.00 nobody is asked
        (10_00, 0, True),
        (0, 10_00, True),
        (0, 0, False),
    ],
)
def test_a_jump_has_to_be_explained(now, then, found):
    assert jumps(now, then, above=(30, 100), least_fen=10_00) is found


@pytest.mark.parametrize(
    ("net", "share", "fen"),
    [
        (100_00, (100, 100), 100_00),
        (100_01, (50, 100), 50_01),  # 50.005: never less
        (1, (1, 3), 1),
        (0, (50, 100), 0),
        (-5_00, (50, 100), 0),
    ],
)
def test_never_less_goes_to_the_fund(net, share, fen):
    assert to_transfer(net, share) == fen


@given(st.integers(0, 10**13), st.integers(0, 100), st.integers(1, 100))
def test_the_part_for_the_fund_is_the_least_that_is_enough(net, num, den):
    num = min(num, den)
    fen = to_transfer(net, (num, den))
    assert fen * den >= net * num
    assert (fen - 1) * den < net * num or fen == 0


@given(frequencies, days, st.integers(0, 900))
def test_periods_that_have_ended_follow_each_other(frequency, since, length):
    until = since + timedelta(days=length)
    found = split_periods(frequency, since, until)
    assert all(one.last < until for one in found)
    assert all(late.first - early.last == timedelta(days=1) for early, late in pairwise(found))
    if found:
        assert found[0].first <= since <= found[0].last
        assert after(frequency, found[-1]).last >= until


def test_as_often():
    assert is_as_often("monthly", "quarterly")
    assert is_as_often("quarterly", "quarterly")
    assert not is_as_often("half_yearly", "quarterly")
