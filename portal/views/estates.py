"""One estate of the register: its history, a report by hand, and where it belongs."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import Permission, estate_for, estates_for
from committees.domain.estate_register import rate_words
from committees.register_steps import ByHand
from committees.selectors.moves import goal_of, movable, moves_of, receivers
from committees.selectors.places import authorities_offered
from committees.selectors.register import Known, known_estates, records_of
from committees.services.moves import move_estates
from committees.services.register import found_estate, report_estate
from core.errors import RuleViolation
from portal.forms import add_reasons
from portal.register_forms import EstateForm, MoveForm
from portal.views.common import actor_of, posted
from registry.models import Estate

_P = Permission
_form_page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def estate(request: HttpRequest, code: str) -> HttpResponse:
    """What is on record of an estate, who reported it, and where it was before."""
    found = estate_for(request.user, code, _P.VIEW_REGISTER)
    context = {
        "estate": found,
        "one": _known(found),
        "records": records_of(found),
        "moves": moves_of(found),
        "keeps": estates_for(request.user, _P.KEEP_REGISTER).filter(pk=found.pk).exists(),
    }
    return _page(request, "registers/estate.html", context)


@_form_page
def report(request: HttpRequest, code: str) -> HttpResponse:
    """Report what has changed of one estate."""
    found = estate_for(request.user, code, _P.KEEP_REGISTER)
    one = _known(found)
    today = timezone.localdate()
    form = EstateForm(
        posted(request),
        authorities=(),
        known=True,
        initial={**_initial(one), "day": today, "reporter": found.authority.name},
    )
    if request.method == "POST" and form.is_valid():
        told = form.told(name=found.name, place=one.row.place)
        if _reported(request, form, report_estate, told, found.authority_id):
            return redirect("staff:register_estate", found.code)
    return _page(request, "registers/report.html", {"form": form, "estate": found})


@_form_page
def found(request: HttpRequest) -> HttpResponse:
    """Put an estate on record that no register has named yet."""
    authorities = authorities_offered(request.user)
    if not authorities:
        raise Http404
    today = timezone.localdate()
    form = EstateForm(
        posted(request),
        authorities=authorities,
        known=False,
        initial={"day": today, "reporter": authorities[0].name},
    )
    if request.method == "POST" and form.is_valid():
        authority = int(form.cleaned_data["authority"])
        if made := _reported(request, form, found_estate, form.told(), authority):
            return redirect("staff:register_estate", Estate.objects.get(pk=made).code)
    return _page(request, "registers/report.html", {"form": form})


@_form_page
def move(request: HttpRequest, code: str) -> HttpResponse:
    """Hand one estate over."""
    return _moving(request, [estate_for(request.user, code, _P.KEEP_REGISTER)])


@_form_page
def move_all(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand over what an authority answers for: it is dissolved, or its streets are redrawn."""
    estates = movable(request.user, pk)
    if not estates:
        raise Http404
    return _moving(request, estates)


def _moving(request: HttpRequest, estates: list[Estate]) -> HttpResponse:
    form = MoveForm(
        posted(request),
        estates=estates,
        receivers=receivers(request.user, estates),
        initial={"estates": [one.code for one in estates], "day": timezone.localdate()},
    )
    if request.method == "POST" and form.is_valid():
        moved = _moved(request, form, estates)
        if moved:
            messages.success(request, _("已划转%(n)s个。以前的月份不变。") % {"n": moved})
            return redirect("staff:register")
    return _page(request, "registers/move.html", {"form": form})


def _moved(request: HttpRequest, form: MoveForm, estates: list[Estate]) -> int:
    """How many were handed over; 0 where it was refused, with the reason in the form."""
    given = form.cleaned_data
    keys = {one.code: one.pk for one in estates}
    try:
        chosen = int(given["authority"]) if given["authority"] else None
        goal = goal_of(request.user, given["place"].strip(), chosen)
        return move_estates(
            estate_ids=[keys[code] for code in given["estates"]],
            division_code=goal.division,
            authority_id=goal.authority,
            day=given["day"],
            paper=given["paper"],
            actor=actor_of(request),
            at=timezone.now(),
        )
    except RuleViolation as refused:
        add_reasons(form, refused)
        return 0


def _reported(
    request: HttpRequest,
    form: EstateForm,
    command: Callable[..., int],
    told: ByHand,
    authority: int,
) -> int:
    """The estate that was written down; 0 where it was refused: the form says why."""
    try:
        made = command(
            authority_id=authority,
            told=told,
            day=form.cleaned_data["day"],
            reporter=form.cleaned_data["reporter"],
            actor=actor_of(request),
            at=timezone.now(),
        )
    except RuleViolation as refused:
        form.refuse(refused)
        return 0
    messages.success(request, _("已写入台账。"))
    return made


def _known(found: Estate) -> Known:
    (one,) = known_estates(Estate.objects.filter(pk=found.pk))
    return one


def _initial(one: Known) -> dict[str, Any]:
    """What the form begins with: what stands now, the amounts left for this report."""
    row = one.row._asdict()
    return {
        name: "" if row[name] is None else row[name]
        for name in ("small_names", "boundaries", "service", "formed", "party", "manager")
    } | {"fee_rate": rate_words(one.row.fee_rate)}


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    form = context.get("form")
    status = 400 if request.method == "POST" and form is not None and form.errors else 200
    return render(request, template, {**context, "section": "registers"}, status=status)
