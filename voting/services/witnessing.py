"""Witnesses: their keys, whom a session asks, and the cosignatures they hand in."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from core.canonical import NotCanonical, parse_canonical
from core.errors import RuleViolation
from logbook.models import Checkpoint
from logbook.steps import add_cosignature, record_act
from registry.models import Authority
from voting.models import Session, Witness, Witnessing
from voting.protocol import checkpoint, ed25519
from voting.protocol.refusal import Refused
from voting.protocol.shape import Shape
from voting.selectors import board_of, possible_witnesses, terms

MAX_SIZE = 4096  # bytes of a cosignature's file
_KEY = Shape("key")


@transaction.atomic(durable=True)
def register_witness(*, authority_id: int, key: str, actor: str, at: datetime) -> Witness:
    """Write down the key an authority witnesses with; a later one takes its place.

    Sessions that were announced keep the key their manifest names. `key`: Ed25519, base64url.
    RuleViolation "witness.key", "witness.taken".
    """
    authority = Authority.objects.select_for_update(no_key=True).get(pk=authority_id)
    plain = key.strip()
    try:
        _KEY.data(plain, "key", ed25519.KEY_SIZE)
    except Refused as error:
        raise RuleViolation(
            "witness.key", "这不是见证公钥：应当是工具 init 显示的43个字符，请整行复制"
        ) from error
    if Witness.objects.filter(key=plain).exists():
        raise RuleViolation("witness.taken", "这把公钥已经登记过，一把钥匙只登记一次")
    witness = Witness.objects.create(
        authority=authority, key=plain, registered_by=actor, registered_at=at
    )
    facts = {"authority": authority.pk, "key": plain}
    record_act("witnesses", "witness.registered", facts, actor=actor, at=at)
    return witness


@transaction.atomic(durable=True)
def ask_witnesses(
    *, session_id: int, authorities: Collection[int], needed: int, actor: str, at: datetime
) -> Witnessing:
    """Say which authorities shall witness a draft's board, and how many of them must.

    RuleViolation "session.not_draft", "witness.unknown", "witness.needed".
    """
    session = Session.objects.select_for_update(no_key=True).get(pk=session_id)
    if session.state != "draft":
        raise RuleViolation("session.not_draft", "会议已经公告，不能再改请谁见证")
    possible = {one.authority_id for one in possible_witnesses(session.estate)}
    if not possible.issuperset(authorities):
        raise RuleViolation("witness.unknown", "只能请管本小区、已经登记见证钥匙的机构")
    if not 0 <= needed <= len(set(authorities)):
        raise RuleViolation("witness.needed", "至少几家，不能比请的家数还多")
    row, _fresh = Witnessing.objects.update_or_create(
        session=session, defaults={"needed": needed}
    )
    row.asked.set(authorities)
    facts = {"session": session.code, "authorities": sorted(authorities), "needed": needed}
    place = f"estate/{session.estate.code}"
    record_act(place, "witnesses.asked", facts, actor=actor, at=at)
    return row


@transaction.atomic(durable=True)
def receive_cosignature(
    *,
    session_id: int,
    content: bytes,
    authorities: Collection[int],
    actor: str,
    at: datetime,
) -> Checkpoint:
    """Store a cosignature beside its checkpoint; harmless where it is there already.

    `content`: the file of `python -m voting.witness`; `authorities`: whose staff `actor` is.
    RuleViolation "cosignature.file", "cosignature.not_yours", "cosignature.unknown".
    """
    session = Session.objects.select_related("estate", "board").get(pk=session_id)
    signed = _read(session, content)
    if not Witness.objects.filter(key=signed.key, authority__in=authorities).exists():
        raise RuleViolation(
            "cosignature.not_yours", "这个文件是别的机构的见证，请由那家机构的人上传"
        )
    found = _checkpoint(session, signed.signed)
    if add_cosignature(found, key=signed.key, signature=signed.signature, at=at):
        facts = {"session": session.code, "size": found.size, "key": signed.key}
        place = f"estate/{session.estate.code}"
        record_act(place, "checkpoint.cosigned", facts, actor=actor, at=at)
    return found


def _read(session: Session, content: bytes) -> checkpoint.Cosignature:
    try:
        value = parse_canonical(content.removesuffix(b"\n"), MAX_SIZE)
        return checkpoint.parse_cosignature(terms(session), value)
    except NotCanonical as error:
        raise RuleViolation(
            "cosignature.file", "这不是见证签名文件，或者不完整；请上传工具 cosign 写出的文件"
        ) from error
    except Refused as error:
        raise RuleViolation(
            "cosignature.file",
            f"这份见证不能用（{error.detail}）：它是另一次会议的，或者用的不是公告时写明的钥匙",
        ) from error


def _checkpoint(session: Session, signed: dict[str, Any]) -> Checkpoint:
    for row in board_of(session).checkpoints.filter(size=signed["size"]):
        if checkpoint.signed_part(parse_canonical(bytes(row.line))) == signed:
            return row
    raise RuleViolation(
        "cosignature.unknown",
        f"公告板上没有这个检查点（{signed['size']}条）。如果您的文件是从本平台下载的，"
        "说明有两份历史，请马上告诉主管部门",
    )
