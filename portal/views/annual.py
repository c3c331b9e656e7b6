"""The yearly account of public revenue, and the motion that puts it before the owners."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission
from core.errors import RuleViolation
from disclosures.models import Book, YearAccount
from disclosures.selectors.annual import year_rows, years_of
from disclosures.selectors.places import book_for
from disclosures.services.annual import issue_year_account, propose
from portal.account_forms import YearMotionForm
from portal.views.account_pages import acting, answer, forming, may_at
from portal.views.common import posted
from voting.models import Session

_P = Permission


@require_safe
def year(request: HttpRequest, pk: int, year: int) -> HttpResponse:
    """A year of a book: its periods, its paper, what the owners can be asked."""
    return _year_page(request, _book(request, pk, year, _P.VIEW_ACCOUNTS), year)


@require_POST
def year_paper(request: HttpRequest, pk: int, year: int) -> HttpResponse:
    """Issue the paper; the one there is while nothing changed."""
    book = _book(request, pk, year, _P.CHECK_ACCOUNTS)
    try:
        issue_year_account(
            book_id=pk,
            year=year,
            by=acting(request, book.estate, _P.CHECK_ACCOUNTS),
            at=timezone.now(),
        )
    except RuleViolation as refused:
        return _year_page(request, book, year, refused=str(refused))
    messages.success(request, _("年度报告已出具。"))
    return redirect("staff:book_year", pk, year)


@require_http_methods(["GET", "HEAD", "POST"])
def year_motion(request: HttpRequest, pk: int, year: int) -> HttpResponse:
    """Put it into a draft session."""
    book = _book(request, pk, year, _P.MANAGE_SESSION)
    account = _account(book, year)
    if account is None:
        raise Http404
    drafts = Session.objects.filter(
        estate=book.estate, state="draft", rehearsal=False, scope=[]
    )
    form = YearMotionForm(
        posted(request),
        drafts=drafts.order_by("-pk"),
        initial={"purpose": "accept", "title": _("%s年业主大会会议") % (year + 1)},
    )

    def act(given: dict[str, Any]) -> HttpResponse:
        made = propose(
            account_id=account.pk,
            purpose=given["purpose"],
            session_id=form.chosen(),
            convene=form.convene(),
            by=acting(request, book.estate, _P.MANAGE_SESSION),
            at=timezone.now(),
        )
        messages.success(request, _("已放进会议草稿，报告附在后面；请核对文字，需要填的填好。"))
        return redirect("staff:motion_edit", made.session.code, made.pk)

    context = {
        "book": book,
        "estate": book.estate,
        "title": _("请业主决定"),
        "lead": _("题目和文字已经按年度报告写好，放进会议以后还可以改。"),
    }
    return forming(request, form, act, context)


def _year_page(
    request: HttpRequest, book: Book, year: int, *, refused: str = ""
) -> HttpResponse:
    context = {
        "book": book,
        "estate": book.estate,
        "year": year,
        "rows": year_rows(book, year),
        "account": _account(book, year),
        "may": may_at(request, book.estate),
        "refused": refused,
    }
    return answer(request, "disclosures/staff/year.html", context, 400 if refused else 200)


def _book(request: HttpRequest, pk: int, year: int, permission: Permission) -> Book:
    book = book_for(request.user, pk, permission)
    if book.kind != "revenue" or year not in years_of(book, timezone.localdate()):
        raise Http404
    return book


def _account(book: Book, year: int) -> YearAccount | None:
    rows = book.year_accounts.filter(year=year, document__status="issued")
    return rows.select_related("document").defer("document__pdf", "document__facts").last()
