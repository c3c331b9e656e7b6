"""The share of party members among a committee's members, and what a list can lead to.

Anqing 建物发〔2023〕300号 二（二）2: 业主委员会成员中党员比例不低于50%. An administrative
target and no condition of an election: it warns and is reported, and never blocks, drops or
reorders anybody.
"""

from collections.abc import Sequence
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


class Count(NamedTuple):
    """Members of a committee; `party` of them said they are party members, `unknown` did not
    answer (or would rather not, or took their consent back)."""

    members: int
    party: int
    unknown: int

    @property
    def others(self) -> int:
        """Who said they are no party members."""
        return self.members - self.party - self.unknown

    def verdict(self, share: tuple[int, int] = HALF) -> str:
        """met | missed | open | none: met or missed whatever the silent would say, else open;
        none where there is no member (不适用)."""
        if not self.members:
            return "none"
        if meets(self.party, self.members, share):
            return "met"
        return "open" if meets(self.party + self.unknown, self.members, share) else "missed"


def explained_from(counts: Sequence[Count], share: tuple[int, int] = HALF) -> int | None:
    """The place of the count an explanation has to be younger than; None: none is wanted.

    `counts`: of one committee, the newest last. Whoever comes or leaves, and fewer members of
    the party, ask for a new explanation; an answer that changes nothing does not.
    """
    if not counts or counts[-1].verdict(share) != "missed":
        return None
    place = len(counts) - 1
    while place and counts[place - 1].verdict(share) == "missed":
        before, now = counts[place - 1], counts[place]
        if before.members != now.members or now.party < before.party:
            break
        place -= 1
    return place


class Prospect(NamedTuple):
    """What the seats can come to.

    `fewest`, `most`: party members among the elected, over every possible outcome and whatever
    the silent would say. `unknown`: those who did not answer, of the candidates and of who
    stays. `guaranteed`: it is met by what is known, whoever is elected; `possible`: by one
    outcome, if all of the silent were members. Neither holds: it can only be missed.

    `replace`: the fewest candidates not known to be members who would have to turn out as
    members, or to give way to members, for every outcome to meet it. `add`: how many more
    members would have to stand for one outcome to meet it. 0 also where the seats of a
    by-election are too few for either.
    """

    seats: int
    fewest: int
    most: int
    unknown: int
    guaranteed: bool
    possible: bool
    replace: int
    add: int


NOBODY = Count(0, 0, 0)


def prospect(
    seats: int,
    standing: Count,
    *,
    sitting: Count = NOBODY,
    share: tuple[int, int] = HALF,
) -> Prospect | None:
    """Of a list of candidates; None without a seat or where fewer stand than seats.

    `sitting`: in a by-election, who stays on the committee.
    """
    if seats < 0 or any(min(one.others, *one) < 0 for one in (standing, sitting)):
        raise ValueError("a number of people below zero")
    if not seats or standing.members < seats:
        return None
    not_known = standing.members - standing.party
    fewest = max(seats - not_known, 0)
    most = min(seats, standing.party + standing.unknown)
    # Of the seats, so many have to go to party members: by what is known, and at the best.
    least = least_party(sitting.members + seats, share)
    wanted = max(least - sitting.party, 0)
    at_best = max(least - sitting.party - sitting.unknown, 0)
    return Prospect(
        seats,
        fewest,
        most,
        standing.unknown + sitting.unknown,
        guaranteed=fewest >= wanted,
        possible=most >= at_best,
        # Every outcome has at least seats - not_known members: seats - wanted may be others.
        replace=max(not_known - (seats - wanted), 0) if 0 < wanted <= seats else 0,
        add=max(at_best - most, 0) if at_best <= seats else 0,
    )


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
