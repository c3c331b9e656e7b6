"""Whom an incident concerns: counts for operators, a list for the estate's own organiser.

Everybody who stands on the roll of an estate it touches, former owners too while their names
are kept. The same person in two estates (one document number) is one person; one number gets
one message. An operator gets numbers from here and nothing else.
"""

from collections.abc import Iterator
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_noop

from accounts.incident_steps import message_key
from accounts.models import Incident, Message
from registry.former import known
from registry.models import Estate, Owner

_SILENT, _FAILED = gettext_noop("没有手机号"), gettext_noop("短信没有发成")


class Counts(NamedTuple):
    """Of all estates together: persons, numbers that get a message, owners without one."""

    persons: int
    numbers: int
    unreached: int


class AtEstate(NamedTuple):
    """Of one estate: its owners, and those whom no message reaches."""

    estate: Estate
    owners: int
    unreached: int


class Sent(NamedTuple):
    """Messages of an incident by what became of them."""

    queued: int
    sent: int
    failed: int


class Unreached(NamedTuple):
    """Somebody to be told by letter. `rooms`: what they own or owned; `why`: Chinese, to be
    translated where it is shown."""

    name: str
    rooms: str
    why: str


def _owners(incident: Incident) -> QuerySet[Owner]:
    return Owner.objects.filter(known(), estate__in=incident.estates.all())


def counts_of(incident: Incident) -> Counts:
    """How many persons, without telling who."""
    # Without a number the hash is of room and name, which another estate may have too.
    numbered = ~Q(document_number="")
    found = _owners(incident).aggregate(
        known=Count("document_hash", distinct=True, filter=numbered),
        others=Count("pk", filter=~numbered),
        numbers=Count("phone_hash", distinct=True, filter=~Q(phone_hash="")),
        unreached=Count("pk", filter=Q(phone_hash="")),
    )
    return Counts(found["known"] + found["others"], found["numbers"], found["unreached"])


def by_estate(incident: Incident) -> list[AtEstate]:
    """The same for each estate."""
    rows = incident.estates.annotate(
        n=Count("owners", filter=known("owners__")),
        without=Count("owners", filter=known("owners__") & Q(owners__phone_hash="")),
    )
    return [AtEstate(one, one.n, one.without) for one in rows.order_by("code")]


def sent_of(incident: Incident) -> Sent:
    """What became of the messages."""
    rows = Message.objects.filter(key__startswith=message_key(incident, ""))
    found = dict(
        rows.order_by().values("state").annotate(n=Count("pk")).values_list("state", "n")
    )
    return Sent(found.get("queued", 0), found.get("sent", 0), found.get("failed", 0))


def unreached(incident: Incident, estate: Estate) -> Iterator[Unreached]:
    """Owners of one estate whom no message reached, by room. For its organiser alone."""
    prefix = message_key(incident, "")
    failed = Message.objects.filter(key__startswith=prefix, state="failed")
    numbers = [key.removeprefix(prefix) for key in failed.values_list("key", flat=True)]
    owners = Owner.objects.filter(known(), estate=estate).filter(
        Q(phone_hash="") | Q(phone_hash__in=numbers)
    )
    for owner in owners.prefetch_related("ownerships__unit").order_by("pk"):
        titles = sorted(owner.ownerships.all(), key=lambda one: one.unit_id)
        rooms = dict.fromkeys(str(one.unit.label) for one in titles)
        why = _FAILED if owner.phone_hash else _SILENT
        yield Unreached(owner.name, "、".join(rooms), why)


def incidents_at(estate: Estate) -> QuerySet[Incident]:
    """Incidents of an estate whose persons are being told, the newest first."""
    told = Incident.objects.filter(estates=estate, notice__confirmed_at__isnull=False)
    return told.select_related("notice")
