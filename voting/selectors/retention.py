"""How long a session's ballots are kept, what keeps them longer, and that they are gone."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.holds import NOTHING_HELD, Held, held_at
from core.deadlines import local_day
from core.errors import RuleViolation
from core.retention import LEAST_YEARS
from logbook.selectors import erasure_of
from voting.domain.objections import UNSETTLED
from voting.domain.retention import DEFAULT_YEARS, kept_until, years_kept
from voting.domain.standing import standing
from voting.models import (
    Assistance,
    CourtOrder,
    Objection,
    Party,
    Proxy,
    Ruling,
    Session,
    StandingEvent,
    Transfer,
)
from voting.selectors.board import board_of

REHEARSED = timedelta(days=184)
# Of objections; the database lets the contact of no other one be emptied.
SETTLED = ("answered", "ruled", "withdrawn")
# What is under dispute is kept; what was revoked or replaced is decided.
_IN_DISPUTE = {"challenged", "correction", "suspended"}


class Retention(NamedTuple):
    """`until`: the first instant of destruction, None before the resolution. `waits`: what
    keeps the ballots beyond it, as sentences. `destroyed_at`: they are gone."""

    until: datetime | None
    waits: Sequence[str]
    destroyed_at: datetime | None

    def due(self, at: datetime) -> bool:
        """Whether the ballots are to be destroyed at this instant."""
        if self.until is None or self.destroyed_at is not None:
            return False
        return self.until <= at and not self.waits


def retention_of(session: Session, at: datetime) -> Retention:
    """How long this session's ballots are kept, as things stand at `at`."""
    if session.state != "resolved":
        return Retention(None, (), destroyed_at(session))
    decided = board_of(session).entries.get(kind="resolution").recorded_at
    until = kept_until(
        decided=decided, years=ballot_years(session), last_act=_last_act(session, decided)
    )
    return Retention(until, _waits(session, at, held_at(at)), destroyed_at(session))


def ballot_years(session: Session) -> int:
    """For how many years after the resolution the session's ballots are kept at least."""
    stated = session.profile.get("retention.ballot_years")
    return years_kept(int(stated["value"] or 0) if stated else DEFAULT_YEARS)


def destroyed_at(session: Session) -> datetime | None:
    """When this session's ballots were destroyed."""
    gone = erasure_of(session.board) if session.board else None
    return gone.at if gone else None


def demand_ballots(session: Session) -> None:
    """RuleViolation "ballots.destroyed" with the day, once the ballots are gone."""
    gone = destroyed_at(session)
    if gone is not None:
        day = local_day(gone)
        raise RuleViolation(
            "ballots.destroyed",
            f"这次会议的选票已于{day.year}年{day.month}月{day.day}日按保管期限销毁，"
            "这件事不能再办；结果、决议和检查点还在",
        )


def past_their_years(at: datetime) -> list[Session]:
    """Sessions whose ballots' time is over, and nothing keeps them but a legal hold."""
    return [
        one
        for one in _old(at)
        if retention_of(one, at)._replace(waits=_waits(one, at, NOTHING_HELD)).due(at)
    ]


def due_to_destroy(at: datetime) -> list[Session]:
    """Sessions whose ballots' time is over, with nothing in dispute."""
    return [one for one in _old(at) if retention_of(one, at).due(at)]


def rehearsals_with_people(at: datetime) -> list[Session]:
    """Rehearsals whose people's data are of no more use: nothing they decide can be contested.
    Half a year after the planned end, whatever became of them; not looking at legal holds."""
    over = Session.objects.filter(rehearsal=True, closes_at__lte=at - REHEARSED)
    return list(_with_people(over))


def unresolved_with_people(at: datetime) -> list[Session]:
    """Votes that never came to a resolution, or were called off, and whose people's data have
    been kept as long after the planned end as ballots are after a resolution; not looking at
    legal holds."""
    least = at - timedelta(days=365 * LEAST_YEARS)
    old = Session.objects.filter(rehearsal=False, closes_at__lte=least)
    unresolved = _with_people(old.exclude(state="resolved"))
    return [one for one in unresolved if people_are_due(one, at)]


def people_are_due(session: Session, at: datetime) -> bool:
    """Whether the time of a rehearsal's or an unresolved vote's people is over."""
    planned = session.closes_at
    if planned is None:
        return False
    if session.rehearsal:
        return planned + REHEARSED <= at
    acted = _last_act(session, planned) if session.board else planned
    until = kept_until(decided=planned, years=ballot_years(session), last_act=acted)
    return session.state != "resolved" and until <= at


def _with_people(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Those with something left that `voting.services.retention.forget_people` empties."""
    here = {"session": OuterRef("pk")}
    kept = (
        Party.objects.filter(**here).exclude(phone="", document_tails=""),
        Proxy.objects.filter(**here).exclude(agent_name="", agent_phone="", content=b""),
        Assistance.objects.filter(**here).exclude(recording="", witnesses=""),
        Transfer.objects.filter(**here).exclude(document_name="", content=b"", was=""),
        Objection.objects.filter(**here, state__in=SETTLED).exclude(
            contact="", contact_hash=""
        ),
    )
    left = reduce(or_, (Q(Exists(one)) for one in kept))
    return sessions.filter(left).select_related("board", "estate").order_by("pk")


def _old(at: datetime) -> QuerySet[Session]:
    # A rough sieve first: nothing is due before the least years are over.
    least = at - timedelta(days=365 * LEAST_YEARS)
    old = Session.objects.filter(
        state="resolved", closes_at__lte=least, board__erasure__isnull=True
    )
    return old.select_related("board")


def _last_act(session: Session, decided: datetime) -> datetime:
    befell = StandingEvent.objects.filter(session=session).defer("content").last()
    last = board_of(session).entries.order_by("-seq").values_list("recorded_at", flat=True)[0]
    return max(decided, last) if befell is None else max(decided, last, befell.recorded_at)


def _waits(session: Session, at: datetime, held: Held) -> tuple[str, ...]:
    found = []
    if held.keeps(session.estate_id, session=session.code):
        found.append("依法保全期间")
    open_ = Q(state__in=UNSETTLED) | Q(state="answered", dispute_until__gt=at)
    if Objection.objects.filter(open_, session=session).exists():
        found.append("还有没办完的异议")
    if Ruling.objects.filter(session=session, state="proposed").exists():
        found.append("还有等第二人决定的裁定")
    if CourtOrder.objects.filter(session=session, state="proposed").exists():
        found.append("还有等第二人核对的法院文书")
    events = list(session.events.values_list("motion", "kind"))
    motions = [None, *session.motions.values_list("pk", flat=True)]
    now = {
        standing([kind for about, kind in events if about in (None, motion)])
        for motion in motions
    }
    if now & _IN_DISPUTE:
        found.append("决定还在异议、诉讼、责令改正或者中止执行中")
    return tuple(found)
