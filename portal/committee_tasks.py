"""What lies on desks of committees: late formations, re-elections, renewals, explanations."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.permissions import ROLE_PERMISSIONS, Permission
from committees.selectors.cases import Case
from committees.selectors.pipeline import overdue_within
from committees.selectors.urges import newest_urges
from committees.selectors.watch import Need, to_renew, too_few, unexplained
from core.deadlines import start_of
from portal.sentences import said
from registry.models import Estate


class CommitteeTask(NamedTuple):
    """As `portal.selectors.Task`: where, what, on whose desk, until when."""

    estate: Estate
    what: str
    desk: str
    url: str
    due: datetime | None
    mine: bool


def committee_tasks(
    places: Mapping[str, QuerySet[Estate]], today: date, most: int
) -> Iterator[CommitteeTask]:
    """For whoever keeps formations or members; at most so many of each kind.

    `places`: of accounts.permissions.estates_by_role.
    """
    if (forms := _within(places, Permission.KEEP_FORMATION)) is not None:
        yield from _late(overdue_within(forms, today, most))
    if (within := _within(places, Permission.KEEP_MEMBERS)) is None:
        return
    words = {
        _("委员不足总数的一半，要召开业主大会重新选举"): too_few(within),
        _("委员会任期将满，要办换届"): to_renew(within, today),
        _("党员比例没有达到，要有情况说明"): unexplained(within, today),
    }
    for what, needs in words.items():
        yield from (_task(what, need) for need in needs[:most])


def _within(places: Mapping[str, QuerySet[Estate]], permission: Permission) -> Q | None:
    """What belongs to the estates where `permission` is held; None: nowhere."""
    held = [estates for role, estates in places.items() if permission in ROLE_PERMISSIONS[role]]
    return reduce(or_, (Q(estate__in=estates) for estates in held)) if held else None


def _late(cases: Sequence[Case]) -> Iterator[CommitteeTask]:
    urged = newest_urges(case.formation.pk for case in cases)
    for case in cases:
        following, due = case.standing.following, case.standing.due_on
        if following is None or due is None:
            continue
        what = _("组建超过了期限：%(stage)s") % {"stage": said(following.title)}
        if urge := urged.get(case.formation.pk):
            what += _("（%(who)s已催办）") % {"who": urge.authority.name}
        yield CommitteeTask(
            case.formation.estate,
            what,
            said(case.turn),
            reverse("staff:formation_course", args=[case.formation.pk]),
            _end(due),
            True,
        )


def _task(what: str, need: Need) -> CommitteeTask:
    estate = need.committee.estate
    url = reverse("staff:estate_committee", args=[estate.code])
    due = _end(need.by) if need.by else None
    return CommitteeTask(estate, what, _("委员会、街道"), url, due, True)


def _end(day: date) -> datetime:
    """The end of a last day."""
    return start_of(day + timedelta(days=1))
