"""Reports to the authority above: drawn up, signed off, handed in; who has not handed in."""

import re
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission, roles_carrying
from committees.domain.reports import WORDS, demand_over, drawn_from
from committees.models import Report
from committees.selectors.months import last_ended
from committees.selectors.report_words import heading_of, rates_of
from committees.selectors.reports import (
    Due,
    due_for,
    dues_of,
    filings,
    own_report_for,
    report_below_for,
    report_for,
    reporting_for,
    rows_of,
    total_of,
)
from committees.services import reports as services
from core.errors import RuleViolation
from disclosures.steps import By
from documents.selectors import document_pdf
from portal.report_forms import ReportForm, SendBackForm
from portal.views.account_pages import forming
from portal.views.common import actor_of, posted, xlsx_answer
from registry.domain.sheets import workbook
from registry.models import Authority

_P = Permission
_form_page = require_http_methods(["GET", "HEAD", "POST"])
_MONTHS_BACK = 36


@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """The own reports of a month, those from below, and who has not handed in."""
    today = timezone.localdate()
    mine = list(reporting_for(request.user))
    if not mine:
        raise Http404
    month = _month(request.GET.get("month", ""), today)
    context = {
        "month": month,
        "earlier": month.replace(day=1) - timedelta(days=1),
        "later": _next(month) if _next(month) < today else None,
        "places": [
            (one, [_section(one, due, today) for due in dues_of(one, month, today)])
            for one in mine
        ],
    }
    return _page(request, "registers/reports.html", context)


@_form_page
def report_new(request: HttpRequest, authority: int, kind: str, last: date) -> HttpResponse:
    """Draw up a report; its figures are frozen now."""
    place = next((one for one in reporting_for(request.user) if one.pk == authority), None)
    if place is None or kind not in dict(Report.KINDS):
        raise Http404
    try:
        due = due_for(place, kind, last)
        demand_over(kind, due.span, timezone.localdate())
    except RuleViolation as refused:
        return _not_now(request, refused)
    before = place.reports.filter(kind=kind, last=last).exclude(state="dropped").last()
    form = ReportForm(
        posted(request),
        is_correction=before is not None,
        initial={"text": before.text if before else ""},
    )

    def act(given: dict[str, Any]) -> HttpResponse:
        made = services.draft_report(
            authority_id=place.pk,
            kind=kind,
            last=last,
            text=given["text"],
            why=given.get("why", ""),
            by=_by(request),
            at=timezone.now(),
        )
        messages.success(request, _("已填好，请另一个人审签。"))
        return redirect("staff:report_to_above", made.pk)

    context = {"place": place, "due": due, "before": before, "section": "registers"}
    return forming(request, form, act, context, template="registers/report_new.html")


@require_safe
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """One report with its figures, its text and what comes next."""
    found = report_for(request.user, pk)
    mine = set(reporting_for(request.user).values_list("pk", flat=True))
    rows = rows_of(found)
    versions = found.authority.reports.filter(kind=found.kind, last=found.last)
    is_own = found.authority_id in mine
    context = {
        "report": found,
        "heading": heading_of(found),
        "table": _table(rows),
        "names": [row.name for row in rows],
        "rates": rates_of(total_of(rows)),
        "is_own": is_own,
        "takes": found.above_id in mine,
        "wrote": actor_of(request) in (found.drafted_by, found.edited_by),
        "versions": versions.defer("figures", "text") if is_own else [],
        "send_back": SendBackForm(),
    }
    return _page(request, "registers/authority_report.html", context)


@_form_page
def report_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the text of a draft anew."""
    found = own_report_for(request.user, pk)
    form = ReportForm(posted(request), initial={"text": found.text})

    def act(given: dict[str, Any]) -> HttpResponse:
        services.edit_report(
            report_id=pk, text=given["text"], by=_by(request), at=timezone.now()
        )
        messages.success(request, _("已保存。"))
        return redirect("staff:report_to_above", pk)

    context = {"place": found.authority, "report": found, "section": "registers"}
    return forming(request, form, act, context, template="registers/report_new.html")


@require_POST
def report_sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Another person signs it off; its paper is made."""
    own_report_for(request.user, pk)
    services.sign_report(report_id=pk, by=_by(request), at=timezone.now())
    messages.success(request, _("已审签，文件已出具。"))
    return redirect("staff:report_to_above", pk)


@require_POST
def report_hand_in(request: HttpRequest, pk: int) -> HttpResponse:
    """To the authority above."""
    own_report_for(request.user, pk)
    services.hand_in_report(report_id=pk, by=_by(request), at=timezone.now())
    messages.success(request, _("已报送。"))
    return redirect("staff:report_to_above", pk)


