"""How many estates have a committee: rolled up by authority."""

from datetime import date
from functools import reduce
from typing import Any, NamedTuple

from django.db.models import Count as Number
from django.db.models import Q, QuerySet

from accounts.permissions import Permission, Visitor
from accounts.reach import Reach
from committees.domain.formation import Count
from committees.models import Committee
from registry.models import Authority, Estate


class Place(NamedTuple):
    """An authority with what lies in it and below."""

    key: str
    name: str
    estates: Count


class Formation:
    """The estates `user` watches, below one authority where one is named.

    `authority`: its number; LookupError where nothing of it may be seen.
    """

    def __init__(self, user: Visitor, authority: int | None = None) -> None:
        self.reach = Reach(user, Permission.VIEW_REGISTER, authority)
        self._within = self.reach.within()
        self.at: Authority | None = self.reach.at
        self.above: Authority | None = self.reach.above

    @property
    def estates(self) -> QuerySet[Estate]:
        """Every estate in this place."""
        return Estate.objects.filter(self._within)

    def counts(self) -> dict[int, Count]:
        """Of each authority, the estates it answers for itself; two queries."""
        totals = self.reach.narrowed(Estate.objects.order_by(), "")
        living = self.reach.narrowed(in_office()).order_by().values_list("estate__authority")
        formed = living.annotate(
            owners=Number("pk", filter=Q(kind="owners")),
            management=Number("pk", filter=Q(kind="management")),
        )
        kinds = {place: (owners, management) for place, owners, management in formed}
        return {
            place: Count(total, *kinds.get(place, (0, 0)))
            for place, total in totals.values_list("authority").annotate(Number("pk"))
            if self.reach.has(place)
        }

    def places_of(self, own: dict[int, Count]) -> list[Place]:
        """The authorities just below; what this one answers for itself comes last, under its
        own name, so that the places always add up to the whole. `own`: from `counts`."""
        rolled = self.reach.rolled(own, Count(), Count.plus)
        found = [Place(str(one.pk), one.name, count) for one, count in rolled]
        if self.at is not None and self.at.pk in own and found:
            found.append(Place("", self.at.name, own[self.at.pk]))
        return found


def whole(counts: dict[int, Count]) -> Count:
    """All of them together."""
    return reduce(Count.plus, counts.values(), Count())


def in_office(on: date | None = None) -> QuerySet[Committee]:
    """The committees in office now, or on a day."""
    if on is None:
        return Committee.objects.filter(ended_on__isnull=True)
    lasting = Q(ended_on__isnull=True) | Q(ended_on__gt=on)
    return Committee.objects.filter(lasting, formed_on__lte=on)


def per_place(rows: QuerySet[Any], reach: Reach) -> dict[int, int]:
    """How many of what belongs to an estate there are, by its authority; in a place only."""
    counted = reach.narrowed(rows).order_by().values_list("estate__authority")
    found = counted.annotate(Number("pk"))
    return {place: number for place, number in found if reach.has(place)}
