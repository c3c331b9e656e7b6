"""Letters: printed once from the spool, fetched once, reissued one by one."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from accounts.models import Job


class Reissued(NamedTuple):
    """A new letter: to be handed over, never to be stored."""

    token: str
    code: str
    path: Path


def start_letters(*, session_id: int, actor: str, at: datetime) -> Job:
    raise NotImplementedError


def run_letters(job_id: int) -> None:
    raise NotImplementedError


def take_letters(*, session_id: int, actor: str, at: datetime) -> Path:
    raise NotImplementedError


def reissue_letter(*, party_id: int, actor: str, at: datetime, reason: str) -> Reissued:
    raise NotImplementedError
