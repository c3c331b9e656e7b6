"""What waits for a second operator: roles, sign-ins to forget, notices about incidents."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.labels import role_title
from accounts.models import IncidentNotice, User
from accounts.permissions import Permission, Visitor, has_permission
from accounts.selectors import OPEN_FOR, open_resets, waiting_grants
from core.deadlines import local_day
from registry.models import Authority, Estate

SHOWN = 20  # of roles; with a whole district to set up, the page of people has them all


class OperatorTask(NamedTuple):
    """As `portal.selectors.Task`; no place: the platform."""

    estate: Estate | Authority | None
    what: str
    desk: str
    url: str
    due: datetime | None
    mine: bool


def operator_tasks(user: Visitor, at: datetime) -> Iterator[OperatorTask]:
    """For any operator but the one who asked, or for whom it is; no query for anybody else."""
    if not isinstance(user, User):
        return
    if has_permission(user, Permission.KEEP_INCIDENTS):
        yield from _notices(user)
    if has_permission(user, Permission.MANAGE_GRANTS):
        yield from _resets(user, at)
        yield from _grants(user, at)


def _notices(user: User) -> Iterator[OperatorTask]:
    waiting = IncidentNotice.objects.filter(confirmed_at=None, incident__closed_at=None)
    for one in waiting.exclude(proposed_by=f"user:{user.pk}").order_by("pk"):
        what = _("个人信息安全事件第%(n)d号：通知等您确认，确认了才发") % {"n": one.incident_id}
        yield _task(None, what, reverse("staff:incident", args=[one.incident_id]))


def _resets(user: User, at: datetime) -> Iterator[OperatorTask]:
    for one in open_resets(user, at).exclude(asked_by=user).exclude(user=user):
        what = _("重置登录方式，等您确认：%(who)s") % {"who": one.user}
        url = reverse("staff:person", args=[one.user_id])
        yield _task(None, what, url, one.asked_at + OPEN_FOR)


def _grants(user: User, at: datetime) -> Iterator[OperatorTask]:
    found = waiting_grants(user).exclude(granted_by=f"user:{user.pk}").exclude(user=user)
    waiting = found.exclude(valid_to__lt=local_day(at))
    for one in waiting[:SHOWN]:
        what = _("授权等您确认：%(who)s，%(role)s") % {
            "who": one.user,
            "role": role_title(one.role),
        }
        url = reverse("staff:confirm_grant", args=[one.pk])
        yield _task(one.estate or one.authority, what, url)
    if (more := waiting.count() - SHOWN) > 0:
        what = _("还有%(n)d项授权等您确认") % {"n": more}
        yield _task(None, what, reverse("staff:people"))


def _task(
    place: Estate | Authority | None, what: str, url: str, due: datetime | None = None
) -> OperatorTask:
    return OperatorTask(place, what, str(_("另一位管理员")), url, due, mine=True)
