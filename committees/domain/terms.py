"""A committee's term, its size and its vacancies."""

from datetime import date, timedelta
from typing import NamedTuple


def years_later(day: date, years: int) -> date:
    """The same day so many years on; 29 February becomes 28 February (Civil Code art. 202)."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def last_day(elected_on: date, years: int) -> date:
    """The last day of a term that begins the day after the election (Civil Code art. 201)."""
    return years_later(elected_on, years)


class Size(NamedTuple):
    """How many members a committee may have; `most` None: no upper bound is set."""

    least: int
    most: int | None
    odd: bool


def fits(seats: int, size: Size) -> bool:
    """Whether a committee may have so many seats (274号 31; 山东省物业管理条例 30)."""
    if seats < size.least or (size.most is not None and seats > size.most):
        return False
    return seats % 2 == 1 or not size.odd


class Standing(NamedTuple):
    """What follows from who is left. `vacant`: seats to be filled (补选). `too_few`: fewer than
    half of the seats are filled, so the owners elect all anew (274号 46). `complete`: everybody
    who was elected is on record, or was once: while not, an empty seat says nothing."""

    members: int
    seats: int
    vacant: int
    too_few: bool
    complete: bool


def standing(members: int, seats: int, *, complete: bool = True) -> Standing:
    """ValueError where there are more members than seats."""
    if not 0 <= members <= seats:
        raise ValueError(f"{members} members on {seats} seats")
    complete = complete or members == seats
    few = complete and 2 * members < seats
    return Standing(members, seats, seats - members, few, complete)


class Term(NamedTuple):
    """Where a term is. `renew_from`: the day on which re-election is due to begin."""

    last: date
    renew_from: date
    due: bool
    over: bool


def term(last: date, lead_days: int, today: date) -> Term:
    """The re-election meeting is called so many days before the end (274号 47; 山东 33)."""
    start = last - timedelta(days=lead_days)
    return Term(last, start, start <= today, today > last)
