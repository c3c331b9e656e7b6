"""The roll is put right: findings, single rooms, verification, the manager's people."""

from collections.abc import Callable
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import RuleViolation
from core.numbers import number_in
from portal.forms import add_reasons
from portal.roll_forms import (
    AreaForm,
    FileForm,
    ShowForm,
    StaffMemberForm,
    TransferForm,
    WaiveForm,
)
from portal.views.common import actor_of, posted
from portal.views.roll import roll_estate, workbook_response
from registry.domain.doctor import KINDS
from registry.models import Estate, Unit
from registry.selectors import open_findings, verification_figures
from registry.services.findings import (
    add_manager_staff,
    remove_manager_staff,
    waive_findings,
)
from registry.services.proposals import propose_area, propose_transfer, propose_voter
from registry.services.verification import record_verification, request_verification

_form_page = require_http_methods(["GET", "HEAD", "POST"])
ROOMS_A_PAGE = 100


@_form_page
def findings(request: HttpRequest, code: str) -> HttpResponse:
    """What the roll doctor found, by kind; several are explained with one reason."""
    estate = roll_estate(request, code)
    form = WaiveForm(posted(request))
    chosen = {pk for text in request.POST.getlist("finding") if (pk := number_in(text))}
    if request.method == "POST":
        if not chosen:
            form.add_error(None, _("请先勾选要说明的问题"))
        if form.is_valid():
            try:
                count = waive_findings(
                    estate_id=estate.pk,
                    finding_ids=chosen,
                    reason=form.cleaned_data["reason"],
                    actor=actor_of(request),
                    at=timezone.now(),
                )
            except RuleViolation as refused:
                add_reasons(form, refused)
            else:
                messages.success(request, _("已说明 %(count)s 处。") % {"count": count})
                return redirect("roll:findings", code)
    found = open_findings(estate.pk)
    order = list(KINDS)
    found.sort(key=lambda one: order.index(one.kind))
    groups = [
        {"title": KINDS[kind][0], "advice": KINDS[kind][1], "findings": list(members)}
        for kind, members in groupby(found, key=lambda one: one.kind)
    ]
    decided = estate.findings.exclude(state="open").order_by("-decided_at")[:100]
    context = {
        "estate": estate,
        "groups": groups,
        "form": form,
        "chosen": chosen,
        "decided": [(KINDS[one.kind][0], one) for one in decided],
    }
    return _page(request, "registry/findings.html", context)


@require_safe
def units(request: HttpRequest, code: str) -> HttpResponse:
    """The rooms of the roll, found by label."""
    estate = roll_estate(request, code)
    search = request.GET.get("q", "").strip()[:40]
    found = estate.units.filter(is_active=True).order_by("building_id", "entrance", "floor")
    if search:
        found = found.filter(label__contains=search)
    page = Paginator(found, ROOMS_A_PAGE).get_page(request.GET.get("page"))
    context = {"estate": estate, "page": page, "search": search}
    return render(request, "registry/units.html", context)


