"""Periods of account, what should have come in within one, and what stands out.

Civil Code 943: public revenue is made public regularly; how often, the profile says.
Everything is integer fen; what is pro rata is an exact fraction.
"""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

MONTHS = {"monthly": 1, "quarterly": 3, "half_yearly": 6, "yearly": 12}
# How a price is stated → for how many months it is; a single payment is for none.
PRICED = {"month": 1, "quarter": 3, "year": 12, "once": 0}


class Period(NamedTuple):
    """A period of account, both days included."""

    first: date
    last: date


class Term(NamedTuple):
    """A price and the days it holds for, both included; `last` None: until further notice."""

    fen: int
    priced: str  # a key of PRICED
    first: date
    last: date | None = None


def period_of(frequency: str, day: date) -> Period:
    """The period a day lies in. KeyError for another frequency."""
    months = MONTHS[frequency]
    first = day.month - (day.month - 1) % months
    last = first + months - 1
    return Period(date(day.year, first, 1), date(day.year, last, monthrange(day.year, last)[1]))


def before(frequency: str, period: Period) -> Period:
    """The period before one."""
    return period_of(frequency, period.first - timedelta(days=1))


def after(frequency: str, period: Period) -> Period:
    """The period after one."""
    return period_of(frequency, period.last + timedelta(days=1))


def year_before(frequency: str, period: Period) -> Period:
    """The same period of the year before."""
    return period_of(frequency, date(period.first.year - 1, period.first.month, 1))


def expected(term: Term, period: Period) -> Fraction:
    """What a source should bring in a period, in fen, by days where a month is not whole.

    A single payment counts in the period its first day lies in.
    """
    first = max(term.first, period.first)
    last = period.last if term.last is None else min(term.last, period.last)
    if first > last:
        return Fraction(0)
    months = PRICED[term.priced]
    if not months:
        return Fraction(term.fen if term.first >= period.first else 0)
    return Fraction(term.fen, months) * sum(_months(first, last))


def _months(first: date, last: date) -> Iterable[Fraction]:
    """The part of each calendar month that lies between two days, both included."""
    while first <= last:
        whole = monthrange(first.year, first.month)[1]
        end = min(date(first.year, first.month, whole), last)
        yield Fraction((end - first).days + 1, whole)
        first = end + timedelta(days=1)


def jumps(now_fen: int, before_fen: int, *, above: tuple[int, int], least_fen: int) -> bool:
    """Whether an amount differs from an earlier one by more than a fraction of it.

    By cross-multiplication. Differences below `least_fen` are none; from nothing to something
    is one.
    """
    num, den = above
    difference = abs(now_fen - before_fen)
    return difference >= least_fen and difference * den > abs(before_fen) * num


def percent(share: tuple[int, int]) -> str:
    """A share in hundredths, with the places it needs, two at most: 100, 12.5."""
    num, den = share
    hundredths = 10_000 * num // den
    return f"{hundredths // 100}.{hundredths % 100:02}".rstrip("0").rstrip(".")


def to_transfer(net_fen: int, share: tuple[int, int]) -> int:
    """What of the net income goes to the fund at least: the share, rounded up to the fen.

    "Never less": half a fen is a fen. Nothing where nothing is left.
    """
    num, den = share
    return -(-max(net_fen, 0) * num // den)


def split_periods(frequency: str, since: date, until: date) -> list[Period]:
    """The periods that have ended by `until` (excluded), from the one `since` lies in."""
    found, period = [], period_of(frequency, since)
    while period.last < until:
        found.append(period)
        period = after(frequency, period)
    return found


def is_as_often(frequency: str, least: str) -> bool:
    """Whether a frequency publishes at least as often as another."""
    return MONTHS[frequency] <= MONTHS[least]
