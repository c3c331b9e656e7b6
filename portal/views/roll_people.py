"""The people of the roll: shown with a reason, another phone, requests about the data."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import (
    Permission,
    estate_for,
    permissions_at,
)
from accounts.services.data_requests import answer
from core.errors import RuleViolation
from core.numbers import number_in
from portal.forms import ReasonForm, add_reasons
from portal.own.kept import overdue
from portal.own.seen import acted_by
from portal.roll_forms import AnswerForm, OwnerPhoneForm, ShowForm
from portal.selectors import names_of
from portal.views.common import actor_of, posted, signer_of
from portal.views.roll import roll_estate
from portal.views.roll_checks import room_of
from registry.models import DataRequest, Estate, Ownership, PhoneChange
from registry.services.showing import show_owners
from voting.services.phones import (
    confirm_all,
    confirm_change,
    propose_change,
    stop_change,
)

_P = Permission
_form_page = require_http_methods(["GET", "HEAD", "POST"])
A_PAGE = 50
# Of what waits; the rest follows when these are done.
SHOWN = 100


@require_POST
@never_cache
def shown(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Names and numbers of a room's owners in full, once, for the reason given."""
    estate = roll_estate(request, code)
    room = room_of(estate, pk)
    form = ShowForm(request.POST)
    people: list[Ownership] = []
    if form.is_valid():
        show_owners(
            unit_id=room.pk,
            reason=form.cleaned_data["reason"],
            actor=actor_of(request),
            at=timezone.now(),
        )
        held = room.ownerships.filter(valid_to__isnull=True)
        people = list(held.select_related("owner").order_by("pk"))
    context = {"estate": estate, "unit": room, "form": form, "people": people}
    return _page(request, "registry/shown.html", context)


# --- another number ------------------------------------------------------------------------


