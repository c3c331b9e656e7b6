"""Who counts as one head: the voting parties of a roll.

SPC interpretation on condominium ownership (2020), art. 9: one exclusive unit is one head;
one buyer of several units is one head; what the developer has not sold, or sold but not
delivered, is one head together. Joint owners of a unit are one head and choose one voter.
The same owner is told by document number (here: its keyed hash), never by name, and A and
A with B are two parties (research of the field: no rule says otherwise), which the roll
doctor lists for a ruling.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

DEVELOPER = "developer"
# Specific spaces (车位、储藏间): on the roll only where the rules of the estate say so.
SPACES = frozenset({"parking", "storage"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """One owner of a unit, as the registry knows it."""

    document_hash: str
    name: str = field(repr=False)
    phone: str = field(default="", repr=False)
    last_six: str = field(default="", repr=False)  # of the document number
    is_company: bool = False
    is_voter: bool = False  # chosen by the joint owners


@dataclass(frozen=True, kw_only=True, slots=True)
class Title:
    """One unit with all who own it now. `area` in 0.01 m²."""

    unit: int
    label: str
    building: str
    entrance: str = ""
    floor: int | None = None
    use: str = "residential"
    status: str = "delivered"  # delivered | unsold | undelivered
    area: int | None
    holders: tuple[Holder, ...] = ()

    @property
    def is_developers(self) -> bool:
        # Art. 9: 尚未出售和虽已出售但尚未交付的部分.
        return self.status != "delivered"


@dataclass(frozen=True, kw_only=True, slots=True)
class VotingParty:
    """One head with all its units, `why` it is one, and the people who may speak for it."""

    number: int
    why: str  # one_unit | several_units | joint | developer
    titles: tuple[Title, ...]
    holders: tuple[Holder, ...]  # whose names the letter bears

    @property
    def area(self) -> int:
        return sum(title.area or 0 for title in self.titles)

    @property
    def voters(self) -> tuple[Holder, ...]:
        """The chosen voter of joint owners; where none was chosen, any of them."""
        chosen = tuple(holder for holder in self.holders if holder.is_voter)
        return chosen if len(self.holders) > 1 and chosen else self.holders

    @property
    def phone(self) -> str:
        return next((holder.phone for holder in self.voters if holder.phone), "")


class PartyArea(NamedTuple):
    """What a proposer needs to share out a cost: the areas of a party's units, 0.01 m².

    `keys`: which units these are, in the same order, for a proposer that knows them.
    """

    number: int
    area: int
    units: tuple[int, ...]
    keys: tuple[int, ...] = ()


class Faulty(NamedTuple):
    """A unit that cannot be put on a roll, and why: "area.missing" or "owner.missing"."""

    code: str
    label: str


def on_roll(titles: Sequence[Title], *, parking: str) -> list[Title]:
    """The units that count, by the profile's rule on parking: "none" or "full".

    Both counts follow the same rule, so that a space never weighs in one of them alone.
    ValueError for another rule.
    """
    if parking == "full":
        return list(titles)
    if parking != "none":
        raise ValueError(f"no rule for parking called {parking}")
    return [title for title in titles if title.use not in SPACES]


def faults(titles: Sequence[Title]) -> list[Faulty]:
    """Every reason why these units make no roll."""
    found = []
    for title in titles:
        if title.area is None:
            found.append(Faulty("area.missing", title.label))
        if not title.holders and not title.is_developers:
            found.append(Faulty("owner.missing", title.label))
    return found


def group(titles: Sequence[Title]) -> list[VotingParty]:
    """The parties, numbered from 1 in order of their first unit on the list.

    Every unit belongs to exactly one party; requires that `faults` finds nothing.
    """
    groups: dict[str | frozenset[str], list[Title]] = {}
    for title in titles:
        same = frozenset(holder.document_hash for holder in title.holders)
        groups.setdefault(DEVELOPER if title.is_developers else same, []).append(title)
    return [
        VotingParty(
            number=number,
            why=_why(key, units),
            titles=tuple(units),
            holders=_developer(units) if key == DEVELOPER else units[0].holders,
        )
        for number, (key, units) in enumerate(groups.items(), start=1)
    ]


def party_areas(parties: Sequence[VotingParty]) -> list[PartyArea]:
    """The parties as a proposer's table of shares sees them."""
    return [
        PartyArea(
            party.number,
            party.area,
            tuple(title.area or 0 for title in party.titles),
            tuple(title.unit for title in party.titles),
        )
        for party in parties
    ]


def _why(key: str | frozenset[str], units: Sequence[Title]) -> str:
    if key == DEVELOPER:
        return DEVELOPER
    if len(key) > 1:
        return "joint"
    return "several_units" if len(units) > 1 else "one_unit"


def _developer(units: Sequence[Title]) -> tuple[Holder, ...]:
    """Who the register names for unsold units: buyers of undelivered ones do not vote."""
    named = {
        holder.document_hash: holder
        for title in units
        if title.status == "unsold"
        for holder in title.holders
    }
    return tuple(named.values())
