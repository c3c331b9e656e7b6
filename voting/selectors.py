"""Every read of a vote. Nothing here returns a choice, or a count before the close."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from django.db.models import QuerySet

from voting.models import Ballot, Motion, Party, Session

Phase = Literal["draft", "announced", "open", "closed", "counted", "resolved", "cancelled"]


class HeadLine(NamedTuple):
    """One head of the "why one head" list; areas in 0.01 m²."""

    number: int
    why: str  # one_unit | several_units | joint | developer
    units: tuple[tuple[str, int], ...]  # label, area
    area: int


class Turnout(NamedTuple):
    """Who took part, in one place; building and entrance are "" for the whole roll."""

    building: str
    entrance: str
    heads: int
    heads_voted: int
    area: int
    area_voted: int


class MotionShare(NamedTuple):
    """A motion, and what the party would pay if it passes (fen; None: no money)."""

    motion: Motion
    fen: int | None


class BallotTerms(NamedTuple):
    """What the party's next ballot must carry, for the page that encrypts it."""

    manifest: dict[str, Any]
    party: int
    number: int
    previous: str
    key: str


def phase(session: Session, at: datetime) -> Phase:
    """Where a session stands by its state and the clock."""
    if session.state != "frozen":
        return session.state  # type: ignore[return-value]
    if session.opens_at is None or session.closes_at is None:
        raise ValueError("a frozen session has its times")
    if at < session.opens_at:
        return "announced"
    return "open" if at < session.closes_at else "closed"


def sessions_of(estate_id: int) -> QuerySet[Session]:
    """The sessions of an estate, the newest first."""
    return Session.objects.filter(estate_id=estate_id).order_by("-pk")


def session_by_code(code: str) -> Session | None:
    """The session of a public code, drafts excluded."""
    return Session.objects.exclude(state="draft").filter(code=code.upper()).first()


def receipt_by_code(code: str) -> Ballot | None:
    raise NotImplementedError


def motions_with_shares(party: Party) -> list[MotionShare]:
    raise NotImplementedError


def ballot_terms(party: Party) -> BallotTerms:
    raise NotImplementedError


def why_one_head(session: Session) -> Iterator[HeadLine]:
    raise NotImplementedError


def turnout(session: Session) -> list[Turnout]:
    """The whole roll first, then by building and entrance."""
    raise NotImplementedError


def not_yet_voted(session: Session) -> Sequence[Party]:
    raise NotImplementedError


def result_of(session: Session) -> Any:
    raise NotImplementedError


def board_proof(session: Session, seq: int) -> dict[str, Any] | None:
    """Entry, manifest line, inclusion path and checkpoint, as the check page wants them."""
    raise NotImplementedError
