"""The platform's trustee keys end on the day they were given."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts.holds import held_at, lock_holds
from core.deadlines import local_day
from logbook.steps import record_act
from voting.models import TrusteeKey


def destroy_keys(*, at: datetime) -> int:
    """Destroy every key whose day has come, and is not held; returns how many."""
    due = due_keys(at)
    return sum(_destroy(key, at) for key in list(due.values_list("pk", flat=True)))


def due_keys(at: datetime) -> QuerySet[TrusteeKey]:
    """Keys whose day has come, held ones among them."""
    return TrusteeKey.objects.filter(destroy_on__lte=local_day(at), destroyed_at__isnull=True)


@transaction.atomic(durable=True)
def _destroy(key_id: int, at: datetime) -> bool:
    lock_holds()
    key = (
        TrusteeKey.objects.select_for_update(of=("self",), no_key=True)
        .select_related("session__estate")
        .get(pk=key_id)
    )
    session = key.session
    if key.destroyed_at is not None or held_at(at).keeps(
        session.estate_id, session=session.code
    ):
        return False
    key.secret = ""
    key.destroyed_at = at
    key.save(update_fields=["secret", "destroyed_at"])
    facts = {"session": key.session.code, "trustee": key.index}
    place = f"estate/{key.session.estate.code}"
    record_act(place, "trustee_key.destroyed", facts, actor="system", at=at)
    return True
