"""How far the registers of a place can be relied on: what was never reported, or long ago."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Count, Max, Q, QuerySet

from accounts.reach import Reach
from committees.models import EstateSeen
from committees.selectors.divisions import told_digits
from committees.selectors.formation import in_office
from registry.models import Division, Estate

# A register older than this many days is called old: a quarter.
OLD = timedelta(days=92)
COMMUNITY = 5  # the level of a 社区 or village
SHOWN = ("never", "old", "unformed", "formed")


class Reported(NamedTuple):
    """Estates of a place by what registers say of them.

    `never`: no register named it. `old`: none did for a quarter. `last`: the newest day of a
    register that named any of them.
    """

    estates: int = 0
    never: int = 0
    old: int = 0
    last: date | None = None

    def plus(self, other: "Reported") -> "Reported":
        """Both places together."""
        return Reported(
            self.estates + other.estates,
            self.never + other.never,
            self.old + other.old,
            max((one for one in (self.last, other.last) if one is not None), default=None),
        )


def reported(reach: Reach, estates: Mapping[int, int], today: date) -> dict[int, Reported]:
    """Of each authority, of the `estates` (so many) it answers for itself; one query."""
    seen = reach.narrowed(EstateSeen.objects.order_by()).values_list("estate__authority")
    named = {
        place: numbers
        for place, *numbers in seen.annotate(
            named=Count("pk"), old=Count("pk", filter=Q(day__lt=today - OLD)), last=Max("day")
        )
    }
    found = {}
    for place, total in estates.items():
        known, old, last = named.get(place, (0, 0, None))
        found[place] = Reported(total, total - known, old, last)
    return found


def unreported(reach: Reach) -> QuerySet[Division] | None:
    """社区 in the place without any estate on record; None where the place is no division's.

    Villages (村) are left out: most have no residential estate to be registered.
    """
    at = reach.at
    if at is None or not at.division_id:
        return None
    inside = told_digits(at.division_id)
    places = Division.objects.filter(code__startswith=inside, level=COMMUNITY)
    taken = Estate.objects.order_by().values("division")
    village = Q(name__endswith="村委会") | Q(name__endswith="村民委员会")
    left = places.exclude(village).exclude(code__in=taken)
    return left.select_related("parent").order_by("code")


def shown_by(which: str, today: date) -> Q:
    """The estates behind a number of a page: one of SHOWN."""
    return {
        "never": Q(seen__isnull=True),
        "old": Q(seen__day__lt=today - OLD),
        "unformed": ~Q(pk__in=in_office().values("estate")),
        "formed": Q(pk__in=in_office().values("estate")),
    }[which]
