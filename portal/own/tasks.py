"""What waits for somebody about owners' own data: numbers to confirm, requests to answer."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.permissions import Permission, roles_with
from core.deadlines import start_of
from registry.models import Estate, Ownership, RollImport
from registry.selectors import open_number_checks

_WAITS = Q(owners__phone_changes__state="proposed")
_OPEN = Q(owners__requests__state="open")


class OwnTask(NamedTuple):
    """As `portal.selectors.Task`: where, what, on whose desk, until when."""

    estate: Estate
    what: str
    desk: str
    url: str
    due: datetime | None
    mine: bool


def own_tasks(
    places: Mapping[str, QuerySet[Estate]], actor: str, most: int
) -> Iterator[OwnTask]:
    """For whoever may confirm a number of somebody else's, or answers for the roll.

    `places`: of accounts.permissions.estates_by_role; at most so many estates of each kind.
    """
    if (here := _within(places, Permission.CONFIRM_STANDIN)) is not None:
        others = _WAITS & ~Q(owners__phone_changes__asked_by=actor)
        found = Estate.objects.filter(here & others)
        for one in found.annotate(n=Count("owners__phone_changes")).order_by("pk")[:most]:
            what = _("%(n)d位业主换手机号，等第二人确认") % {"n": one.n}
            url = reverse("roll:phones", args=[one.code])
            yield OwnTask(one, what, _("监票人、居委会或者街道"), url, None, True)
        others = Q(proposals__state="waiting") & ~Q(proposals__asked_by=actor)
        found = Estate.objects.filter(here & others)
        for one in found.annotate(n=Count("proposals", distinct=True)).order_by("pk")[:most]:
            what = _("名册更正%(n)d条，等第二人确认") % {"n": one.n}
            url = reverse("roll:changes", args=[one.code])
            yield OwnTask(one, what, _("监票人、居委会或者街道"), url, None, True)
        files = RollImport.objects.filter(state="previewed").exclude(actor=actor)
        roll = Exists(Ownership.objects.filter(unit__estate=OuterRef("pk")))
        found = Estate.objects.filter(here & Q(imports__in=files)).filter(roll)
        for one in found.annotate(n=Count("imports")).order_by("pk")[:most]:
            what = _("改动名册的表格%(n)d个，等第二人确认") % {"n": one.n}
            url = reverse("roll:changes", args=[one.code])
            yield OwnTask(one, what, _("监票人、居委会或者街道"), url, None, True)
        waits = open_number_checks().exclude(entered_by=actor)
        found = Estate.objects.filter(here, owners__number_checks__in=waits)
        for one in found.annotate(n=Count("owners__number_checks")).order_by("pk")[:most]:
            what = _("%(n)d位业主的证件号码，等第二人确认") % {"n": one.n}
            url = reverse("roll:numbers", args=[one.code])
            yield OwnTask(one, what, _("监票人、居委会或者街道"), url, None, True)
    if (here := _within(places, Permission.MANAGE_ROLL)) is not None:
        asked = Estate.objects.filter(here & _OPEN).annotate(
            n=Count("owners__requests"), due=Min("owners__requests__due_on")
        )
        for one in asked.order_by("due", "pk")[:most]:
            what = _("业主关于个人信息的请求%(n)d件，等答复") % {"n": one.n}
            url = reverse("roll:requests", args=[one.code])
            due = start_of(one.due + timedelta(days=1))
            yield OwnTask(one, what, _("组织者"), url, due, True)


def _within(places: Mapping[str, QuerySet[Estate]], permission: Permission) -> Q | None:
    """The estates where `permission` is held; None: nowhere."""
    held = [places[role] for role in roles_with(permission) if role in places]
    return reduce(or_, (Q(pk__in=estates.values("pk")) for estates in held)) if held else None
