"""Acts of staff as they stand in the logs, read as they are used: for whoever audits them."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Max, Min

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
    """From the first to the last line of these logs that was written from `first` on and
    before `end`, log by log, by number.

    By number and not by time, so that no number is missing in between: where a clock was set
    back, lines of other days lie among them, and without these nobody could follow the links.
    Only as far as the logs had come when they were read: `Log.size`. Lines that were
    destroyed with leave are left out.
    """
    cuts = _cuts(logs, first, end)
    for log in logs:
        if log.pk in cuts:
            yield from _acts(log, *cuts[log.pk])


def _cuts(logs: Sequence[Log], first: datetime, end: datetime) -> dict[int, tuple[int, int]]:
    """The numbers of the first and the last line of those days, by log that has any."""
    written = Entry.objects.filter(
        log__in=[log.pk for log in logs], recorded_at__gte=first, recorded_at__lt=end
    )
    found = written.order_by().values_list("log").annotate(Min("seq"), Max("seq"))
    return {log: (least, most) for log, least, most in found}


def _acts(log: Log, least: int, most: int) -> Iterator[Act]:
    entries = log.entries.filter(seq__gte=least, seq__lte=min(most, log.size - 1))
    rows: Iterator[tuple[Any, ...]] = (
        entries.order_by("seq").values_list("seq", "kind", "line").iterator(chunk_size=_CHUNK)
    )
    for seq, kind, stored in rows:
        line = bytes(stored)
        if line:
            told = json.loads(line)
            digest = hashlib.new(log.hash_name, line).hexdigest()
            yield Act(log.name, seq, told["time"], kind, told["body"], told["prev"], digest)
