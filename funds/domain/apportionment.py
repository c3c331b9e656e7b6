"""Sharing a cost among owners: Civil Code art. 283, by area unless agreed otherwise.

Areas are integers of 0.01 m², money is integer fen. The shares of the units add up to the
cost exactly (largest remainder, the earlier unit first among equals), and so a party's
share is the sum of its units' shares: what its sub-accounts will be charged.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from core.exact import split_exactly


class HasUnits(Protocol):
    """A party with the areas of its units, as `voting.domain.parties.PartyArea`."""

    @property
    def units(self) -> tuple[int, ...]: ...


def split_by_area(cost_fen: int, areas: Sequence[int]) -> list[int]:
    """Each unit's share in fen. ValueError for a negative cost, or no area at all."""
    return split_exactly(cost_fen, areas)


def split_by_party(cost_fen: int, parties: Sequence[HasUnits]) -> list[int]:
    """Each party's share in fen, split over all their units in the order given."""
    areas = [area for party in parties for area in party.units]
    shares = iter(split_by_area(cost_fen, areas))
    return [sum(next(shares) for _ in party.units) for party in parties]


def share_table(cost_fen: int) -> Callable[[Sequence[HasUnits]], list[int]]:
    """The table of shares a motion with this cost brings along."""
    return lambda parties: split_by_party(cost_fen, parties)
