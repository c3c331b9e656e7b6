"""Small writes that join the caller's transaction."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from logbook.models import Checkpoint, Log
from logbook.selectors import last_checkpoint, root
from logbook.steps import add_checkpoint, shown_time, stamp
from voting.models import BallotPoint, Session
from voting.protocol import checkpoint


class Signer(NamedTuple):
    """Who acts, and in which role: "user:7", "supervisor"."""

    actor: str
    role: str


def board_name(session_code: str) -> str:
    """What a session's board is called among the logs."""
    return f"board/{session_code}"


def checkpoint_board(session: Session, *, at: datetime) -> Checkpoint | None:
    """Sign the board as it stands; None where the last checkpoint covers it all."""
    log = Log.objects.get(name=board_name(session.code))
    last = last_checkpoint(log)
    if last is not None and last.size >= log.size:
        return None
    time = shown_time(log, at)
    if last is not None:
        time = max(time, last.time)
    signed = checkpoint.sign(
        settings.BOARD_KEY,
        session=session.code,
        size=log.size,
        root=root(log, log.size).hex(),
        time=stamp(time),
    )
    line = checkpoint.make_line(signed)
    return add_checkpoint(log, size=log.size, time=time, line=line)


def use_once(session_id: int, marked: Iterable[bytes]) -> None:
    """Take points of a board, each led by its role (A, B or K), for their one use.

    IntegrityError where one was used before. In order, so that two copies of one ballot
    wait for each other.
    """
    prints = sorted(_fingerprint(point) for point in marked)
    rows = ", ".join(f"({session_id:d}, {number:d})" for number in prints)
    # As one statement: some twenty models would take as long as a third of the proofs.
    table = BallotPoint._meta.db_table
    insert = f"INSERT INTO {table} (session_id, fingerprint) VALUES {rows}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(insert)


def _fingerprint(point: bytes) -> int:
    return int.from_bytes(sha256(point).digest()[:8], "big") >> 1
