"""Drafting a session: everything that can still be changed before it is frozen."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from secrets import choice
from typing import Any

from django.db import transaction

from core.codes import new_code
from core.errors import RuleViolation
from logbook.steps import record_act
from registry.models import Estate
from voting.domain.drafts import same_scope, silence_reasons
from voting.domain.reasons import Reason, demand_none
from voting.models import Attachment, Motion, Session
from voting.selectors import why_not_cancelled
from voting.steps import (
    SESSION_CODE,
    Question,
    attach,
    begin_draft,
    demand_terms,
    locked_draft,
    put_motion,
    take_out,
)


@transaction.atomic(durable=True)
def create_session(  # noqa: PLR0913 (the form has as many fields)
    *,
    estate_id: int,
    title: str,
    organiser_kind: str,
    organiser: str,
    contact_phone: str,
    meeting: str = "regular",
    contact_place: str = "",
    scope: Sequence[Mapping[str, Any]] = (),
    opening_policy: str = "secret",
    revote: bool = True,
    rehearsal: bool = False,
    paper: bool = False,
    allow_document_check: bool = True,
    notice_on: date | None = None,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    actor: str,
    at: datetime,
) -> Session:
    """Begin a draft. RuleViolation "session.invalid" with facts["reasons"]."""
    estate = Estate.objects.get(pk=estate_id)
    session = Session(
        estate=estate,
        code=new_code(SESSION_CODE, choice),
        title=title,
        meeting=meeting,
        organiser_kind=organiser_kind,
        organiser=organiser,
        contact_phone=contact_phone,
        contact_place=contact_place,
        scope=[dict(part) for part in scope],
        opening_policy=opening_policy,
        revote=revote,
        rehearsal=rehearsal,
        paper=paper,
        allow_document_check=allow_document_check,
        notice_on=notice_on,
        opens_at=opens_at,
        closes_at=closes_at,
        created_by=actor,
        created_at=at,
    )
    begin_draft(session)
    _record(session, "session.created", {}, actor=actor, at=at)
    return session


@transaction.atomic(durable=True)
def edit_session(
    *, session_id: int, changes: Mapping[str, Any], actor: str, at: datetime
) -> Session:
    """Change fields of a draft (names of `create_session`).

    RuleViolation "session.invalid", and "motion.proposed" for the scope of a draft that holds
    a motion made for this scope.
    """
    session = locked_draft(session_id)
    demand_terms(session, changes)
    _demand_scope_kept(session, changes)
    for name, value in changes.items():
        setattr(session, name, value)
    session.save(update_fields=list(changes))
    _record(session, "session.edited", {"fields": sorted(changes)}, actor=actor, at=at)
    return session


@transaction.atomic(durable=True)
def cancel_session(*, session_id: int, reason: str, actor: str, at: datetime) -> Session:
    """Call a session off, at the latest before it opens; what was frozen stays on record."""
    session = Session.objects.select_for_update(no_key=True).get(pk=session_id)
    too_late = why_not_cancelled(session, at)
    if too_late:
        raise RuleViolation("session.too_late_to_cancel", too_late)
    if not reason.strip():
        raise RuleViolation("session.cancel_reason", "请写明取消的原因")
    session.state = "cancelled"
    session.save(update_fields=["state"])
    digest = sha256(reason.encode()).hexdigest()
    _record(session, "session.cancelled", {"reason_sha256": digest}, actor=actor, at=at)
    return session


@transaction.atomic(durable=True)
def save_motion(  # noqa: PLR0913 (the form has as many fields)
    *,
    session_id: int,
    motion_id: int | None = None,
    matter: int,
    title: str,
    text: str,
    cost_fen: int | None = None,
    needs: Sequence[int] = (),
    actor: str,
    at: datetime,
) -> Motion:
    """Add a motion at the end, or change one. RuleViolation "motion.invalid".

    `needs`: positions of other motions without which it does not take effect.
    """
    session = locked_draft(session_id)
    motion = None if motion_id is None else session.motions.get(pk=motion_id)
    if motion is not None:
        _demand_by_hand(motion)
    asked = Question(matter, title, text, cost_fen, needs)
    motion = put_motion(session, asked, motion)
    _record(session, "motion.saved", {"position": motion.position}, actor=actor, at=at)
    return motion


@transaction.atomic(durable=True)
def remove_motion(*, motion_id: int, actor: str, at: datetime) -> None:
    """Take a motion out of a draft; the later ones move up."""
    motion = Motion.objects.get(pk=motion_id)
    session = locked_draft(motion.session_id)
    _demand_by_hand(motion)
    position = take_out(session, motion)
    _record(session, "motion.removed", {"position": position}, actor=actor, at=at)


@transaction.atomic(durable=True)
def cite_silence(
    *, session_id: int, clause: str, page: str, actor: str, at: datetime
) -> Session:
    """Cite the estate's own rule on silence, or, with both empty, hold the vote without one.

    RuleViolation "silence.invalid" with every reason.
    """
    session = locked_draft(session_id)
    clause, page = clause.strip(), page.strip()
    reasons = silence_reasons(clause=clause, page=page)
    if clause and session.meeting == "first":
        sentence = "首次业主大会会议还没有议事规则可以引用，不能用“未表态”规则"
        reasons.append(Reason("silence.first_assembly", sentence, "clause"))
    demand_none("silence.invalid", reasons)
    session.silence_clause, session.silence_page = clause, page
    session.save(update_fields=["silence_clause", "silence_page"])
    _record(session, "session.silence", {"cited": bool(clause)}, actor=actor, at=at)
    return session


@transaction.atomic(durable=True)
def add_attachment(
    *, motion_id: int, name: str, content: bytes, actor: str, at: datetime
) -> Attachment:
    """Attach a PDF, PNG or JPEG. RuleViolation "attachment.invalid"."""
    motion = Motion.objects.get(pk=motion_id)
    session = locked_draft(motion.session_id)
    _demand_by_hand(motion)
    attachment = attach(motion, name=name, content=content)
    facts = {"position": motion.position, "sha256": attachment.sha256}
    _record(session, "attachment.added", facts, actor=actor, at=at)
    return attachment


@transaction.atomic(durable=True)
def remove_attachment(*, attachment_id: int, actor: str, at: datetime) -> None:
    """Take an attachment out of a draft."""
    attachment = Attachment.objects.select_related("motion").get(pk=attachment_id)
    session = locked_draft(attachment.motion.session_id)
    _demand_by_hand(attachment.motion)
    facts = {"position": attachment.motion.position, "sha256": attachment.sha256}
    attachment.delete()
    _record(session, "attachment.removed", facts, actor=actor, at=at)


def _demand_by_hand(motion: Motion) -> None:
    if motion.proposal:
        raise RuleViolation(
            "motion.proposed",
            "这一项由维修申请生成，方案、金额和附件不能在这里改：请在申请里撤回，改好再提交",
        )


def _demand_scope_kept(session: Session, changes: Mapping[str, Any]) -> None:
    """Who benefits decides and pays (165号令 19): a proposed motion is about one scope only."""
    if not session.motions.exclude(proposal="").exists():
        return
    if "scope" in changes and not same_scope(changes["scope"], session.scope):
        sentence = "这次会议里有维修申请生成的事项，表决范围不能改：请先在申请里撤回那一项"
        demand_none("motion.proposed", [Reason("motion.proposed", sentence, "scope")])
    if changes.get("rehearsal"):
        sentence = "这次会议里有维修申请生成的事项，不能改成演练：演练的结果不算数"
        reasons = [Reason("motion.proposed", sentence, "rehearsal")]
        demand_none("motion.proposed", reasons)


def _record(
    session: Session, act: str, facts: Mapping[str, Any], *, actor: str, at: datetime
) -> None:
    place = f"estate/{session.estate.code}"
    record_act(place, act, {"session": session.code, **facts}, actor=actor, at=at)
