"""Reports to the authority above: drafted, signed off, handed in, received or sent back.

draft_report → sign_report → hand_in_report → receive_report | send_back_report
"""

from dataclasses import replace
from datetime import date, datetime
from secrets import choice
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.permissions import Permission, roles_with
from committees.domain.reports import (
    MONTHLY,
    OPEN,
    WORDS,
    days_late,
    demand_draft,
    demand_move,
    demand_over,
    demand_receiver,
    demand_second,
)
from committees.models import Report
from committees.selectors.report_words import report_facts
from committees.selectors.reports import (
    REPORTERS,
    Due,
    due_for,
    filings,
    frozen_rows,
    living_rows,
    total_of,
)
from core.codes import LENGTH, new_code
from core.deadlines import local_day
from core.errors import RuleViolation
from core.reasons import Reason, demand_none, explains
from disclosures.steps import By, shown_text
from documents.authority_reports import REPORT_NAME, render_report, report_json
from documents.steps import mark_superseded, next_number, store_signed
from logbook.steps import record_act
from registry.models import Authority

MOST_TEXT, MOST_REASON = 4000, 300
_SERIES = "报"


@transaction.atomic(durable=True)
def draft_report(
    *,
    authority_id: int,
    kind: str,
    last: date,
    text: str,
    why: str,
    by: By,
    at: datetime,
) -> Report:
    """Draw up the report of the days that end with `last`; the figures are frozen now.

    After one that was handed in before, a new version, with `why`. Sent twice by the same
    person, it is one. RuleViolation "report.invalid" with every reason, "report.open",
    "report.running", "report.snapshot", "report.nothing", "report.rule", "report.role".
    """
    authority = _locked_authority(authority_id, by)
    due = due_for(authority, kind, last)
    demand_over(kind, due.span, local_day(at))
    known = authority.reports.filter(kind=kind, last=due.span.last).order_by("version")
    working = known.filter(state__in=OPEN).first()
    if working is not None:
        if (working.state, working.drafted_by, working.text) == (
            "draft", by.actor, text.strip(),
        ):  # fmt: skip
            return working
        raise RuleViolation("report.open", "这一期已经有一份在办，请在那一份上接着办")
    newest = known.exclude(state="dropped").last()
    demand_none("report.invalid", _text_reasons(text, why, is_correction=newest is not None))
    as_of = min(due.span.last, local_day(at))
    made = authority.reports.create(
        above=_above(authority),
        kind=kind,
        first=due.span.first,
        last=due.span.last,
        due_on=due.span.due_on,
        clause=due.clause,
        as_of=as_of,
        version=known.count() + 1,
        why=why.strip() if newest is not None else "",
        figures=_frozen(authority, due, as_of, local_day(at)),
        text=text.strip(),
        drafted_by=by.actor,
        drafted_at=at,
        edited_by=by.actor,
    )
    _note(made, "report-drafted", {"version": made.version}, by, at)
    return made


@transaction.atomic(durable=True)
def edit_report(*, report_id: int, text: str, by: By, at: datetime) -> Report:
    """Write the text of a draft anew; its figures stay. RuleViolation "report.invalid",
    "report.state", "report.role"."""
    report = _locked(report_id, by)
    demand_draft(report.state)
    demand_none("report.invalid", _text_reasons(text, "", is_correction=False))
    report.text, report.edited_by = text.strip(), by.actor
    report.save(update_fields=["text", "edited_by"])
    _note(report, "report-edited", {}, by, at)
    return report


@transaction.atomic(durable=True)
def drop_report(*, report_id: int, by: By, at: datetime) -> Report:
    """Give a draft up. RuleViolation "report.state", "report.role"."""
    report = _locked(report_id, by)
    demand_move(report.state, "dropped")
    report.state = "dropped"
    report.save(update_fields=["state"])
    _note(report, "report-dropped", {}, by, at)
    return report


@transaction.atomic(durable=True)
def sign_report(*, report_id: int, by: By, at: datetime) -> Report:
    """Another person of the authority signs it off; its paper is rendered, once.

    RuleViolation "report.same_person", "report.state", "report.role", "signer.missing".
    """
    report = _locked(report_id, by)
    demand_move(report.state, "signed")
    demand_second(by.actor, (report.drafted_by, report.edited_by))
    code = new_code(LENGTH, choice)
    facts = replace(
        report_facts(report, at),
        number=next_number(report.authority, series=_SERIES, at=at),
        code=code,
        verify_url=f"{settings.PUBLIC_URL}/v/{code}",
    )
    data = report_json(facts)
    report.document = store_signed(
        facts=facts,
        kind="authority_report",
        title=facts.title[:200],
        estate=report.authority,
        pdf=render_report(facts, attachments={REPORT_NAME: data}),
        data=data,
        is_public=False,
    )
    report.state, report.signed_by, report.signed_at = "signed", by.actor, at
    report.save(update_fields=["state", "signed_by", "signed_at", "document"])
    _note(report, "report-signed", {"sha256": report.document.sha256}, by, at)
    return report


