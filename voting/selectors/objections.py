"""Objections: how far a session is for them, who waits for what, what everybody may read."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from accounts.phones import phone_hash
from core.errors import RuleViolation
from voting.domain.objections import UNSETTLED, Course, days
from voting.models import (
    Ballot,
    Candidate,
    Objection,
    Party,
    PreliminaryResult,
    Recusal,
    Session,
)
from voting.selectors.board import challenge_ends
from voting.selectors.sessions import phase

_SINCE = Ballot.objects.filter(party=OuterRef("party"), recorded_at__gt=OuterRef("filed_at"))


class PublishedObjection(NamedTuple):
    """What anybody may read of an objection: no name, no room, no word of the objector's."""

    number: int
    about: str  # roll | took_part | result | other
    about_label: str
    state: str
    state_label: str
    filed_at: datetime
    upheld: bool | None
    answer: str
    answered_at: datetime | None
    finding: str
    ruled_at: datetime | None


def posting_days(session: Session) -> int:
    """How many days a preliminary result is on show; 0 where it is not, as in a rehearsal."""
    stated = session.profile.get("prelim_result_post_days")
    return 0 if session.rehearsal or not stated else int(stated["value"])


def preliminary_of(session: Session) -> PreliminaryResult | None:
    """The version in force of the preliminary result."""
    found = session.preliminaries.select_related("document").defer(
        "document__pdf", "document__facts"
    )
    return found.order_by("version").last()


def course(session: Session, at: datetime) -> Course:
    """How far the session is, as far as objections ask."""
    posted = preliminary_of(session)
    closed = session.state in {"closed", "counted", "resolved"}
    ends = challenge_ends(session) if closed else None
    return Course(
        stage=phase(session, at),
        challenge_ends=ends,
        box_open=closed and ends is None,
        posted_until=posted.until if posted else None,
        posts=posting_days(session) > 0,
        phone=session.contact_phone,
    )


def answer_days(session: Session | None) -> int:
    """Within how many days an objection is answered, and a proposal decided."""
    if session is None:
        return days({}, "objection_answer_days", rehearsal=False)
    return days(session.profile, "objection_answer_days", rehearsal=session.rehearsal)


def dispute_days(session: Session | None) -> int:
    """For how many days an answer can be disputed."""
    if session is None:
        return days({}, "objection_dispute_days", rehearsal=False)
    return days(session.profile, "objection_dispute_days", rehearsal=session.rehearsal)


def objections_of(session: Session) -> QuerySet[Objection]:
    """Every objection of a session, "not mine" and then the oldest first; without papers."""
    found = Objection.objects.filter(session=session).defer("content")
    return found.select_related("party").prefetch_related("party__units").order_by("number")


def estate_objections(estate_id: int) -> QuerySet[Objection]:
    """Those of an estate that belong to no session, such as those on a roll on show."""
    found = Objection.objects.filter(estate_id=estate_id, session__isnull=True)
    return found.defer("content").order_by("number")


def objections_of_party(party: Party) -> QuerySet[Objection]:
    """What one party objected to, the newest first."""
    return party.objections.defer("content").order_by("-number")


def unsettled(
    *, at: datetime, session: Session | None = None, estate_id: int | None = None
) -> QuerySet[Objection]:
    """In time and not settled: what comes next waits for these.

    Of a session, or of an estate without one (a roll on show). An answer can still be
    disputed for a while.
    """
    found = (
        Objection.objects.filter(session=session)
        if session is not None
        else Objection.objects.filter(estate_id=estate_id or 0, session__isnull=True)
    )
    waiting = Q(state__in=UNSETTLED) | Q(state="answered", dispute_until__gt=at)
    return found.filter(waiting, in_time=True)


def contesting(session: Session) -> QuerySet[Objection]:
    """Undecided objections to a party's having taken part.

    Whoever has voted again since has put it right.
    """
    return Objection.objects.filter(
        ~Exists(_SINCE), session=session, about="took_part", state__in=UNSETTLED
    )


def holding_count(session: Session, at: datetime) -> QuerySet[Objection]:
    """What the count waits for: once totals are open, no ballot can be left out unseen."""
    waiting = unsettled(session=session, at=at)
    return waiting.filter(~Exists(_SINCE), about="took_part")


def overdue_objections(estates: Iterable[int], at: datetime) -> QuerySet[Objection]:
    """Whose step should have been taken: on the street office's desk from then on."""
    found = Objection.objects.filter(estate__in=estates, state__in=UNSETTLED, due_at__lte=at)
    return found.select_related("estate", "session").defer("content").order_by("due_at")


def published_objections(
    session: Session | None = None, *, estate_id: int | None = None
) -> list[PublishedObjection]:
    """Number, kind, state and answer of each, for everybody."""
    rows = objections_of(session) if session is not None else estate_objections(estate_id or 0)
    return [
        PublishedObjection(
            number=one.number,
            about=one.about,
            about_label=one.get_about_display(),
            state=one.state,
            state_label=one.get_state_display(),
            filed_at=one.filed_at,
            upheld=one.upheld,
            answer=one.answer,
            answered_at=one.answered_at,
            finding=one.finding if one.state == "ruled" else "",
            ruled_at=one.ruled_at,
        )
        for one in rows
    ]


def demand_unconcerned(
    actor: str, session: Session | None, *, parties: Iterable[Party], hashes: Iterable[str] = ()
) -> None:
    """RuleViolation "ruling.concerned" where the person has a stake in what is decided.

    `parties`: of the roll; `hashes`: of further mobile numbers (the objector's). Candidates
    have a stake in every ballot of their session. Known by the number a person signs in
    with, and by what they declared themselves.
    """
    if session is not None and Recusal.objects.filter(session=session, actor=actor).exists():
        raise RuleViolation("ruling.concerned", "您已经声明回避，请由别人来办")
    kind, _, pk = actor.partition(":")
    user = User.objects.filter(pk=int(pk)).first() if kind == "user" and pk.isdigit() else None
    if user is None or not user.phone_hash:
        return
    stake = [*parties, *_candidates(session)]
    known = {phone_hash(party.phone) for party in stake if party.phone} | set(hashes)
    if user.phone_hash in known - {""}:
        raise RuleViolation("ruling.concerned", "这件事与您本人有关，请由别人来办")


def _candidates(session: Session | None) -> QuerySet[Party]:
    """The households of who stands for election in this session."""
    standing = Candidate.objects.filter(
        election__motion__session=session, withdrawn_at__isnull=True
    )
    found = Party.objects.filter(session=session, units__unit__in=standing.values("unit"))
    return found if session is not None else found.none()
