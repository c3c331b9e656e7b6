"""Formation rates, what is missing, and the outlook to the end of the year."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from committees.domain.formation import (
    Count,
    Month,
    Share,
    missing,
    nearest,
    needed,
    outlook,
    ranked,
    reached,
)
from core.exact import share_down

ANHUI_2023 = Share(70, 100)
counts = st.builds(
    lambda total, formed, part: Count(total, formed - min(part, formed), min(part, formed)),
    st.integers(0, 400),
    st.integers(0, 400),
    st.integers(0, 400),
)


def test_the_province_as_it_was_published() -> None:
    """Report to the standing committee, 27 July 2023: 10,645 of 15,035, 70.8 %."""
    province = Count(15_035, owners=10_245, management=400)
    assert province.formed == 10_645
    assert share_down(province.formed, province.total) == "70.80%"
    assert reached(province.formed, province.total, ANHUI_2023) is True
    assert missing(province.formed, province.total, Share(100, 100)) == 4_390


@pytest.mark.parametrize(
    ("formed", "total", "short", "met"),
    [
        (0, 0, 0, None),  # nothing to form: 不适用, never 100 %
        (531, 812, 38, False),  # ceil(568.4) = 569
        (569, 812, 0, True),
        (568, 812, 1, False),
        (7, 10, 0, True),  # equality passes
        (6, 10, 1, False),
        (0, 1, 1, False),
        (2, 3, 1, False),
        (3, 3, 0, True),
    ],
)
def test_what_is_missing(formed: int, total: int, short: int, met: bool | None) -> None:
    assert missing(formed, total, ANHUI_2023) == short
    assert reached(formed, total, ANHUI_2023) is met


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(0, 100), st.integers(1, 100))
def test_the_fewest_that_do(formed: int, total: int, num: int, den: int) -> None:
    target = Share(min(num, den), den)
    least = needed(total, target)
    assert Fraction(least, total) >= Fraction(target.num, target.den)
    assert least == 0 or Fraction(least - 1, total) < Fraction(target.num, target.den)
    assert reached(formed, total, target) is (formed >= least)


@given(st.lists(counts, max_size=6))
def test_places_add_up(places: list[Count]) -> None:
    whole = Count()
    for one in places:
        whole = whole.plus(one)
    assert whole.total == sum(one.total for one in places)
    assert whole.formed == sum(one.formed for one in places)


def month(number: int, formed: int, total: int = 100) -> Month:
    days = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return Month(date(2026, number, days[number - 1]), Count(total, owners=formed))


def test_the_mean_of_three_months_goes_on() -> None:
    seen = outlook([month(6, 10), month(7, 50), month(8, 52), month(9, 56)], ANHUI_2023)
    # 46 in the 92 days from 30 June, and 92 days are left: 102 would be, of 100.
    assert seen == (date(2026, 12, 31), 92, 14, Fraction(420, 92), Fraction(15), 100, True)
    seen = outlook([month(5, 40), *(month(6 + n, 50 + n) for n in range(4))], ANHUI_2023)
    assert (seen.speed, seen.expected, seen.enough) == (Fraction(90, 92), 56, False)


def test_a_month_nobody_wrote_down_is_time_all_the_same() -> None:
    seen = outlook([month(6, 40), month(9, 52)], ANHUI_2023)
    assert (seen.speed, seen.expected) == (Fraction(360, 92), 64)


def test_today_goes_on_from_where_it_stands() -> None:
    today = Month(date(2026, 11, 30), Count(100, owners=62))
    seen = outlook([month(8, 50), month(9, 52), month(10, 53), today], ANHUI_2023)
    # 12 in the 91 days from 31 August, 31 days are left: 62 + 4.08.
    assert (seen.left, seen.missing, seen.expected) == (31, 8, 66)
    assert seen.expected >= today.estates.formed
    # Two days after a month's end, with that month alone, nothing can be told.
    soon = Month(date(2026, 11, 2), Count(100, owners=60))
    assert outlook([month(10, 53), soon], ANHUI_2023).expected is None


@pytest.mark.parametrize(
    ("months", "expected", "pace"),
    [
        ([month(9, 60)], None, Fraction(300, 92)),  # one month is no trend
        ([month(11, 69), month(12, 69)], 69, None),  # the year is over
        ([month(10, 70), month(11, 71)], 72, None),  # nothing is missing
        ([month(10, 60), month(11, 50)], 39, Fraction(600, 31)),
        ([month(10, 5), month(11, 1)], 0, Fraction(2070, 31)),  # never below none
        ([month(10, 0), month(11, 90)], 100, None),  # nor above all
        ([month(10, 60), month(11, 60)], 60, Fraction(300, 31)),
    ],
)
def test_at_the_edges(months: list[Month], expected: int | None, pace: Fraction | None) -> None:
    seen = outlook(months, ANHUI_2023)
    assert (seen.expected, seen.pace) == (expected, pace)


def test_nothing_to_form_is_neither_enough_nor_too_little() -> None:
    seen = outlook([month(8, 0, 0), month(9, 0, 0)], ANHUI_2023)
    assert (seen.missing, seen.expected, seen.enough) == (0, 0, None)


def test_an_outlook_needs_months_in_order() -> None:
    for months in ([], [month(9, 1), month(8, 1)], [month(9, 1), month(9, 2)]):
        with pytest.raises(ValueError, match="in order"):
            outlook(months, ANHUI_2023)


def test_small_places_are_not_ranked() -> None:
    places = [
        ("b", Count(10, 7)),
        ("a", Count(10, 7)),
        ("large", Count(20, 14)),
        ("best", Count(9, 9)),
        ("two of two", Count(2, 2)),
        ("empty", Count()),
    ]
    large, small = ranked(places, 5)
    assert [name for name, _count in large] == ["best", "large", "a", "b"]
    assert [name for name, _count in small] == ["empty", "two of two"]


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.integers(0, 40)).map(
            lambda pair: Count(max(pair), min(pair))
        ),
        max_size=12,
    ),
    st.sampled_from([Share(70, 100), Share(1, 1), Share(1, 2)]),
)
def test_nearest_first_keeps_all_and_puts_what_is_short_before_what_is_done(
    counts: list[Count], target: Share
) -> None:
    places = [(str(number), count) for number, count in enumerate(counts)]
    found = nearest(places, target)
    assert sorted(found) == sorted(places)
    short = [missing(one.formed, one.total, target) for _name, one in found]
    waiting = [lacking for lacking in short if lacking]
    assert short[: len(waiting)] == sorted(waiting)
    done = [one.total for _name, one in found[len(waiting) :]]
    assert done == sorted(done, key=lambda total: not total)
