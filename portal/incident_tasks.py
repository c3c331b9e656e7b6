"""What lies on an organiser's desk: owners whom an incident's messages do not reach."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Incident, IncidentStep
from accounts.permissions import Permission, Visitor, estates_for
from registry.former import known
from registry.models import Estate, Owner


class LetterTask(NamedTuple):
    """As `portal.selectors.Task`."""

    estate: Estate
    what: str
    desk: str
    url: str
    due: None
    mine: bool


def letter_tasks(user: Visitor, roles: Collection[str]) -> Iterator[LetterTask]:
    """Of open incidents, until the organiser noted letters; no query where there is none."""
    told = Incident.objects.filter(closed_at=None, notice__confirmed_at__isnull=False)
    if "organiser" not in roles or not (open_ones := list(told)):
        return
    here = estates_for(user, Permission.TELL_BY_LETTER)
    for incident in open_ones:
        written = IncidentStep.objects.filter(incident=incident, kind="letter")
        due = here.filter(incidents=incident).exclude(pk__in=written.values("estate"))
        silent = Owner.objects.filter(known(), phone_hash="").values("estate")
        for estate in due.filter(pk__in=silent):
            yield LetterTask(
                estate,
                _("个人信息安全事件：有业主要书面通知"),
                _("组织者"),
                reverse("staff:incident_letters", args=[estate.code, incident.pk]),
                None,
                True,
            )
