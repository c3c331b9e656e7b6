"""What becomes of a request once its vote is over. Safe to run twice."""

from datetime import datetime

from django.db import transaction

from funds.domain.outcomes import failed_words
from funds.domain.repairs import Desk, State
from funds.endings import end
from funds.models import RepairRequest, RepairVersion
from funds.selectors.repairs import version_in_force
from funds.steps import SYSTEM, free_item, locked_repair, move, note
from voting.models import Motion, Session
from voting.selectors.results import result_of
from voting.selectors.standing import decision_status


@transaction.atomic(durable=True)
def settle_vote(*, code: str, at: datetime) -> RepairRequest | None:
    """Open the way, or close the request with the reasons; None while nothing is certain.

    A session that was called off or only rehearsed decides nothing: the request is a draft
    again, with its input.
    """
    request = locked_repair(code)
    if request.state != State.VOTING:
        return None
    version = version_in_force(request)
    if version is None or version.motion is None:
        return None
    session = Session.objects.select_related("board").get(pk=version.motion.session_id)
    if session.state == "cancelled" or (session.rehearsal and session.state == "resolved"):
        return _back(request, version, session, at)
    if session.state != "resolved":
        return None
    now = next(one for one in decision_status(session) if one.motion.pk == version.motion_id)
    if now.verdict == "passed" and now.holds:
        return _passed(request, version, session, at)
    if now.verdict == "undetermined":
        return _open_again(request, version, session, at)
    if now.verdict != "passed":
        return _failed(request, version, now.verdict, _why(session, version.motion), at)
    if now.standing in ("revoked", "superseded"):
        why = "决定通过以后被撤销或者被新的决定取代，不能据此使用维修资金"
        return _failed(request, version, "passed", why, at)
    return None  # challenged or suspended: until that is over


def _back(
    request: RepairRequest, version: RepairVersion, session: Session, at: datetime
) -> RepairRequest:
    _say(version, "withdrawn", at)
    move(request, State.DRAFT, Desk("applicant"), due_at=None, at=at)
    free_item(request)
    facts = {"version": version.number, "session": session.code}
    text = "会议已取消" if session.state == "cancelled" else "这次会议是演练，结果不算数"
    note(request, "vote_void", by=SYSTEM, at=at, text=text, data=facts)
    return request


def _passed(
    request: RepairRequest, version: RepairVersion, session: Session, at: datetime
) -> RepairRequest:
    _say(version, "passed", at)
    move(request, State.DECIDED, Desk("applicant"), due_at=None, at=at)
    facts = {"version": version.number, "session": session.code}
    note(request, "vote_passed", by=SYSTEM, at=at, text="业主表决通过", data=facts)
    return request


def _failed(
    request: RepairRequest, version: RepairVersion, verdict: str, why: str, at: datetime
) -> RepairRequest:
    _say(version, verdict, at)
    facts = {"version": version.number, "verdict": verdict}
    end(request, "vote_failed", why, by=SYSTEM, at=at, data=facts)
    return request


def _open_again(
    request: RepairRequest, version: RepairVersion, session: Session, at: datetime
) -> RepairRequest:
    """The owners have said neither yes nor no: a draft again, to be put to them anew."""
    _say(version, "undetermined", at)
    move(request, State.DRAFT, Desk("applicant"), due_at=None, at=at)
    free_item(request)
    facts = {"version": version.number, "session": session.code}
    text = failed_words("undetermined", [])
    note(request, "vote_undetermined", by=SYSTEM, at=at, text=text, data=facts)
    return request


def _say(version: RepairVersion, verdict: str, at: datetime) -> None:
    version.verdict, version.verdict_at = verdict, at
    version.save(update_fields=["verdict", "verdict_at"])


def _why(session: Session, motion: Motion) -> str:
    outcome = result_of(session).motions[motion.position - 1]
    return failed_words(
        outcome.result, [test for test in outcome.tests if not test.met], outcome.unmet_words
    )
