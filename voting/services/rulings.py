"""Rulings that a party's ballots do not count: one person proposes, a second one decides.

Before the count a confirmed ruling takes the ballots out of it. After the count nothing is
opened again: the entry states what the exclusion can change at worst (docs/decisions/0023);
before the resolution, the resolution takes account of it.
"""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.permissions import Permission, roles_with
from accounts.steps import queue_message
from core.errors import RuleViolation
from logbook.steps import append_to, locked_log, record_act
from registry.fields import open_bytes, seal_bytes
from voting.domain.drafts import attachment_reasons, content_type, file_name, ruling_reasons
from voting.domain.objections import due
from voting.domain.reasons import demand_none
from voting.models import Objection, Party, Ruling, Session
from voting.selectors import (
    answer_days,
    body_of,
    challenge_ends,
    contesting,
    demand_unconcerned,
    excluded_parties,
    late_excluded,
    late_finding,
)
from voting.steps import Signer, board_name, checkpoint_board

__all__ = [
    "Signer",
    "confirm_ruling",
    "decline_ruling",
    "document_of",
    "propose_ruling",
    "withdraw_ruling",
]

_PURPOSE = "voting.ruling.content"
_STREET = "street_office"
_EXCLUDED = "经两人裁定，这一户的票不计入结果"


@transaction.atomic(durable=True)
def propose_ruling(
    *,
    session_id: int,
    number: int,
    reason: str,
    name: str,
    content: bytes,
    signer: Signer,
    at: datetime,
) -> Ruling:
    """Propose that the ballots of party `number` shall not count; nothing is excluded yet.

    `name`, `content`: the paper it rests on, a PDF, PNG or JPEG. Proposed twice by the same
    person on the same paper, it is one. RuleViolation "ruling.invalid" with every reason,
    "ruling.role", "ruling.concerned", "ruling.too_early", "ruling.period_over", "ruling.wait",
    "ruling.not_counted", "ruling.open".
    """
    session = _locked(session_id)
    _demand_role(signer, Permission.PROPOSE_RULING)
    plain = file_name(name)
    found = ruling_reasons(reason=reason) + attachment_reasons(
        name=plain, content=content, most=settings.UPLOAD_MAX_BYTES
    )
    demand_none("ruling.invalid", found)
    digest = sha256(content).hexdigest()
    party = session.parties.get(number=number)
    waiting = party.rulings.filter(state__in=("proposed", "confirmed")).first()
    if waiting is not None:
        if (waiting.proposed_by, waiting.sha256) == (signer.actor, digest):
            return waiting
        raise RuleViolation("ruling.open", "这一户已经有裁定，或者有提议在等第二人决定")
    _demand_unconcerned(session, party, signer)
    # Who objected in time has a right to a ruling, even when the period is over meanwhile.
    objected = contesting(session).filter(party=party, in_time=True).exists()
    ends = None if _is_late(session) else challenge_ends(session)
    if ends is not None and at >= ends and not objected:
        raise RuleViolation(
            "ruling.period_over", "参加名单的异议期已经结束。结果公布以后仍然可以提出"
        )
    _demand_counted(session, party)
    ruling = Ruling.objects.create(
        session=session,
        party=party,
        reason=reason.strip(),
        document_name=plain,
        content_type=content_type(content) or "",
        content=seal_bytes(content, purpose=_PURPOSE),
        sha256=digest,
        proposed_by=signer.actor,
        proposed_role=signer.role,
        proposed_at=at,
        due_at=due(at, answer_days(session)),
    )
    _record(ruling, "ruling.proposed", signer, at)
    return ruling


@transaction.atomic(durable=True)
def confirm_ruling(
    *, ruling_id: int, signer: Signer, at: datetime, understood: bool = False
) -> Ruling:
    """The second person's yes: from now on the party is excluded, and its owner is told.

    `understood`: after the count, that a verdict may hang on ballots which nobody opens; must
    be said where it is so. Harmless where the same person has confirmed already. RuleViolation
    "ruling.role", "ruling.same_person", "ruling.same_role", "ruling.concerned",
    "ruling.decided", "ruling.wait", "ruling.not_understood".
    """
    ruling = _ruling(ruling_id)
    session = ruling.session
    if (ruling.state, ruling.decided_by) == ("confirmed", signer.actor):
        return ruling
    _demand_second(ruling, signer, at)
    body: dict[str, Any] = {
        "party": ruling.party.number,
        "sha256": ruling.sha256,
        "signers": [
            f"{ruling.proposed_role}/{ruling.proposed_by}",
            f"{signer.role}/{signer.actor}",
        ],
    }
    kind, facts = "ruling", {}
    if _is_late(session):
        kind = "late_ruling"
        body |= late_finding(session, ruling.party.number)
        facts["finding"] = body["finding"]
        if body["finding"] == "recount" and not understood:
            raise RuleViolation(
                "ruling.not_understood",
                "这项裁定会使表决结论改变或者不能确定。请先勾选，确认您知道重新计票会泄露被排除的票",
            )
    append_to(locked_log(board_name(session.code)), kind, body, at=at)
    _decide(ruling, "confirmed", signer, at)
    _record(ruling, "ruling.confirmed", signer, at, facts)
    queue_message(
        key=f"session:{session.pk}:ruling:{ruling.pk}",
        phone=ruling.party.phone,
        template="ballots_excluded",
        params={
            "estate": session.estate.name,
            "title": session.title,
            "phone": session.contact_phone,
        },
        at=at,
    )
    _settle_objections(ruling, signer, at)
    checkpoint_board(session, at=at)
    return ruling


