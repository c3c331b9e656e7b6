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

# How many monthly steps the forecast rests on: one busy month is no trend.
RECENT = 3


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
    """Where a place stood as a month ended."""

    day: date
    estates: Count


class Outlook(NamedTuple):
    """What is needed and what is to be expected by `day`.

    `months`: whole months left, counted from the last month's end. `pace`: estates a month that
    would just do; None where none is missing or no month is left. `speed`: formed a month of
    late; None where fewer than two months are known. `expected`: formed then at that speed,
    rounded down, never more than there are estates nor fewer than none.
    """

    day: date
    months: int
    missing: int
    pace: Fraction | None
    speed: Fraction | None
    expected: int | None
    enough: bool | None


def outlook(months: Sequence[Month], target: Share) -> Outlook:
    """Looks ahead to 31 December of the last month's year.

    The method, as the page says it: the mean monthly change of what is formed over the last
    three months, carried on unchanged; the number of estates stays as it is. A month that is
    missing counts as time all the same. ValueError without a month, or out of order.
    """
    if not months or any(one.day >= other.day for one, other in pairwise(months)):
        raise ValueError("an outlook needs months in order")
    last = months[-1]
    end = date(last.day.year, 12, 31)
    left = end.month - last.day.month
    total, formed = last.estates.total, last.estates.formed
    short = missing(formed, total, target)
    known = months[-RECENT - 1 :]
    apart = _number(last.day) - _number(known[0].day)
    speed = Fraction(formed - known[0].estates.formed, apart) if apart else None
    expected = None
    if speed is not None:
        ahead = formed + speed * left
        expected = min(max(ahead.numerator // ahead.denominator, 0), total)
    return Outlook(
        end,
        left,
        short,
        Fraction(short, left) if short and left else None,
        speed,
        expected,
        None if expected is None else reached(expected, total, target),
    )


def _number(day: date) -> int:
    """Months counted through the years."""
    return 12 * day.year + day.month


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
