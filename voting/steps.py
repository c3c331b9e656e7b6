"""Small writes that join the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from core.errors import RuleViolation
from logbook.models import Checkpoint, Log
from logbook.selectors import last_checkpoint, root
from logbook.steps import add_checkpoint, append_to, shown_time, stamp
from registry.models import Building
from voting.domain.drafts import (
    FIELDS,
    attachment_reasons,
    content_type,
    file_name,
    motion_reasons,
    session_reasons,
)
from voting.domain.reasons import Reason, demand_none
from voting.models import (
    Attachment,
    BallotPoint,
    Motion,
    PaperBallot,
    PaperRuling,
    Session,
)
from voting.protocol import ballot as sealing
from voting.protocol import checkpoint, receipt
from voting.protocol.manifest import Manifest
from voting.selectors import balance_of, box_count_of

RECEIPT_CODE, SESSION_CODE = 12, 8
_MAX_MOTIONS = 20
# The sweeper signs a checkpoint every ten minutes; twice that is what a receipt promises.
_COVERED_WITHIN = timedelta(minutes=20)


class Question(NamedTuple):
    """A motion as it is asked. `needs`: positions without which it does not take effect."""

    matter: int
    title: str
    text: str
    cost_fen: int | None = None
    needs: Sequence[int] = ()
    proposal: str = ""


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


# --- drafts ------------------------------------------------------------------------------


def locked_draft(session_id: int) -> Session:
    """The draft under its row lock. RuleViolation "session.not_draft"."""
    _inside_transaction()
    session = Session.objects.select_for_update(no_key=True).get(pk=session_id)
    if session.state != "draft":
        raise RuleViolation("session.not_draft", "会议已经公告，事项、名册和时间都不能再改")
    return session


def demand_terms(session: Session, changes: Mapping[str, Any]) -> None:
    """RuleViolation "session.invalid" with every reason why a draft cannot say this."""
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


def begin_draft(session: Session) -> Session:
    """Save a new draft once its terms are judged. RuleViolation "session.invalid"."""
    _inside_transaction()
    demand_terms(session, {name: getattr(session, name) for name in FIELDS})
    session.save()
    return session


def put_motion(session: Session, asked: Question, motion: Motion | None = None) -> Motion:
    """Put a question at the end of a locked draft, or in the place of one of its motions.

    RuleViolation "motion.invalid" with every reason.
    """
    _inside_transaction()
    reasons = motion_reasons(
        matter=asked.matter, title=asked.title, text=asked.text, cost_fen=asked.cost_fen
    )
    if motion is None and session.motions.count() >= _MAX_MOTIONS:
        reasons.append(Reason("motion.too_many", f"一次会议最多{_MAX_MOTIONS}项"))
    others = list(
        session.motions.filter(position__in=asked.needs).exclude(pk=motion.pk if motion else 0)
    )
    if len(others) != len(set(asked.needs)):
        sentence = "作为前提的事项要是这次会议的另一项"
        reasons.append(Reason("motion.needs", sentence, "needs"))
    demand_none("motion.invalid", reasons)
    if motion is None:
        last = session.motions.aggregate(last=Max("position"))["last"] or 0
        motion = Motion(session=session, position=last + 1, proposal=asked.proposal)
    motion.matter, motion.title, motion.text = (
        asked.matter,
        asked.title.strip(),
        asked.text.strip(),
    )
    motion.cost_fen = asked.cost_fen
    motion.save()
    motion.needs.set(others)
    return motion


def take_out(session: Session, motion: Motion) -> int:
    """Take a motion out of a locked draft; the later ones move up. Its position."""
    _inside_transaction()
    position = motion.position
    motion.delete()
    for later in session.motions.filter(position__gt=position).order_by("position"):
        later.position -= 1
        later.save(update_fields=["position"])
    return position


def attach(motion: Motion, *, name: str, content: bytes) -> Attachment:
    """Attach a PDF, PNG or JPEG to a motion. RuleViolation "attachment.invalid"."""
    _inside_transaction()
    plain = file_name(name)
    most = settings.UPLOAD_MAX_BYTES
    demand_none(
        "attachment.invalid", attachment_reasons(name=plain, content=content, most=most)
    )
    return motion.attachments.create(
        name=plain,
        content_type=content_type(content) or "",
        content=content,
        sha256=sha256(content).hexdigest(),
    )


def _inside_transaction() -> None:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a step joins the caller's transaction only")
