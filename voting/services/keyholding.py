"""Who keeps the keys of a draft: the platform, or trustees who make them in a ceremony."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from core.canonical import NotCanonical, canonical, parse_canonical
from core.errors import RuleViolation
from logbook.steps import record_act
from voting.domain.keyholders import SIZES, Holder, holder_reasons, refusal
from voting.domain.reasons import demand_none
from voting.models import KeyCeremony, Session
from voting.protocol import ceremony
from voting.protocol.ceremony import Ceremony, Complaint, WrongFile
from voting.protocol.refusal import Refused
from voting.selectors import ROUND_FIELDS, ceremony_of, transcript_of


@transaction.atomic(durable=True)
def choose_trustees(
    *, session_id: int, holders: Sequence[Holder], actor: str, at: datetime
) -> KeyCeremony:
    """Let these people keep the keys; a ceremony that was begun before is dropped.

    RuleViolation "keys.invalid" with facts["reasons"], "session.not_draft".
    """
    session = _draft(session_id)
    by_count = {count: threshold for threshold, count in SIZES.values()}
    if len(holders) not in by_count:
        raise RuleViolation("keys.count", "保管人要3位或者5位")
    demand_none("keys.invalid", holder_reasons(holders))
    threshold = by_count[len(holders)]
    _drop(session)
    start = _begin(session, threshold, [holder.shown for holder in holders])
    row = KeyCeremony.objects.create(
        session=session, threshold=threshold, terms=canonical(start.value)
    )
    for index, holder in enumerate(holders, start=1):
        row.holders.create(index=index, name=holder.name, belongs=holder.belongs)
    facts = {"threshold": threshold, "count": len(holders), "ceremony": start.hashes[0].hex()}
    _record(session, "keys.trustees_chosen", facts, actor=actor, at=at)
    return row


@transaction.atomic(durable=True)
def choose_platform(*, session_id: int, actor: str, at: datetime) -> None:
    """Let the platform keep the only key. Harmless where it does already."""
    session = _draft(session_id)
    if _drop(session):
        _record(session, "keys.platform_chosen", {}, actor=actor, at=at)


@transaction.atomic(durable=True)
def take_message(*, session_id: int, content: bytes, actor: str, at: datetime) -> int:
    """Take a trustee's file of the round under way; the trustee's index.

    The same file again does no harm. RuleViolation "keys.file" with the reason.
    """
    session = _draft(session_id)
    row = _row(session)
    line = content.removesuffix(b"\n")
    for holder in row.holders.all():
        if line and line in (bytes(getattr(holder, field)) for field in ROUND_FIELDS):
            return holder.index
    current = transcript_of(row)
    if current.finished:
        raise RuleViolation("keys.file", "三轮的文件都已经收齐，不用再交")
    index = _checked(current, line)
    field = ROUND_FIELDS[current.round]
    holder = row.holders.get(index=index)
    if getattr(holder, field):
        raise RuleViolation(
            "keys.file", f"第{index}位保管人这一轮已经交过另一份文件；要换就全体重新开始"
        )
    setattr(holder, field, line)
    holder.save(update_fields=[field])
    digest = current.suite.hash(line).hex()
    facts = {"trustee": index, "round": current.round + 1, "hash": digest}
    _record(session, "keys.message_taken", facts, actor=actor, at=at)
    return index


@transaction.atomic(durable=True)
def agree_fingerprint(*, session_id: int, actor: str, at: datetime) -> KeyCeremony:
    """Note that all trustees read the same fingerprint aloud, and tried both their copies.

    Nothing is announced before. Harmless when done twice.
    """
    session = _draft(session_id)
    row = _row(session)
    if row.agreed_at is None:
        current = transcript_of(row)
        if not current.finished:
            raise RuleViolation("keys.unfinished", "三轮的文件还没有收齐，没有指纹可念")
        row.agreed_at = at
        row.save(update_fields=["agreed_at"])
        facts = {"fingerprint": ceremony.fingerprint(current), "copies_tried": True}
        _record(session, "keys.agreed", facts, actor=actor, at=at)
    return row


@transaction.atomic(durable=True)
def restart_ceremony(*, session_id: int, actor: str, at: datetime) -> KeyCeremony:
    """Begin again with the same trustees and new keys, after a complaint."""
    session = _draft(session_id)
    row = _row(session)
    names = list(transcript_of(row).names)
    start = _begin(session, row.threshold, names)
    row.terms, row.agreed_at = canonical(start.value), None
    row.save(update_fields=["terms", "agreed_at"])
    row.holders.update(**dict.fromkeys(ROUND_FIELDS, b""))
    facts = {"ceremony": start.hashes[0].hex()}
    _record(session, "keys.restarted", facts, actor=actor, at=at)
    return row


def _begin(session: Session, threshold: int, names: list[str]) -> Ceremony:
    return ceremony.begin(session.suite, session.code, threshold, names)


def _checked(current: Ceremony, line: bytes) -> int:
    """The index of the trustee, if the message is due and holds."""
    try:
        return ceremony.check(current, parse_canonical(line, ceremony.MAX_SIZE))
    except NotCanonical as error:
        raise RuleViolation("keys.file", "文件不完整或者被改过，请重新拷贝一份") from error
    except Complaint as complaint:
        said = refusal(complaint.code, complaint.index)
        raise RuleViolation("keys.complaint", said) from complaint
    except WrongFile as wrong:
        raise RuleViolation("keys.file", refusal(wrong.code)) from wrong
    except Refused as refused:
        raise RuleViolation("keys.file", refusal("")) from refused


def _draft(session_id: int) -> Session:
    session = (
        Session.objects.select_for_update(of=("self",), no_key=True)
        .select_related("estate")
        .get(pk=session_id)
    )
    if session.state != "draft":
        raise RuleViolation("session.not_draft", "会议已经公告，开票钥匙不能再改")
    return session


def _row(session: Session) -> KeyCeremony:
    row = ceremony_of(session)
    if row is None:
        raise RuleViolation("keys.platform", "这次会议由平台保管钥匙，没有保管人的文件要交")
    return row


def _drop(session: Session) -> bool:
    dropped, _kinds = KeyCeremony.objects.filter(session=session).delete()
    return bool(dropped)


def _record(
    session: Session, act: str, facts: dict[str, Any], *, actor: str, at: datetime
) -> None:
    place = f"estate/{session.estate.code}"
    record_act(place, act, {"session": session.code, **facts}, actor=actor, at=at)
