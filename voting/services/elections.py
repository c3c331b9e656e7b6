"""Elections: their terms, candidates, the lot that orders them, and who withdraws."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from secrets import token_bytes
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from core.errors import RuleViolation
from core.text import half_width
from logbook.steps import append_to, locked_log, record_act
from registry.fields import open_bytes, seal_bytes
from registry.selectors import current_titles
from voting.domain.candidates import (
    MOST_CANDIDATES,
    candidate_reasons,
    drawing_reasons,
    election_reasons,
)
from voting.domain.drafts import attachment_reasons, content_type, motion_reasons
from voting.domain.drawing import commitment, drawn_order
from voting.domain.reasons import Reason, demand_none
from voting.domain.thresholds import Matter
from voting.models import Candidate, Election, Motion, Session
from voting.selectors import phase
from voting.steps import board_name, checkpoint_board

_PURPOSE = "voting.candidate.withdrawal"
_MAX_MOTIONS = 20
_PHOTOS = {"image/png", "image/jpeg"}


@transaction.atomic(durable=True)
def save_election(  # noqa: PLR0913 (the form has as many fields)
    *,
    session_id: int,
    motion_id: int | None = None,
    title: str,
    text: str,
    seats: int | None,
    alternates: int | None = 0,
    ranking: str = "",
    ranking_clause: str = "",
    minimum: int | None = None,
    minimum_clause: str = "",
    by_election: bool = False,
    needs: Sequence[int] = (),
    actor: str,
    at: datetime,
) -> Motion:
    """Add an election at the end of a draft, or change its terms.

    `needs`: positions of other motions without which nobody is elected.

    RuleViolation "election.invalid" with every reason.
    """
    session = _draft(session_id)
    reasons = motion_reasons(
        matter=int(Matter.COMMITTEE), title=title, text=text, cost_fen=None
    )
    reasons += election_reasons(
        seats=seats,
        alternates=alternates,
        ranking=ranking,
        ranking_clause=ranking_clause,
        minimum=minimum,
        minimum_clause=minimum_clause,
        rankings=[name for name, _label in Election.RANKINGS],
    )
    if motion_id is None and session.motions.count() >= _MAX_MOTIONS:
        reasons.append(Reason("motion.too_many", f"一次会议最多{_MAX_MOTIONS}项"))
    others = list(session.motions.filter(position__in=needs).exclude(pk=motion_id or 0))
    if len(others) != len(set(needs)):
        reasons.append(Reason("motion.needs", "作为前提的事项要是这次会议的另一项", "needs"))
    demand_none("election.invalid", reasons)
    if motion_id is None:
        last = session.motions.aggregate(last=Max("position"))["last"] or 0
        motion = Motion(session=session, position=last + 1, matter=int(Matter.COMMITTEE))
        election = Election()
        _commit(election)
    else:
        motion = session.motions.get(pk=motion_id, election__isnull=False)
        election = motion.election
    motion.title, motion.text = title.strip(), text.strip()
    motion.save()
    motion.needs.set(others)
    election.motion = motion
    election.seats, election.alternates = seats or 0, alternates or 0
    election.ranking, election.ranking_clause = ranking, ranking_clause.strip()
    election.minimum, election.minimum_clause = minimum, minimum_clause.strip()
    election.by_election = by_election
    election.save()
    facts = {"position": motion.position, "commitment": election.draw_commitment}
    _record(session, "election.saved", facts, actor=actor, at=at)
    return motion


@transaction.atomic(durable=True)
def save_candidate(  # noqa: PLR0913 (the form has as many fields)
    *,
    motion_id: int,
    candidate_id: int | None = None,
    name: str,
    room: str,
    statement: str = "",
    conditions: Sequence[int] = (),
    consent: bool = False,
    photo: bytes | None = None,
    actor: str,
    at: datetime,
) -> Candidate:
    """Add a candidate to a draft's election, or change one; the order must be drawn again.

    `room`: of a unit the candidate owns today. RuleViolation "candidate.invalid" with every
    reason.
    """
    motion = Motion.objects.get(pk=motion_id)
    session = _draft(motion.session_id)
    election = motion.election
    name, statement = name.strip(), statement.strip()
    reasons = candidate_reasons(
        name=name, statement=statement, conditions=conditions, consent=consent
    )
    others = election.candidates.exclude(pk=candidate_id or 0)
    if candidate_id is None and others.count() >= MOST_CANDIDATES:
        sentence = f"纸质表决票最多印{MOST_CANDIDATES}人，请先按议事规则减少候选人"
        reasons.append(Reason("candidate.too_many", sentence))
    unit_id, label = _home(session, name, room, reasons)
    if any((other.name, other.room) == (name, label) for other in others):
        reasons.append(Reason("candidate.twice", "这个人已经在候选人里了", "name"))
    if photo is not None:
        reasons += attachment_reasons(
            name="照片", content=photo, most=settings.UPLOAD_MAX_BYTES
        )
        if content_type(photo) == "application/pdf":
            reasons.append(Reason("candidate.photo", "照片请用 PNG 或 JPEG", "photo"))
    demand_none("candidate.invalid", reasons)
    candidate = (
        Candidate(election=election)
        if candidate_id is None
        else election.candidates.get(pk=candidate_id)
    )
    candidate.name, candidate.unit_id, candidate.room = name, unit_id or 0, label
    candidate.statement, candidate.conditions = statement, sorted(conditions)
    candidate.consent_at, candidate.consent_by = at, actor
    old = candidate.photo if photo is not None else None
    if photo is not None:
        candidate.photo = motion.attachments.create(
            name=f"照片（{name}）",
            content_type=content_type(photo) or "",
            content=photo,
            sha256=sha256(photo).hexdigest(),
        )
    candidate.save()
    if old is not None:
        old.delete()
    _undraw(election)
    _record_candidates(session, motion, "candidate.saved", actor=actor, at=at)
    return candidate


@transaction.atomic(durable=True)
def remove_candidate(*, candidate_id: int, actor: str, at: datetime) -> None:
    """Take a candidate out of a draft, with everything known of them."""
    candidate = Candidate.objects.select_related("election__motion").get(pk=candidate_id)
    motion = candidate.election.motion
    session = _draft(motion.session_id)
    photo = candidate.photo
    candidate.delete()
    if photo is not None:
        photo.delete()
    _undraw(candidate.election)
    _record_candidates(session, motion, "candidate.removed", actor=actor, at=at)


@transaction.atomic(durable=True)
def draw_order(*, motion_id: int, words: str, actor: str, at: datetime) -> Election:
    """Draw the candidates' order from the secret committed to and the words said aloud.

    Once: another draw needs another list. RuleViolation "draw.invalid", "draw.done".
    """
    motion = Motion.objects.get(pk=motion_id)
    session = _draft(motion.session_id)
    election = motion.election
    if election.drawn_at is not None:
        raise RuleViolation("draw.done", "顺序已经抽好，不能再抽；候选人有变化才重新抽")
    candidates = list(election.candidates.all())
    demand_none("draw.invalid", drawing_reasons(words=words, candidates=len(candidates)))
    words = words.strip()
    by_person = {(one.name, one.room): one for one in candidates}
    order = drawn_order(bytes.fromhex(election.draw_secret), words, list(by_person))
    for place, person in enumerate(order, 1):
        by_person[person].place = place
        by_person[person].save(update_fields=["place"])
    election.draw_words, election.drawn_at = words, at
    election.save(update_fields=["draw_words", "drawn_at"])
    facts = {"commitment": election.draw_commitment, "candidates": len(order)}
    _record_candidates(session, motion, "election.drawn", actor=actor, at=at, **facts)
    return election


@transaction.atomic(durable=True)
def withdraw_candidate(
    *, candidate_id: int, content: bytes, actor: str, at: datetime
) -> Candidate:
    """A candidate's own written declaration that they stand no longer, after the announcement.

    The ballot stays as it was announced: the name is marked everywhere, and whatever the count,
    nobody who withdrew is elected. Harmless where they withdrew already. RuleViolation
    "withdrawal.invalid", "withdrawal.too_late" after the close.
    """
    candidate = Candidate.objects.select_related("election__motion").get(pk=candidate_id)
    motion = candidate.election.motion
    session = (
        Session.objects.select_for_update(of=("self",), no_key=True)
        .select_related("estate")
        .get(pk=motion.session_id)
    )
    candidate.refresh_from_db()
    if candidate.withdrawn_at is not None:
        return candidate
    if phase(session, at) not in {"announced", "open"}:
        raise RuleViolation(
            "withdrawal.too_late", "投票已经截止。当选以后不愿意担任的，按辞职办理，由候补递补"
        )
    reasons = attachment_reasons(name="声明", content=content, most=settings.UPLOAD_MAX_BYTES)
    demand_none("withdrawal.invalid", reasons)
    candidate.withdrawn_at = at
    candidate.withdrawal = seal_bytes(content, purpose=_PURPOSE)
    candidate.withdrawal_type = content_type(content) or ""
    candidate.save(update_fields=["withdrawn_at", "withdrawal", "withdrawal_type"])
    body = {
        "motion": str(motion.position),
        "option": str(candidate.place),
        "sha256": sha256(content).hexdigest(),
    }
    append_to(locked_log(board_name(session.code)), "withdrawal", body, at=at)
    checkpoint_board(session, at=at)
    _record(session, "candidate.withdrawn", body, actor=actor, at=at)
    return candidate


def withdrawal_of(candidate: Candidate) -> bytes:
    """The declaration as it was handed in."""
    return open_bytes(bytes(candidate.withdrawal), purpose=_PURPOSE)


def _home(
    session: Session, name: str, room: str, reasons: list[Reason]
) -> tuple[int | None, str]:
    """The unit of that label, which the candidate owns (274号 art. 31: 委员应当是业主)."""
    wanted = half_width(room).replace(" ", "")
    for unit in current_titles(session.estate_id, []):
        if half_width(unit.label).replace(" ", "") == wanted:
            if name not in {owner.name for owner in unit.owners}:
                reasons.append(
                    Reason("candidate.not_owner", "名册上这处房屋的业主不是这个人", "room")
                )
            return unit.unit_id, unit.label
    reasons.append(
        Reason("candidate.room", "名册上没有这处房屋，请照名册写，例如 1幢1单元101", "room")
    )
    return None, room


def _commit(election: Election) -> None:
    secret = token_bytes(32)
    election.draw_secret, election.draw_commitment = secret.hex(), commitment(secret)


def _undraw(election: Election) -> None:
    """The list has changed: another lot, with another secret."""
    _commit(election)
    election.draw_words, election.drawn_at = "", None
    election.save(update_fields=["draw_secret", "draw_commitment", "draw_words", "drawn_at"])
    election.candidates.update(place=None)


def _draft(session_id: int) -> Session:
    session = (
        Session.objects.select_for_update(of=("self",), no_key=True)
        .select_related("estate")
        .get(pk=session_id)
    )
    if session.state != "draft":
        raise RuleViolation("session.not_draft", "会议已经公告，事项、名册和时间都不能再改")
    return session


def _record_candidates(
    session: Session, motion: Motion, act: str, *, actor: str, at: datetime, **facts: Any
) -> None:
    """Never who: the log outlives a draft's list."""
    facts.setdefault("commitment", motion.election.draw_commitment)
    _record(session, act, {"position": motion.position, **facts}, actor=actor, at=at)


def _record(
    session: Session, act: str, facts: Mapping[str, Any], *, actor: str, at: datetime
) -> None:
    place = f"estate/{session.estate.code}"
    record_act(place, act, {"session": session.code, **facts}, actor=actor, at=at)
