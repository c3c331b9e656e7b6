"""Reports of what the list prohibits (负面清单): taken in, handled; never public."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import Permission, estate_for, require
from committees.domain.breaches import LIST_SOURCE, following
from committees.selectors.breaches import breach_for, breaches_for, own_breaches
from committees.services.breaches import Reported, report_breach, take_step
from core.errors import RuleViolation
from disclosures.services.sources import MOST_OPEN, Said
from portal.duty_forms import BreachForm, OwnBreachForm, StepForm
from portal.forms import add_reasons
from portal.views.account_pages import acting, forming
from portal.views.common import posted, submission_of
from portal.views.inside import draft_of, drop_draft, to_start, units_inside
from portal.views.my_accounts import OWNER
from portal.views.public_accounts import estate_of
from registry.models import Unit

_P = Permission
_form_page = require_http_methods(["GET", "HEAD", "POST"])
A_PAGE = 50


@require_safe
def breaches(request: HttpRequest) -> HttpResponse:
    """What waits to be handled, the oldest first; with `?closed=1` what is settled."""
    require(request.user, _P.HANDLE_BREACH)
    closed = "closed" in request.GET
    rows = Paginator(breaches_for(request.user, closed=closed), A_PAGE)
    context = {
        "page": rows.get_page(request.GET.get("page")),
        "closed": closed,
        "section": "registers",
    }
    return render(request, "registers/breaches.html", context)


@_form_page
def breach_new(request: HttpRequest, code: str) -> HttpResponse:
    """Enter what reached the office, with where it came from."""
    estate = estate_for(request.user, code, _P.HANDLE_BREACH)

    def act(given: dict[str, Any]) -> HttpResponse:
        made = report_breach(
            estate_id=estate.pk,
            reported=Reported(given["act"], given["day"], given["source"]),
            told=Said(given["text"], None, submission_of(request)),
            by=acting(request, estate, _P.HANDLE_BREACH),
            at=timezone.now(),
        )
        messages.success(request, _("已登记，是第%(n)s号。") % {"n": made.number})
        return redirect("staff:breach", made.pk)

    context = {
        "estate": estate,
        "submission": submission_of(request),
        "list_source": LIST_SOURCE,
        "section": "registers",
    }
    form = BreachForm(posted(request))
    return forming(request, form, act, context, template="registers/breach_new.html")


@_form_page
def breach(request: HttpRequest, pk: int) -> HttpResponse:
    """One report with every step, and the next one."""
    found = breach_for(request.user, pk)

    def act(given: dict[str, Any]) -> HttpResponse:
        take_step(
            breach_id=pk,
            step=given["step"],
            text=given["text"],
            by=acting(request, found.estate, _P.HANDLE_BREACH),
            at=timezone.now(),
        )
        messages.success(request, _("已记下。"))
        return redirect("staff:breach", pk)

    context = {
        "breach": found,
        "estate": found.estate,
        "steps": found.steps.all(),
        "open": bool(following(found.state)),
        "section": "registers",
    }
    form = StepForm(posted(request), state=found.state)
    return forming(request, form, act, context, template="registers/breach.html")


@_form_page
@never_cache
def own(request: HttpRequest, code: str) -> HttpResponse:
    """An owner reports, let in by the phone on the roll, and sees what became of it."""
    estate = estate_of(code)
    units = units_inside(request)
    if units is None:
        return to_start(request)
    held = Unit.objects.filter(pk__in=units, estate=estate).order_by("pk")
    if not held:
        return render(request, "disclosures/my_no_unit.html", {"estate": estate}, status=404)
    form = OwnBreachForm(posted(request), units=held, initial=draft_of(request))
    if request.method == "POST" and form.is_valid():
        reported = Reported(form.cleaned_data["act"], form.cleaned_data["day"], "owner")
        now = timezone.now()
        try:
            made = report_breach(
                estate_id=estate.pk, reported=reported, told=form.said(), by=OWNER, at=now
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            told = gettext_lazy("收到了，是第%(n)s号，由街道办事处办理，不公开。")
            messages.success(request, told % {"n": made.number})
            return drop_draft(redirect("portal:my_breach", code))
    context = {
        "estate": estate,
        "form": form,
        "own": [one for one in own_breaches(units) if one.estate_id == estate.pk],
        "most": MOST_OPEN,
    }
    status = 400 if form.errors else 200
    return render(request, "registers/my_breach.html", context, status=status)
