"""The share of party members among a committee's members, and what a list can lead to.

Anqing 建物发〔2023〕300号 二（二）2: 业主委员会成员中党员比例不低于50%. An administrative
target and no condition of an election: it warns and is reported, and never blocks, drops or
reorders anybody.
"""

from typing import NamedTuple

HALF = (1, 2)


def meets(party: int, members: int, share: tuple[int, int] = HALF) -> bool | None:
    """`party / members >= share`, by cross-multiplication; None without members (不适用)."""
    if not 0 <= party <= members:
        raise ValueError(f"{party} of {members} members")
    return party * share[1] >= share[0] * members if members else None


def least_party(members: int, share: tuple[int, int] = HALF) -> int:
    """The fewest party members that meet the share."""
    return -(-share[0] * members // share[1])


class Prospect(NamedTuple):
    """What the seats can come to.

    `fewest`, `most`: party members among the elected, over every possible outcome.
    `guaranteed`: every outcome meets the share. `possible`: one does. `replace`: the fewest
    candidates not known to be members that would have to give way to members for every outcome
    to meet it. `add`: how many more members would have to stand for one outcome to meet it. A
    by-election can have too few seats for either: then both say what comes nearest.
    """

    seats: int
    fewest: int
    most: int
    guaranteed: bool
    possible: bool
    replace: int
    add: int


def prospect(
    seats: int,
    party: int,
    others: int,
    *,
    sitting: tuple[int, int] = (0, 0),
    share: tuple[int, int] = HALF,
) -> Prospect | None:
    """Of a list of candidates; None without a seat or where fewer stand than seats.

    `others`: everybody not known to be a member, those who did not say among them: only what is
    known guarantees anything. `sitting`: in a by-election, party members and others who stay.
    """
    stays_party, stays_others = sitting
    if min(seats, party, others, stays_party, stays_others) < 0:
        raise ValueError("a number of people below zero")
    if not seats or party + others < seats:
        return None
    fewest, most = max(seats - others, 0), min(seats, party)
    # Of the seats, so many have to go to party members.
    wanted = max(least_party(stays_party + stays_others + seats, share) - stays_party, 0)
    # Every outcome has at least seats - others members: others may be at most seats - wanted.
    return Prospect(
        seats,
        fewest,
        most,
        guaranteed=fewest >= wanted,
        possible=most >= wanted,
        replace=max(others - max(seats - wanted, 0), 0) if wanted else 0,
        add=max(min(wanted, seats) - most, 0),
    )


class Count(NamedTuple):
    """Members of a committee; `party` of them said they are party members, `unknown` did not
    answer (or would rather not, or took their consent back)."""

    members: int
    party: int
    unknown: int

    def verdict(self, share: tuple[int, int] = HALF) -> str:
        """met | missed | open | none: met or missed whatever the silent would say, else open;
        none where there is no member (不适用)."""
        if not self.members:
            return "none"
        if meets(self.party, self.members, share):
            return "met"
        return "open" if meets(self.party + self.unknown, self.members, share) else "missed"


# Fewer tell of each of them.
LEAST_SHOWN = 3


def shown(party: int, members: int) -> tuple[int, int] | None:
    """Between which two numbers everybody is told the party members are; None: nothing.

    "All" and "none" would name each of them (PIPL 28): the two numbers at either end are told
    together.
    """
    if not 0 <= party <= members:
        raise ValueError(f"{party} of {members} members")
    if members < LEAST_SHOWN:
        return None
    if party <= 1:
        return 0, 1
    return (members - 1, members) if party >= members - 1 else (party, party)
