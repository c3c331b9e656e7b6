"""印章登记: the seals of an estate, who keeps them, and every use."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import Permission, estate_for, permissions_at
from core.codes import read_code
from core.errors import RuleViolation
from documents.models import Seal
from documents.selectors import document_or_none, seals_of
from documents.services.seals import hand_over_seal, register_seal, use_seal
from portal.forms import add_reasons
from portal.paper_forms import HandoverForm, SealForm, SealUseForm
from portal.views.common import actor_of
from registry.models import Estate

_P = Permission


@require_safe
def seals(request: HttpRequest, code: str) -> HttpResponse:
    """The register."""
    return _page(request, estate_for(request.user, code, _P.SUPERVISE))


@require_POST
def seal_new(request: HttpRequest, code: str) -> HttpResponse:
    """A seal is registered, with its first keeper."""
    estate = estate_for(request.user, code, _P.KEEP_SEALS)
    form = SealForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            register_seal(
                estate_id=estate.pk, **said, actor=actor_of(request), at=timezone.now()
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已登记。"))
            return redirect("staff:seals", estate.code)
    return _page(request, estate, {"new": form})


@require_POST
def seal_handover(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """A seal goes from one keeper to the next."""
    estate, seal = _seal_of(request, code, pk)
    form = HandoverForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            hand_over_seal(
                seal_id=seal.pk,
                to=said["custodian"],
                on=said["since"],
                witness=said["witness"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已登记移交。"))
            return redirect("staff:seals", estate.code)
    return _page(request, estate, {"seal": seal.pk, "handover": form})


@require_POST
def seal_use(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """A seal was used."""
    estate, seal = _seal_of(request, code, pk)
    form = SealUseForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        typed = said.pop("document").strip()
        document = document_or_none(read_code(typed) or "") if typed else None
        if typed and document is None:
            form.add_error("document", _("没有这个核验码的文件，请对照纸上的再填一次。"))
        else:
            try:
                use_seal(
                    seal_id=seal.pk,
                    document=document,
                    **said,
                    actor=actor_of(request),
                    at=timezone.now(),
                )
            except RuleViolation as refused:
                add_reasons(form, refused)
            else:
                messages.success(request, _("已登记用印。"))
                return redirect("staff:seals", estate.code)
    return _page(request, estate, {"seal": seal.pk, "use": form})


def _seal_of(request: HttpRequest, code: str, pk: int) -> tuple[Estate, Seal]:
    estate = estate_for(request.user, code, _P.KEEP_SEALS)
    seal = Seal.objects.filter(estate=estate, pk=pk).first()
    if seal is None:
        raise Http404
    return estate, seal


def _page(
    request: HttpRequest, estate: Estate, wrong: dict[str, Any] | None = None
) -> HttpResponse:
    wrong = wrong or {}
    rows = [
        {
            "seal": seal,
            "handover": wrong["handover"]
            if wrong.get("seal") == seal.pk and "handover" in wrong
            else HandoverForm(auto_id=f"id_h{seal.pk}_%s"),
            "use": wrong["use"]
            if wrong.get("seal") == seal.pk and "use" in wrong
            else SealUseForm(auto_id=f"id_u{seal.pk}_%s"),
        }
        for seal in seals_of(estate.pk)
    ]
    may = permissions_at(request.user, estate)
    context = {
        "estate": estate,
        "rows": rows,
        "new": wrong.get("new") or SealForm(),
        "may": {permission.value: True for permission in may},
    }
    return render(request, "staff/seals.html", context, status=400 if wrong else 200)
