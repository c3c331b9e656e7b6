"""The board as a folder of files."""

from pathlib import Path

from voting.models import Session


def export_board(session: Session, out: Path) -> None:
    raise NotImplementedError
