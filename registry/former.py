"""Former owners: who owned what from when to when is kept, who they were is not for ever.

Personal Information Protection Law 19, 47: once what it was kept for is over, it is deleted.
The row stays with the dates of its titles; what says whose they were is emptied, and its
hash is replaced by a word that is no hash of anything, so that no number finds it again. The
same person who buys once more is a new row.
"""

from datetime import date, timedelta

from django.db import connection
from django.db.models import (
    CharField,
    Exists,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Cast, Concat

from core.deadlines import start_of
from registry.models import (
    DataRequest,
    Estate,
    Owner,
    Ownership,
    PhoneChange,
    RollImport,
    RollNotice,
)

_GONE = "gone:"


def known(path: str = "") -> Q:
    """Owners whose name is still kept. `path`: to the owner, "owners__" from an estate."""
    return ~Q(**{f"{path}document_hash__startswith": _GONE})


def former_owners(*, ended_by: date) -> QuerySet[Owner]:
    """Owners without a title whose last one ended on that day or before, as `ended_on`.

    That it ended was also written down then: a transfer dated long ago, entered yesterday,
    takes nobody's name away before they heard of it and can object. Not those with an open
    request or a number that waits, nor of an estate where a file waits to be confirmed: it
    may name them, and is read without the estate's lock. What undoing an import takes is kept
    half a year, and an import that told something of an owner gave a title too: nobody found
    here is in one.
    """
    titles = Ownership.objects.filter(owner=OuterRef("pk"))
    last = titles.order_by().values("owner").annotate(last=Max("valid_to")).values("last")
    waiting = RollImport.objects.filter(estate=OuterRef("estate"), state="previewed")
    changes = PhoneChange.objects.filter(owner=OuterRef("pk"), state__in=PhoneChange.OPEN)
    entered = RollNotice.objects.filter(
        owner=OuterRef("pk"), kind="ended", noted_at__gte=start_of(ended_by + timedelta(days=1))
    )
    requests = DataRequest.objects.filter(owner=OuterRef("pk"), state="open")
    return (
        Owner.objects.filter(known())
        .annotate(ended_on=Subquery(last))
        .filter(ended_on__lte=ended_by)
        .exclude(Exists(titles.filter(valid_to__isnull=True)))
        .exclude(Exists(entered))
        .exclude(Exists(waiting))
        .exclude(Exists(changes))
        .exclude(Exists(requests))
    )


def empty_owners(rows: QuerySet[Owner]) -> int:
    """A step: what says who they are goes; how many.

    Whoever gives an owner a title holds the estate's lock: it is taken first, and the rows
    are asked for once more under it.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("owners are emptied inside the caller's transaction only")
    estates = set(rows.values_list("estate", flat=True))
    locks = Estate.objects.select_for_update(no_key=True).filter(pk__in=estates)
    list(locks.order_by("pk").values_list("pk", flat=True))
    return rows.update(
        name="",
        document_kind="",
        document_number="",
        document_hash=Concat(Value(_GONE), Cast(F("pk"), CharField())),
        phone="",
        phone_hash="",
        identity_check="",
    )
