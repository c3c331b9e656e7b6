"""What waits for somebody about owners' own data: numbers to confirm, requests to answer."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.permissions import Permission, roles_with
from core.deadlines import start_of
from registry.models import Estate, Ownership, PhoneChange, RollImport, RollProposal
from registry.selectors import open_number_checks

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
        for rows, relation, words, page in _waiting_for_another(actor):
            found = Estate.objects.filter(here, **{f"{relation}__in": rows})
            for one in found.annotate(n=Count(relation)).order_by("pk")[:most]:
                url = reverse(f"roll:{page}", args=[one.code])
                desk = _("监票人、居委会或者街道")
                yield OwnTask(one, words % {"n": one.n}, desk, url, None, True)
    if (here := _within(places, Permission.MANAGE_ROLL)) is not None:
        asked = Estate.objects.filter(here & _OPEN).annotate(
            n=Count("owners__requests"), due=Min("owners__requests__due_on")
        )
        for one in asked.order_by("due", "pk")[:most]:
            what = _("业主关于个人信息的请求%(n)d件，等答复") % {"n": one.n}
            url = reverse("roll:requests", args=[one.code])
            due = start_of(one.due + timedelta(days=1))
            yield OwnTask(one, what, _("组织者"), url, due, True)


def _waiting_for_another(actor: str) -> Iterator[tuple[QuerySet[Any], str, str, str]]:
    """What others entered: rows, how an estate leads to them, in words, on which page."""
    yield (
        PhoneChange.objects.filter(state="proposed").exclude(asked_by=actor),
        "owners__phone_changes",
        _("%(n)d位业主换手机号，等第二人确认"),
        "phones",
    )
    yield (
        RollProposal.objects.filter(state="waiting").exclude(asked_by=actor),
        "proposals",
        _("名册更正%(n)d条，等第二人确认"),
        "changes",
    )
    roll = Exists(Ownership.objects.filter(unit__estate=OuterRef("estate")))
    yield (
        RollImport.objects.filter(roll, state="previewed").exclude(actor=actor),
        "imports",
        _("改动名册的表格%(n)d个，等第二人确认"),
        "changes",
    )
    yield (
        open_number_checks().exclude(entered_by=actor),
        "owners__number_checks",
        _("%(n)d位业主的证件号码，等第二人确认"),
        "numbers",
    )


def _within(places: Mapping[str, QuerySet[Estate]], permission: Permission) -> Q | None:
    """The estates where `permission` is held; None: nowhere."""
    held = [places[role] for role in roles_with(permission) if role in places]
    return reduce(or_, (Q(pk__in=estates.values("pk")) for estates in held)) if held else None
