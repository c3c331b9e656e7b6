"""Who reminded of which formation."""

from collections.abc import Iterable

from accounts.permissions import Permission, Visitor, authorities_for
from committees.models import Formation, Urge
from registry.models import Authority
from registry.selectors import authority_chain


def urges_of(formation: Formation) -> list[Urge]:
    """Every reminder of a formation, the newest first."""
    return list(formation.urges.select_related("authority").order_by("-pk"))


def newest_urges(formations: Iterable[int]) -> dict[int, Urge]:
    """Of each formation the last reminder; one query."""
    rows = Urge.objects.filter(formation__in=list(formations)).select_related("authority")
    return {one.formation_id: one for one in rows.order_by("pk")}


def urging(user: Visitor, formation: Formation) -> Authority | None:
    """In whose name this person may remind: the nearest of the authorities in charge of the
    estate that the person acts for; None for nobody."""
    held = set(authorities_for(user, Permission.URGE_FORMATION).values_list("pk", flat=True))
    return next((one for one in authority_chain(formation.estate) if one.pk in held), None)
