"""Small writes that join the caller's transaction."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from registry.domain.difference import Registry
from registry.domain.doctor import examine
from registry.models import Estate, Finding
from registry.selectors import doctor_rooms, profile_for, registry_of, spaces_count, staff_of


def examine_roll(estate: Estate, *, at: datetime, registry: Registry | None = None) -> int:
    """Bring the findings in line with the registry; returns how many are open.

    What is no longer so is settled; what is so again is open again. A waiver holds as long
    as the facts it was given for are the same. Every command that changes a roll ends with
    this step, so that the findings are never older than the roll. `registry`: the estate
    as the caller read it after its last change; None reads it.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("findings change inside the caller's transaction only")
    rules = profile_for(estate, timezone.localdate(at))
    spaces = spaces_count(rules)
    rooms = doctor_rooms(registry or registry_of(estate.pk)[0], with_spaces=spaces)
    found = {one.fingerprint: one for one in examine(rooms, staff_of(estate.pk))}
    known = {one.fingerprint: one for one in Finding.objects.filter(estate=estate)}
    Finding.objects.bulk_create(
        [
            Finding(
                estate=estate,
                kind=one.kind,
                subject=one.subject,
                unit_ids=list(one.unit_ids),
                fingerprint=one.fingerprint,
            )
            for one in found.values()
            if one.fingerprint not in known
        ],
        batch_size=1000,
    )
    moved = []
    for fingerprint, one in known.items():
        if one.state == "open" and fingerprint not in found:
            one.state, one.decided_at = "settled", at
        elif one.state == "settled" and fingerprint in found:
            one.state, one.decided_at = "open", None
            one.unit_ids = list(found[fingerprint].unit_ids)
        else:
            continue
        moved.append(one)
    Finding.objects.bulk_update(moved, ["state", "decided_at", "unit_ids"], batch_size=500)
    return Finding.objects.filter(estate=estate, state="open").count()
