"""Books of public revenue and expenses: entered by who holds the money, reviewed by others."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import (
    ROLE_PERMISSIONS,
    Permission,
    estate_for,
    estates_for,
    permissions_at,
    require,
    roles_at,
)
from accounts.selectors import people_named
from core.errors import RuleViolation
from core.numbers import number_in
from disclosures.domain.bodies import BODIES
from disclosures.domain.entries import Money, lines_of, reversed_lines
from disclosures.domain.headings import BANK, OF_BOOK
from disclosures.domain.periods import percent, period_of
from disclosures.models import Book, Contract, Entry, PaperPage
from disclosures.selectors.annual import years_of
from disclosures.selectors.books import balance_before, holding_of
from disclosures.selectors.papers import also_in, may_be_shown, plain_page
from disclosures.selectors.periods import period_rows
from disclosures.selectors.places import book_for, entry_for, paper_for
from disclosures.selectors.rules import account_rules, share_to_fund
from disclosures.services import books as book_services
from disclosures.services import entries as entry_services
from disclosures.services import papers as paper_services
from disclosures.steps import By
from documents.masking import MOST_BOXES
from portal.account_forms import (
    BookForm,
    BoxesForm,
    EntryForm,
    NewHolderForm,
    SplitForm,
)
from portal.forms import ReasonForm
from portal.sentences import said
from portal.views.account_pages import (
    acting,
    answer,
    checking,
    demand_holding,
    forming,
    holds_money,
    keeping,
    may_at,
    uploads,
)
from portal.views.common import actor_of, posted, searched, submission_of, user_of
from portal.voucher_forms import ReversalForm
from registry.models import Estate

_P = Permission
_form_page = require_http_methods(["GET", "HEAD", "POST"])
A_PAGE = 50
KINDS = dict(Book.KINDS)


# --- places --------------------------------------------------------------------------------


@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    """The estates whose books this person has to do with."""
    require(request.user, _P.VIEW_ACCOUNTS)
    search = searched(request)
    places = estates_for(request.user, _P.VIEW_ACCOUNTS).order_by("name", "pk")
    if search:
        places = places.filter(Q(name__icontains=search) | Q(code=search.upper()))
    page = Paginator(places.prefetch_related("books"), A_PAGE).get_page(request.GET.get("page"))
    return answer(request, "disclosures/staff/list.html", {"page": page, "search": search})


@require_safe
def estate(request: HttpRequest, code: str) -> HttpResponse:
    """One estate: its books, what waits, where to go on."""
    found = estate_for(request.user, code, _P.VIEW_ACCOUNTS)
    books = {one.kind: one for one in found.books.all()}
    rules = account_rules(found, timezone.localdate())
    roles = roles_at(user_of(request), found)
    keeps = [one for one in roles if _P.KEEP_ACCOUNTS in ROLE_PERMISSIONS[one]]
    rows = []
    for kind, title in Book.KINDS:
        one = books.get(kind)
        rows.append(
            {
                "kind": kind,
                "title": title,
                "book": one,
                "holding": holding_of(one) if one else None,
                "holds": one is not None and holds_money(request, one),
                "periods": period_rows(one, timezone.now())[:4] if one else [],
                "waiting": one.entries.filter(state="draft").count() if one else 0,
                "least": dict(Book.FREQUENCIES)[rules.frequency(kind)],
                # The use of the fund is never the manager's to publish.
                "may_open": any(kind != "fund" or one != "property_manager" for one in keeps),
            }
        )
    context = {
        "estate": found,
        "rows": rows,
        "may": may_at(request, found),
        "open_questions": found.questions.filter(state="open").count(),
        "open_reports": found.source_reports.filter(state="open").count(),
        "sources": found.sources.filter(ended_on=None).count(),
    }
    return answer(request, "disclosures/staff/estate.html", context)


@_form_page
def book_new(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """Begin the books of one kind of money."""
    found = estate_for(request.user, code, _P.KEEP_ACCOUNTS)
    if kind not in KINDS:
        raise Http404
    rules = account_rules(found, timezone.localdate())
    least = rules.frequency(kind)
    form = BookForm(
        posted(request),
        kind=kind,
        least=_("这里至少要%(often)s一次（%(clause)s）。")
        % {
            "often": dict(Book.FREQUENCIES)[least],
            "clause": said(rules.clause(f"{kind}.publish")),
        },
        initial={"frequency": least},
    )

    def act(given: dict[str, Any]) -> HttpResponse:
        made = book_services.open_book(
            estate_id=found.pk,
            kind=kind,
            frequency=given["frequency"],
            opened_on=given["opened_on"],
            opening=(given.get("opening") or 0, given.get("rests_on", "")),
            held=form.held_or_none(),
            by=acting(request, found, _P.KEEP_ACCOUNTS),
            at=timezone.now(),
        )
        messages.success(request, _("已经建账。"))
        return redirect("staff:book", made.pk)

    context = {"estate": found, "title": _("建账：%s") % KINDS[kind]}
    return forming(request, form, act, context)


@require_safe
def book(request: HttpRequest, pk: int) -> HttpResponse:
    """One book: periods, what waits for review, what stands in it."""
    found = book_for(request.user, pk, _P.VIEW_ACCOUNTS)
    state = request.GET.get("state", "")
    search = searched(request)
    entries = (
        found.entries.select_related("book")
        .order_by("-dated_on", "-pk")
        .annotate(count=Count("papers"))
    )
    if state in dict(Entry.STATES):
        entries = entries.filter(state=state)
    if search:
        entries = entries.filter(
            Q(text__icontains=search) | Q(party__icontains=search) | _number(search)
        )
    rules = account_rules(found.estate, timezone.localdate())
    share, clause = share_to_fund(found, rules, timezone.localdate())
    context = {
        "book": found,
        "estate": found.estate,
        "holding": holding_of(found),
        "share_percent": percent(share),
        "share_clause": clause,
        "periods": period_rows(found, timezone.now()),
        "years": years_of(found, timezone.localdate()) if found.kind == "revenue" else [],
        "balance": _balance(found),
        "headings": OF_BOOK[found.kind],
        "waiting": found.entries.filter(state__in=["draft", "returned"]).count(),
        "page": Paginator(entries, A_PAGE).get_page(request.GET.get("page")),
        "state": state,
        "states": Entry.STATES,
        "search": search,
        "may": may_at(request, found.estate),
        "holds": holds_money(request, found),
    }
    return answer(request, "disclosures/staff/book.html", context)


@_form_page
def holder(request: HttpRequest, pk: int) -> HttpResponse:
    """Another body or account holds the money."""
    found = book_for(request.user, pk, _P.CHECK_ACCOUNTS)
    if found.kind == "fund":
        raise Http404
    form = NewHolderForm(posted(request), initial={"since": timezone.localdate()})

    def act(given: dict[str, Any]) -> HttpResponse:
        book_services.change_holder(
            book_id=found.pk,
            held=form.held(),
            since=given["since"],
            by=acting(request, found.estate, _P.CHECK_ACCOUNTS),
            at=timezone.now(),
        )
        messages.success(request, _("已登记。"))
        return redirect("staff:book", found.pk)

    context = {"book": found, "estate": found.estate, "title": _("换保管单位或者账户")}
    return forming(request, form, act, context)


@_form_page
def split(request: HttpRequest, pk: int) -> HttpResponse:
    """What share goes to the fund, as the owners decided."""
    found = book_for(request.user, pk, _P.CHECK_ACCOUNTS)
    if found.kind != "revenue":
        raise Http404
    form = SplitForm(
        posted(request), request.FILES or None, initial={"since": timezone.localdate()}
    )

    def act(given: dict[str, Any]) -> HttpResponse:
        [paper] = uploads([given["paper"]]) or [("", b"")]
        book_services.decide_split(
            book_id=found.pk,
            share=given["percent"],
            since=given["since"],
            decision=given["decision"],
            paper=paper,
            by=acting(request, found.estate, _P.CHECK_ACCOUNTS),
            at=timezone.now(),
        )
        messages.success(request, _("已登记。"))
        return redirect("staff:book", found.pk)

    context = {"book": found, "estate": found.estate, "title": _("转入维修资金的比例")}
    return forming(request, form, act, context)


# --- entries -------------------------------------------------------------------------------


@_form_page
def entry_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a movement of money down."""
    found = book_for(request.user, pk, _P.KEEP_ACCOUNTS)
    if found.kind == "fund":
        raise Http404
    demand_holding(request, found)
    form = _entry_form(request, found, {"dated_on": timezone.localdate()})

    def act(given: dict[str, Any]) -> HttpResponse:
        made = entry_services.enter(
            book_id=found.pk,
            money=form.money(),
            said=form.said(),
            papers=uploads(given["papers"]),
            submission=submission_of(request),
            by=keeping(request, found),
            at=timezone.now(),
        )
        messages.success(request, _("已记下，请另一个单位的人复核。"))
        return redirect("staff:entry", made.pk)

    context = {
        "book": found,
        "estate": found.estate,
        "title": _("记一笔"),
        "submission": submission_of(request),
    }
    return forming(request, form, act, context)


