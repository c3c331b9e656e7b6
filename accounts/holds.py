"""What is held by law, and the lock by which nothing held is deleted.

Whoever deletes something because its time is over calls `lock_holds` first of all locks, asks
`held_at` after it, and deletes in the same transaction. Whoever sets a hold takes the same
lock: either the hold is seen, or what was deleted was gone before the hold was said.

Never held, since a copy of it is a danger and no evidence: letters and their secrets, one-time
codes, web sessions, archive bundles (made again at any time).
"""

from datetime import datetime
from typing import NamedTuple

from django.db import connection

from accounts.models import LegalHold
from core.deadlines import local_day

_LOCK = 0x59495348  # any number nobody else uses


class Held(NamedTuple):
    """Holds in force: of the whole platform, of estates by key, of sessions by code."""

    everything: bool
    estates: frozenset[int]
    sessions: frozenset[str]

    def __bool__(self) -> bool:
        return self.everything or bool(self.estates or self.sessions)

    def keeps(self, estate_id: int | None = None, *, session: str = "") -> bool:
        """Whether something of this estate (of none) and this session is held."""
        return self.everything or estate_id in self.estates or session in self.sessions


NOTHING_HELD = Held(False, frozenset(), frozenset())


def lock_holds() -> None:
    """Until the transaction ends nobody sets a hold; before any other lock.

    SQLite's transactions exclude each other from their beginning.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("the lock of holds is a transaction's")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def held_at(at: datetime) -> Held:
    """The holds in force. One set for a later day holds from now on: what is to be kept then
    must not go before."""
    day = local_day(at)
    rows = LegalHold.objects.filter(lifted_at__isnull=True).exclude(until__lt=day)
    found = list(rows.values_list("estate_id", "session_code"))
    return Held(
        any(estate is None for estate, _code in found),
        frozenset(estate for estate, code in found if estate is not None and not code),
        frozenset(code for _estate, code in found if code),
    )
