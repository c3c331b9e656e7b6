"""Closing a period and publishing it; the yearly account and its motion."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission
from accounts.selectors import people_named
from core.errors import RuleViolation
from disclosures.domain.bodies import BODIES
from disclosures.domain.closing import asked
from disclosures.domain.headings import OF_BOOK
from disclosures.domain.periods import period_of
from disclosures.models import Book, Closing, Period
from disclosures.selectors.books import entries_of, holding_of
from disclosures.selectors.figures import due_to_fund, figures_of, seen_digest
from disclosures.selectors.hanging import walls_of
from disclosures.selectors.places import book_for, closing_for
from disclosures.selectors.questions import waiting_on
from disclosures.selectors.rules import account_rules
from disclosures.selectors.statements import last_phone, publication_of
from disclosures.services import publishing
from documents.wording import period as period_words
from portal.account_forms import ClosingForm, PhoneForm
from portal.forms import ReasonForm, add_reasons
from portal.sentences import said
from portal.views.account_pages import (
    acting,
    answer,
    checking,
    forming,
    holds_money,
    keeping,
    may_at,
    uploads,
)
from portal.views.common import actor_of, posted

_P = Permission
_form_page = require_http_methods(["GET", "HEAD", "POST"])


@_form_page
def period(request: HttpRequest, pk: int, first: str) -> HttpResponse:
    """A period: its figures, what is in the way, and the form that closes it."""
    book = book_for(request.user, pk, _P.VIEW_ACCOUNTS)
    found = _period(book, first)
    rules = account_rules(book.estate, timezone.localdate())
    figures = figures_of(found, rules)
    questions = asked(figures)
    form = ClosingForm(
        posted(request),
        request.FILES or None,
        asked=questions,
        bank=book.kind != "fund",
        correction=found.version > 0,
        initial={"bank_on": found.last},
    )
    waiting = found.pk and found.closings.filter(state="prepared").first()
    may = may_at(request, book.estate)

    def act(given: dict[str, Any]) -> HttpResponse:
        paper = uploads([given.get("paper")])
        made = publishing.prepare(
            book_id=book.pk,
            day=found.first,
            statement=publishing.Statement(
                given.get("bank_fen"),
                given.get("bank_on"),
                given.get("difference", ""),
                form.explanations(),
                given.get("correction", ""),
            ),
            paper=paper[0] if paper else None,
            by=keeping(request, book)
            if book.kind != "fund"
            else acting(request, book.estate, _P.KEEP_ACCOUNTS),
            at=timezone.now(),
        )
        messages.success(request, _("已提交，请另一个单位的人审核公布。"))
        return redirect("staff:closing", made.pk)

    headings = OF_BOOK[book.kind]
    published = publication_of(found) if found.pk else None
    context = {
        "walls": walls_of(published.document) if published else [],
        "published": published,
        "book": book,
        "estate": book.estate,
        "period": found,
        "title": said(period_words(found.first, found.last)),
        "figures": figures,
        "rows": [
            (
                headings[key],
                figures.totals.get(key, 0),
                None if figures.before is None else figures.before.get(key, 0),
                None if figures.year is None else figures.year.get(key, 0),
            )
            for key in headings
            if any(
                key in (some or {}) for some in (figures.totals, figures.before, figures.year)
            )
        ],
        "asked": waiting_on(found).count() if found.pk else 0,
        "due": due_to_fund(book, found, figures.totals),
        "entries": entries_of(found) if found.pk and book.kind != "fund" else [],
        "publications": found.publications.select_related("document").defer(
            "csv", "document__pdf", "document__facts"
        )
        if found.pk
        else [],
        "returned": found.pk
        and not waiting
        and found.closings.filter(state="returned").order_by("-pk").first(),
        "waiting": waiting,
        "is_over": found.last < timezone.localdate(),
        "may_prepare": _may_prepare(request, book, may),
        "holding": holding_of(book),
        "may": may,
    }
    return forming(request, form, act, context, template="disclosures/staff/period.html")


@require_safe
def closing(request: HttpRequest, pk: int) -> HttpResponse:
    """What was stated of a period, for the body that publishes it."""
    return _closing_page(request, closing_for(request.user, pk, _P.VIEW_ACCOUNTS))


@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The bulletin as it would hang, not signed and marked as a preview."""
    found = closing_for(request.user, pk, _P.VIEW_ACCOUNTS)
    if found.state != "prepared":
        raise Http404
    book = found.period.book
    by = checking(request, book.estate, found.prepared_role, permission=_P.VIEW_ACCOUNTS)
    pdf = publishing.preview(closing=found, phone=last_phone(book), by=by, at=timezone.now())
    shown = HttpResponse(pdf, content_type="application/pdf")
    shown["Content-Disposition"] = 'inline; filename="preview.pdf"'
    return shown


