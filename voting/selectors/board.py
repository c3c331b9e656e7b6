"""What stands on the board of a session."""

from datetime import datetime, timedelta
from typing import Any

from core.canonical import parse_canonical
from logbook import selectors as logs
from logbook.models import Log
from voting.models import (
    Session,
)
from voting.selectors.sessions import terms


def board_of(session: Session) -> Log:
    """The session's board."""
    if session.board is None:
        raise ValueError("a draft has no board")
    return session.board


def body_of(session: Session, kind: str) -> dict[str, Any] | None:
    """The body of the one entry of a kind (close, tally, result, resolution)."""
    for line in logs.lines(board_of(session), kinds=[kind]):
        body: dict[str, Any] = parse_canonical(line)["body"]
        return body
    return None


def closed_at(session: Session) -> datetime:
    """The time the close entry bears. ValueError before the close."""
    for line in logs.lines(board_of(session), kinds=["close"]):
        return datetime.fromisoformat(parse_canonical(line)["time"])
    raise ValueError("this session is not closed")


def challenge_ends(session: Session) -> datetime | None:
    """Until when the list of who took part can be objected to; nothing is opened before.

    None while the ballot box is not counted: papers in it lengthen the list, so the period
    runs from then; an empty one leaves it where it was. ValueError before the close.
    """
    manifest = terms(session)
    begins = closed_at(session)
    if manifest.paper:
        entry = next(iter(logs.lines(board_of(session), kinds=["box"])), None)
        if entry is None:
            return None
        boxed = parse_canonical(entry)
        if boxed["body"]["counted"]:
            begins = datetime.fromisoformat(boxed["time"])
    return begins + timedelta(hours=manifest.challenge_hours)


def board_proof(session: Session, seq: int) -> dict[str, Any] | None:
    """Entry, manifest line, inclusion path and checkpoint, as the check page wants them.

    None where the board has no such entry. Without a covering checkpoint: size 0, an empty
    path and null.
    """
    board = board_of(session)
    found = logs.inclusion(board, seq)
    if found is None:
        return None
    covering = found.checkpoint
    first = logs.line_at(board, 0) or b""
    return {
        "manifest": first.decode(),
        "entry": found.line.decode(),
        "size": covering.size if covering else 0,
        "path": [step.hex() for step in found.path],
        "checkpoint": parse_canonical(logs.cosigned_line(covering)) if covering else None,
    }
