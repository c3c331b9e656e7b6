"""The count: both totals from the same ciphertexts, decrypted and proved on the board."""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from core.canonical import parse_canonical
from core.errors import RuleViolation
from logbook.models import Entry, Log
from logbook.selectors import lines_at
from logbook.steps import append_to, locked_log, shown_time
from voting.domain.thresholds import Count
from voting.models import KeyCeremony, Party, Session, TrusteeKey
from voting.protocol import ballot as sealing
from voting.protocol import board, tally
from voting.protocol.manifest import Manifest
from voting.protocol.verdict import NOBODY, result_body
from voting.selectors import (
    challenge_ends,
    delivery_csv,
    excluded_parties,
    holding_count,
    open_rulings,
    silent_parties,
    terms,
)
from voting.steps import board_name, checkpoint_board


@transaction.atomic(durable=True)
def count_session(*, session_id: int, at: datetime) -> Session:
    """Count a closed session: entries `tally`, `decryption` and `result`, in one go.

    Where trustees have the keys, only `tally`: their shares are awaited (services.opening).
    Not before the challenge period of the manifest is over. Harmless where it is done
    already. RuleViolation "count.not_closed", "count.box_open", "count.too_early",
    "count.ruling_open", "count.objection_open".
    """
    session = Session.objects.select_for_update(no_key=True).get(pk=session_id)
    if session.state in {"counted", "resolved"}:
        return session
    if session.state != "closed":
        raise RuleViolation("count.not_closed", "投票还没有截止，不能计票")
    held = KeyCeremony.objects.filter(session=session).first()
    if held is not None and held.tallied_at is not None:
        return session
    manifest = terms(session)
    log = locked_log(board_name(session.code))
    ends = challenge_ends(session)
    if ends is None:
        raise RuleViolation("count.box_open", "票箱还没有点清，点清以后才能计票")
    if shown_time(log, at) < ends:
        raise RuleViolation("count.too_early", "参加名单的异议期还没有结束，不能计票")
    if open_rulings(session).exists():
        raise RuleViolation("count.ruling_open", "还有裁定没有决定，决定以后才能计票")
    if holding_count(session, at).exists():
        raise RuleViolation(
            "count.objection_open",
            "对参加名单的异议还没有答复、裁定完，完了才能计票",
        )
    counted, sums = aggregates(session, manifest, log)
    if manifest.silence:
        body = {
            "parties": silent_parties(session, at=at),
            "sha256": sha256(delivery_csv(session).encode()).hexdigest(),
        }
        append_to(log, board.DEEMED, body, at=at)
    append_to(log, "tally", tally.tally_body(manifest, counted, sums), at=at)
    if held is None:
        _open(session, manifest, log, sums, at)
        session.state = "counted"
        session.save(update_fields=["state"])
    else:
        held.tallied_at = at
        held.save(update_fields=["tallied_at"])
    checkpoint_board(session, at=at)
    return session


def aggregates(
    session: Session, manifest: Manifest, log: Log
) -> tuple[list[tuple[int, int]], list[tally.Aggregate]]:
    """The counted ballots (party, seq), and both sums of every option."""
    out = excluded_parties(session)
    rows = session.parties.order_by("number").values_list("number", "last_seq", "area")
    counted = [
        (number, seq, area)
        for number, seq, area in rows
        if seq is not None and number not in out
    ]
    sums = tally.aggregate(manifest, _encoded(log, counted))
    return [(number, seq) for number, seq, _area in counted], sums


@sensitive_variables("secret")
def _open(
    session: Session, manifest: Manifest, log: Log, sums: list[tally.Aggregate], at: datetime
) -> None:
    tally_hash = log.head
    key = TrusteeKey.objects.get(session=session, index=1)
    secret = int(key.secret, 16)
    opened = tally.decrypt_share(
        manifest, sums, trustee=1, secret=secret, tally_hash=tally_hash
    )
    append_to(log, "decryption", opened, at=at)
    # Our own proofs are checked as anybody will check them, before anything is said.
    shares = tally.verify_shares(manifest, sums, opened, tally_hash=tally_hash)
    append_result(manifest, log, sums, [shares], at)


def append_result(
    manifest: Manifest,
    log: Log,
    sums: list[tally.Aggregate],
    shares: list[tuple[int, tally.Shares]],
    at: datetime,
) -> None:
    """Open the totals with the shares of k trustees, and write down what follows."""
    body = result_body(
        manifest,
        [one.participating for one in sums],
        tally.totals(manifest, sums, shares),
        withdrawn=board.withdrawn(_bodies(log, board.WITHDRAWAL)),
        deemed=_deemed(manifest, log),
    )
    append_to(log, "result", body, at=at)


def _bodies(log: Log, kind: str) -> list[Any]:
    lines = Entry.objects.filter(log=log, kind=kind).order_by("seq")
    return [parse_canonical(bytes(entry.line))["body"] for entry in lines]


def _deemed(manifest: Manifest, log: Log) -> Count:
    """Heads and area of those the board deems to have voted."""
    if not manifest.silence:
        return NOBODY
    (body,) = _bodies(log, board.DEEMED)
    parties = Party.objects.filter(session__board=log, number__in=body["parties"])
    return Count(len(body["parties"]), sum(parties.values_list("area", flat=True)))


def _encoded(
    log: Log, counted: list[tuple[int, int, int]]
) -> Iterator[tuple[sealing.Encoded, int]]:
    areas = {seq: area for _number, seq, area in counted}
    for seq, line in lines_at(log, list(areas)):
        yield sealing.encoded(board.ballot_in(parse_canonical(line))), areas[seq]
