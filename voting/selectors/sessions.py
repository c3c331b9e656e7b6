"""Sessions: where they stand, what is due, the terms they are held under."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple, cast

from django.db.models import Count, F, Max, Q, QuerySet, Sum

from core.canonical import parse_canonical
from core.deadlines import floor_ten_minutes
from voting.models import (
    Session,
)
from voting.protocol import manifest
from voting.protocol.manifest import Manifest

Phase = Literal["draft", "announced", "open", "closed", "counted", "resolved", "cancelled"]


class Progress(NamedTuple):
    """How far a session is; areas in 0.01 m². Participation only, never a count."""

    phase: Phase
    heads: int
    heads_voted: int
    area: int
    area_voted: int
    ballots: int


def phase(session: Session, at: datetime) -> Phase:
    """Where a session stands by its state and the clock."""
    if session.state != "frozen":
        return cast(Phase, session.state)
    if session.opens_at is None or session.closes_at is None:
        raise ValueError("a frozen session has its times")
    if at < session.opens_at:
        return "announced"
    return "open" if at < session.closes_at else "closed"


def why_not_cancelled(session: Session, at: datetime) -> str:
    """Why a session cannot be called off any more; "" as long as it can."""
    now = phase(session, at)
    if now == "cancelled":
        return "会议已经取消"
    return "" if now in {"draft", "announced"} else "投票已经开始，不能再取消"


def why_not_reissued(session: Session, at: datetime) -> str:
    """Why no letter of a frozen session can be reissued any more; "" as long as one can."""
    now = phase(session, at)
    if now == "cancelled":
        return "会议已经取消"
    return "" if now in {"announced", "open"} else "投票已经截止，不能再补发"


def sessions_of(estate_id: int) -> QuerySet[Session]:
    """The sessions of an estate, the newest first."""
    return Session.objects.filter(estate_id=estate_id).order_by("-pk")


def session_by_code(code: str) -> Session | None:
    """The session of a public code, drafts excluded."""
    found = Session.objects.exclude(state="draft").select_related("estate")
    return found.filter(code=code.strip().upper()).first()


def terms(session: Session) -> Manifest:
    """The manifest a frozen session is held under. Read once per process: it never changes."""
    return _terms(session.pk, session.manifest_hash)


@lru_cache(maxsize=32)
def _terms(session_id: int, manifest_hash: str) -> Manifest:
    stored = Session.objects.values_list("manifest", flat=True).get(
        pk=session_id, manifest_hash=manifest_hash
    )
    return manifest.parse(parse_canonical(bytes(stored)))


def progress(session: Session, at: datetime) -> Progress:
    """How many have taken part so far."""
    voted = Q(ballots__gt=0)
    sums = session.parties.aggregate(
        heads=Count("pk"),
        heads_voted=Count("pk", filter=voted),
        # Before `area`: an aggregate of that name would hide the column.
        area_voted=Sum("area", filter=voted, default=0),
        area=Sum("area", default=0),
        ballots=Sum("ballots", default=0),
    )
    return Progress(phase=phase(session, at), **sums)


def due_to_notify(at: datetime) -> QuerySet[Session]:
    """Announced sessions whose notice for the wall is still to be issued.

    None that is over: a notice dated after the vote would prove nothing.
    """
    return Session.objects.filter(state="frozen", notice__isnull=True, closes_at__gt=at)


def due_to_close(at: datetime) -> QuerySet[Session]:
    """Sessions whose time is over and that nobody has closed."""
    return Session.objects.filter(state="frozen", closes_at__lte=at)


def due_to_count(at: datetime) -> QuerySet[Session]:
    """Closed sessions without a tally; whether objections are over the command says."""
    waiting = Q(ceremony__tallied_at__isnull=True)  # true where there is no ceremony, too
    return Session.objects.filter(waiting, state="closed", closes_at__lte=at)


def due_to_post() -> QuerySet[Session]:
    """Counted sessions: whether a preliminary result is to be posted, `must_post` says."""
    return Session.objects.filter(state="counted")


def due_to_resolve(at: datetime) -> QuerySet[Session]:
    """Counted sessions whose preliminary result is no longer on show; the command says more."""
    return Session.objects.filter(state="counted").exclude(preliminaries__until__gt=at)


def open_sessions(at: datetime) -> QuerySet[Session]:
    """Sessions in which owners can vote."""
    return Session.objects.filter(state="frozen", opens_at__lte=at, closes_at__gt=at)


def to_tell_opened(at: datetime) -> QuerySet[Session]:
    """Sessions that are open and whose owners were not told yet."""
    return open_sessions(at).filter(opened_told_at__isnull=True)


def to_remind(at: datetime) -> QuerySet[Session]:
    """Open sessions with three days left or less, and nobody reminded."""
    soon = at + timedelta(days=3)
    return open_sessions(at).filter(closes_at__lte=soon, reminded_at__isnull=True)


def to_tell_result() -> QuerySet[Session]:
    """Sessions whose result nobody was told yet."""
    return Session.objects.filter(state="resolved", result_told_at__isnull=True)


def uncovered(at: datetime) -> QuerySet[Session]:
    """Sessions whose board has grown since a checkpoint of an earlier ten minutes."""
    covered = Max("board__checkpoints__size")
    signed_at = Max("board__checkpoints__time")
    return (
        Session.objects.filter(board__isnull=False)
        .annotate(covered=covered, signed_at=signed_at)
        .filter(board__size__gt=F("covered"), signed_at__lt=floor_ten_minutes(at))
    )
