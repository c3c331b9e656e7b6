"""Everything that is sealed, wherever it lies, and how all of it gets the present key.

Safe to kill at any point and to run again: what has the present key is not met again. Safe
while the site runs: each row is swapped only as it was read (`registry.resealing`).
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from django.db import transaction

from accounts.resealing import (
    count_factors,
    count_sessions,
    reseal_factors,
    reseal_sessions,
)
from core.sealed import KeyRing, Mark, mark_of
from logbook.steps import PLATFORM_LOG, record_act
from registry.fields import data_ring
from registry.resealing import ROWS, count_by_key, reseal_table, sealed_tables
from voting.models import Session
from voting.spool import reseal_spool, spool_head, spooled_sessions

FACTORS, SPOOLS = "mfa.authenticator", "voting.spool (files)"
SESSIONS = "sessions.session"
# What a pass loses to people who write at the same time, the next one finds.
PASSES = 5


class Rotated(NamedTuple):
    """What a run did: rows and files sealed again, and such as nobody can open.

    A web session nobody can open is ended, and is not among them.
    """

    resealed: dict[str, int]
    unreadable: dict[str, int]
    left: int  # values that still have another key


def current_mark() -> Mark:
    """The key and the cipher that seal."""
    return mark_of(data_ring().head)


def counts_by_key() -> dict[str, Counter[Mark]]:
    """Every place where sealed values are kept, and how many of each key; changes nothing."""
    found = {table.label: count_by_key(table) for table in sealed_tables()}
    found[FACTORS] = count_factors()
    found[SESSIONS] = count_sessions()
    heads = map(spool_head, spooled_sessions())
    found[SPOOLS] = Counter(mark_of(head) for head in heads if head)
    return {label: counted for label, counted in found.items() if counted}


def values_left(counts: dict[str, Counter[Mark]]) -> int:
    """How many values have another key or cipher than the present ones."""
    current = current_mark()
    return sum(
        count for one in counts.values() for mark, count in one.items() if mark != current
    )


def rotate_keys(
    *,
    actor: str,
    at: datetime,
    rows: int = ROWS,
    tell: Callable[[str, int], None] = lambda label, done: None,
) -> Rotated:
    """Seal everything under the present key, and write down in the platform's log that it was.

    Not one command but many small ones. `tell` hears of each batch.
    """
    ring = data_ring()
    resealed: Counter[str] = Counter()
    unreadable: Counter[str] = Counter()
    for _pass in range(PASSES):
        unreadable.clear()
        lost = _tables(ring, rows, resealed, unreadable, tell)
        done, unreadable[FACTORS] = reseal_factors(ring)
        resealed[FACTORS] += done
        done, _ended = reseal_sessions(ring)
        resealed[SESSIONS] += done
        _spools(ring, resealed, unreadable)
        if not lost and values_left(counts_by_key()) <= sum(unreadable.values()):
            break
    left = values_left(counts_by_key())
    said = Rotated(dict(+resealed), dict(+unreadable), left)
    _record(said, actor, at)
    return said


def _tables(
    ring: KeyRing,
    rows: int,
    resealed: Counter[str],
    unreadable: Counter[str],
    tell: Callable[[str, int], None],
) -> int:
    lost = 0
    for table in sealed_tables():
        for batch in reseal_table(table, ring, rows=rows):
            resealed[table.label] += batch.resealed
            unreadable[table.label] += batch.unreadable
            lost += batch.lost
            tell(table.label, resealed[table.label])
    return lost


def _spools(ring: KeyRing, resealed: Counter[str], unreadable: Counter[str]) -> None:
    for code in spooled_sessions():
        try:
            with transaction.atomic(durable=True):
                list(Session.objects.select_for_update(no_key=True).filter(code=code))
                resealed[SPOOLS] += reseal_spool(code, ring)
        except (InvalidTag, ValueError):
            unreadable[SPOOLS] += 1


@transaction.atomic(durable=True)
def _record(said: Rotated, actor: str, at: datetime) -> None:
    mark = current_mark()
    facts = {
        "cipher": mark.cipher,
        "key": mark.key,
        "resealed": said.resealed,
        "unreadable": sum(said.unreadable.values()),
        "left": said.left,
    }
    record_act(PLATFORM_LOG, "keys.rotated", facts, actor=actor, at=at)