@require_safe
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry with its papers, and what can be done with it."""
    return _entry_page(request, entry_for(request.user, pk, _P.VIEW_ACCOUNTS))


@_form_page
def entry_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a draft right."""
    found = entry_for(request.user, pk, _P.KEEP_ACCOUNTS)
    demand_holding(request, found.book)
    entry_services.demand_open(found)
    form = _entry_form(
        request,
        found.book,
        EntryForm.initial_of(found),
        has_papers=found.papers.exists(),
    )

    def act(given: dict[str, Any]) -> HttpResponse:
        entry_services.edit(
            entry_id=found.pk,
            money=form.money(),
            said=form.said(),
            papers=uploads(given["papers"]),
            by=keeping(request, found.book),
            at=timezone.now(),
        )
        messages.success(request, _("已改好，请另一个单位的人复核。"))
        return redirect("staff:entry", found.pk)

    context = {
        "book": found.book,
        "estate": found.book.estate,
        "title": _("修改"),
        "papers": found.papers.count(),
    }
    return forming(request, form, act, context)


@require_POST
def entry_review(request: HttpRequest, pk: int) -> HttpResponse:
    """Book it."""
    found = entry_for(request.user, pk, _P.CHECK_ACCOUNTS)
    by = checking(request, found.book.estate, found.entered_role)
    return _act(
        request,
        found,
        lambda: entry_services.review(
            entry_id=pk, by=by, at=timezone.now(), seen=request.POST.get("seen", "")
        ),
        _("已复核入账。"),
    )


