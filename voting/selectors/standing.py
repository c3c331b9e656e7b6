"""Whether a decision holds, and what befell it; and whether its result is ready to be one."""

from datetime import datetime
from typing import NamedTuple

from django.db.models import QuerySet

from voting.domain.standing import Standing, standing
from voting.models import Motion, PreliminaryResult, Session, StandingEvent
from voting.selectors.objections import posting_days, preliminary_of
from voting.selectors.rulings import final_results, late_excluded, results_after

LABELS = dict(StandingEvent.KINDS)


class DecisionStatus(NamedTuple):
    """One motion: whether what depends on it may go on, and why not.

    `verdict`: passed | rejected | no_quorum | undetermined, or "" before the resolution.
    """

    motion: Motion
    verdict: str
    standing: Standing
    holds: bool

    @property
    def label(self) -> object:
        return LABELS.get(self.standing, "")


def events_of(session: Session) -> QuerySet[StandingEvent]:
    """What befell the decisions of a session, in order; without the papers themselves."""
    return session.events.select_related("motion", "replaced_by").defer("content")


def decision_status(session: Session) -> list[DecisionStatus]:
    """Every motion of a session, in order."""
    events = list(events_of(session).values_list("motion", "kind"))
    motions = list(session.motions.all())
    verdicts = [""] * len(motions)
    if session.state == "resolved":
        verdicts = [
            results[0] if len(results) == 1 else "undetermined"
            for results in final_results(session)
        ]
    found = []
    for motion, verdict in zip(motions, verdicts, strict=True):
        now = standing([kind for about, kind in events if about in (None, motion.pk)])
        holds = verdict == "passed" and now == "holds" and not session.rehearsal
        found.append(DecisionStatus(motion, verdict, now, holds))
    return found


def decision_holds(motion: Motion) -> bool:
    """Whether what rests on this motion may go on: it passed, for certain, and nothing is in
    its way. Asked by whoever spends or acts on it, at every step."""
    session = Session.objects.select_related("board").get(pk=motion.session_id)
    return any(one.holds for one in decision_status(session) if one.motion.pk == motion.pk)


def correction_pending(session: Session) -> bool:
    """Whether a correction was ordered and is not done: no resolution is issued before."""
    kinds = list(session.events.values_list("motion", "kind"))
    return any(
        standing([kind for about, kind in kinds if about in (None, motion)]) == "correction"
        for motion in session.motions.values_list("pk", flat=True)
    )


def must_post(session: Session) -> bool:
    """Whether a preliminary result is due: none is on show, or rulings have changed it."""
    if session.state != "counted" or not posting_days(session):
        return False
    posted = preliminary_of(session)
    return posted is None or is_stale(session, posted)


def is_stale(session: Session, posted: PreliminaryResult) -> bool:
    """Whether late rulings since have changed what a verdict can be."""
    late = len(late_excluded(session))
    return late > posted.late_rulings and results_after(
        session, posted.late_rulings
    ) != results_after(session, late)


def to_tell_preliminary(at: datetime) -> QuerySet[PreliminaryResult]:
    """Posted, and the owners not told yet."""
    return PreliminaryResult.objects.filter(told_at__isnull=True, until__gt=at)


def to_tell_standing() -> QuerySet[StandingEvent]:
    """Events the owners were not told of yet (物业管理条例 19: 通告全体业主)."""
    found = StandingEvent.objects.filter(told_at__isnull=True, session__rehearsal=False)
    return found.defer("content")
