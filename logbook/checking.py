"""Whether logs are what was written: every link, every leaf, every signed head, and heads kept
elsewhere.

A chain shows that nothing inside it was changed. That its end was not cut off, or all of it
written anew, only a copy of a head shows that somebody else keeps: `heads` gives it away,
`against` compares.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from core.merkle import root as merkle_root
from logbook.models import Checkpoint, Entry, Erasure, Log
from logbook.selectors import hasher, leaves

_CHUNK = 1000
_START = "0" * 64


class Fault(NamedTuple):
    """What is wrong. `seq`: at which entry; None: with the log as a whole."""

    log: str
    seq: int | None
    what: str


class Head(NamedTuple):
    """How far a log had come: its size and the hash of its last line."""

    size: int
    head: str


def heads() -> dict[str, Head]:
    """Of every log, to be kept where nobody with this database can write."""
    rows = Log.objects.order_by("name").values_list("name", "size", "head")
    return {name: Head(size, head) for name, size, head in rows}


def against(kept: Mapping[str, Head]) -> Iterator[Fault]:
    """What was cut off or written anew since these heads were kept."""
    known = {log.name: log for log in Log.objects.filter(name__in=list(kept))}
    for name, head in sorted(kept.items()):
        log = known.get(name)
        if log is None:
            yield Fault(name, None, "missing")
        elif log.size < head.size:
            yield Fault(name, None, "shorter")
        elif head.size and _hash_of(log, head.size - 1) not in (head.head, None):
            yield Fault(name, head.size - 1, "rewritten")


def check(log: Log) -> Iterator[Fault]:
    """Every fault of one log, in order; lines are read as they are used."""
    digest = hasher(log)
    erased = Erasure.objects.filter(log=log).exists()
    expected: str | None = _START
    seq = -1
    rows = Entry.objects.filter(log=log).order_by("seq")
    fields = rows.values_list("seq", "kind", "line", "leaf_hash")
    for place, (seq, kind, stored, leaf) in enumerate(fields.iterator(chunk_size=_CHUNK)):
        line = bytes(stored)
        if seq != place:
            yield Fault(log.name, place, "gap")
            return
        if not line:
            # Destroyed with leave: the next line still names its hash.
            if not erased:
                yield Fault(log.name, seq, "empty")
            expected = None
            continue
        told = _parsed(line)
        if (told.get("seq"), told.get("type")) != (seq, kind):
            yield Fault(log.name, seq, "line")
        if expected is not None and told.get("prev") != expected:
            yield Fault(log.name, seq, "link")
        if digest(b"\x00" + line) != bytes(leaf):
            yield Fault(log.name, seq, "leaf")
        expected = hashlib.new(log.hash_name, line).hexdigest()
    if seq + 1 != log.size:
        yield Fault(log.name, None, "size")
    elif expected is not None and log.head != expected:
        yield Fault(log.name, None, "head")
    yield from _checkpoints(log)


def _checkpoints(log: Log) -> Iterator[Fault]:
    found = Checkpoint.objects.filter(log=log).order_by("size", "time")
    if not found.exists():
        return
    known = leaves(log, log.size)
    for one in found:
        told = _parsed(bytes(one.line))
        root = merkle_root(hasher(log), known[: one.size]).hex()
        if one.size > log.size or told.get("size") != one.size or told.get("root") != root:
            yield Fault(log.name, one.size, "checkpoint")


def _hash_of(log: Log, seq: int) -> str | None:
    """Of a line; of a destroyed one as the next names it, None where there is none."""
    lines = dict(
        Entry.objects.filter(log=log, seq__in=(seq, seq + 1)).values_list("seq", "line")
    )
    line, following = bytes(lines.get(seq, b"")), bytes(lines.get(seq + 1, b""))
    if line:
        return hashlib.new(log.hash_name, line).hexdigest()
    return str(_parsed(following)["prev"]) if following else None


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
