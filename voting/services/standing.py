"""What befalls a decision: correction ordered, challenged, suspended, revoked, superseded."""

from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.permissions import Permission, roles_with
from core.deadlines import local_day
from core.errors import RuleViolation
from documents.models import Document
from documents.steps import mark_revoked, mark_superseded, note_standing
from documents.wording import day
from logbook.steps import record_act
from registry.fields import open_bytes, seal_bytes
from voting.domain.drafts import attachment_reasons, content_type
from voting.domain.reasons import Reason, demand_none
from voting.domain.standing import Event, Standing, demand_may_follow, event_reasons, standing
from voting.models import Session, StandingEvent
from voting.steps import Signer

_PURPOSE = "voting.standing.content"
_BEFORE_RESOLUTION = {"correction", "corrected"}
_LABELS = {kind: str(label) for kind, label in StandingEvent.KINDS}


class Paper(NamedTuple):
    """The paper an event rests on: a PDF, PNG or JPEG."""

    name: str
    content: bytes


@transaction.atomic(durable=True)
def record_event(
    *,
    session_id: int,
    motion_id: int | None,
    event: Event,
    paper: Paper,
    replaced_by: str = "",
    signer: Signer,
    at: datetime,
) -> StandingEvent:
    """Write down what befell a decision; what rests on it waits from now on, or goes on.

    `motion_id`: None for all motions. `replaced_by`: code of the session whose decision takes
    the place. Sent twice on the same paper, it is one. Nothing is deleted: the resolution
    stays, and says so. RuleViolation "standing.invalid" with every reason, "standing.role",
    "standing.no_decision", "standing.final", "standing.nothing_to_end".
    """
    rows = Session.objects.select_for_update(of=("self",), no_key=True)
    session = rows.select_related("estate").get(pk=session_id)
    if signer.role not in roles_with(Permission.RECORD_STANDING):
        raise RuleViolation("standing.role", "只有街道办事处和住建部门可以登记")
    plain = paper.name.replace("\\", "/").rsplit("/", 1)[-1].strip()
    found = event_reasons(event, today=local_day(at)) + attachment_reasons(
        name=plain, content=paper.content, most=settings.UPLOAD_MAX_BYTES
    )
    other = _replacing(session, replaced_by)
    if event.kind == "superseded" and other is None:
        found.append(
            Reason(
                "standing.replaced_by",
                "请填写代替它的那次会议的编码，要已经出了决议",
                "replaced_by",
            )
        )
    demand_none("standing.invalid", found)
    digest = sha256(paper.content).hexdigest()
    motion = None if motion_id is None else session.motions.get(pk=motion_id)
    known = session.events.filter(
        kind=event.kind, motion=motion, sha256=digest, dated=event.dated
    ).first()
    if known is not None:
        return known
    _demand_decision(session, event.kind)
    before = session.events.filter(Q(motion__isnull=True) | Q(motion=motion)).order_by("pk")
    demand_may_follow(list(before.values_list("kind", flat=True)), event.kind)
    made = StandingEvent.objects.create(
        session=session,
        motion=motion,
        kind=event.kind,
        authority=event.authority.strip(),
        reference=event.reference.strip(),
        dated=event.dated,
        reason=event.reason.strip(),
        due_on=event.due_on if event.kind == "correction" else None,
        replaced_by=other if event.kind == "superseded" else None,
        document_name=plain,
        content_type=content_type(paper.content) or "",
        content=seal_bytes(paper.content, purpose=_PURPOSE),
        sha256=digest,
        recorded_by=signer.actor,
        recorded_role=signer.role,
        recorded_at=at,
    )
    _mark(session)
    facts = {
        "session": session.code,
        "kind": event.kind,
        "sha256": digest,
        "role": signer.role,
        "motion": made.motion.position if made.motion else 0,
    }
    place = f"estate/{session.estate.code}"
    record_act(place, "decision.standing", facts, actor=signer.actor, at=at)
    return made


def paper_of_event(event: StandingEvent) -> bytes:
    """The paper an event rests on, as it was uploaded."""
    return open_bytes(bytes(event.content), purpose=_PURPOSE)


def _replacing(session: Session, code: str) -> Session | None:
    found = Session.objects.filter(estate=session.estate_id, code=code.strip().upper())
    return found.filter(state="resolved").exclude(pk=session.pk).first()


def _demand_decision(session: Session, kind: str) -> None:
    counted = session.state in {"closed", "counted"} and kind in _BEFORE_RESOLUTION
    if session.state != "resolved" and not counted:
        raise RuleViolation(
            "standing.no_decision", "还没有决议；出决议以前只能登记责令改正和改正完成"
        )


def _mark(session: Session) -> None:
    """Say it on the resolution's own page of verification."""
    if session.resolution is None:
        return
    document = Document.objects.select_for_update(no_key=True).get(pk=session.resolution.pk)
    events = list(session.events.select_related("motion", "replaced_by").defer("content"))
    whole: list[str] = [one.kind for one in events if one.motion is None]
    now = standing(whole)
    last = events[-1]
    if document.status == "issued" and now == "revoked":
        mark_revoked(document, reason=_sentence(last)[:300])
    elif document.status == "issued" and now == "superseded":
        newer = last.replaced_by.resolution if last.replaced_by else None
        if newer is not None:
            mark_superseded(document, by=newer, reason=_sentence(last)[:300])
    worst, notes = _notes(session, events)
    note_standing(document, standing=worst, note="；".join(notes)[:600])


def _notes(session: Session, events: list[StandingEvent]) -> tuple[str, list[str]]:
    """The gravest standing of any motion, and per standing in force its last event."""
    worst: Standing = "holds"
    order: list[Standing] = [
        *("holds", "challenged", "correction", "suspended", "superseded", "revoked")
    ]
    notes: list[str] = []
    for motion in session.motions.all():
        about = [one for one in events if one.motion_id in (None, motion.pk)]
        now = standing([one.kind for one in about])
        worst = max(worst, now, key=order.index)
        if now != "holds":
            cause = [one for one in about if one.kind == now][-1]
            if (sentence := _sentence(cause)) not in notes:
                notes.append(sentence)
    return ("" if worst == "holds" else worst), notes


def _sentence(event: StandingEvent) -> str:
    about = f"第{event.motion.position}项" if event.motion else ""
    due = f"，限{day(event.due_on)}以前改正" if event.due_on else ""
    return (
        f"{about}{_LABELS[event.kind]}：{event.authority}，{event.reference}，"
        f"{day(event.dated)}{due}。{event.reason}"
    )
