"""The platform's trustee keys end on the day they were given."""

from datetime import datetime

from django.db import transaction

from core.deadlines import local_day
from logbook.steps import record_act
from voting.models import TrusteeKey


def destroy_keys(*, at: datetime) -> int:
    """Destroy every key whose day has come; returns how many."""
    due = TrusteeKey.objects.filter(destroy_on__lte=local_day(at), destroyed_at__isnull=True)
    keys = list(due.values_list("pk", flat=True))
    for key in keys:
        _destroy(key, at)
    return len(keys)


@transaction.atomic(durable=True)
def _destroy(key_id: int, at: datetime) -> None:
    key = (
        TrusteeKey.objects.select_for_update(of=("self",), no_key=True)
        .select_related("session__estate")
        .get(pk=key_id)
    )
    if key.destroyed_at is not None:
        return
    key.secret = ""
    key.destroyed_at = at
    key.save(update_fields=["secret", "destroyed_at"])
    facts = {"session": key.session.code, "trustee": key.index}
    place = f"estate/{key.session.estate.code}"
    record_act(place, "trustee_key.destroyed", facts, actor="system", at=at)
