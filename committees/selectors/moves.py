"""Where estates of a person's places may be handed over to."""

from collections.abc import Sequence
from typing import NamedTuple

from accounts.permissions import Permission, Visitor, authorities_for, authorities_reached
from committees.models import EstateMove
from committees.selectors.desks import Desks
from committees.selectors.register import no_community, place_index
from core.errors import RuleViolation
from registry.models import Authority, Estate

# More are handed over in several goes: a form with thousands of boxes helps nobody.
MOST = 500


class Goal(NamedTuple):
    """Where estates go: a 社区's code, "" for where they lie; and who answers from then on."""

    division: str
    authority: int


def goal_of(user: Visitor, place: str, chosen: int | None) -> Goal:
    """From a place as registers write it, or an authority of the person's, or both.

    RuleViolation move.goal, move.place.
    """
    if not place and chosen is None:
        raise RuleViolation("move.goal", "请填写新的社区，或者选择由谁负责")
    division = _community(place) if place else ""
    if chosen is not None:
        if not authorities_reached(user, Permission.KEEP_REGISTER).filter(pk=chosen).exists():
            raise RuleViolation("move.goal", "请从列表里选择由谁负责")
        return Goal(division, chosen)
    for top in authorities_for(user, Permission.KEEP_REGISTER).select_related("parent"):
        if (desk := Desks(top).of(division)) is not None:
            return Goal(division, desk)
    raise RuleViolation("move.place", f"“{place[:40]}”不在您的辖区")


def receivers(user: Visitor, estates: Sequence[Estate]) -> list[Authority]:
    """Authorities that may take these over beside those their 社区 lead to: all that stand
    beside the ones in charge, and the zones."""
    reached = authorities_reached(user, Permission.KEEP_REGISTER)
    above = {one.authority.parent_id for one in estates}
    beside = reached.filter(parent__in=above)
    zones = reached.filter(kind="zone_administration")
    return list((beside | zones).distinct().order_by("kind", "name", "pk")[:MOST])


def movable(user: Visitor, authority: int) -> list[Estate]:
    """The estates an authority answers for itself, where the person keeps the register."""
    reached = authorities_reached(user, Permission.KEEP_REGISTER).filter(pk=authority)
    rows = Estate.objects.filter(authority__in=reached.values("pk"))
    return list(rows.select_related("authority").order_by("division", "name", "pk")[:MOST])


def moves_of(estate: Estate) -> list[EstateMove]:
    """Where an estate was before, the last move first."""
    rows = estate.moves.select_related(
        "from_division", "to_division", "from_authority", "to_authority"
    )
    return list(rows.order_by("-day", "-pk"))


def _community(place: str) -> str:
    index = place_index()
    division = index.find(place)
    if division is None or not index.is_community(division):
        raise RuleViolation("move.place", no_community(place, division, index))
    return division
