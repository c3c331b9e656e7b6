"""The board as a folder of files, which anybody can verify without us."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from logbook import selectors as logs
from voting.models import Session
from voting.protocol import export, roll
from voting.protocol.shape import unb64
from voting.selectors import board_of
from voting.selectors.retention import demand_ballots
from voting.steps import checkpoint_board


def export_board(session: Session, out: Path, *, at: datetime | None = None) -> None:
    """Write the export of docs/protocol.md §11 into `out`, which must be empty or not exist.

    A checkpoint is signed first where the board has grown, for an export ends with one that
    covers it. Entries that come while the files are written are not in it. ValueError for a
    draft, FileExistsError for a folder with files in it; RuleViolation "ballots.destroyed".
    """
    board = board_of(session)
    demand_ballots(session)
    _cover(session, at or timezone.now())
    last = logs.last_checkpoint(board)
    size = last.size if last else 0
    document = session.resolution
    export.write(
        out,
        session=session.code,
        board=logs.lines(board, below=size),
        checkpoints=logs.checkpoint_lines(board, up_to=size),
        roll=_roll_lines(session),
        resolution=bytes(document.pdf) if document else None,
    )


@transaction.atomic(durable=True)
def _cover(session: Session, at: datetime) -> None:
    checkpoint_board(session, at=at)


def _roll_lines(session: Session) -> Iterator[bytes]:
    rows = session.parties.order_by("number").values_list("number", "area", "key", "commitment")
    for number, area, key, commitment in rows.iterator(chunk_size=1000):
        yield roll.make_line(number, area, unb64(key), commitment)
