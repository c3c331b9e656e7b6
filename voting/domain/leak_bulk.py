"""Who stands out among parties too many for their ways to vote to be counted: an estimate."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import exp, gcd, lgamma, log, pi

from voting.domain.leak_counting import (
    OPTIONS,
    Counts,
    Size,
    is_certain,
    moments_of,
    totals_of,
    ways_of,
)

_SINGLED = 7  # parties whose choices are gone through together
_ODD = 4
_SAFE = 4  # of fewer solutions to be expected, the true one is taken as known


@dataclass(frozen=True, slots=True)
class Bulk:
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
    def of(cls, sizes: Sequence[Size]) -> "Bulk":
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
        moments = heads, area, squares = moments_of(bulk)
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
                is_certain(max(count), size.members)
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
        totals = totals_of([sizes[place] for place in self.others], mine)
        every = self._log_ways(totals.heads, totals.areas)
        if every is None:
            raise ValueError("the bulk can do what it did")
        return every - sum(log(ways_of(count)) for count in mine if sum(count) > 1)

    def _told(self, sizes: Sequence[Size], counts: Sequence[Counts]) -> list[bool]:
        """The posterior of those singled out: all they can have chosen, weighed."""
        parties = [
            (place, sizes[place].area)
            for place in self.singled
            for _member in range(sizes[place].members)
        ]
        totals = totals_of(sizes, counts)
        weights = []
        for choices in product(OPTIONS, repeat=len(parties)):
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
            max(posterior[place, option] for option in OPTIONS) >= 0.99 * whole
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
    moments = heads, area, _squares = moments_of([sizes[place] for place in places])
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
