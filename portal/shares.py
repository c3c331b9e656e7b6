"""What each household pays if a motion passes: the table a proposer hands to the vote."""

from collections.abc import Callable, Sequence

from core.exact import split_exactly
from voting.domain.parties import PartyArea


def by_area(cost_fen: int) -> Callable[[Sequence[PartyArea]], list[int]]:
    """Divide a cost over the units of the vote by area; a party pays for all its units.

    By unit, not by party, because the money later comes from the units' sub-accounts. The
    parts add up to `cost_fen` exactly (largest remainder).
    """

    def table(parties: Sequence[PartyArea]) -> list[int]:
        shares = iter(split_exactly(cost_fen, [a for party in parties for a in party.units]))
        return [sum(next(shares) for _unit in party.units) for party in parties]

    return table
