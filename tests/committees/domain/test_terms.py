"""Terms, sizes and vacancies of a committee."""

from datetime import date

import pytest

from committees.domain.terms import Size, fits, last_day, standing, term

NATIONAL, SHANDONG = Size(5, 11, odd=True), Size(5, None, odd=True)


@pytest.mark.parametrize(
    ("seats", "national", "shandong"),
    [(3, False, False), (4, False, False), (5, True, True), (6, False, False),
     (11, True, True), (12, False, False), (13, False, True)],
)  # fmt: skip
def test_sizes(seats: int, national: bool, shandong: bool) -> None:
    assert (fits(seats, NATIONAL), fits(seats, SHANDONG)) == (national, shandong)
    assert fits(6, Size(5, 11, odd=False))


@pytest.mark.parametrize(
    ("members", "seats", "vacant", "too_few"),
    [(5, 5, 0, False), (4, 5, 1, False), (3, 5, 2, False), (2, 5, 3, True), (0, 5, 5, True),
     (3, 6, 3, False), (2, 6, 4, True)],
)  # fmt: skip
def test_fewer_than_half_elect_anew(
    members: int, seats: int, vacant: int, too_few: bool
) -> None:
    """274号 46: 不足总数的二分之一 — exactly half is not too few."""
    seen = standing(members, seats)
    assert (seen.vacant, seen.too_few) == (vacant, too_few)


@pytest.mark.parametrize("members", range(6))
def test_while_members_are_written_down_nothing_follows(members: int) -> None:
    seen = standing(members, 5, complete=False)
    assert (seen.too_few, seen.complete) == (False, members == 5)


def test_more_members_than_seats() -> None:
    with pytest.raises(ValueError, match="6 members on 5 seats"):
        standing(6, 5)


def test_a_term() -> None:
    end = last_day(date(2024, 2, 29), 5)
    assert end == date(2029, 2, 28)
    assert last_day(date(2021, 7, 15), 5) == date(2026, 7, 15)
    seen = term(date(2026, 7, 15), 90, date(2026, 4, 15))
    assert (seen.renew_from, seen.due, seen.over) == (date(2026, 4, 16), False, False)
    assert term(date(2026, 7, 15), 90, date(2026, 4, 16)).due
    assert not term(date(2026, 7, 15), 90, date(2026, 7, 15)).over
    assert term(date(2026, 7, 15), 90, date(2026, 7, 16)).over
