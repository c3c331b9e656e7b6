"""Appending to a log: joins the caller's transaction and refuses to run without one."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from core.canonical import canonical
from logbook.models import Entry, Log

ZERO = "0" * 64


def stamp(at: datetime) -> str:
    """Return `at` as YYYY-MM-DDThh:mm:ssZ."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rounded_down(at: datetime) -> datetime:
    """Return the last full ten minutes at or before `at`."""
    return at.replace(minute=at.minute - at.minute % 10, second=0, microsecond=0)


def locked_log(name: str, *, hash_name: str = "sha256") -> Log:
    """Return the log of that name, made if new, with its row locked.

    The log is always the last thing locked (docs/architecture.md, lock order).
    """
    _inside_transaction()
    Log.objects.get_or_create(name=name, defaults={"hash_name": hash_name})
    return Log.objects.select_for_update().get(name=name)


def append(
    log_name: str,
    kind: str,
    body: Mapping[str, Any],
    *,
    at: datetime,
    hash_name: str = "sha256",
) -> Entry:
    """Append one entry, dated `at` rounded down to ten minutes, never before the last one."""
    log = locked_log(log_name, hash_name=hash_name)
    shown = rounded_down(at)
    if log.last_time is not None and shown < log.last_time:
        # A clock set back must not unlink the record: time on the board never decreases.
        shown = log.last_time
    line = canonical(
        {
            "seq": log.size,
            "time": stamp(shown),
            "type": kind,
            "prev": log.head,
            "body": dict(body),
        }
    )
    entry = Entry.objects.create(
        log=log,
        seq=log.size,
        kind=kind,
        line=line,
        leaf_hash=hashlib.new(log.hash_name, b"\x00" + line).digest(),
        recorded_at=at,
    )
    log.head = hashlib.new(log.hash_name, line).hexdigest()
    log.size += 1
    log.last_time = shown
    log.save(update_fields=["head", "size", "last_time"])
    return entry


def record_act(
    place: str, act: str, facts: Mapping[str, Any], *, actor: str, at: datetime
) -> Entry:
    """Append an act of staff to a place's own log, e.g. record_act("estate/7Q2M", …).

    `facts` hold numbers, codes and hashes, never personal data: logs are kept for ever.
    """
    return append(place, act, {"actor": actor, **facts}, at=at)


def _inside_transaction() -> None:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a log is appended to inside the caller's transaction only")
