"""Small writes that join the caller's transaction."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from registry.domain.difference import Registry
from registry.domain.doctor import examine
from registry.models import (
    Estate,
    Finding,
    NumberCheck,
    Owner,
    Ownership,
    PhoneChange,
    RollNotice,
)
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


# The old number is told, and its holder has a day to say no (experience §1.3).
PHONE_HELD = timedelta(hours=24)


def hold_phones(
    phones: Mapping[int, str], *, way: str, actor: str, at: datetime
) -> list[PhoneChange]:
    """Owners' new numbers ("" takes one off the roll): in force a day after the old are told.

    `phones`: owner's pk → number. What a file says, another person confirms before the day
    begins. A change that waits already and says the same goes on, as does before a file what
    the owner or a desk asked for; another one is stopped by this. Those made now are returned.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a number changes inside the caller's transaction only")
    waiting = {
        one.owner_id: one
        for one in PhoneChange.objects.select_for_update(no_key=True).filter(
            owner__in=list(phones), state__in=PhoneChange.OPEN
        )
    }
    kept = {
        pk
        for pk, one in waiting.items()
        if one.phone == phones[pk] or (way == "file" and one.way != "file")
    }
    for pk in waiting.keys() - kept:
        stop_phone(waiting[pk], actor=actor, at=at)
    owners = Owner.objects.filter(pk__in=set(phones) - kept).only("phone")
    return PhoneChange.objects.bulk_create(
        PhoneChange(
            owner=owner,
            way=way,
            state="proposed" if way == "file" else "held",
            phone=phones[owner.pk],
            old_phone=owner.phone,
            asked_by=actor,
            asked_at=at,
            takes_effect_at=None if way == "file" else at + PHONE_HELD,
        )
        for owner in owners.order_by("pk")
    )


def note_titles(titles: Iterable[int], *, kind: str, at: datetime) -> list[int]:
    """Owners of these titles are to hear of it; the notices' keys, to take them back."""
    owners = Ownership.objects.filter(pk__in=list(titles)).order_by("owner")
    made = RollNotice.objects.bulk_create(
        RollNotice(owner_id=owner, kind=kind, noted_at=at)
        for owner in owners.values_list("owner", flat=True).distinct()
    )
    return [one.pk for one in made]


def await_numbers(owners: Iterable[int], *, actor: str, at: datetime) -> list[int]:
    """Document numbers just written for these owners prove nothing until another person has
    confirmed them; the keys of what waits, to take it back. Owners without one are passed."""
    found = Owner.objects.filter(pk__in=list(owners)).exclude(document_number="")
    found = found.exclude(number_checks__in=NumberCheck.objects.filter(confirmed_at=None))
    made = NumberCheck.objects.bulk_create(
        NumberCheck(owner_id=pk, entered_by=actor, entered_at=at)
        for pk in found.order_by("pk").values_list("pk", flat=True)
    )
    return [one.pk for one in made]


def stop_phone(change: PhoneChange, *, actor: str, at: datetime, reason: str = "") -> None:
    """A change that waits does not come into force."""
    change.state, change.ended_by, change.ended_at = "stopped", actor, at
    change.reason = reason
    change.save(update_fields=["state", "ended_by", "ended_at", "reason"])
