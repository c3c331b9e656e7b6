"""Drafting a session: everything that can still be changed before it is frozen."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from secrets import choice
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from core.codes import new_code
from core.errors import RuleViolation
from logbook.steps import record_act
from registry.models import Building, Estate
from voting.domain.drafts import (
    attachment_reasons,
    content_type,
    file_name,
    motion_reasons,
    session_reasons,
    silence_reasons,
)
from voting.domain.reasons import Reason, demand_none
from voting.models import Attachment, Motion, Session
from voting.selectors import why_not_cancelled

_CODE_LENGTH = 8
_MAX_MOTIONS = 20


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
        code=new_code(_CODE_LENGTH, choice),
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
    _check(session, {name: getattr(session, name) for name in _DRAFT_FIELDS})
    session.save()
    _record(session, "session.created", {}, actor=actor, at=at)
    return session


_DRAFT_FIELDS = (
    "title",
    "meeting",
    "organiser_kind",
    "organiser",
    "contact_phone",
    "contact_place",
    "scope",
    "opening_policy",
    "revote",
    "rehearsal",
    "paper",
    "allow_document_check",
    "notice_on",
    "opens_at",
    "closes_at",
)


@transaction.atomic(durable=True)
def edit_session(
    *, session_id: int, changes: Mapping[str, Any], actor: str, at: datetime
) -> Session:
    """Change fields of a draft (names of `create_session`). RuleViolation "session.invalid"."""
    session = _draft(session_id)
    _check(session, changes)
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
    session = _draft(session_id)
    reasons = motion_reasons(matter=matter, title=title, text=text, cost_fen=cost_fen)
    if motion_id is None and session.motions.count() >= _MAX_MOTIONS:
        reasons.append(Reason("motion.too_many", f"一次会议最多{_MAX_MOTIONS}项"))
    others = list(session.motions.filter(position__in=needs).exclude(pk=motion_id or 0))
    if len(others) != len(set(needs)):
        sentence = "作为前提的事项要是这次会议的另一项"
        reasons.append(Reason("motion.needs", sentence, "needs"))
    demand_none("motion.invalid", reasons)
    if motion_id is None:
        last = session.motions.aggregate(last=Max("position"))["last"] or 0
        motion = Motion(session=session, position=last + 1)
    else:
        motion = session.motions.get(pk=motion_id)
    motion.matter, motion.title, motion.text = matter, title.strip(), text.strip()
    motion.cost_fen = cost_fen
    motion.save()
    motion.needs.set(others)
    _record(session, "motion.saved", {"position": motion.position}, actor=actor, at=at)
    return motion


@transaction.atomic(durable=True)
def remove_motion(*, motion_id: int, actor: str, at: datetime) -> None:
    """Take a motion out of a draft; the later ones move up."""
    motion = Motion.objects.get(pk=motion_id)
    session = _draft(motion.session_id)
    position = motion.position
    motion.delete()
    for later in session.motions.filter(position__gt=position).order_by("position"):
        later.position -= 1
        later.save(update_fields=["position"])
    _record(session, "motion.removed", {"position": position}, actor=actor, at=at)


@transaction.atomic(durable=True)
def cite_silence(
    *, session_id: int, clause: str, page: str, actor: str, at: datetime
) -> Session:
    """Cite the estate's own rule on silence, or, with both empty, hold the vote without one.

    RuleViolation "silence.invalid" with every reason.
    """
    session = _draft(session_id)
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
    session = _draft(motion.session_id)
    plain = file_name(name)
    most = settings.UPLOAD_MAX_BYTES
    demand_none(
        "attachment.invalid", attachment_reasons(name=plain, content=content, most=most)
    )
    digest = sha256(content).hexdigest()
    attachment = motion.attachments.create(
        name=plain, content_type=content_type(content) or "", content=content, sha256=digest
    )
    facts = {"position": motion.position, "sha256": digest}
    _record(session, "attachment.added", facts, actor=actor, at=at)
    return attachment


@transaction.atomic(durable=True)
def remove_attachment(*, attachment_id: int, actor: str, at: datetime) -> None:
    """Take an attachment out of a draft."""
    attachment = Attachment.objects.select_related("motion").get(pk=attachment_id)
    session = _draft(attachment.motion.session_id)
    facts = {"position": attachment.motion.position, "sha256": attachment.sha256}
    attachment.delete()
    _record(session, "attachment.removed", facts, actor=actor, at=at)


def _draft(session_id: int) -> Session:
    session = Session.objects.select_for_update(no_key=True).get(pk=session_id)
    if session.state != "draft":
        raise RuleViolation("session.not_draft", "会议已经公告，事项、名册和时间都不能再改")
    return session


def _check(session: Session, changes: Mapping[str, Any]) -> None:
    reasons = session_reasons(
        changes,
        organisers=[kind for kind, _label in Session.ORGANISERS],
        policies=[policy for policy, _label in Session.POLICIES],
    )
    if not reasons:
        named = {part["building"] for part in changes.get("scope", ())}
        known = Building.objects.filter(estate=session.estate_id, pk__in=named).count()
        if known != len(named):
            reasons.append(Reason("session.scope", "选择的楼幢不在本小区", "scope"))
    demand_none("session.invalid", reasons)


def _record(
    session: Session, act: str, facts: Mapping[str, Any], *, actor: str, at: datetime
) -> None:
    place = f"estate/{session.estate.code}"
    record_act(place, act, {"session": session.code, **facts}, actor=actor, at=at)
