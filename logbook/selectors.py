"""Reading logs: lines, leaves, checkpoints and proofs.

What is below a committed `Log.size` never changes, so nothing here needs a lock.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from django.db.models import Max

from core import merkle
from core.canonical import canonical, parse_canonical
from logbook.models import Checkpoint, Cosignature, Entry, Erasure, Log

_CHUNK = 500


class Inclusion(NamedTuple):
    """That an entry stands in the log a checkpoint covers: RFC 6962 audit path of `seq`."""

    line: bytes
    path: list[bytes]
    checkpoint: Checkpoint | None  # None, and an empty path: not covered yet


def hasher(log: Log) -> Callable[[bytes], bytes]:
    """The hash of a log, from bytes to 32 bytes."""
    name = log.hash_name
    return lambda data: hashlib.new(name, data).digest()


def lines(log: Log, *, kinds: Iterable[str] = (), below: int | None = None) -> Iterator[bytes]:
    """The lines in order, all or of some kinds or with `seq` < below, read as they are used."""
    entries = log.entries.order_by("seq")
    wanted = list(kinds)
    if wanted:
        entries = entries.filter(kind__in=wanted)
    if below is not None:
        entries = entries.filter(seq__lt=below)
    found = entries.values_list("line", flat=True).iterator(chunk_size=_CHUNK)
    return (bytes(line) for line in found)


def line_at(log: Log, seq: int) -> bytes | None:
    """The line of one entry."""
    line = log.entries.filter(seq=seq).values_list("line", flat=True).first()
    return None if line is None else bytes(line)


def lines_at(log: Log, seqs: Iterable[int]) -> Iterator[tuple[int, bytes]]:
    """(seq, line) of these entries, in the order asked for."""
    wanted = list(seqs)
    for start in range(0, len(wanted), _CHUNK):
        part = wanted[start : start + _CHUNK]
        rows = log.entries.filter(seq__in=part).values_list("seq", "line")
        found = {seq: bytes(line) for seq, line in rows}
        for seq in part:
            yield seq, found[seq]


def erasure_of(log: Log) -> Erasure | None:
    """That lines of this log were destroyed, and when."""
    return Erasure.objects.filter(log=log).first()


def leaves(log: Log, size: int) -> list[bytes]:
    """The leaf hashes of the first `size` entries."""
    rows = Entry.objects.filter(log=log, seq__lt=size).order_by("seq")
    return [bytes(leaf) for leaf in rows.values_list("leaf_hash", flat=True)]


def root(log: Log, size: int) -> bytes:
    """The Merkle root over the first `size` entries."""
    return merkle.root(hasher(log), leaves(log, size))


def last_checkpoint(log: Log) -> Checkpoint | None:
    """The newest checkpoint."""
    return log.checkpoints.order_by("size", "time").last()


def checkpoint_lines(log: Log, *, up_to: int | None = None) -> Iterator[bytes]:
    """The checkpoints' lines in order, all or of sizes up to this one."""
    found = log.checkpoints.order_by("size", "time").prefetch_related("cosignatures")
    if up_to is not None:
        found = found.filter(size__lte=up_to)
    return map(cosigned_line, found)


def cosigned_line(checkpoint: Checkpoint) -> bytes:
    """The checkpoint's line with the cosignatures that came for it since."""
    signed = [
        {"key": one.key, "signature": one.signature} for one in checkpoint.cosignatures.all()
    ]
    line = bytes(checkpoint.line)
    return canonical({**parse_canonical(line), "cosignatures": signed}) if signed else line


def cosigned_to(log: Log) -> dict[str, int]:
    """How many entries the largest checkpoint covers that each key countersigned."""
    rows = Cosignature.objects.filter(checkpoint__log=log).order_by().values("key")
    return dict(rows.annotate(size=Max("checkpoint__size")).values_list("key", "size"))


def consistency(log: Log, old: int, new: int) -> list[bytes]:
    """RFC 6962 proof that the first `old` entries begin the first `new`; 0 < old <= new."""
    return merkle.consistency_proof(hasher(log), leaves(log, new), old)


def inclusion(log: Log, seq: int) -> Inclusion | None:
    """The entry with its path to the last checkpoint; None where there is no such entry."""
    line = line_at(log, seq)
    if line is None:
        return None
    covering = last_checkpoint(log)
    if covering is None or covering.size <= seq:
        return Inclusion(line, [], None)
    path = merkle.inclusion_proof(hasher(log), leaves(log, covering.size), seq)
    return Inclusion(line, path, covering)