@require_POST
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Put it out."""
    found = closing_for(request.user, pk, _P.CHECK_ACCOUNTS)
    form = PhoneForm(request.POST)
    if form.is_valid():
        try:
            made = publishing.publish(
                closing_id=pk,
                phone=form.cleaned_data["phone"],
                by=checking(request, found.period.book.estate, found.prepared_role),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
            found.refresh_from_db()
        else:
            messages.success(
                request, _("已公布，网上看得到了。请打印公告，贴在公告栏上，贴好以后拍照记下。")
            )
            return redirect("staff:period", made.period.book_id, str(made.period.first))
    return _closing_page(request, found, form=form)


@require_POST
def give_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Return it to whoever prepared it, or take the own one back."""
    found = closing_for(request.user, pk, _P.VIEW_ACCOUNTS)
    may = may_at(request, found.period.book.estate)
    permission = _P.CHECK_ACCOUNTS if _P.CHECK_ACCOUNTS in may else _P.KEEP_ACCOUNTS
    by = acting(request, found.period.book.estate, permission)
    try:
        publishing.give_back(
            closing_id=pk, reason=request.POST.get("reason", ""), by=by, at=timezone.now()
        )
    except RuleViolation as refused:
        found.refresh_from_db()
        return _closing_page(request, found, refused=str(refused))
    messages.success(request, _("已退回。"))
    return redirect("staff:period", found.period.book_id, str(found.period.first))


def _closing_page(
    request: HttpRequest, found: Closing, *, form: PhoneForm | None = None, refused: str = ""
) -> HttpResponse:
    book = found.period.book
    rules = account_rules(book.estate, timezone.localdate())
    figures = figures_of(found.period, rules)
    sentences = {one.key: one.sentence for one in asked(figures)}
    names = people_named([found.prepared_by, found.decided_by])
    may = may_at(request, book.estate)
    own = found.prepared_by == actor_of(request)
    context = {
        "closing": found,
        "book": book,
        "estate": book.estate,
        "title": said(period_words(found.period.first, found.period.last)),
        "figures": figures,
        "asked": waiting_on(found.period).count(),
        "apart": None if found.bank_fen is None else found.bank_fen - figures.closing,
        "changed": found.state == "prepared" and found.figures != seen_digest(found.period),
        "explanations": [
            (sentences.get(key, key), text) for key, text in found.explanations.items()
        ],
        "prepared_by": names.get(found.prepared_by, found.prepared_by),
        "prepared_body": BODIES.get(found.prepared_role, ""),
        "decided_body": BODIES.get(found.decided_role, ""),
        "own": own,
        "may": may,
        "may_publish": found.state == "prepared"
        and not own
        and _P.CHECK_ACCOUNTS in may
        and checking(request, book.estate, found.prepared_role).role != found.prepared_role,
        "may_return": found.state == "prepared" and (own or _P.CHECK_ACCOUNTS in may),
        "form": form or PhoneForm(initial={"phone": last_phone(book)}),
        "reason_form": ReasonForm(),
        "refused": refused,
        "holds": holds_money(request, book),
    }
    status = 400 if refused or (form is not None and form.errors) else 200
    return answer(request, "disclosures/staff/closing.html", context, status)


def _may_prepare(request: HttpRequest, book: Book, may: dict[str, bool]) -> bool:
    if _P.KEEP_ACCOUNTS not in may:
        return False
    if book.kind != "fund":
        return holds_money(request, book)
    return acting(request, book.estate, _P.KEEP_ACCOUNTS).role != "property_manager"


def _period(book: Book, first: str) -> Period:
    """The period that begins that day, written down or not; Http404 for what is none."""
    try:
        day = date.fromisoformat(first)
    except ValueError:
        raise Http404 from None
    days = period_of(book.frequency, day)
    if days.first != day or day < book.opened_on or day > timezone.localdate():
        raise Http404
    found = book.periods.filter(first=day).first()
    found = found or Period(book=book, first=days.first, last=days.last)
    found.book = book
    return found