@require_POST
def report_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a draft up."""
    own_report_for(request.user, pk)
    services.drop_report(report_id=pk, by=_by(request), at=timezone.now())
    messages.success(request, _("已放弃这份草稿。"))
    return redirect("staff:reports")


@require_POST
def report_receive(request: HttpRequest, pk: int) -> HttpResponse:
    """Taken in by the authority above."""
    report_below_for(request.user, pk)
    services.receive_report(report_id=pk, by=_by(request), at=timezone.now())
    messages.success(request, _("已接收。"))
    return redirect("staff:report_to_above", pk)


@_form_page
def report_send_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Sent back by the authority above, with the reason."""
    found = report_below_for(request.user, pk)

    def act(given: dict[str, Any]) -> HttpResponse:
        services.send_back_report(
            report_id=pk, reason=given["reason"], by=_by(request), at=timezone.now()
        )
        messages.success(request, _("已退回。"))
        return redirect("staff:report_to_above", pk)

    context = {"report": found, "heading": heading_of(found), "section": "registers"}
    form = SendBackForm(posted(request))
    return forming(request, form, act, context, template="registers/report_send_back.html")


@require_safe
def report_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The signed paper, byte for byte."""
    found = report_for(request.user, pk)
    if found.document is None:
        raise Http404
    answer = HttpResponse(document_pdf(found.document), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{found.document.code}.pdf"'
    return answer


@require_safe
def report_xlsx(request: HttpRequest, pk: int) -> HttpResponse:
    """The same figures as a table."""
    found = report_for(request.user, pk)
    rows = rows_of(found)
    header = ["项目", "合计", *(row.name for row in rows)]
    cells = [
        [one["words"], *(_cell(value) for value in (one["total"], *one["values"]))]
        for one in _table(rows)
    ]
    cells += [[name, share] for name, share in rates_of(total_of(rows))]
    title = f"{found.authority.name}{heading_of(found)}"
    notes = f"数字截至{found.as_of}，第{found.version}版。依据：{found.clause}"
    content = workbook(
        header,
        cells,
        title=heading_of(found),
        heading=title,
        notes=notes,
        widths=(34, 12, *[14] * len(rows)),
    )
    return xlsx_answer(content, f"{title}.xlsx")


def _not_now(request: HttpRequest, refused: RuleViolation) -> HttpResponse:
    """There is nothing to fill in: the list says what there is."""
    context = {"violation": refused, "back": reverse("staff:reports"), "staff": True}
    return render(request, "portal/refused.html", context, status=409)


def _section(authority: Authority, due: Due, today: date) -> dict[str, Any]:
    """One report that is due of a place: the own one, and those from below."""
    own = authority.reports.filter(kind=due.kind, last=due.span.last).defer("figures", "text")
    newest = own.exclude(state="dropped").order_by("version").last()
    below = filings(authority, due, today)
    return {
        "due": due,
        "kind": dict(Report.KINDS)[due.kind],
        "own": newest,
        "may_draft": newest is None or newest.state in {"received", "returned"},
        "later": begins if (begins := drawn_from(due.kind, due.span)) > today else None,
        "top": authority.parent is None,
        "below": below,
        "missing": [one for one in below if one.missing],
    }


def _table(rows: Any) -> list[dict[str, Any]]:
    """Figures as rows: their words, the total, the places."""
    total = total_of(rows)
    return [
        {"words": words, "total": total[place], "values": [row.values[place] for row in rows]}
        for place, words in enumerate(WORDS.values())
    ]


def _cell(value: int | None) -> str | int:
    return "没有记" if value is None else value


def _month(asked: str, today: date) -> date:
    """The last day of the month the address names; without one, and for the month that runs,
    the last that ended. Http404 for what is no month, too long ago or ahead."""
    ended = last_ended(today)
    if not asked:
        return ended
    if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", asked, re.ASCII):
        raise Http404
    year, month = map(int, asked.split("-"))
    found = _next(date(year, month, 1) - timedelta(days=1))
    back = (ended.year - found.year) * 12 + ended.month - found.month
    if not -1 <= back <= _MONTHS_BACK:
        raise Http404
    return min(found, ended)


def _next(last: date) -> date:
    """The last day of the month after."""
    return ((last + timedelta(days=32)).replace(day=1)) - timedelta(days=1)


def _by(request: HttpRequest) -> By:
    """The person signed in, in a role that reports."""
    for role in roles_carrying(request.user, _P.KEEP_REPORTS):
        return By(actor_of(request), role)
    raise Http404


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    return render(request, template, {**context, "section": "registers"})
