"""Small writes that join the caller's transaction."""

from datetime import datetime

from django.conf import settings

from logbook.models import Checkpoint, Log
from logbook.selectors import last_checkpoint, root
from logbook.steps import add_checkpoint, shown_time, stamp
from voting.models import Session
from voting.protocol import checkpoint


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
