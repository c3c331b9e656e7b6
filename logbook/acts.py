"""Acts of staff as they stand in the logs, read as they are used: for whoever audits them."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from logbook.models import Entry, Log

_CHUNK = 2000


class Act(NamedTuple):
    """One line of a log. `time`: as it stands there, rounded down to ten minutes.

    `prev`: the hash of the line before; `digest`: of this line, which the next one names.
    """

    log: str
    seq: int
    time: str
    kind: str
    body: Mapping[str, Any]
    prev: str
    digest: str


def acts_between(logs: Sequence[Log], first: datetime, end: datetime) -> Iterator[Act]:
    """What was written into these logs from `first` on and before `end`, log by log.

    Only as far as the logs had come when they were read: `Log.size`. Lines that were
    destroyed with leave are left out.
    """
    for log in logs:
        entries = log.entries.filter(
            recorded_at__gte=first, recorded_at__lt=end, seq__lt=log.size
        )
        rows: Iterator[tuple[Any, ...]] = (
            entries.order_by("seq")
            .values_list("seq", "kind", "line")
            .iterator(chunk_size=_CHUNK)
        )
        for seq, kind, stored in rows:
            line = bytes(stored)
            if line:
                told = json.loads(line)
                digest = hashlib.new(log.hash_name, line).hexdigest()
                yield Act(log.name, seq, told["time"], kind, told["body"], told["prev"], digest)


def count_between(logs: Sequence[Log], first: datetime, end: datetime) -> int:
    """How many there are."""
    names = [log.pk for log in logs]
    return Entry.objects.filter(
        log__in=names, recorded_at__gte=first, recorded_at__lt=end
    ).count()
