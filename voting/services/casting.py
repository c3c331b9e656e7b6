"""Recording a ballot."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from voting.models import Ballot


def cast_sealed(
    *,
    session_id: int,
    party_id: int,
    submission: str,
    ballot: Mapping[str, Any],
    replacement_key: str | None,
    at: datetime,
) -> Ballot:
    """Record a ballot the owner's browser encrypted and signed."""
    raise NotImplementedError


def cast_plain(
    *,
    session_id: int,
    party_id: int,
    submission: str,
    choices: Sequence[Sequence[int] | None],
    at: datetime,
) -> Ballot:
    """Encrypt the choices at once with a fresh replacement credential, and record them.

    `choices`: per motion in order None (does not take part) or the chosen option indexes.
    """
    raise NotImplementedError
