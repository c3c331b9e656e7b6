"""Doors that stayed shut: who asks for things of other places, and how often."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from accounts.models import ClosedDoor
from core.deadlines import local_day


@transaction.atomic
def note_closed_door(*, user_id: int, page: str, at: datetime) -> None:
    """Count one, by person, kind of page and day. No number of the address is kept: a mistyped
    code is nobody's business, and a hundred of them show in the count."""
    ClosedDoor.objects.bulk_create(
        [ClosedDoor(user_id=user_id, page=page[:60], day=local_day(at), count=0, last_at=at)],
        ignore_conflicts=True,
    )
    door = ClosedDoor.objects.filter(user=user_id, page=page[:60], day=local_day(at))
    door.update(count=F("count") + 1, last_at=at)
