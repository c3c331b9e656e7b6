"""When a vote's time of keeping is over, what would let somebody read single ballots goes.

What its roll and desk kept to reach and to check people goes with it. Totals, results,
resolution, checkpoints and every hash stay (docs/decisions/0090).
"""

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction

from accounts.holds import held_at, lock_holds
from core.errors import RuleViolation
from logbook.models import Erasure
from logbook.selectors import erasure_of, last_checkpoint, root
from logbook.steps import erase_lines, locked_log, record_act
from voting.models import CourtFile, OpenedLine, PaperBallot, PaperReading, Session
from voting.protocol import board
from voting.selectors import board_of
from voting.selectors.retention import SETTLED, people_are_due, retention_of
from voting.services.exporting import export_board
from voting.steps import board_name
from voting.verifier import verify

KINDS = (board.BALLOT, board.PAPER)


def destroy_ballots(*, session_id: int, at: datetime) -> Erasure:
    """Destroy ballots' ciphertexts, opened choices, files for courts, scans of paper ballots,
    and what says who was reached, stood in or bought.

    The whole board is verified once more before, by the verifier that everybody has. One
    transaction destroys: all or nothing, and harmless where it is done already. RuleViolation
    "retention.kept", "retention.waits". ValueError, and nothing is destroyed, where the board
    does not verify: that is evidence.
    """
    session = Session.objects.select_related("board").get(pk=session_id)
    if session.board is None or (done := erasure_of(session.board)) is None:
        _demand_due(session, at)
        return _destroy(session_id, _verified_size(session, at), at)
    return done


def _demand_due(session: Session, at: datetime) -> None:
    kept = retention_of(session, at)
    if kept.until is None or at < kept.until:
        raise RuleViolation("retention.kept", "选票还在保管期内，不能销毁")
    if kept.waits:
        raise RuleViolation("retention.waits", f"选票不能销毁：{'；'.join(kept.waits)}")


def _verified_size(session: Session, at: datetime) -> int:
    """How many entries the board has, all of them verified just now."""
    with TemporaryDirectory() as aside:
        folder = Path(aside) / session.code
        export_board(session, folder, at=at)
        report = verify(folder)
        if not report.ok:
            raise ValueError(f"the board of {session.code} does not verify")
    last = last_checkpoint(board_of(session))
    if last is None:
        raise ValueError("an export ends with a checkpoint")
    return last.size


@transaction.atomic(durable=True)
def _destroy(session_id: int, verified: int, at: datetime) -> Erasure:
    lock_holds()
    session = (
        Session.objects.select_for_update(of=("self",), no_key=True)
        .select_related("estate", "board")
        .get(pk=session_id)
    )
    log = board_of(session)
    done = erasure_of(log)
    if done is not None:
        return done
    _demand_due(session, at)  # again, under the lock
    if log.size != verified:
        raise RuleViolation("retention.kept", "选票还在保管期内，不能销毁")  # it goes on
    opened, _each = OpenedLine.objects.filter(session=session).delete()
    files = CourtFile.objects.filter(order__session=session, destroyed_at=None)
    gone_files = files.update(content=b"", destroyed_at=at)
    scans = PaperBallot.objects.filter(session=session).exclude(scan=b"").update(scan=b"")
    PaperReading.objects.filter(paper__session=session).update(content="")
    people = _forget_people(session)
    erasure = erase_lines(locked_log(board_name(session.code)), KINDS, at=at)
    facts = {
        "session": session.code,
        "ballots": erasure.lines,
        "opened": opened,
        "court_files": gone_files,
        "scans": scans,
        "people": people,
        "size": log.size,
        "root": root(log, log.size).hex(),
    }
    record_act(
        f"estate/{session.estate.code}", "ballots.destroyed", facts, actor="system", at=at
    )
    return erasure


def forget_people(*, session_id: int, at: datetime) -> int | None:
    """Empty what a rehearsal, or a vote that never came to a resolution, kept of people, when
    its time is over; how many rows. Ballots and board stay. None under a legal hold, or too
    early.
    """
    with transaction.atomic(durable=True):
        lock_holds()
        session = (
            Session.objects.select_for_update(of=("self",), no_key=True)
            .select_related("estate", "board")
            .get(pk=session_id)
        )
        held = held_at(at).keeps(session.estate_id, session=session.code)
        # Asked under the lock: a late resolution has a time of its own.
        if held or not people_are_due(session, at):
            return None
        people = _forget_people(session)
        facts = {"session": session.code, "people": people}
        record_act(
            f"estate/{session.estate.code}", "people.forgotten", facts, actor="system", at=at
        )
        return people


def _forget_people(session: Session) -> int:
    """Empty what was of use while the vote could be contested; how many rows.

    Phones and document tails of the roll, agents and their papers, witnesses, titles of who
    bought, how objectors were reached. What stays: units and shares, the masked names, salt
    and commitment (the salt opens no name, and proves what the board's roll line is of), that
    somebody stood in and when, the papers' hashes, objections as they were said.
    """
    return sum(
        (
            session.parties.exclude(phone="", document_tails="").update(
                phone="", document_tails=""
            ),
            session.proxies.update(
                agent_name="",
                agent_phone="",
                agent_phone_hash="",
                document_name="",
                content=b"",
                check_hmac="",
            ),
            session.assistances.update(recording="", witnesses=""),
            session.transfers.update(document_name="", content=b"", was=""),
            session.objections.filter(state__in=SETTLED)
            .exclude(contact="", contact_hash="")
            .update(contact="", contact_hash=""),
        )
    )
