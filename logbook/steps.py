"""Appending to a log: joins the caller's transaction and refuses to run without one."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from core.canonical import canonical
from core.deadlines import floor_ten_minutes
from logbook.models import Checkpoint, Cosignature, Entry, Erasure, Log

# The log of acts that belong to no place.
PLATFORM_LOG = "platform"
_BATCH = 500


def stamp(at: datetime) -> str:
    """Return `at` as YYYY-MM-DDThh:mm:ssZ."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def locked_log(name: str, *, hash_name: str = "sha256") -> Log:
    """Return the log of that name, made if new, with its row locked.

    The log is always the last thing locked (docs/architecture.md, lock order).
    """
    _inside_transaction()
    locked = Log.objects.select_for_update(no_key=True)
    log = locked.filter(name=name).first()
    if log is None:
        Log.objects.get_or_create(name=name, defaults={"hash_name": hash_name})
        log = locked.get(name=name)
    return log


def append(
    log_name: str,
    kind: str,
    body: Mapping[str, Any],
    *,
    at: datetime,
    hash_name: str = "sha256",
) -> Entry:
    """Append one entry, dated `at` rounded down to ten minutes, never before the last one."""
    return append_to(locked_log(log_name, hash_name=hash_name), kind, body, at=at)


def shown_time(log: Log, at: datetime) -> datetime:
    """The time an entry or a checkpoint made at `at` will bear.

    Rounded, so that nobody can be matched to it; and a clock set back must not unlink the
    record, so it is never before the last entry's.
    """
    rounded = floor_ten_minutes(at)
    return rounded if log.last_time is None else max(rounded, log.last_time)


def append_to(log: Log, kind: str, body: Mapping[str, Any], *, at: datetime) -> Entry:
    """Append one entry to a log that `locked_log` gave in this transaction."""
    return append_all(log, [(kind, body)], at=at)[0]


def append_all(
    log: Log, acts: Sequence[tuple[str, Mapping[str, Any]]], *, at: datetime
) -> list[Entry]:
    """Append entries, each (kind, body), one after the other with nothing between them."""
    _inside_transaction()
    log.last_time = shown_time(log, at)
    entries = [_next(log, kind, body, at) for kind, body in acts]
    Entry.objects.bulk_create(entries)
    log.save(update_fields=["head", "size", "last_time"])
    return entries


def _next(log: Log, kind: str, body: Mapping[str, Any], at: datetime) -> Entry:
    """The next entry of a log, which is moved on to it."""
    line = canonical(
        {
            "seq": log.size,
            "time": stamp(log.last_time or at),
            "type": kind,
            "prev": log.head,
            "body": dict(body),
        }
    )
    entry = Entry(
        log=log,
        seq=log.size,
        kind=kind,
        line=line,
        leaf_hash=hashlib.new(log.hash_name, b"\x00" + line).digest(),
        recorded_at=at,
    )
    log.head = hashlib.new(log.hash_name, line).hexdigest()
    log.size += 1
    return entry


def add_checkpoint(log: Log, *, size: int, time: datetime, line: bytes) -> Checkpoint | None:
    """Store a signed head; None where the log has one as large, or a later one, already.

    Under the log's lock: sizes and times of checkpoints never decrease.
    """
    _inside_transaction()
    Log.objects.select_for_update(no_key=True).get(pk=log.pk)
    last = log.checkpoints.order_by("size", "time").last()
    if last is not None and (last.size >= size or last.time > time):
        return None
    return log.checkpoints.create(size=size, time=time, line=line)


def add_cosignature(checkpoint: Checkpoint, *, key: str, signature: str, at: datetime) -> bool:
    """Store a witness's signature; False where the same key has signed already."""
    _inside_transaction()
    _row, fresh = Cosignature.objects.get_or_create(
        checkpoint=checkpoint, key=key, defaults={"signature": signature, "received_at": at}
    )
    return fresh


def erase_lines(log: Log, kinds: Sequence[str], *, at: datetime) -> Erasure:
    """Empty the lines of these kinds in a log that `locked_log` gave; their hashes stay.

    ValueError, and nothing is emptied, where a line is not the one its leaf hash was made of:
    what somebody changed is evidence.
    """
    _inside_transaction()
    entries = log.entries.filter(kind__in=kinds)
    found = entries.order_by("seq").values_list("seq", "line", "leaf_hash")
    count = 0
    for seq, line, leaf in found.iterator(chunk_size=_BATCH):
        if hashlib.new(log.hash_name, b"\x00" + bytes(line)).digest() != bytes(leaf):
            raise ValueError(f"{log.name}: entry {seq} is not what was hashed")
        count += 1
    made = Erasure.objects.create(log=log, lines=count, at=at)
    entries.update(line=b"")
    return made


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
