"""Trustees open the totals: shares come one by one, the k-th leads to the result."""

from datetime import datetime
from typing import Any

from django.db import transaction

from core.canonical import NotCanonical, parse_canonical
from core.errors import RuleViolation
from logbook.models import Log
from logbook.selectors import lines
from logbook.steps import append_to, locked_log
from voting.models import Session
from voting.protocol import share, tally
from voting.protocol.manifest import Manifest
from voting.protocol.refusal import Refused
from voting.selectors import ceremony_of, terms
from voting.services.counting import aggregates, append_result
from voting.steps import board_name, checkpoint_board

_MAX_SHARE = 4 * 1024 * 1024
_OF_ANOTHER = {
    "session": "这是另一次会议的开票份额",
    "manifest": "这份开票份额用的是另一份会议公告",
    "tally": "这份开票份额对应的不是这一次计票：请保管人重新下载公开记录再开",
}


@transaction.atomic(durable=True)
def deliver_share(*, session_id: int, content: bytes, at: datetime) -> Session:
    """Take a trustee's share file: entry `decryption`; the k-th is followed by `result`.

    The same file again does no harm. RuleViolation "share.*" with the reason.
    """
    session = Session.objects.select_for_update(no_key=True).get(pk=session_id)
    held = ceremony_of(session)
    if held is None or held.tallied_at is None:
        raise RuleViolation("share.not_due", "现在不用交开票份额：还没有到保管人开票的时候")
    manifest = terms(session)
    log = locked_log(board_name(session.code))
    value = _read(content)
    body = _body(log, manifest, value)
    came = [parse_canonical(line)["body"] for line in lines(log, kinds=["decryption"])]
    if body in came:
        return session
    if session.state != "closed":
        raise RuleViolation("share.counted", "已经开票，不需要再交开票份额")
    _counted, sums = aggregates(session, manifest, log)
    tally_hash = _tally_hash(log, manifest)
    trustee, shares = _verified(manifest, sums, body, tally_hash)
    if trustee in [one["trustee"] for one in came]:
        raise RuleViolation("share.twice", f"第{trustee}位保管人已经交过开票份额")
    append_to(log, "decryption", body, at=at)
    if len(came) + 1 >= manifest.threshold:
        verified = [_verified(manifest, sums, one, tally_hash) for one in came]
        append_result(manifest, log, sums, [*verified, (trustee, shares)], at)
        session.state = "counted"
        session.save(update_fields=["state"])
    checkpoint_board(session, at=at)
    return session


def _read(content: bytes) -> Any:
    try:
        return parse_canonical(content.removesuffix(b"\n"), _MAX_SHARE)
    except NotCanonical as error:
        raise RuleViolation(
            "share.file", "文件不完整或者被改过，请保管人重新拷贝一份"
        ) from error


def _body(log: Log, manifest: Manifest, value: Any) -> dict[str, Any]:
    try:
        return share.read(manifest, _tally_hash(log, manifest), value)
    except share.OfAnother as other:
        raise RuleViolation("share.another", _OF_ANOTHER[other.code]) from other
    except Refused as refused:
        raise RuleViolation("share.file", "这不是开票份额文件") from refused


def _verified(
    manifest: Manifest, sums: list[tally.Aggregate], body: dict[str, Any], tally_hash: str
) -> tuple[int, tally.Shares]:
    try:
        return tally.verify_shares(manifest, sums, body, tally_hash=tally_hash)
    except Refused as refused:
        raise RuleViolation(
            "share.proof", f"开票份额的证明不成立（{refused.detail}），没有收下"
        ) from refused


def _tally_hash(log: Log, manifest: Manifest) -> str:
    (line,) = lines(log, kinds=["tally"])
    return manifest.suite.hash(line).hex()