@require_POST
def entry_return(request: HttpRequest, pk: int) -> HttpResponse:
    """Give it back with a reason."""
    found = entry_for(request.user, pk, _P.CHECK_ACCOUNTS)
    by = checking(request, found.book.estate, found.entered_role)
    reason = request.POST.get("reason", "")
    return _act(
        request,
        found,
        lambda: entry_services.return_entry(
            entry_id=pk, reason=reason, by=by, at=timezone.now()
        ),
        _("已退回。"),
    )


@require_POST
def entry_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Give it up with a reason."""
    found = entry_for(request.user, pk, _P.KEEP_ACCOUNTS)
    by, reason = keeping(request, found.book), request.POST.get("reason", "")
    return _act(
        request,
        found,
        lambda: entry_services.drop(entry_id=pk, reason=reason, by=by, at=timezone.now()),
        _("已作废。"),
    )


@_form_page
def entry_reverse(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a reviewed entry back."""
    found = entry_for(request.user, pk, _P.KEEP_ACCOUNTS)
    demand_holding(request, found.book)
    form = ReversalForm(posted(request), initial={"dated_on": found.dated_on})

    def act(given: dict[str, Any]) -> HttpResponse:
        made = entry_services.reverse(
            entry_id=pk, **given, by=keeping(request, found.book), at=timezone.now()
        )
        messages.success(request, _("已记下，请另一个单位的人复核。"))
        days = period_of(found.book.frequency, found.dated_on)
        if not days.first <= made.dated_on <= days.last:
            messages.warning(
                request, _("日期不在原来那一期里：原来那一期不会更正，只更正日期所在的一期。")
            )
        return redirect("staff:entry", made.pk)

    context = {
        "book": found.book,
        "estate": found.book.estate,
        "title": _("冲正第%s笔") % (found.number or ""),
        "lead": _(
            "更正已经公布的一期，日期写在那一期里：复核以后那一期要重新公布。"
            "冲正只把原来的一笔抵掉，正确的另外再记一笔。"
        ),
    }
    return forming(request, form, act, context)


