"""The preliminary result on show, and the signed resolution after it.

Nothing becomes a resolution while an objection filed in time is not settled, a ruling not
decided, or a correction ordered and not done. Papers that another takes the place of stay.
"""

from datetime import datetime
from secrets import choice

from django.db import transaction

from core.canonical import canonical
from core.codes import LENGTH, new_code
from core.deadlines import publicity_end
from core.errors import RuleViolation
from documents.models import Document
from documents.preliminary import render_preliminary
from documents.resolutions import render_resolution
from documents.steps import mark_superseded, next_number, store_signed
from documents.wording import last_day
from logbook.steps import append_to, locked_log, record_act
from voting.domain.results import tally_json
from voting.facts import TALLY_NAME, preliminary_facts, resolution_facts
from voting.models import PreliminaryResult, Session
from voting.selectors import (
    correction_pending,
    final_results,
    is_stale,
    late_excluded,
    must_post,
    open_rulings,
    posting_days,
    preliminary_of,
    result_of,
    unsettled,
)
from voting.steps import board_name, checkpoint_board


@transaction.atomic(durable=True)
def post_preliminary(*, session_id: int, at: datetime) -> PreliminaryResult:
    """初步统计结果询异公示: sign what was counted and put it on show for objections.

    Again, as a new version with its whole period, where late rulings have changed what a
    verdict can be. Harmless where the version in force still says what is so. RuleViolation
    "preliminary.not_counted", "preliminary.none" where the profile sets no period.
    """
    session = _locked(session_id)
    if session.state != "counted":
        raise RuleViolation("preliminary.not_counted", "还没有计票，或者已经出了决议")
    days = posting_days(session)
    if not days:
        raise RuleViolation("preliminary.none", "这次表决不公示初步统计结果")
    before = preliminary_of(session)
    if before is not None and not is_stale(session, before):
        return before
    estate = session.estate
    version = before.version + 1 if before else 1
    # Civil Code 201-203: the day of posting is not counted, the last day runs to 24:00.
    until = publicity_end(at, days)
    facts = preliminary_facts(
        session,
        result_of(session),
        number=next_number(estate, series="公示", at=at),
        code=new_code(LENGTH, choice),
        version=version,
        until=until,
        at=at,
    )
    tally = _tally(session)
    document = store_signed(
        facts=facts,
        kind="preliminary",
        title=facts.title,
        estate=estate,
        pdf=render_preliminary(facts, attachments={TALLY_NAME: tally}),
        data=tally,
    )
    if before is not None:
        reason = "计票以后的裁定使结论改变或者不能确定，重新公示"
        mark_superseded(before.document, by=document, reason=reason)
    posted = PreliminaryResult.objects.create(
        session=session,
        version=version,
        document=document,
        late_rulings=len(late_excluded(session)),
        posted_at=at,
        until=until,
    )
    said = {"session": session.code, "sha256": document.sha256, "version": version}
    record_act(f"estate/{estate.code}", "preliminary.posted", said, actor="system", at=at)
    return posted


@transaction.atomic(durable=True)
def issue_resolution(*, session_id: int, at: datetime) -> Document:
    """Render, sign and store the resolution of a counted session, once.

    Inside it travels the tally, in the shape of `manage.py count --json`. Harmless where
    it was issued already. RuleViolation "resolution.not_counted", "resolution.not_posted",
    "resolution.period_open", "resolution.objection_open", "resolution.ruling_open",
    "resolution.correction_open", "signer.missing".
    """
    session = _locked(session_id)
    if session.resolution is not None:
        return session.resolution
    if session.state != "counted":
        raise RuleViolation("resolution.not_counted", "还没有计票，不能出决议")
    posted = preliminary_of(session)
    _demand_settled(session, posted, at)
    estate = session.estate
    result = result_of(session)
    tally = _tally(session)
    facts = resolution_facts(
        session,
        result,
        number=next_number(estate, series="演练" if session.rehearsal else "业", at=at),
        code=new_code(LENGTH, choice),
        at=at,
    )
    document = store_signed(
        facts=facts,
        kind="resolution",
        title=f"{facts.title}（{session.title}）",
        estate=estate,
        pdf=render_resolution(facts, attachments={TALLY_NAME: tally}),
        data=tally,
    )
    if posted is not None:
        mark_superseded(posted.document, by=document, reason="异议期已满，决议已经作出")
    session.resolution = document
    session.state = "resolved"
    session.save(update_fields=["resolution", "state"])
    body = {"sha256": document.sha256, "number": document.number}
    append_to(locked_log(board_name(session.code)), "resolution", body, at=at)
    checkpoint_board(session, at=at)
    return document


def _locked(session_id: int) -> Session:
    return Session.objects.select_for_update(of=("self",), no_key=True).get(pk=session_id)


def _demand_settled(session: Session, posted: PreliminaryResult | None, at: datetime) -> None:
    """All that must be over before a count becomes a decision."""
    if must_post(session):
        raise RuleViolation("resolution.not_posted", "初步统计结果还没有公示，不能出决议")
    if posted is not None and at < posted.until:
        raise RuleViolation(
            "resolution.period_open",
            f"初步统计结果的异议期到{last_day(posted.until)}为止，期满才能出决议",
        )
    open_ones = unsettled(session=session, at=at).count()
    if open_ones:
        raise RuleViolation(
            "resolution.objection_open",
            f"还有{open_ones}件异议没有答复、裁定完，完了才能出决议",
        )
    if open_rulings(session).exists():
        raise RuleViolation("resolution.ruling_open", "还有裁定没有决定，决定以后才能出决议")
    if correction_pending(session):
        raise RuleViolation("resolution.correction_open", "责令改正的还没有改正，不能出决议")


def _tally(session: Session) -> bytes:
    """The count as `manage.py count --json` prints it, and what late rulings leave of it."""
    found = tally_json(result_of(session))
    if excluded := len(late_excluded(session)):
        found["late_rulings"] = {
            "excluded": excluded,
            "results": [list(results) for results in final_results(session)],
        }
    return canonical(found)
