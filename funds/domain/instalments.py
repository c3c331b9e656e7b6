"""What each unit bears of an instalment, of the final cost, and of what comes back.

Civil Code 283: by the shares decided on. Everything is integer fen; sums are exact. Weights
and order are the version's, so that after the settlement each unit has borne exactly
`apportion(final cost)`, whatever the instalments were.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from funds.domain.apportionment import apportion
from funds.domain.books import charge

# States of an instalment: its money has left or is on its way; somebody is dealing with it;
# nothing of it will ever leave.
GONE = ("ordered", "paid")
UNDER_WAY = ("asked", "ready", "ordered")
OVER = ("cancelled", "failed")


class Part(NamedTuple):
    """One unit in a version: `taken` is what it has borne so far, owed parts included."""

    label: str
    weight: int
    taken: int
    available: int  # what its sub-account can give


class Bearing(NamedTuple):
    """What a unit bears: `paid` from its sub-account (negative: back to it), `owed` more."""

    paid: int
    owed: int


def split_instalment(fen: int, amount_fen: int, units: Sequence[Part]) -> list[int]:
    """A part of the approved amount, by what each unit has left of its share of it.

    Largest remainder over what is left, so no unit is ever charged above its share before
    the settlement. ValueError for more than is left in all.
    """
    whole = apportion(amount_fen, [(one.label, one.weight) for one in units])
    left = [max(share - one.taken, 0) for share, one in zip(whole, units, strict=True)]
    if not 0 <= fen <= sum(left):
        raise ValueError(f"an instalment of {fen} where {sum(left)} is left")
    if not fen:
        return [0] * len(units)
    return apportion(fen, [(one.label, rest) for one, rest in zip(units, left, strict=True)])


def split_final(final_fen: int, units: Sequence[Part]) -> list[int]:
    """What brings every unit to its share of the final cost; negative where it paid more.

    Adds up to the final cost less everything borne so far; the shares of single units may go
    either way by a few fen, since largest remainders of a smaller sum are others.
    """
    target = apportion(final_fen, [(one.label, one.weight) for one in units])
    return [share - one.taken for share, one in zip(target, units, strict=True)]


def too_much_owed(
    owed: Mapping[int, int], taken: Mapping[int, int], due: Mapping[int, int]
) -> dict[int, int]:
    """Sub-account → what of its owed amount falls away, because it has borne more than is due.

    `owed`: not passed on to the firm yet; `taken`: borne, owed parts included; `due`: to be
    borne in the end. What a unit did not pay is never paid back to it.
    """
    found = {unit: min(fen, taken[unit] - due.get(unit, 0)) for unit, fen in owed.items()}
    return {unit: fen for unit, fen in found.items() if fen > 0}


def bear(shares: Sequence[int], units: Sequence[Part]) -> list[Bearing]:
    """What each sub-account gives of its share now; the rest is owed, no negative balance."""
    found = []
    for share, one in zip(shares, units, strict=True):
        if share < 0:
            found.append(Bearing(share, 0))
        else:
            found.append(Bearing(*charge(share, one.available)))
    return found


def give_back(surplus_fen: int, final_fen: int, units: Sequence[Part]) -> list[int]:
    """What of a surplus each unit gets; adds up to it exactly. Negative: a fen to be paid.

    Everybody ends at the share of the final cost, unless a sub-account without money would
    have to pay a fen for it: then it pays nothing, and those who get most get less by it.
    ValueError where the surplus is not what was borne above the final cost.
    """
    back = [-share for share in split_final(final_fen, units)]
    if sum(back) != surplus_fen or surplus_fen < 0:
        raise ValueError(f"{sum(back)} is not the surplus {surplus_fen}")
    return even_out(back, [max(one.available, 0) for one in units])


def give_back_part(fen: int, final_fen: int, units: Sequence[Part]) -> list[int]:
    """What each unit gets of money that comes back in several parts, before the last of them.

    By what each is still to get, so nobody gets more than that and the last part makes it even.
    ValueError where it is not less than all that is to come back.
    """
    still = [max(-share, 0) for share in split_final(final_fen, units)]
    if not 0 < fen < sum(still):
        raise ValueError(f"{fen} is no part of {sum(still)}")
    return apportion(fen, [(one.label, due) for one, due in zip(units, still, strict=True)])


def even_out(back: Sequence[int], available: Sequence[int]) -> list[int]:
    """Shares where nobody pays more than it has: what it lacks, those who get most do without.

    Only odd fen are at stake: the units and weights of what was paid and of what it cost are
    the same. ValueError where the shares add up to less than zero.
    """
    if sum(back) < 0:
        raise ValueError("nothing comes back")
    evened = [max(fen, -has) for fen, has in zip(back, available, strict=True)]
    lacking = sum(evened) - sum(back)
    by_size = sorted(range(len(evened)), key=lambda index: -evened[index])
    while lacking:
        for index in by_size:
            if lacking and evened[index] > 0:
                evened[index] -= 1
                lacking -= 1
    return evened
