"""Duties of committees: the list of an estate, what is overdue, evidence; the public list."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import (
    Permission,
    estate_for,
    has_permission,
    permissions_at,
    require,
)
from accounts.reach import Reach
from committees.domain.breaches import LIST_SOURCE, PROHIBITED
from committees.domain.duties import DUTIES, OCCASION, PUBLISHED, Duty
from committees.models import Committee, DutyDone, Occasion
from committees.selectors.duties import overdue as overdue_duties
from committees.selectors.duty_list import committee_of, list_of
from committees.services.duties import (
    Shown,
    record_done,
    record_occasion,
    strike_done,
    strike_occasion,
)
from disclosures.selectors.papers import plain_page
from portal.duty_forms import DoneForm, OccasionForm, StrikeForm
from portal.views.account_pages import acting, forming, uploads
from portal.views.common import asked_authority, posted, submission_of
from portal.views.public_accounts import estate_of
from registry.models import Estate

_P = Permission
_form_page = require_http_methods(["GET", "HEAD", "POST"])
A_PAGE = 50


@require_safe
def overdue(request: HttpRequest) -> HttpResponse:
    """What is overdue in the places this person watches, the longest first."""
    require(request.user, _P.WATCH_DUTIES)
    try:
        reach = Reach(request.user, _P.WATCH_DUTIES, asked_authority(request))
    except LookupError:
        raise Http404 from None
    found = overdue_duties(Estate.objects.filter(reach.within()), timezone.localdate())
    own: dict[int, int] = {}
    for one in found:
        place = one.committee.estate.authority_id
        own[place] = own.get(place, 0) + 1
    context = {
        "at": reach.at,
        "above": reach.above,
        "below": [one for one in reach.rolled(own, 0, int.__add__) if one[1]],
        "page": Paginator(found, A_PAGE).get_page(request.GET.get("page")),
        "estates": len({one.committee.estate_id for one in found}),
        "now": timezone.now(),
        "handles": has_permission(request.user, _P.HANDLE_BREACH),
    }
    return _page(request, "registers/duties_overdue.html", context)


@require_safe
def estate_duties(request: HttpRequest, code: str) -> HttpResponse:
    """The list of duties of an estate's committee: done, due, overdue."""
    estate = estate_for(request.user, code, _P.WATCH_DUTIES)
    committee, may = committee_of(estate), permissions_at(request.user, estate)
    context = {
        "estate": estate,
        "committee": committee,
        "rows": list_of(committee, timezone.localdate()) if committee else [],
        "keeps": _P.KEEP_DUTIES in may,
        "handles": _P.HANDLE_BREACH in may,
        "enrolled": hasattr(estate, "enrolment"),
    }
    return _page(request, "registers/duties.html", context)


@_form_page
def occasion_new(request: HttpRequest, code: str, duty: str) -> HttpResponse:
    """Something happened that sets the days running."""
    estate, committee, kind = _entering(request, code, duty)
    form = OccasionForm(posted(request))
    if kind.way != OCCASION:
        raise Http404

    def act(given: dict[str, Any]) -> HttpResponse:
        record_occasion(
            committee_id=committee.pk,
            duty=duty,
            day=given["day"],
            shown=Shown(given["note"], None, submission_of(request)),
            by=acting(request, estate, _P.KEEP_DUTIES),
            at=timezone.now(),
        )
        messages.success(request, _("已登记。办完以后请登记凭据。"))
        return redirect("staff:duties", code)

    return _form(request, estate, kind, form, act)


