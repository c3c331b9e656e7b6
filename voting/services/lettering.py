"""Letters made outside the host: who makes them, the roll, and the keys that come back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from core.canonical import NotCanonical, canonical, parse_canonical
from core.errors import RuleViolation
from logbook.steps import record_act
from voting.domain.letter_makers import maker_reasons, of_another, wrong
from voting.domain.reasons import demand_none
from voting.facts import roll_hash
from voting.letterer.fingerprints import fingerprint
from voting.models import LetterCode, LetterMaker, Session
from voting.protocol import letters
from voting.protocol.refusal import Refused
from voting.protocol.shape import b64
from voting.protocol.suite import suite
from voting.selectors import letter_maker_of
from voting.services.entering import code_hmac
from voting.services.freezing import (
    ShareTable,
    Weighed,
    new_serial,
    roll_for_letters,
    weigh,
)

# Reasons that the way of the letters itself brings; they stand against nothing here.
_OWN = ("letters.missing", "letters.stale")


@transaction.atomic(durable=True)
def choose_letter_maker(
    *, session_id: int, name: str, kind: str, actor: str, at: datetime
) -> LetterMaker:
    """Let somebody outside make the letters; keys that came before are dropped.

    RuleViolation "maker.invalid" with facts["reasons"], "session.not_draft".
    """
    session = _draft(session_id)
    demand_none("maker.invalid", maker_reasons(name, kind))
    LetterMaker.objects.filter(session=session).delete()
    maker = LetterMaker.objects.create(session=session, name=name, kind=kind)
    _record(session, "letters.maker_chosen", {"kind": kind}, actor=actor, at=at)
    return maker


@transaction.atomic(durable=True)
def let_platform_make(*, session_id: int, actor: str, at: datetime) -> None:
    """Let the platform make the letters. Harmless where it does already."""
    session = _draft(session_id)
    dropped, _kinds = LetterMaker.objects.filter(session=session).delete()
    if dropped:
        _record(session, "letters.platform_chosen", {}, actor=actor, at=at)


@transaction.atomic(durable=True)
def hand_out_roll(
    *,
    session_id: int,
    share_tables: Mapping[int, ShareTable],
    actor: str,
    at: datetime,
) -> bytes:
    """The roll for who makes the letters; nothing of it is kept here.

    The same draft gives the same file. RuleViolation "letters.not_ready" with
    facts["reasons"]: whatever else stands against freezing, since it would change the letters.
    """
    session = _draft(session_id)
    maker = _maker(session)
    weighed = weigh(session, at=at)
    others = [reason for reason in weighed.reasons if reason.code not in _OWN]
    demand_none("letters.not_ready", others)
    missing = range(len(maker.serials) + 1, len(weighed.parties) + 1)
    maker.serials = [*maker.serials, *map(new_serial, missing)]
    maker.taken_at = at
    maker.save(update_fields=["serials", "taken_at"])
    roll = roll_for_letters(session, maker, weighed, share_tables, at=at)
    facts = {"parties": len(weighed.parties), "hash": roll_hash(session, roll).hex()}
    _record(session, "letters.roll_taken", facts, actor=actor, at=at)
    return canonical(roll) + b"\n"


@transaction.atomic(durable=True)
@sensitive_variables("content", "found")
def take_letter_keys(
    *,
    session_id: int,
    content: bytes,
    share_tables: Mapping[int, ShareTable],
    actor: str,
    at: datetime,
) -> LetterMaker:
    """Take the keys file of who made the letters.

    The same file again does no harm. RuleViolation "letterkeys.*" with the reason.
    """
    session = _draft(session_id)
    maker = _maker(session)
    if maker.taken_at is None:
        raise RuleViolation("letterkeys.early", "还没有人下载过制信名册，不会有公钥文件")
    value = _read(content)
    weighed = weigh(session, at=at)
    if len(maker.serials) < len(weighed.parties) or not weighed.parties:
        raise RuleViolation("letterkeys.another", of_another("roll"))
    found = _checked(session, maker, weighed, value, share_tables, at)
    keys = [b64(one.key) for one in found]
    codes = [code_hmac(one.code) for one in found]
    mark = fingerprint(suite(session.suite), value)
    if maker.delivered_at is not None and value["roll"] == maker.roll_sha:
        if (keys, codes) == (maker.keys, maker.codes):
            return maker
        raise RuleViolation(
            "letterkeys.twice",
            "已经交过另一份公钥文件，按它做的信会作废。确实要换，请先点“作废，重新做信”",
        )
    if LetterCode.objects.filter(code_hmac__in=codes).exists():
        raise RuleViolation("letterkeys.code", "有的12位码已经用过，请制信人重新做")
    maker.roll_sha, maker.keys, maker.codes = value["roll"], keys, codes
    maker.fingerprint, maker.delivered_at = mark, at
    maker.save()
    facts = {"fingerprint": mark, "roll": maker.roll_sha, "parties": len(keys)}
    _record(session, "letters.keys_taken", facts, actor=actor, at=at)
    return maker


@transaction.atomic(durable=True)
def restart_letters(*, session_id: int, actor: str, at: datetime) -> LetterMaker:
    """Drop the keys that came: letters made with them are void. The maker stays."""
    session = _draft(session_id)
    maker = _maker(session)
    maker.roll_sha, maker.keys, maker.codes, maker.serials = "", [], [], []
    maker.fingerprint, maker.delivered_at, maker.taken_at = "", None, None
    maker.save()
    _record(session, "letters.restarted", {}, actor=actor, at=at)
    return maker


def _checked(
    session: Session,
    maker: LetterMaker,
    weighed: Weighed,
    value: Any,
    share_tables: Mapping[int, ShareTable],
    at: datetime,
) -> list[letters.LetterKey]:
    """The keys by party, of this roll as it is now."""
    roll = roll_for_letters(session, maker, weighed, share_tables, at=at)
    digest, count = roll_hash(session, roll), len(weighed.parties)
    try:
        return letters.read(suite(session.suite), session.code, digest, count, value)
    except letters.OfAnother as other:
        raise RuleViolation("letterkeys.another", of_another(other.code)) from other
    except letters.Wrong as fault:
        raise RuleViolation("letterkeys.wrong", wrong(fault.code, fault.party)) from fault
    except Refused as refused:
        raise RuleViolation("letterkeys.file", "这不是制信人的公钥文件") from refused


def _read(content: bytes) -> Any:
    try:
        return parse_canonical(content.removesuffix(b"\n"), letters.MAX_SIZE)
    except NotCanonical as error:
        raise RuleViolation(
            "letterkeys.file", "文件不完整或者被改过，请制信人重新拷贝一份"
        ) from error


def _draft(session_id: int) -> Session:
    session = (
        Session.objects.select_for_update(of=("self",), no_key=True)
        .select_related("estate__division", "estate__authority")
        .get(pk=session_id)
    )
    if session.state != "draft":
        raise RuleViolation("session.not_draft", "会议已经公告，通知书由谁制作不能再改")
    return session


def _maker(session: Session) -> LetterMaker:
    maker = letter_maker_of(session)
    if maker is None:
        raise RuleViolation("letters.platform", "这次会议的通知书由平台制作，没有公钥文件要交")
    return maker


def _record(
    session: Session, act: str, facts: dict[str, Any], *, actor: str, at: datetime
) -> None:
    place = f"estate/{session.estate.code}"
    record_act(place, act, {"session": session.code, **facts}, actor=actor, at=at)