@_form_page
@never_cache
@sensitive_post_parameters("phone")
def phone(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Enter an owner's new number from the paper; another person confirms it."""
    estate = roll_estate(request, code)
    room = room_of(estate, pk)
    held = list(room.ownerships.filter(valid_to__isnull=True).select_related("owner"))
    form = OwnerPhoneForm(posted(request), owners=[title.owner for title in held])
    if request.method == "POST" and form.is_valid():
        try:
            propose_change(
                owner_id=form.cleaned_data["owner"],
                phone=form.cleaned_data["phone"],
                signer=signer_of(request, estate, _P.MANAGE_ROLL),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已录入。另一个人看过材料确认以后，过24小时生效。"))
            return redirect("roll:phones", code)
    context = {"estate": estate, "unit": room, "form": form}
    return _page(request, "registry/phone.html", context)


@require_safe
@never_cache
def phones(request: HttpRequest, code: str) -> HttpResponse:
    """Numbers that wait to be confirmed or to come into force, and those of the last time."""
    return _phones_page(request, _phones_estate(request, code), ReasonForm())


@require_POST
def phone_confirm(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The second person has seen the paper."""
    estate = estate_for(request.user, code, _P.CONFIRM_STANDIN)
    change = _change(estate, pk)
    try:
        confirm_change(
            change_id=change.pk,
            signer=signer_of(request, estate, _P.CONFIRM_STANDIN),
            at=timezone.now(),
        )
    except RuleViolation as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("已确认。原来的号码会收到短信，过24小时生效。"))
    return redirect("roll:phones", code)


@require_POST
def phone_confirm_all(request: HttpRequest, code: str) -> HttpResponse:
    """The second person has held a whole file against the numbers on the page."""
    estate = estate_for(request.user, code, _P.CONFIRM_STANDIN)
    listed = {pk for text in request.POST.getlist("change")[:SHOWN] if (pk := number_in(text))}
    rows = PhoneChange.objects.filter(owner__estate=estate, way="file", pk__in=listed)
    done, left = confirm_all(
        change_ids=list(rows.order_by("pk").values_list("pk", flat=True)),
        signer=signer_of(request, estate, _P.CONFIRM_STANDIN),
        at=timezone.now(),
    )
    said = _("已确认%(done)d位，过24小时生效。") % {"done": done}
    if left:
        said += _("另有%(left)d位别人已经办了，或者是您自己录入的。") % {"left": left}
    messages.success(request, said)
    return redirect("roll:phones", code)


@require_POST
def phone_stop(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """It does not come into force; why is said."""
    estate = _phones_estate(request, code)
    change = _change(estate, pk)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            stop_change(
                change_id=change.pk,
                signer=signer_of(request, estate, _P.MANAGE_ROLL, _P.CONFIRM_STANDIN),
                reason=form.cleaned_data["reason"],
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已停止，号码不变。"))
            return redirect("roll:phones", code)
    return _phones_page(request, estate, form)


# --- requests about the data ---------------------------------------------------------------


@require_safe
@never_cache
def requests(request: HttpRequest, code: str) -> HttpResponse:
    """What owners asked about their data: open ones first, by the day of the answer."""
    estate = roll_estate(request, code)
    today = timezone.localdate()
    found = DataRequest.objects.filter(owner__estate=estate).select_related("owner")
    waiting = found.filter(state="open").order_by("due_on", "pk")
    done = Paginator(found.exclude(state="open").order_by("-answered_at", "-pk"), A_PAGE)
    context = {
        "estate": estate,
        "open": [(one, overdue(one, today)) for one in waiting],
        "page": done.get_page(request.GET.get("page")),
    }
    return render(request, "registry/requests.html", context)


@_form_page
@never_cache
@sensitive_post_parameters("text")
def request_answer(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """One request, and the answer."""
    estate = roll_estate(request, code)
    rows = DataRequest.objects.filter(owner__estate=estate).select_related("owner")
    found = get_object_or_404(rows, pk=pk)
    form = AnswerForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            answer(
                request_id=found.pk,
                outcome=form.cleaned_data["outcome"],
                text=form.cleaned_data["text"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已答复，短信告诉业主来看。"))
            return redirect("roll:requests", code)
    units = found.owner.ownerships.filter(valid_to__isnull=True).select_related("unit")
    context = {
        "estate": estate,
        "one": found,
        "form": form,
        "late": overdue(found, timezone.localdate()),
        "units": [title.unit for title in units.order_by("pk")],
    }
    return _page(request, "registry/request.html", context)


def _phones_estate(request: HttpRequest, code: str) -> Estate:
    """For those who enter numbers and those who confirm them."""
    return estate_for(request.user, code, _P.VIEW_TURNOUT)


def _change(estate: Estate, pk: int) -> PhoneChange:
    return get_object_or_404(PhoneChange.objects.filter(owner__estate=estate), pk=pk)


def _phones_page(request: HttpRequest, estate: Estate, form: ReasonForm) -> HttpResponse:
    rows = PhoneChange.objects.filter(owner__estate=estate).select_related("owner")
    open_ones = rows.filter(state__in=PhoneChange.OPEN).order_by("-state", "pk")
    waiting = list(open_ones[:SHOWN])
    ended = Paginator(rows.exclude(state__in=PhoneChange.OPEN).order_by("-pk"), A_PAGE)
    page = ended.get_page(request.GET.get("page"))
    may = permissions_at(request.user, estate)
    actor = actor_of(request)
    acted = {one.asked_by for one in waiting}
    acted |= {who for one in page for who in (one.asked_by, one.confirmed_by, one.ended_by)}
    names = names_of(acted - {""})
    context: dict[str, Any] = {
        "estate": estate,
        "form": form,
        "waiting": [
            {
                "change": one,
                "rooms": [title.unit.label for title in _rooms(one)],
                "who": acted_by(names[one.asked_by]),
                "may_stop": one.way != "own" or _P.CONFIRM_STANDIN in may,
                "may_confirm": one.state == "proposed"
                and _P.CONFIRM_STANDIN in may
                and one.asked_by != actor,
            }
            for one in waiting
        ],
        "hidden": max(0, open_ones.count() - SHOWN),
        "of_files": [
            one.pk
            for one in waiting
            if (one.state, one.way) == ("proposed", "file") and one.asked_by != actor
        ]
        if _P.CONFIRM_STANDIN in may
        else [],
        "page": page,
        "ended": [
            {
                "change": one,
                "rooms": [title.unit.label for title in _rooms(one)],
                "who": [
                    acted_by(names[who])
                    for who in (one.asked_by, one.confirmed_by, one.ended_by)
                    if who
                ],
            }
            for one in page
        ],
        "manages": _P.MANAGE_ROLL in may,
    }
    return _page(request, "registry/phones.html", context)


def _rooms(change: PhoneChange) -> list[Ownership]:
    held = change.owner.ownerships.filter(valid_to__isnull=True)
    return list(held.select_related("unit").order_by("pk"))


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    wrong = context["form"].is_bound and bool(context["form"].errors)
    return render(request, template, context, status=400 if wrong else 200)