@transaction.atomic(durable=True)
def hand_in_report(*, report_id: int, by: By, at: datetime) -> Report:
    """To the authority above; what was handed in before is replaced.

    RuleViolation "report.state", "report.top", "report.role".
    """
    report = _locked(report_id, by)
    demand_move(report.state, "handed_in")
    if report.above_id is None:
        raise RuleViolation("report.top", "上面没有要报送的机构，审签以后就办完了")
    report.state, report.handed_in_by, report.handed_in_at = "handed_in", by.actor, at
    report.save(update_fields=["state", "handed_in_by", "handed_in_at"])
    before = report.authority.reports.filter(
        kind=report.kind, last=report.last, version__lt=report.version,
        document__status="issued",
    )  # fmt: skip
    for one in before.select_related("document"):
        assert one.document is not None  # noqa: S101 (asked for)
        assert report.document is not None  # noqa: S101 (it is signed)
        mark_superseded(one.document, by=report.document, reason="报表更正以后重新报送")
    late = days_late(local_day(at), report.due_on, local_day(at))
    _note(report, "report-handed-in", {"late": late}, by, at)
    return report


@transaction.atomic(durable=True)
def receive_report(*, report_id: int, by: By, at: datetime) -> Report:
    """The authority above takes it. RuleViolation "report.state", "report.role",
    "report.same_person" for whoever wrote, signed or handed it in."""
    return _decide(report_id, "received", "", by, at)


@transaction.atomic(durable=True)
def send_back_report(*, report_id: int, reason: str, by: By, at: datetime) -> Report:
    """The authority above sends it back, with a reason. RuleViolation "report.invalid",
    "report.state", "report.role", "report.same_person"."""
    found = shown_text("reason", "退回的原因", reason, MOST_REASON)
    if not found and not explains(reason):
        found.append(Reason("report.reason", "请写明为什么退回（至少4个字）", "reason"))
    demand_none("report.invalid", found)
    return _decide(report_id, "returned", reason.strip(), by, at)


def _decide(report_id: int, state: str, reason: str, by: By, at: datetime) -> Report:
    report = _locked(report_id, by)
    demand_move(report.state, state)
    demand_receiver(
        by.actor,
        [report.drafted_by, report.edited_by, report.signed_by, report.handed_in_by],
    )
    report.state, report.reason = state, reason
    report.decided_by, report.decided_at = by.actor, at
    report.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    _note(report, f"report-{state}", {}, by, at)
    return report


def _demand_role(by: By) -> None:
    if by.role not in roles_with(Permission.KEEP_REPORTS):
        raise RuleViolation("report.role", "您的角色不能办报表")


def _locked_authority(pk: int, by: By) -> Authority:
    """One report at a time of an authority; by a role that reports, for one that does."""
    _demand_role(by)
    found = Authority.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
    if found.kind not in REPORTERS:
        raise RuleViolation("report.role", "您的角色不能办报表")
    return found


def _locked(report_id: int, by: By) -> Report:
    _demand_role(by)
    rows = Report.objects.select_for_update(of=("self",), no_key=True)
    found: Report = rows.select_related("authority", "above").get(pk=report_id)
    return found


def _above(authority: Authority) -> Authority | None:
    above = authority.parent
    return above if above is not None and above.kind in REPORTERS else None


def _text_reasons(text: str, why: str, *, is_correction: bool) -> list[Reason]:
    found = shown_text("text", "工作进展", text, MOST_TEXT)
    if is_correction:
        found += shown_text("why", "更正的原因", why, MOST_REASON)
    return found


def _frozen(authority: Authority, due: Due, as_of: date, today: date) -> dict[str, Any]:
    rows = (
        frozen_rows(authority, due.span.last)
        if due.kind == MONTHLY
        else living_rows(authority, due.span.first, as_of)
    )
    if not rows or not total_of(rows)[0]:
        raise RuleViolation("report.nothing", "这里没有物业管理区域，不适用，不用报")
    return {
        "rows": [
            {"name": row.name, "values": dict(zip(WORDS, row.values, strict=True))}
            for row in rows
        ],
        "below": [
            {"name": one.authority.name, "state": one.words}
            for one in filings(authority, due, today)
        ],
    }


def _note(report: Report, act: str, facts: dict[str, object], by: By, at: datetime) -> None:
    body = {"report": report.pk, "last": str(report.last), "role": by.role, **facts}
    record_act(f"authority/{report.authority_id}", act, body, actor=by.actor, at=at)
