"""How many estates have a committee, how many are missing, and whether the year's end will do.

Counting: Anhui's report of 2023 counts owners' committees and property management committees
over all 物业管理区域, unmanaged ones too (10,645 of 15,035 is printed as 70.8 %). Shares are
compared by cross-multiplication; what is shown is rounded down (`core.exact.share_down`).
"""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

# How many steps back the forecast goes: one busy month is no trend, a few days are none.
RECENT, ENOUGH_DAYS = 3, 28


class Share(NamedTuple):
    """A target: `num` of `den`, reached when equal."""

    num: int
    den: int


class Count(NamedTuple):
    """Estates of one place on one day.

    `owners` and `management` have such a committee; `due`: those that meet the conditions for a
    first assembly, `due_formed` of them formed.
    """

    total: int = 0
    owners: int = 0
    management: int = 0
    due: int = 0
    due_formed: int = 0

    @property
    def formed(self) -> int:
        """已组建: either kind of committee."""
        return self.owners + self.management

    def plus(self, other: "Count") -> "Count":
        """Both places together."""
        return Count(*(one + more for one, more in zip(self, other, strict=True)))


def reached(formed: int, total: int, target: Share) -> bool | None:
    """Whether the target is met; None where there is nothing to form (不适用)."""
    return formed * target.den >= target.num * total if total else None


def needed(total: int, target: Share) -> int:
    """The fewest formed estates that meet the target: its share of all, rounded up."""
    return -(-target.num * total // target.den)


def missing(formed: int, total: int, target: Share) -> int:
    """还差: how many more estates have to form; never below zero."""
    return max(needed(total, target) - formed, 0)


class Month(NamedTuple):
    """Where a place stood as a month ended, or stands today."""

    day: date
    estates: Count


class Outlook(NamedTuple):
    """What is needed and what is to be expected by `day`.

    `left`: days until then. `pace`: estates every thirty days that would just do; None where
    none is missing or no day is left. `speed`: formed every thirty days of late; None where too
    little is known. `expected`: formed then at that speed, rounded down, never more than there
    are estates nor fewer than none.
    """

    day: date
    left: int
    missing: int
    pace: Fraction | None
    speed: Fraction | None
    expected: int | None
    enough: bool | None


def outlook(months: Sequence[Month], target: Share) -> Outlook:
    """Looks ahead to 31 December of the last day's year.

    The method, as the page says it: what was formed since the month's end three steps back
    (ends of months, and today), by days, carried on unchanged, where the first of them stands
    as today's records have it; the number of estates stays as it is. Fewer than `ENOUGH_DAYS`
    say nothing. ValueError without a day, or out of order.
    """
    if not months or any(one.day >= other.day for one, other in pairwise(months)):
        raise ValueError("an outlook needs months in order")
    last, first = months[-1], months[-RECENT - 1 :][0]
    end = date(last.day.year, 12, 31)
    left, apart = (end - last.day).days, (last.day - first.day).days
    total, formed = last.estates.total, last.estates.formed
    short = missing(formed, total, target)
    change = formed - first.estates.formed
    expected = None
    if apart >= ENOUGH_DAYS:
        expected = min(max(formed + change * left // apart, 0), total)
    return Outlook(
        end,
        left,
        short,
        Fraction(30 * short, left) if short and left else None,
        None if expected is None else Fraction(30 * change, apart),
        expected,
        None if expected is None else reached(expected, total, target),
    )


def ranked(
    places: Sequence[tuple[str, Count]], least: int
) -> tuple[list[tuple[str, Count]], list[tuple[str, Count]]]:
    """Those with at least `least` estates, highest rate first, and the small ones apart.

    Two estates out of three say nothing about a district. Among equal rates the one with more
    estates comes first, then by name.
    """
    large = [one for one in places if one[1].total >= least]
    small = [one for one in places if one[1].total < least]
    large.sort(key=lambda one: (-Fraction(one[1].formed, one[1].total), -one[1].total, one[0]))
    return large, sorted(small)


def nearest(places: Sequence[tuple[str, Count]], target: Share) -> list[tuple[str, Count]]:
    """Those short of the target, the fewest missing first; then those that reached it.

    Among equals the higher rate comes first. A place without estates comes last: it has
    nothing to reach.
    """

    def order(one: tuple[str, Count]) -> tuple[int, int, Fraction, str]:
        name, count = one
        lacking = missing(count.formed, count.total, target)
        group = 2 if not count.total else 0 if lacking else 1
        rate = Fraction(count.formed, count.total) if count.total else Fraction(0)
        return group, lacking, -rate, name

    return sorted(places, key=order)