@transaction.atomic(durable=True)
def decline_ruling(*, ruling_id: int, reason: str, signer: Signer, at: datetime) -> Ruling:
    """The second person's no: the ballots count as before.

    RuleViolation "ruling.invalid", "ruling.role", "ruling.same_person", "ruling.same_role",
    "ruling.decided".
    """
    ruling = _ruling(ruling_id)
    if (ruling.state, ruling.decided_by) == ("declined", signer.actor):
        return ruling
    _demand_second(ruling, signer, at)
    demand_none("ruling.invalid", ruling_reasons(reason=reason))
    ruling.answer = reason.strip()
    _decide(ruling, "declined", signer, at)
    _record(ruling, "ruling.declined", signer, at)
    return ruling


@transaction.atomic(durable=True)
def withdraw_ruling(*, ruling_id: int, signer: Signer, at: datetime) -> Ruling:
    """Who proposed takes it back. RuleViolation "ruling.decided", "ruling.not_yours"."""
    ruling = _ruling(ruling_id)
    if ruling.proposed_by != signer.actor:
        raise RuleViolation("ruling.not_yours", "只有提议的人可以撤回")
    if ruling.state == "withdrawn":
        return ruling
    _demand_undecided(ruling)
    _decide(ruling, "withdrawn", signer, at)
    _record(ruling, "ruling.withdrawn", signer, at)
    return ruling


def document_of(ruling: Ruling) -> bytes:
    """The paper a ruling rests on, as it was uploaded."""
    return open_bytes(bytes(ruling.content), purpose=_PURPOSE)


# --- what is looked at before ------------------------------------------------------------


def _locked(session_id: int) -> Session:
    locked = Session.objects.select_for_update(of=("self",), no_key=True).select_related(
        "estate"
    )
    return locked.get(pk=session_id)


def _ruling(ruling_id: int) -> Ruling:
    """The ruling, read under the lock of its session."""
    session = _locked(Ruling.objects.values_list("session", flat=True).get(pk=ruling_id))
    ruling = Ruling.objects.select_related("party").defer("content").get(pk=ruling_id)
    ruling.session = session
    return ruling


def _is_late(session: Session) -> bool:
    """Whether the count is over. RuleViolation before the close, and while counting."""
    if session.state in {"counted", "resolved"}:
        return True
    if session.state != "closed":
        raise RuleViolation("ruling.too_early", "投票截止以后才能裁定")
    if body_of(session, "tally") is not None:
        raise RuleViolation("ruling.wait", "已经开始计票，出了结果再办")
    return False


def _demand_counted(session: Session, party: Party) -> None:
    if not party.ballots:
        raise RuleViolation("ruling.not_counted", "这一户没有投票，没有票可以排除")
    if party.number in excluded_parties(session) | late_excluded(session):
        raise RuleViolation("ruling.open", "这一户的票已经裁定不计入")


def _demand_role(signer: Signer, permission: Permission) -> None:
    if signer.role not in roles_with(permission):
        raise RuleViolation("ruling.role", "您的角色不能办这件事")


def _demand_unconcerned(session: Session, party: Party, signer: Signer) -> None:
    """Nobody rules on their own ballot, or on the objection they raised against it."""
    hashes = Objection.objects.filter(session=session, party=party).values_list(
        "contact_hash", flat=True
    )
    demand_unconcerned(signer.actor, session, parties=[party], hashes=hashes)


def _demand_second(ruling: Ruling, signer: Signer, at: datetime) -> None:
    _demand_undecided(ruling)
    _demand_role(signer, Permission.DECIDE_RULING)
    if signer.actor == ruling.proposed_by:
        raise RuleViolation("ruling.same_person", "提议的人不能自己决定，请另一个人来办")
    # Nobody's absence holds a count up for ever: overdue, two of the street office will do.
    overdue = ruling.due_at is not None and at >= ruling.due_at
    if signer.role == ruling.proposed_role and not (overdue and signer.role == _STREET):
        raise RuleViolation("ruling.same_role", "要由另一种角色的人决定")
    _demand_unconcerned(ruling.session, ruling.party, signer)


def _demand_undecided(ruling: Ruling) -> None:
    if ruling.state != "proposed":
        raise RuleViolation("ruling.decided", "这项提议已经有人决定或者撤回了")


# --- what is written -----------------------------------------------------------------------


def _settle_objections(ruling: Ruling, signer: Signer, at: datetime) -> None:
    """Whoever said that these ballots are not theirs has been heard."""
    heard = ("open", "answered", "disputed", "proposed")
    Objection.objects.filter(
        session=ruling.session, party=ruling.party, about="took_part", state__in=heard
    ).update(
        state="ruled",
        upheld=True,
        finding=_EXCLUDED,
        ruling=ruling,
        ruled_by=signer.actor,
        ruled_role=signer.role,
        ruled_at=at,
    )


def _decide(ruling: Ruling, state: str, signer: Signer, at: datetime) -> None:
    ruling.state = state
    ruling.decided_by, ruling.decided_role, ruling.decided_at = signer.actor, signer.role, at
    ruling.save(update_fields=["state", "decided_by", "decided_role", "decided_at", "answer"])


def _record(
    ruling: Ruling,
    act: str,
    signer: Signer,
    at: datetime,
    more: Mapping[str, Any] | None = None,
) -> None:
    facts = {
        "session": ruling.session.code,
        "party": ruling.party.number,
        "sha256": ruling.sha256,
        "role": signer.role,
        **(more or {}),
    }
    place = f"estate/{ruling.session.estate.code}"
    record_act(place, act, facts, actor=signer.actor, at=at)
