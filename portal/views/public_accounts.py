"""The public accounts of an estate, for everybody: no sign-in, no script, nothing but what was
published."""

from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.permissions import refuse_strange
from core.files import content_type
from disclosures.selectors.public import (
    Account,
    Part,
    above,
    account_of,
    home_of,
    line_of,
    parts_of,
    public_page,
    questions_on,
    table_of,
)
from disclosures.selectors.register import register_of
from documents.selectors import postings_of
from registry.models import Estate

# So many entries stand on the page itself; more are on pages of their own.
MOST_LINES = 40
LINES_A_PAGE = 50
QUESTIONS_SHOWN, QUESTIONS_A_PAGE = 5, 20
_SIDES = {
    "in": _("钱从哪里来"),
    "cost": _("花在维护和税费上"),
    "use": _("用到哪里去"),
}


# What templates/404.html is told of a period that is not out.
NOT_PUBLISHED = "accounts.not_published"


class Side(NamedTuple):
    """What came in, what it cost, what it was used for."""

    key: str
    title: str | Promise
    fen: int
    parts: list[Part]


@require_safe
def home(request: HttpRequest, code: str) -> HttpResponse:
    """What an estate made public, what is late, and the way to every period."""
    estate = estate_of(code)
    today = timezone.localdate()
    context = {"estate": estate, "home": home_of(estate, today), "today": today}
    return render(request, "disclosures/home.html", context)


@require_safe
def account(
    request: HttpRequest, code: str, kind: str, first: date, version: int | None = None
) -> HttpResponse:
    """A period: the version in force, or an older one under its banner."""
    found = _account(code, kind, first, version)
    parts = parts_of(found.facts)
    asked = questions_on(found)
    context = _context(found) | {
        "sides": _sides(found, parts),
        "more_in": above(parts, "in"),
        "more_out": above(parts, "cost", "use"),
        "folded": found.is_newest and len(found.facts.lines) > MOST_LINES,
        "questions": asked[:QUESTIONS_SHOWN],
        "asked": asked.count(),
        "postings": postings_of([found.publication.document]),
    }
    return render(request, "disclosures/account.html", context)


@require_safe
def lines(request: HttpRequest, code: str, kind: str, first: date) -> HttpResponse:
    """Every entry of a period, or those of one heading, in pages."""
    found = _account(code, kind, first)
    parts = parts_of(found.facts)
    place = request.GET.get("heading", "")
    chosen = next((one for one in parts if str(one.place) == place), None)
    rows = found.facts.lines if chosen is None else chosen.lines
    pages = Paginator(rows, LINES_A_PAGE)
    context = _context(found) | {
        "page": pages.get_page(request.GET.get("page")),
        "chosen": chosen,
        "place": place if chosen else "",
    }
    return render(request, "disclosures/lines.html", context)


@require_safe
def line(request: HttpRequest, code: str, kind: str, first: date, number: int) -> HttpResponse:
    """One entry: what it rests on, its papers, what was asked about it."""
    found = _account(code, kind, first)
    one = line_of(found, number)
    if one is None:
        raise Http404
    return render(request, "disclosures/line.html", _context(found) | {"one": one})


@require_safe
def questions(request: HttpRequest, code: str, kind: str, first: date) -> HttpResponse:
    """Everything that was asked about a period, in pages."""
    found = _account(code, kind, first)
    pages = Paginator(questions_on(found), QUESTIONS_A_PAGE)
    context = _context(found) | {"page": pages.get_page(request.GET.get("page"))}
    return render(request, "disclosures/questions.html", context)


@require_safe
def table(
    request: HttpRequest, code: str, kind: str, first: date, version: int | None = None
) -> HttpResponse:
    """The table of a version, byte for byte as it was published."""
    estate = estate_of(code)
    found = table_of(estate, kind, first, version)
    if found is None:
        raise Http404(NOT_PUBLISHED if version is None else "")
    response = HttpResponse(bytes(found.csv), content_type="text/csv; charset=utf-8")
    name = f"{estate.code}-{kind}-{first}-v{found.version}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_safe
def paper(request: HttpRequest, code: str, pk: int) -> HttpResponseBase:
    """A page of a voucher as everybody may see it.

    A browser keeps it and asks each time whether it is still the same: more may be covered
    any day.
    """
    page = public_page(estate_of(code), pk)
    if page is None:
        raise Http404
    content = bytes(page.shown)
    response = HttpResponse(content, content_type=content_type(content) or "image/jpeg")
    response.headers["Content-Disposition"] = f'inline; filename="{page.pk}.jpg"'
    response.headers["Cache-Control"] = "public, no-cache"
    response.headers["ETag"] = etag = f'"{sha256(content).hexdigest()[:32]}"'
    return get_conditional_response(request, etag=etag, response=response) or response


@require_safe
def sources(request: HttpRequest, code: str) -> HttpResponse:
    """The register of sources: what brings common income, under which contracts."""
    estate = estate_of(code)
    register = register_of(estate, timezone.localdate())
    return render(
        request,
        "disclosures/sources.html",
        {"estate": estate, "register": register, "now": timezone.now()},
    )


def estate_of(code: str) -> Estate:
    """The estate of a code in an address; else Http404."""
    refuse_strange(code)
    found = Estate.objects.filter(code=code.upper()).first()
    if found is None:
        raise Http404
    return found


def _account(code: str, kind: str, first: date, version: int | None = None) -> Account:
    found = account_of(estate_of(code), kind, first, version)
    if found is None:
        raise Http404(NOT_PUBLISHED if version is None else "")
    return found


def _context(found: Account) -> dict[str, Any]:
    """What every page of a period needs; `at`, `ask`: addresses that others continue."""
    book = found.publication.period.book
    where = [book.estate.code, book.kind, found.facts.first]
    return {
        "estate": book.estate,
        "account": found,
        "facts": found.facts,
        "at": reverse("portal:accounts", args=where),
        "ask": reverse("portal:my_ask", args=where),
        "now": timezone.now(),
    }


def _sides(found: Account, parts: list[Part]) -> list[Side]:
    return [
        Side(key, title, found.facts.total(key), those)
        for key, title in _SIDES.items()
        if (those := [one for one in parts if one.heading.side == key])
    ]
