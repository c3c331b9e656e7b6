"""Counting who can have voted how, when the totals of a question are known.

Exact: every way in which parties of these sizes make up the published totals is counted.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import factorial, prod
from typing import NamedTuple

OPTIONS = range(3)  # for, against, abstain

_STATES = 60_000  # held for half of the sizes
_SOLUTIONS = 5_000  # of one option
_PAIRS = 150_000  # of solutions of two options
_SIZES = 120  # of more, the solutions are never few

Counts = tuple[int, int, int]  # of one size: for, against, abstain


class Size(NamedTuple):
    """Parties with the same area (0.01 m²): nothing published tells them apart."""

    area: int
    members: int


class Totals(NamedTuple):
    """What is published of one question: for, against, abstain."""

    heads: tuple[int, int, int]
    areas: tuple[int, int, int]


def sizes_of(areas: Iterable[int]) -> list[Size]:
    """The sizes on a roll, from small to large."""
    return [Size(area, members) for area, members in sorted(Counter(areas).items())]


def totals_of(sizes: Sequence[Size], counts: Sequence[Counts]) -> Totals:
    heads, areas = [0, 0, 0], [0, 0, 0]
    for size, count in zip(sizes, counts, strict=True):
        for option in OPTIONS:
            heads[option] += count[option]
            areas[option] += count[option] * size.area
    return Totals((heads[0], heads[1], heads[2]), (areas[0], areas[1], areas[2]))


def moments_of(sizes: Sequence[Size]) -> tuple[int, int, int]:
    """Heads, the sum of their areas, and the sum of the squares."""
    heads = sum(size.members for size in sizes)
    area = sum(size.members * size.area for size in sizes)
    return heads, area, sum(size.members * size.area**2 for size in sizes)


@lru_cache(maxsize=1 << 14)
def ways_of(counts: tuple[int, ...]) -> int:
    """In how many ways the members of one size can share out these answers."""
    return factorial(sum(counts)) // prod(map(factorial, counts))


def is_certain(part: int, whole: int) -> bool:
    return 100 * part >= 99 * whole


def given_away(sizes: Sequence[Size], totals: Totals) -> list[bool] | None:
    """For each size, whether its members are given away; None if too much to count."""
    if len(sizes) > _SIZES:
        return None
    few, more = sorted(OPTIONS, key=lambda option: totals.heads[option])[:2]
    packing = _Packing.of(sizes)
    first, second = (
        _solutions(sizes, packing, totals.heads[option], totals.areas[option])
        for option in (few, more)
    )
    if first is None or second is None:
        return None
    several = [(place, size.members) for place, size in enumerate(sizes) if size.members > 1]
    if len(first) * len(second) * (1 + len(several)) > _PAIRS:
        return None
    # In how many ways each solution of the one goes with those of the other; what both
    # leave chose the third option.
    ways = [[_together(one, two, several) for two in second] for one in first]
    of_first = list(map(sum, ways))
    of_second = [sum(column) for column in zip(*ways, strict=True)]
    whole = sum(of_first)
    known = []
    for place, (_area, members) in enumerate(sizes):
        one = sum(some.picks[place] * n for some, n in zip(first, of_first, strict=True))
        two = sum(some.picks[place] * n for some, n in zip(second, of_second, strict=True))
        known.append(is_certain(max(one, two, members * whole - one - two), members * whole))
    return known


class _Packing(NamedTuple):
    """How picks, heads and area lie in one whole number, so that adding adds all three."""

    area_bits: int
    heads_bits: int
    fields: int

    @classmethod
    def of(cls, sizes: Sequence[Size]) -> "_Packing":
        heads, area, _squares = moments_of(sizes)
        return cls(area.bit_length(), heads.bit_length(), len(sizes))

    def member(self, place: int, area: int) -> int:
        """One party of the size at this place."""
        return ((1 << self.heads_bits * (place + 1)) + 1 << self.area_bits) + area

    @property
    def sums(self) -> int:
        """Mask of heads and area."""
        return (1 << self.area_bits + self.heads_bits) - 1

    def key(self, heads: int, area: int) -> int:
        """Heads and area without picks."""
        return (heads << self.area_bits) + area

    def picks(self, state: int) -> tuple[int, ...]:
        """How many of each size."""
        mask = (1 << self.heads_bits) - 1
        state >>= self.area_bits
        return tuple(
            state >> self.heads_bits * field & mask for field in range(1, self.fields + 1)
        )


class _Solution(NamedTuple):
    """How many of each size; `alone`: a bit for each picked party of a size of its own."""

    picks: tuple[int, ...]
    alone: int


def _together(one: _Solution, two: _Solution, several: Sequence[tuple[int, int]]) -> int:
    """In how many ways the parties share out two options so; 0 where one has to take both.

    `several`: places and members of the sizes that more than one party has.
    """
    if one.alone & two.alone:
        return 0
    ways = 1
    for place, members in several:
        rest = members - one.picks[place] - two.picks[place]
        if rest < 0:
            return 0
        ways *= ways_of((one.picks[place], two.picks[place], rest))
    return ways


def _solutions(
    sizes: Sequence[Size], packing: _Packing, heads: int, area: int
) -> list[_Solution] | None:
    """How many of each size, to make up `heads` and `area`: every way, or None if too many.

    Meet in the middle: the sizes are dealt into two halves, all that each half can make up
    is listed, and two lists are matched.
    """
    bounds = _bounds(sizes, heads)
    halves: tuple[list[int], list[int]] = [], []
    width = [1, 1]
    for place in sorted(range(len(sizes)), key=lambda at: bounds[at][0] - bounds[at][1]):
        low, high = bounds[place]
        side = 0 if width[0] <= width[1] else 1
        width[side] *= high - low + 1
        halves[side].append(place)
    if any(_too_many([bounds[place] for place in half], heads) for half in halves):
        return None
    limit, sums = packing.key(heads + 1, 0), packing.sums
    lists = []
    for half in halves:
        states = [0]
        for place in half:
            low, high = bounds[place]
            one = packing.member(place, sizes[place].area)
            states = [
                state
                for many in range(low, high + 1)
                for state in [before + many * one for before in states]
                if state & sums < limit
            ]
        lists.append(states)
    right = defaultdict(list)
    for state in lists[1]:
        right[state & sums].append(state)
    target = packing.key(heads, area)
    found = [
        state + other for state in lists[0] for other in right.get(target - (state & sums), ())
    ]
    if len(found) > _SOLUTIONS:
        return None
    alone = (
        sum(packing.member(place, 0) for place, size in enumerate(sizes) if size.members == 1)
        & ~sums
    )
    return [_Solution(packing.picks(state), state & alone) for state in found]


def _bounds(sizes: Sequence[Size], heads: int) -> list[tuple[int, int]]:
    """The least and the most of each size among `heads` chosen ones.

    In large sizes, what lies eight standard deviations from the middle is left out: less
    than one solution in 10^12.
    """
    whole = sum(size.members for size in sizes)
    bounds = []
    for _area, members in sizes:
        low, high = max(0, heads - whole + members), min(members, heads)
        middle = members * heads // whole
        reach = int((64 * members * heads * (whole - heads)) ** 0.5 / whole) + 8
        bounds.append((max(low, middle - reach), min(high, middle + reach)))
    return bounds


def _too_many(bounds: Sequence[tuple[int, int]], heads: int) -> bool:
    """Whether a half has more than `_STATES` ways to pick at most `heads`."""
    ways = Counter({0: 1})
    for low, high in bounds:
        grown = Counter[int]()
        for count, number in ways.items():
            for more in range(low, min(high, heads - count) + 1):
                grown[count + more] += number
        ways = grown
        if ways.total() > _STATES:
            return True
    return False
