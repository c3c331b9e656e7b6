"""Sharing a cost among owners: Civil Code art. 283, by area unless agreed otherwise.

Areas are integers of 0.01 m², money is integer fen. The shares of the units add up to the
cost exactly (largest remainder, the earlier unit first among equals), and so a party's
share is the sum of its units' shares: what its sub-accounts will be charged.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from core.exact import split_exactly
from registry.domain.rooms import natural


class HasUnits(Protocol):
    """A party with the areas of its units, as `voting.domain.parties.PartyArea`."""

    @property
    def units(self) -> tuple[int, ...]: ...


def split_by_area(cost_fen: int, areas: Sequence[int]) -> list[int]:
    """Each unit's share in fen. ValueError for a negative cost, or no area at all."""
    return split_exactly(cost_fen, areas)


def apportion(cost_fen: int, units: Sequence[tuple[str, int]]) -> list[int]:
    """Each unit's share in fen, in the order given; units are (room, area in 0.01 m²).

    Among equal remainders the room that comes first as people count gets the odd fen (1-2
    before 1-10), so that the same list in another order gives everyone the same share.
    """
    walk = sorted(range(len(units)), key=lambda index: (natural(units[index][0]), units[index]))
    shares = split_by_area(cost_fen, [units[index][1] for index in walk])
    return [share for _index, share in sorted(zip(walk, shares, strict=True))]


def split_by_party(cost_fen: int, parties: Sequence[HasUnits]) -> list[int]:
    """Each party's share in fen, split over all their units in the order given."""
    areas = [area for party in parties for area in party.units]
    shares = iter(split_by_area(cost_fen, areas))
    return [sum(next(shares) for _ in party.units) for party in parties]


def share_table(cost_fen: int) -> Callable[[Sequence[HasUnits]], list[int]]:
    """The table of shares a motion with this cost brings along."""
    return lambda parties: split_by_party(cost_fen, parties)
