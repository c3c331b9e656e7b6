"""Freezing a session: its terms, its roll, its keys and its board."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from voting.domain.parties import PartyArea
from voting.models import Session

ShareTable = Callable[[Sequence[PartyArea]], Sequence[int]]


def freeze_session(
    *,
    session_id: int,
    actor: str,
    at: datetime,
    share_tables: Mapping[int, ShareTable] | None = None,
) -> Session:
    """Freeze roll and terms, make credentials, open the board, spool the letters.

    `share_tables`: motion id → function from the parties (in order of number) to fen of
    each. RuleViolation "session.not_ready" with facts["reasons"]: every reason at once.
    """
    raise NotImplementedError
