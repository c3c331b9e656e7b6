"""How a session is convened, as the domain weighs it; and what waits before a street office."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet

from core.deadlines import local_day
from registry.domain.profiles import RuleValue
from voting.domain import convening
from voting.domain.demands import Support, support
from voting.domain.extending import Window
from voting.domain.organisers import Person
from voting.domain.parties import VotingParty
from voting.domain.reviewing import Reviewed, fingerprint
from voting.domain.wording import wording_hash
from voting.models import Demand, Extension, Motion, Review, Session
from voting.selectors.elections import drafted, is_election


def members_of(session: Session) -> list[Person]:
    """The members of the organiser's group."""
    return [
        Person(one.name, one.side, one.is_head, one.consents) for one in session.members.all()
    ]


def supervisors_of(session: Session) -> list[Person]:
    """监票人, as named for this session."""
    return [
        Person(one.name, one.side, False, one.consents) for one in session.supervisors.all()
    ]


class Side(NamedTuple):
    """How many come from one side, and the names of those who consented (PIPL 25)."""

    side: str
    people: int
    names: tuple[str, ...]


def published(people: Sequence[Person]) -> list[Side]:
    """People as a public page may show them: by side, in order of appearance."""
    sides = dict.fromkeys(person.side for person in people)
    return [
        Side(
            side,
            sum(person.side == side for person in people),
            tuple(one.name for one in people if one.side == side and one.consents),
        )
        for side in sides
    ]


def has_basis(session: Session) -> bool:
    """Whether the paper the organiser convenes by is on file."""
    return hasattr(session, "basis")


def demand_of(session: Session) -> Demand | None:
    """The owners' demand for this meeting, if one was recorded."""
    return Demand.objects.filter(session=session).first()


def support_of(session: Session, parties: Sequence[VotingParty]) -> Support | None:
    """How much of the estate demands this meeting. `parties`: of the whole estate."""
    found = demand_of(session)
    if found is None:
        return None
    return support(parties, set(found.units.values_list("pk", flat=True)))


def is_waived(motion: Motion) -> bool:
    """Whether somebody answers for exactly this wording."""
    waiver = getattr(motion, "waiver", None)
    return waiver is not None and waiver.sha256 == wording_hash(
        motion.matter, motion.title, motion.text
    )


def questions_of(motions: Sequence[Motion]) -> list[convening.Question]:
    """The motions of a draft as they are weighed."""
    return [
        convening.Question(
            motion.position,
            motion.matter,
            motion.title,
            motion.text,
            is_waived(motion),
            len(motion.attachments.all()),
            tuple(sorted(needed.position for needed in motion.needs.all())),
        )
        for motion in motions
    ]


def motions_of(session: Session) -> list[Motion]:
    """The motions of a session with all that their weighing looks at."""
    found = session.motions.select_related("waiver", "election")
    return list(found.prefetch_related("attachments", "needs"))


def draft_of(
    session: Session,
    motions: Sequence[Motion],
    values: Mapping[str, RuleValue],
    demand: Support | None,
) -> convening.Draft:
    """A draft as the domain weighs it."""
    return convening.Draft(
        motions=questions_of(motions),
        partial_scope=bool(session.scope),
        opening_policy=session.opening_policy,
        notice_on=session.notice_on,
        opens_at=session.opens_at,
        closes_at=session.closes_at,
        profile=values,
        rehearsal=session.rehearsal,
        meeting=session.meeting,
        organiser_kind=session.organiser_kind,
        organiser=session.organiser,
        paper=session.paper,
        has_basis=has_basis(session),
        members=members_of(session),
        demand=demand,
        supervisors=supervisors_of(session),
        reviewed=reviewed(session),
        fingerprint=fingerprint(shown_to_street(session, motions)),
        silence_clause=session.silence_clause,
        elections=[drafted(motion.election) for motion in motions if is_election(motion)],
    )


def requirements_of(session: Session) -> dict[int, tuple[int, ...]]:
    """Position of a motion → positions of those that must pass for it to take effect."""
    return convening.requirements(draft_of(session, motions_of(session), {}, None))


# --- before the street office -----------------------------------------------------------


def shown_to_street(session: Session, motions: Sequence[Motion]) -> dict[str, Any]:
    """What a review is about: everything but the times, which the periods of law judge."""
    return {
        "title": session.title,
        "meeting": session.meeting,
        "organiser": [session.organiser_kind, session.organiser],
        "scope": [[str(part["building"]), part["entrance"]] for part in session.scope],
        "opening_policy": session.opening_policy,
        "revote": session.revote,
        "motions": [
            {
                "matter": motion.matter,
                "title": motion.title,
                "text": motion.text,
                "cost": motion.cost_fen or 0,
                "needs": sorted(needed.position for needed in motion.needs.all()),
                "files": sorted(file.sha256 for file in motion.attachments.all()),
            }
            for motion in motions
        ],
    }


def last_review(session: Session) -> Review | None:
    """The review under way, or the last one."""
    return session.reviews.order_by("-pk").first()


def reviewed(session: Session) -> Reviewed | None:
    """Where the last review stands."""
    found = last_review(session)
    if found is None:
        return None
    return Reviewed(
        sha256=found.sha256,
        ends_at=found.ends_at,
        ended=found.ended_at is not None,
        answers=[comment.answer_kind for comment in found.comments.all()],
    )


def reviews_under_way(at: datetime) -> QuerySet[Review]:
    """Reviews of drafts on which the street can still speak, by the end of their period."""
    return (
        Review.objects.filter(session__state="draft", ended_at=None, ends_at__gt=at)
        .select_related("session__estate")
        .order_by("ends_at")
    )


def extension_of(session: Session) -> Extension | None:
    """The one extension of a session, if there was one."""
    return Extension.objects.filter(session=session).select_related("document").first()


def extension_window(session: Session) -> Window:
    """A frozen session's window, and what its rules say of an extension."""
    if session.opens_at is None or session.closes_at is None:
        raise ValueError("a frozen session has its times")
    most = session.profile.get("max_extension_days")
    window = session.profile.get("window_days")
    return Window(
        opens_at=session.opens_at,
        closes_at=session.closes_at,
        extended=extension_of(session) is not None,
        most_days=int(most["value"] or 0) if most else 0,
        longest_days=int(window["value"][1]) if window and not session.rehearsal else None,
    )


def to_tell_extended() -> QuerySet[Session]:
    """Sessions that were extended and whose owners were not told yet."""
    return Session.objects.filter(
        state="frozen", extension__isnull=False, extension__told_at__isnull=True
    )


def days_of(review: Review, at: datetime) -> int:
    """Calendar days since the draft was handed in."""
    return (local_day(at) - local_day(review.submitted_at)).days