@_form_page
def done_new(
    request: HttpRequest, code: str, duty: str, occasion: int | None = None
) -> HttpResponse:
    """A duty was done, with what shows it."""
    estate, committee, kind = _entering(request, code, duty)
    found = None
    if occasion is not None:
        found = get_object_or_404(committee.occasions, pk=occasion, duty=duty, strike=None)
    if kind.way == PUBLISHED or (found is None) == (kind.way == OCCASION):
        raise Http404
    form = DoneForm(posted(request), request.FILES or None)

    def act(given: dict[str, Any]) -> HttpResponse:
        files = uploads([given["file"]])
        record_done(
            committee_id=committee.pk,
            duty=duty,
            occasion_id=occasion,
            day=given["day"],
            shown=Shown(given["note"], files[0] if files else None, submission_of(request)),
            by=acting(request, estate, _P.KEEP_DUTIES),
            at=timezone.now(),
        )
        messages.success(request, _("已登记。"))
        return redirect("staff:duties", code)

    return _form(request, estate, kind, form, act, occasion=found)


@_form_page
def done_strike(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """What was entered shows nothing."""
    estate = estate_for(request.user, code, _P.KEEP_DUTIES)
    row = get_object_or_404(DutyDone, pk=pk, committee__estate=estate)

    def act(given: dict[str, Any]) -> HttpResponse:
        by = acting(request, estate, _P.KEEP_DUTIES)
        strike_done(done_id=pk, reason=given["reason"], by=by, at=timezone.now())
        messages.success(request, _("已划去，记录还在，不再算数。"))
        return redirect("staff:duties", code)

    form = StrikeForm(posted(request))
    return _form(request, estate, DUTIES[row.duty], form, act, struck=row)


@_form_page
def occasion_strike(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """What was entered did not happen."""
    estate = estate_for(request.user, code, _P.KEEP_DUTIES)
    row = get_object_or_404(Occasion, pk=pk, committee__estate=estate)

    def act(given: dict[str, Any]) -> HttpResponse:
        by = acting(request, estate, _P.KEEP_DUTIES)
        strike_occasion(occasion_id=pk, reason=given["reason"], by=by, at=timezone.now())
        messages.success(request, _("已划去，记录还在，不再算数。"))
        return redirect("staff:duties", code)

    form = StrikeForm(posted(request))
    return _form(request, estate, DUTIES[row.duty], form, act, struck=row)


@require_safe
def evidence(request: HttpRequest, code: str, pk: int, number: int) -> HttpResponse:
    """A page of what shows that a duty was done."""
    estate = estate_for(request.user, code, _P.WATCH_DUTIES)
    row = get_object_or_404(DutyDone, pk=pk, committee__estate=estate, paper__isnull=False)
    assert row.paper is not None  # noqa: S101 (asked for)
    page = get_object_or_404(row.paper.pages, number=number)
    picture = HttpResponse(plain_page(page), content_type="image/jpeg")
    picture["Content-Disposition"] = f'inline; filename="{page.sha256[:12]}.jpg"'
    picture["Cache-Control"] = "private, no-store"
    return picture


@require_safe
def public(request: HttpRequest, code: str) -> HttpResponse:
    """The list for everybody: what has to be done, done or overdue; no persons."""
    estate = estate_of(code)
    committee = committee_of(estate)
    context = {
        "estate": estate,
        "committee": committee,
        "rows": list_of(committee, timezone.localdate()) if committee else [],
        "prohibited": PROHIBITED,
        "list_source": LIST_SOURCE,
        "enrolled": hasattr(estate, "enrolment"),
    }
    return render(request, "registers/public_duties.html", context)


def _entering(request: HttpRequest, code: str, duty: str) -> tuple[Estate, Committee, Duty]:
    """The estate, the committee in office and the duty; else Http404."""
    estate = estate_for(request.user, code, _P.KEEP_DUTIES)
    committee = committee_of(estate)
    if committee is None or duty not in DUTIES:
        raise Http404
    return estate, committee, DUTIES[duty]


def _form(
    request: HttpRequest, estate: Estate, duty: Duty, form: forms.Form, act: Any, **more: Any
) -> HttpResponse:
    context = {
        "estate": estate,
        "duty": duty,
        "submission": submission_of(request),
        "section": "registers",
        **more,
    }
    return forming(request, form, act, context, template="registers/duty_form.html")


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    return render(request, template, {**context, "section": "registers"})
