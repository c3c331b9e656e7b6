"""How many choices the exact totals of a question would give away: the leak audit.

The published totals of a question (heads and area, for, against and abstain) are equations
about secret choices. With areas exact to 0.01 m², few parties, or one with very much area,
these equations have few solutions, and choices can be read off them.

Assumed: whoever tries knows the roll's areas and who took part, and nobody's choice. The
parties choose independently, each by `PRIOR`. Given the totals of heads, every solution is
then equally likely, whatever the prior: a posterior is a share of solutions, counted in
whole numbers. A party is *given away* when the posterior of one choice is at least 99 %.

Three ways, from exact to coarse (docs/decisions/0020-leak-audit.md):
- every outcome of a small roll is gone through: figures are exact;
- else votes are drawn at random; the solutions of each are counted;
- where they are too many to count, `_Bulk` says whether the totals still fix how many of
  each size chose what, or whether only parties that stand out can be told.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import product
from math import comb, exp, factorial, gcd, lgamma, log, pi, prod
from random import Random
from typing import NamedTuple

# For, against, abstain; only their proportion matters.
PRIOR = (15, 3, 2)
VOTES = 60  # drawn for each turnout
FULL, TWO_THIRDS = Fraction(1), Fraction(2, 3)  # art. 278: fewer decide nothing

_OPTIONS = range(3)
_OUTCOMES = 5_000  # gone through one by one
_STATES = 60_000  # held for half of the sizes
_SOLUTIONS = 5_000  # of one option
_PAIRS = 150_000  # of solutions of two options
_SINGLED = 7  # parties whose choices are gone through together
_ODD = 4
_SIZES = 120  # of more, the solutions are never few
_SAFE = 4  # of fewer solutions to be expected, the true one is taken as known


Counts = tuple[int, int, int]  # of one size: for, against, abstain


class Size(NamedTuple):
    """Parties with the same area (0.01 m²): nothing published tells them apart."""

    area: int
    members: int


class Totals(NamedTuple):
    """What is published of one question: for, against, abstain."""

    heads: tuple[int, int, int]
    areas: tuple[int, int, int]


class Case(NamedTuple):
    """What is given away at one turnout, in one question.

    `exact`: every outcome was gone through; else `votes` were drawn, and in `counted` of
    them the solutions could be counted. `expected` parties are given away on average, at
    least one with probability `any_`; `always` are in at least 95 % of votes.
    """

    turnout: Fraction
    heads: int
    exact: bool
    votes: int
    counted: int
    expected: Fraction
    any_: Fraction
    always: int


@dataclass(frozen=True, slots=True)
class Report:
    """The audit of a roll: its sizes, and the cases looked at."""

    heads: int
    sizes: int
    unique: int  # parties whose area nobody else has
    largest: Fraction  # share of the largest party in the area
    cases: tuple[Case, ...]

    @property
    def worst(self) -> Case:
        """The case that gives most away."""
        return max(self.cases, key=lambda case: case.expected)


def audit(areas: Sequence[int], *, rng: Random, votes: int = VOTES) -> Report:
    """The report on a roll of parties with these areas (0.01 m², all above 0).

    The same roll and seed give the same report. ValueError for an empty roll.
    """
    if not areas or min(areas) <= 0:
        raise ValueError("a leak audit needs a roll of positive areas")
    sizes = sizes_of(areas)
    everybody = _exact(sizes) or _drawn(sorted(areas), FULL, rng, votes)
    return Report(
        heads=len(areas),
        sizes=len(sizes),
        unique=sum(size.members == 1 for size in sizes),
        largest=Fraction(max(areas), sum(areas)),
        cases=(everybody, _drawn(sorted(areas), TWO_THIRDS, rng, votes)),
    )


def sizes_of(areas: Iterable[int]) -> list[Size]:
    """The sizes on a roll, from small to large."""
    return [Size(area, members) for area, members in sorted(Counter(areas).items())]


def given_away(sizes: Sequence[Size], totals: Totals) -> list[bool] | None:
    """For each size, whether its members are given away; None if too much to count."""
    if len(sizes) > _SIZES:
        return None
    few, more = sorted(_OPTIONS, key=lambda option: totals.heads[option])[:2]
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
        known.append(_certain(max(one, two, members * whole - one - two), members * whole))
    return known


# --- every outcome ----------------------------------------------------------------------


def _exact(sizes: Sequence[Size]) -> Case | None:
    """Everybody takes part: the exact figures, or None where there are too many outcomes."""
    if prod(comb(size.members + 2, 2) for size in sizes) > _OUTCOMES:
        return None
    outcomes: dict[Totals, list[tuple[int, list[Counts]]]] = defaultdict(list)
    for counts in product(*(list(_splits(size.members)) for size in sizes)):
        ways = prod(map(_ways, counts))
        outcomes[_totals(sizes, counts)].append((ways, list(counts)))
    heads = sum(size.members for size in sizes)
    whole = sum(PRIOR) ** heads
    expected = some = 0
    often = [0] * len(sizes)
    for totals, solutions in outcomes.items():
        ways = sum(each for each, _counts in solutions)
        weight = ways * prod(p**h for p, h in zip(PRIOR, totals.heads, strict=True))
        known = [
            any(
                _certain(sum(each * counts[place][o] for each, counts in solutions), m * ways)
                for o in _OPTIONS
            )
            for place, (_area, m) in enumerate(sizes)
        ]
        expected += weight * _members(sizes, known)
        some += weight * any(known)
        often = [n + weight * k for n, k in zip(often, known, strict=True)]
    return Case(
        turnout=FULL,
        heads=heads,
        exact=True,
        votes=0,
        counted=0,
        expected=Fraction(expected, whole),
        any_=Fraction(some, whole),
        always=_members(sizes, [20 * each >= 19 * whole for each in often]),
    )


def _splits(members: int) -> Iterator[Counts]:
    for first in range(members + 1):
        for second in range(members - first + 1):
            yield first, second, members - first - second


# --- votes drawn at random --------------------------------------------------------------


def _drawn(areas: Sequence[int], turnout: Fraction, rng: Random, votes: int) -> Case:
    heads = -(-len(areas) * turnout.numerator // turnout.denominator)
    found = some = counted = 0
    known_of, took_part = Counter[int](), Counter[int]()
    present, bulk = list(areas), None
    for _vote in range(votes):
        if heads < len(areas):
            present, bulk = rng.sample(areas, heads), None
        sizes = sizes_of(present)
        answers = Counter(zip(present, rng.choices(_OPTIONS, PRIOR, k=heads), strict=True))
        counts = [(answers[a, 0], answers[a, 1], answers[a, 2]) for a, _members in sizes]
        known = given_away(sizes, _totals(sizes, counts))
        if known is None:
            bulk = bulk or _Bulk.of(sizes)
            known = bulk.given_away(sizes, counts)
        else:
            counted += 1
        found += _members(sizes, known)
        some += any(known)
        for size, told in zip(sizes, known, strict=True):
            took_part[size.area] += size.members
            known_of[size.area] += size.members * told
    always = [20 * known_of[area] >= 19 * part > 0 for area, part in took_part.items()]
    return Case(
        turnout=turnout,
        heads=heads,
        exact=False,
        votes=votes,
        counted=counted,
        expected=Fraction(found, votes),
        any_=Fraction(some, votes),
        always=sum(
            areas.count(area) for area, told in zip(took_part, always, strict=True) if told
        ),
    )


def _totals(sizes: Sequence[Size], counts: Sequence[Counts]) -> Totals:
    heads, areas = [0, 0, 0], [0, 0, 0]
    for size, count in zip(sizes, counts, strict=True):
        for option in _OPTIONS:
            heads[option] += count[option]
            areas[option] += count[option] * size.area
    return Totals((heads[0], heads[1], heads[2]), (areas[0], areas[1], areas[2]))


def _members(sizes: Sequence[Size], told: Sequence[bool]) -> int:
    return sum(size.members for size, known in zip(sizes, told, strict=True) if known)


def _certain(part: int, whole: int) -> bool:
    return 100 * part >= 99 * whole


@cache
def _ways(counts: tuple[int, ...]) -> int:
    """In how many ways the members of one size can share out these answers."""
    return factorial(sum(counts)) // prod(map(factorial, counts))


# --- counting solutions -----------------------------------------------------------------


class _Packing(NamedTuple):
    """How picks, heads and area lie in one whole number, so that adding adds all three."""

    area_bits: int
    heads_bits: int
    fields: int

    @classmethod
    def of(cls, sizes: Sequence[Size]) -> "_Packing":
        heads, area, _squares = _moments(sizes)
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
        ways *= _ways((one.picks[place], two.picks[place], rest))
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


# --- too many solutions to count --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Bulk:
    """Many parties taken together, and a few `singled` out (places among the sizes).

    `spread` is the sum of squared deviations from the mean area, times `heads`. Areas of
    the bulk are `rest` modulo `step` (0: all alike). `beyond`: places that stand out as
    well, but are too many to look at: taken as given away.
    """

    singled: tuple[int, ...]
    beyond: tuple[int, ...]
    others: tuple[int, ...]  # the places of the bulk
    heads: int
    area: int
    spread: int
    step: int
    rest: int

    @classmethod
    def of(cls, sizes: Sequence[Size]) -> "_Bulk":
        singled = _odd_ones(sizes)
        others = [place for place in range(len(sizes)) if place not in singled]
        while len(others) > 1:
            far, stands_out = _farthest(sizes, others)
            room = _SINGLED - sum(sizes[place].members for place in singled)
            if not stands_out or sizes[far].members > room:
                break
            singled.append(far)
            others.remove(far)
        bulk = [sizes[place] for place in others]
        moments = heads, area, squares = _moments(bulk)
        return cls(
            singled=tuple(singled),
            beyond=tuple(place for place in others if _stands_out(sizes[place].area, *moments)),
            others=tuple(others),
            heads=heads,
            area=area,
            spread=heads * squares - area**2,
            step=gcd(*(size.area - bulk[0].area for size in bulk)),
            rest=bulk[0].area,
        )

    def given_away(self, sizes: Sequence[Size], counts: Sequence[Counts]) -> list[bool]:
        """For each size, whether its members are taken as given away; an estimate."""
        if self._alternatives(sizes, counts) < log(_SAFE):
            return [
                _certain(max(count), size.members)
                for size, count in zip(sizes, counts, strict=True)
            ]
        known = [False] * len(sizes)
        for place in self.beyond:
            known[place] = True
        for place, told in zip(self.singled, self._told(sizes, counts), strict=True):
            known[place] = told
        return known

    def _alternatives(self, sizes: Sequence[Size], counts: Sequence[Counts]) -> float:
        """In how many ways the sizes, not the parties, can share out the bulk's part.

        The logarithm of the number to be expected, the true way included.
        """
        mine = [counts[place] for place in self.others]
        totals = _totals([sizes[place] for place in self.others], mine)
        every = self._log_ways(totals.heads, totals.areas)
        if every is None:
            raise ValueError("the bulk can do what it did")
        return every - sum(log(_ways(count)) for count in mine if sum(count) > 1)

    def _told(self, sizes: Sequence[Size], counts: Sequence[Counts]) -> list[bool]:
        """The posterior of those singled out: all they can have chosen, weighed."""
        parties = [
            (place, sizes[place].area)
            for place in self.singled
            for _member in range(sizes[place].members)
        ]
        totals = _totals(sizes, counts)
        weights = []
        for choices in product(_OPTIONS, repeat=len(parties)):
            heads, areas = list(totals.heads), list(totals.areas)
            for choice, (_place, area) in zip(choices, parties, strict=True):
                heads[choice] -= 1
                areas[choice] -= area
            weight = self._log_ways(heads, areas)
            if weight is not None:
                weights.append((weight, choices))
        top = max(weight for weight, _choices in weights)
        posterior: dict[tuple[int, int], float] = defaultdict(float)
        whole = 0.0
        for weight, choices in weights:
            share = exp(weight - top)
            whole += share
            for choice, (place, _area) in zip(choices, parties, strict=True):
                posterior[place, choice] += share / sizes[place].members
        return [
            max(posterior[place, option] for option in _OPTIONS) >= 0.99 * whole
            for place in self.singled
        ]

    def _log_ways(self, heads: Sequence[int], areas: Sequence[int]) -> float | None:
        """The logarithm of in how many ways the parties of the bulk make up these totals.

        The ways to share out the heads, times the density of a normal distribution at the
        areas, given the heads; None where there is no way.
        """
        if min(heads) < 0 or min(areas) < 0:
            return None
        result = lgamma(self.heads + 1)
        for count, area in zip(heads, areas, strict=True):
            off = self.heads * area - count * self.area  # times heads
            if (count == 0 and area) or not self._on_the_grid(area - count * self.rest):
                return None
            result -= lgamma(count + 1)
            if count and self.step:
                result -= off * off / (2 * count * self.spread)
                result -= log(count / self.heads) / 2
        if self.step:
            cells = 2 * pi * self.spread / (self.heads * self.step**2)
            result -= (sum(map(bool, heads)) - 1) * log(cells) / 2
        return result

    def _on_the_grid(self, area: int) -> bool:
        return area % self.step == 0 if self.step else area == 0


def _farthest(sizes: Sequence[Size], places: Sequence[int]) -> tuple[int, bool]:
    """The place farthest from the mean, and whether its members stand out."""
    moments = heads, area, _squares = _moments([sizes[place] for place in places])
    far = max(places, key=lambda place: abs(heads * sizes[place].area - area))
    return far, _stands_out(sizes[far].area, *moments)


def _stands_out(one: int, heads: int, area: int, squares: int) -> bool:
    """Whether one of these parties lies far from the mean of the others.

    Farther than a third of the root of their summed squared deviations. Nearer, a choice
    moves the totals by less than 1.2 standard deviations, and the odds that `PRIOR` leaves
    hardly ever become 99 to 1.
    """
    heads, area, squares = heads - 1, area - one, squares - one**2
    return 9 * (heads * one - area) ** 2 >= heads * (heads * squares - area**2)


def _moments(sizes: Sequence[Size]) -> tuple[int, int, int]:
    """Heads, the sum of their areas, and the sum of the squares."""
    heads = sum(size.members for size in sizes)
    area = sum(size.members * size.area for size in sizes)
    return heads, area, sum(size.members * size.area**2 for size in sizes)


def _odd_ones(sizes: Sequence[Size]) -> list[int]:
    """Few sizes but for which all areas would leave the same remainder, of a round number."""
    for step in (100, 50, 25, 20, 10, 5, 4, 2):
        remainders = Counter[int]()
        for size in sizes:
            remainders[size.area % step] += size.members
        common, members = remainders.most_common(1)[0]
        if 0 < remainders.total() - members <= _ODD:
            return [place for place, size in enumerate(sizes) if size.area % step != common]
    return []
