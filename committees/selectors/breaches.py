"""Reports of what the list prohibits: for those who handle them, and for whoever reported."""

from collections.abc import Iterable

from django.db.models import QuerySet
from django.http import Http404

from accounts.permissions import Permission, Visitor, estates_for
from committees.domain.breaches import CLOSED
from committees.models import Breach
from disclosures.selectors.asking import by_present_owners


def breaches_for(user: Visitor, *, closed: bool = False) -> QuerySet[Breach]:
    """What this person handles, the oldest first; settled ones the newest first."""
    places = estates_for(user, Permission.HANDLE_BREACH)
    rows = Breach.objects.filter(estate__in=places).select_related("estate").defer("text")
    if closed:
        return rows.filter(state__in=CLOSED).order_by("-filed_at", "-pk")
    return rows.exclude(state__in=CLOSED).order_by("filed_at", "pk")


def breach_for(user: Visitor, pk: int) -> Breach:
    """One report at a place of this person's; else Http404."""
    places = estates_for(user, Permission.HANDLE_BREACH)
    rows = Breach.objects.filter(pk=pk, estate__in=places)
    found = rows.select_related("estate__authority", "committee", "unit").first()
    if found is None:
        raise Http404
    return found


def own_breaches(units: Iterable[int]) -> list[Breach]:
    """What these units reported by whoever owns them now, the newest first."""
    rows = Breach.objects.filter(unit__in=list(units)).select_related("estate", "unit")
    return by_present_owners(rows)
