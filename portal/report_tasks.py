"""What lies on desks of reports to the authority above: to sign, hand in, take; overdue."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.permissions import ROLE_PERMISSIONS, Permission, Visitor
from committees.models import Report
from committees.selectors.months import last_ended
from committees.selectors.report_words import heading_of
from committees.selectors.reports import Due, dues_of, filings, has_to_report, reporting_for
from core.deadlines import start_of
from portal.sentences import said
from registry.models import Authority


class ReportTask(NamedTuple):
    """As `portal.selectors.Task`, of an authority instead of an estate."""

    estate: Authority
    what: str
    desk: str
    url: str
    due: datetime | None
    mine: bool


def report_tasks(
    user: Visitor, roles: Collection[str], actor: str, today: date
) -> Iterator[ReportTask]:
    """For whoever reports; no query for anybody else. `roles`: those held today; `actor`: as
    reports name who wrote them."""
    if not any(Permission.KEEP_REPORTS in ROLE_PERMISSIONS[role] for role in roles):
        return
    mine = {one.pk: one for one in reporting_for(user).select_related("parent")}
    # Signed off, the report of the topmost is done; handed in, it is the turn of who is above.
    here = Q(authority__in=mine, state="draft")
    here |= Q(authority__in=mine, state="signed", above__isnull=False)
    here |= Q(above__in=mine, state="handed_in")
    waiting = Report.objects.filter(here).select_related("authority").defer("figures", "text")
    for one in waiting:
        yield _open(one, actor)
    for authority in mine.values():
        for due in dues_of(authority, last_ended(today), today):
            yield from _overdue(authority, due, today)


def _open(report: Report, actor: str) -> ReportTask:
    heading = said(heading_of(report))
    what = {
        "draft": _("报表等审签：%(heading)s"),
        "signed": _("报表已审签，等报送：%(heading)s"),
        "handed_in": _("下级报来的报表，等接收：%(heading)s"),
    }[report.state]
    # Whoever wrote it does not sign it off.
    wrote = report.state == "draft" and actor in (report.drafted_by, report.edited_by)
    return ReportTask(
        report.authority,
        what % {"heading": heading},
        _("另一个人") if wrote else _("住建局"),
        reverse("staff:report_to_above", args=[report.pk]),
        None if report.state == "handed_in" else _end(report.due_on),
        not wrote,
    )


def _overdue(authority: Authority, due: Due, today: date) -> Iterator[ReportTask]:
    """What is late, of this authority and of those below it."""
    if due.span.due_on >= today:
        return
    kind = str(dict(Report.KINDS)[due.kind])
    url, end = reverse("staff:reports"), _end(due.span.due_on)
    own = authority.reports.filter(kind=due.kind, last=due.span.last)
    own = own.exclude(state__in=["dropped", "returned"])
    below = authority.parent is not None and has_to_report(authority, due)
    if below and not own.exists():
        what = _("%(kind)s过了期限还没有报") % {"kind": kind}
        yield ReportTask(authority, what, _("住建局"), url, end, True)
    missing = sum(one.missing for one in filings(authority, due, today))
    if missing:
        what = _("%(kind)s：还有%(n)s个下级机构过了期限没有报") % {"kind": kind, "n": missing}
        yield ReportTask(authority, what, _("下级机构"), url, end, True)


def _end(day: date) -> datetime:
    """The end of a last day."""
    return start_of(day + timedelta(days=1))