@require_POST
def entry_paper_off(request: HttpRequest, pk: int, paper: int) -> HttpResponse:
    """Take a wrong paper off a draft."""
    found = entry_for(request.user, pk, _P.KEEP_ACCOUNTS)
    by = keeping(request, found.book)
    return _act(
        request,
        found,
        lambda: entry_services.take_paper_off(
            entry_id=pk, paper_id=paper, by=by, at=timezone.now()
        ),
        _("已取下。"),
    )


# --- papers --------------------------------------------------------------------------------


@require_safe
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """A paper page by page, as handed in and as it will be shown."""
    found = paper_for(request.user, pk, _P.READ_PAPERS)
    context = {
        "paper": found,
        "estate": found.estate,
        "pages": found.pages.defer("content", "shown").prefetch_related("later"),
        "entries": [one.entry for one in found.entries.select_related("entry__book")],
        "is_public": may_be_shown(found),
        "may": may_at(request, found.estate),
    }
    return answer(request, "disclosures/staff/paper.html", context)


@_form_page
def paper_page(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Cover what must not be shown on one page."""
    found = paper_for(request.user, pk, _P.READ_PAPERS)
    by = _covering(request, found.estate)
    page = get_object_or_404(found.pages.defer("content", "shown"), number=number)
    after = found.pages.filter(number__gt=number).values_list("number", flat=True).first()
    is_public = may_be_shown(found)
    form = BoxesForm(posted(request), is_public=is_public, initial={"boxes": _boxes_text(page)})

    def act(given: dict[str, Any]) -> HttpResponse:
        boxes = given["boxes"]
        paper_services.cover_page(
            page_id=page.pk,
            boxes=boxes,
            reason=given.get("reason", ""),
            by=by,
            at=timezone.now(),
        )
        told = (
            _("第%(n)s页已保存，遮盖%(count)s处。")
            if boxes
            else _("第%(n)s页已保存，没有遮盖。")
        )
        messages.success(request, told % {"n": number, "count": len(boxes)})
        if after and "onward" in request.POST:
            return redirect("staff:account_page", found.pk, after)
        return redirect("staff:account_paper", found.pk)

    context = {
        "paper": found,
        "page": page,
        "estate": found.estate,
        "title": _("遮盖第%(n)s页（共%(all)s页）") % {"n": number, "all": found.pages.count()},
        "is_last": after is None,
        "fixed": is_public,
        "most": MOST_BOXES,
    }
    return forming(request, form, act, context, template="disclosures/staff/cover.html")


@require_safe
def paper_picture(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """One page as handed in, or with `?shown=1` as everybody will see it."""
    found = paper_for(request.user, pk, _P.READ_PAPERS)
    page = get_object_or_404(found.pages, number=number)
    shown = "shown" in request.GET and page.shown
    picture = HttpResponse(
        bytes(page.shown) if shown else plain_page(page), content_type="image/jpeg"
    )
    picture["Content-Disposition"] = f'inline; filename="{page.sha256[:12]}.jpg"'
    picture["Cache-Control"] = "private, no-store"
    return picture


@require_POST
def paper_looked(request: HttpRequest, pk: int) -> HttpResponse:
    """Every page has been looked at; it may be published with its entry."""
    found = paper_for(request.user, pk, _P.READ_PAPERS)
    by = _covering(request, found.estate)
    paper_services.look_over(paper_id=pk, by=by, at=timezone.now())
    messages.success(request, _("已看过，公布时可以给业主看。"))
    one = found.entries.order_by("-pk").first()
    return redirect("staff:entry", one.entry_id) if one else redirect("staff:account_paper", pk)


# --- what they share -----------------------------------------------------------------------


def _covering(request: HttpRequest, estate: Estate) -> By:
    """Whoever keeps or checks the accounts covers pages."""
    may = permissions_at(user_of(request), estate)
    for permission in (_P.KEEP_ACCOUNTS, _P.CHECK_ACCOUNTS):
        if permission in may:
            return acting(request, estate, permission)
    raise Http404


def _entry_form(
    request: HttpRequest, book: Book, initial: dict[str, object], *, has_papers: bool = False
) -> EntryForm:
    contracts: Any = ()
    if book.kind == "revenue":
        contracts = (
            Contract.objects.filter(source__estate=book.estate_id)
            .select_related("source")
            .order_by("source__number", "-first")
        )
    return EntryForm(
        posted(request),
        request.FILES or None,
        book=book.kind,
        contracts=contracts,
        has_papers=has_papers,
        initial=initial,
    )


def _entry_page(request: HttpRequest, found: Entry, *, refused: str = "") -> HttpResponse:
    book = found.book
    lines = lines_of(book.kind, Money(found.heading, found.fen, found.kept, found.kept_fen))
    if found.reverses_id:
        lines = reversed_lines(lines)
    titles = {BANK: _("银行存款")} | {
        key: said(one.title) for key, one in OF_BOOK[book.kind].items()
    }
    names = people_named([found.entered_by, found.reviewed_by])
    may = may_at(request, book.estate)
    context = {
        "entry": found,
        "book": book,
        "estate": book.estate,
        "heading": OF_BOOK[book.kind][found.heading],
        "lines": [(titles[one.ledger], max(one.fen, 0), max(-one.fen, 0)) for one in lines],
        "papers": [one.paper for one in found.papers.select_related("paper")],
        "also_in": also_in(found) if found.state in {"draft", "returned"} else [],
        "entered_by": names.get(found.entered_by, found.entered_by),
        "entered_body": BODIES.get(found.entered_role, ""),
        "reviewed_by": names.get(found.reviewed_by, found.reviewed_by),
        "reviewed_body": BODIES.get(found.reviewed_role, ""),
        "reversal": found.reversals.exclude(state="dropped").first(),
        "may": may,
        "holds": holds_money(request, book),
        "own": found.entered_by == actor_of(request),
        "may_review": _may_review(request, found),
        "seen": entry_services.seen_of(found),
        "reason_form": ReasonForm(),
        "refused": refused,
        "late": found.state in {"draft", "returned"}
        and book.periods.filter(
            first__lte=found.dated_on, last__gte=found.dated_on, version__gt=0
        ).exists(),
    }
    return answer(request, "disclosures/staff/entry.html", context, 400 if refused else 200)


def _may_review(request: HttpRequest, found: Entry) -> bool:
    roles = roles_at(user_of(request), found.book.estate)
    return (
        found.state == "draft"
        and found.entered_by != actor_of(request)
        and any(
            role != found.entered_role and _P.CHECK_ACCOUNTS in ROLE_PERMISSIONS[role]
            for role in roles
        )
    )


def _act(
    request: HttpRequest, found: Entry, act: Callable[[], object], done: str
) -> HttpResponse:
    try:
        act()
    except RuleViolation as refused:
        found.refresh_from_db()
        return _entry_page(request, found, refused=str(refused))
    messages.success(request, done)
    return redirect("staff:entry", found.pk)


def _balance(book: Book) -> int | None:
    if book.kind == "fund":
        return None
    return balance_before(book, timezone.localdate() + timedelta(days=1))


def _number(search: str) -> Q:
    number = number_in(search, digits=8)
    return Q(number=number) if number else Q(pk=None)


def _boxes_text(page: PaperPage) -> str:
    return ";".join(",".join(str(side) for side in box) for box in page.boxes)
