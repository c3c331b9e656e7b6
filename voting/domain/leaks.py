"""How many choices the exact totals of a question would give away: the leak audit.

The published totals of a question (heads and area, for, against and abstain) are equations
about secret choices. With areas exact to 0.01 m², few parties, or one with very much area,
these equations have few solutions, and choices can be read off them.

Assumed: whoever tries knows the roll's areas and who took part, and nobody's choice. The
parties choose independently, each by `PRIOR`. Given the totals of heads, every solution is
then equally likely, whatever the prior: a posterior is a share of solutions, counted in
whole numbers. A party is *given away* when the posterior of one choice is at least 99 %.

Three ways, from exact to coarse (docs/decisions/0022-leak-audit.md):
- every outcome of a small roll is gone through: figures are exact;
- else votes are drawn at random; the solutions of each are counted;
- where they are too many to count, `Bulk` says whether the totals still fix how many of
  each size chose what, or whether only parties that stand out can be told.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import comb, prod
from random import Random
from typing import NamedTuple

from voting.domain.leak_bulk import Bulk
from voting.domain.leak_counting import (
    OPTIONS,
    Counts,
    Size,
    Totals,
    given_away,
    is_certain,
    sizes_of,
    totals_of,
    ways_of,
)

# For, against, abstain; only their proportion matters.
PRIOR = (15, 3, 2)
VOTES = 60  # drawn for each turnout
FULL, TWO_THIRDS = Fraction(1), Fraction(2, 3)  # art. 278: fewer decide nothing

_OUTCOMES = 5_000  # gone through one by one


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


def audit(
    areas: Sequence[int], *, rng: Random, votes: int = VOTES, took_part: bool = False
) -> Report:
    """The report on a roll of parties with these areas (0.01 m², all above 0).

    `took_part`: these are who took part, so that no other turnout is looked at. The same roll
    and seed give the same report. ValueError for an empty roll.
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
        cases=(everybody,)
        if took_part
        else (everybody, _drawn(sorted(areas), TWO_THIRDS, rng, votes)),
    )


# --- every outcome ----------------------------------------------------------------------


def _exact(sizes: Sequence[Size]) -> Case | None:
    """Everybody takes part: the exact figures, or None where there are too many outcomes."""
    if prod(comb(size.members + 2, 2) for size in sizes) > _OUTCOMES:
        return None
    outcomes: dict[Totals, list[tuple[int, list[Counts]]]] = defaultdict(list)
    for counts in product(*(list(_splits(size.members)) for size in sizes)):
        ways = prod(map(ways_of, counts))
        outcomes[totals_of(sizes, counts)].append((ways, list(counts)))
    heads = sum(size.members for size in sizes)
    whole = sum(PRIOR) ** heads
    expected = some = 0
    often = [0] * len(sizes)
    for totals, solutions in outcomes.items():
        ways = sum(each for each, _counts in solutions)
        weight = ways * prod(p**h for p, h in zip(PRIOR, totals.heads, strict=True))
        known = [
            any(
                is_certain(sum(each * counts[place][o] for each, counts in solutions), m * ways)
                for o in OPTIONS
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
        answers = Counter(zip(present, rng.choices(OPTIONS, PRIOR, k=heads), strict=True))
        counts = [(answers[a, 0], answers[a, 1], answers[a, 2]) for a, _members in sizes]
        known = given_away(sizes, totals_of(sizes, counts))
        if known is None:
            bulk = bulk or Bulk.of(sizes)
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


def _members(sizes: Sequence[Size], told: Sequence[bool]) -> int:
    return sum(size.members for size, known in zip(sizes, told, strict=True) if known)
