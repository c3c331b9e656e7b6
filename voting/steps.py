"""Small writes that join the caller's transaction."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from logbook.models import Checkpoint, Log
from logbook.selectors import last_checkpoint, root
from logbook.steps import add_checkpoint, append_to, shown_time, stamp
from voting.models import BallotPoint, PaperBallot, PaperRuling, Session
from voting.protocol import ballot as sealing
from voting.protocol import checkpoint, receipt
from voting.protocol.manifest import Manifest
from voting.selectors import balance_of, box_count_of

RECEIPT_CODE = 12
# The sweeper signs a checkpoint every ten minutes; twice that is what a receipt promises.
_COVERED_WITHIN = timedelta(minutes=20)


class Signer(NamedTuple):
    """Who acts, and in which role: "user:7", "supervisor"."""

    actor: str
    role: str


def board_name(session_code: str) -> str:
    """What a session's board is called among the logs."""
    return f"board/{session_code}"


def checkpoint_board(session: Session, *, at: datetime) -> Checkpoint | None:
    """Sign the board as it stands; None where the last checkpoint covers it all."""
    log = Log.objects.get(name=board_name(session.code))
    last = last_checkpoint(log)
    if last is not None and last.size >= log.size:
        return None
    time = shown_time(log, at)
    if last is not None:
        time = max(time, last.time)
    signed = checkpoint.sign(
        settings.BOARD_KEY,
        session=session.code,
        size=log.size,
        root=root(log, log.size).hex(),
        time=stamp(time),
    )
    line = checkpoint.make_line(signed)
    return add_checkpoint(log, size=log.size, time=time, line=line)


def points_of(parsed: sealing.Ballot) -> list[bytes]:
    """The ciphertext points nobody may use again on this board, for `use_once`."""
    firsts, seconds = sealing.points(parsed)
    return [b"A" + point for point in firsts] + [b"B" + point for point in seconds]


def signed_receipt(
    manifest: Manifest, parsed: sealing.Ballot, seq: int, log: Log
) -> dict[str, Any]:
    """The receipt of the ballot just appended as entry `seq`."""
    if log.last_time is None:
        raise ValueError("the entry was appended before")
    return receipt.sign(
        settings.BOARD_KEY,
        manifest,
        party=parsed.party,
        tracker=parsed.digest.hex(),
        seq=seq,
        encrypted_by=parsed.encrypted_by,
        recorded_at=stamp(log.last_time),
        checkpoint_by=stamp(log.last_time + _COVERED_WITHIN),
    )


def seal_box(session: Session, log: Log, *, at: datetime) -> bool:
    """Write the entry `box`, if two people agree on the count and every sheet is settled.

    The caller holds the locks of the session and of its board.
    """
    stated = box_count_of(session)
    if stated is None or stated.state != "agreed":
        return False
    if not balance_of(session).holds(stated.counted):
        return False
    papers = PaperBallot.objects.filter(session=session)
    ruled = PaperRuling.objects.filter(paper__in=papers, state="confirmed", counts=False)
    body = {
        "counted": stated.counted,
        "entered": sorted(
            papers.filter(state="entered").values_list("party__number", flat=True)
        ),
        "spoiled": [
            {"party": party, "scan": scan}
            for party, scan in sorted(
                papers.filter(state="spoiled").values_list("party__number", "scan_hash")
            )
        ],
        "ruled_out": [
            {"party": party, "ruling": digest}
            for party, digest in sorted(ruled.values_list("paper__party__number", "hash"))
        ],
        "signers": [
            f"{stated.first_role}/{stated.first_by}",
            f"{stated.second_role}/{stated.second_by}",
        ],
    }
    append_to(log, "box", body, at=at)
    stated.state = "sealed"
    stated.save(update_fields=["state"])
    return True


def use_once(session_id: int, marked: Iterable[bytes]) -> None:
    """Take points of a board, each led by its role (A, B or K), for their one use.

    IntegrityError where one was used before. In order, so that two copies of one ballot
    wait for each other.
    """
    prints = sorted(_fingerprint(point) for point in marked)
    rows = ", ".join(f"({session_id:d}, {number:d})" for number in prints)
    # As one statement: some twenty models would take as long as a third of the proofs.
    table = BallotPoint._meta.db_table
    insert = f"INSERT INTO {table} (session_id, fingerprint) VALUES {rows}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(insert)


def _fingerprint(point: bytes) -> int:
    return int.from_bytes(sha256(point).digest()[:8], "big") >> 1