@require_safe
def unit(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """One room: its facts, its owners now and before, and what can be corrected."""
    estate = roll_estate(request, code)
    return _unit_page(request, estate, room_of(estate, pk))


@require_POST
def area(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Write a room's area; another person confirms it."""
    form = AreaForm(request.POST)
    return _correct(
        request,
        code,
        pk,
        "area_form",
        form,
        lambda room: propose_area(
            unit_id=room.pk,
            area=form.cleaned_data["area"],
            source=form.cleaned_data["source"],
            actor=actor_of(request),
            at=timezone.now(),
        ),
    )


@require_POST
def voter(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Write the voter joint owners chose; another person confirms it."""
    owner = request.POST.get("owner", "")
    return _correct(
        request,
        code,
        pk,
        "voter_form",
        Form(request.POST),
        lambda room: propose_voter(
            unit_id=room.pk,
            owner_id=number_in(owner),
            actor=actor_of(request),
            at=timezone.now(),
        ),
    )


@require_POST
def transfer(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Write that title passed; another person confirms it."""
    form = TransferForm(request.POST)
    return _correct(
        request,
        code,
        pk,
        "transfer_form",
        form,
        lambda room: propose_transfer(
            unit_id=room.pk,
            owners=form.cleaned_data["people"],
            basis=form.cleaned_data["basis"],
            on=form.cleaned_data["on"],
            actor=actor_of(request),
            at=timezone.now(),
        ),
    )


@_form_page
def verification(request: HttpRequest, code: str) -> HttpResponse:
    """待核验清单: how many are open, and the list coming back."""
    estate = roll_estate(request, code)
    form = FileForm(posted(request), request.FILES or None)
    faults: object = []
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            result = record_verification(
                estate_id=estate.pk,
                file_name=file.name,
                content=file.read(),
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            form.add_error("file", str(refused))
            faults = refused.facts.get("faults", [])
        else:
            messages.success(request, _("一致 %(agrees)s 位，不一致 %(differs)s 位。") % result)
            return redirect("roll:verification", code)
    context = {
        "estate": estate,
        "form": form,
        "faults": faults,
        "figures": verification_figures(estate.pk),
    }
    return _page(request, "registry/verification.html", context)


@require_POST
def verification_list(request: HttpRequest, code: str) -> HttpResponse:
    """The list to send out; its owners are marked as asked about."""
    estate = roll_estate(request, code)
    content = request_verification(
        estate_id=estate.pk,
        without_number_only=request.POST.get("who") != "all",
        actor=actor_of(request),
        at=timezone.now(),
    )
    return workbook_response(content, f"verification-{estate.code}.xlsx")


@_form_page
def manager(request: HttpRequest, code: str) -> HttpResponse:
    """The property manager's people, who may not stand in for owners."""
    estate = roll_estate(request, code)
    form = StaffMemberForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            add_manager_staff(
                estate_id=estate.pk,
                **form.cleaned_data,
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已加入，名册已重新检查。"))
            return redirect("roll:manager", code)
    people = estate.property_manager_staff.order_by("pk")
    context = {"estate": estate, "form": form, "people": people}
    return _page(request, "registry/manager.html", context)


@require_POST
def manager_remove(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take a person off that list."""
    estate = roll_estate(request, code)
    person = get_object_or_404(estate.property_manager_staff, pk=pk)
    remove_manager_staff(
        estate_id=estate.pk, staff_id=person.pk, actor=actor_of(request), at=timezone.now()
    )
    return redirect("roll:manager", code)


def _correct(
    request: HttpRequest,
    code: str,
    pk: int,
    name: str,
    form: Form,
    act: Callable[[Unit], object],
) -> HttpResponse:
    """Do one correction of a room, or show its page again with all reasons."""
    estate = roll_estate(request, code)
    room = room_of(estate, pk)
    if form.is_valid():
        try:
            act(room)
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已录入。另一个人对照材料确认以后写入名册。"))
            return redirect("roll:unit", code, pk)
    return _unit_page(request, estate, room, **{name: form})


def room_of(estate: Estate, pk: int) -> Unit:
    """A living room of the estate; else 404."""
    return get_object_or_404(estate.units.select_related("building"), pk=pk, is_active=True)


def _unit_page(request: HttpRequest, estate: Estate, room: Unit, **bound: Form) -> HttpResponse:
    titles = list(room.ownerships.select_related("owner").order_by("-valid_from", "pk"))
    known = {
        "area_form": AreaForm(),
        "transfer_form": TransferForm(),
        "show_form": ShowForm(),
    }
    context = {
        "estate": estate,
        "unit": room,
        "present": [title for title in titles if title.valid_to is None],
        "former": [title for title in titles if title.valid_to is not None],
        "waiting": room.proposals.filter(state="waiting").count(),
        **known,
        **bound,
        "form": next(iter(bound.values()), None),
    }
    return _page(request, "registry/unit.html", context)


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    wrong = bool(getattr(context["form"], "errors", None))
    return render(request, template, context, status=400 if wrong else 200)
