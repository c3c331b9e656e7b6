"""Drawing owners who shall keep keys."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission, permissions_at
from core.canonical import canonical
from core.errors import RuleViolation
from portal.forms import add_reasons
from portal.selectors import session_for
from portal.views.common import actor_of, posted
from voting.forms.lots import ListForm, SeedForm
from voting.models import KeyLot, Session
from voting.selectors import lot_file, lots_of, open_lot
from voting.services.lots import draw_lot, fix_list

_P = Permission


@require_http_methods(["GET", "HEAD", "POST"])
def key_lot(request: HttpRequest, code: str) -> HttpResponse:
    """抽签产生业主保管人: what was drawn; posting fixes the list."""
    if request.method != "POST":
        return _page(request, session_for(request.user, code, _P.SUPERVISE))
    draft = _draft(request, code)
    form = ListForm(posted(request))
    if form.is_valid():
        try:
            fix_list(
                session_id=draft.pk,
                source=form.cleaned_data["source"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            return redirect("staff:key_lot", draft.code)
    return _page(request, draft, form=form)


@require_POST
def key_lot_draw(request: HttpRequest, code: str) -> HttpResponse:
    """Draw, now that the seed is known."""
    draft = _draft(request, code)
    form = SeedForm(request.POST)
    if form.is_valid():
        try:
            draw_lot(
                session_id=draft.pk,
                seed=form.cleaned_data["seed"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            return redirect("staff:key_lot", draft.code)
    return _page(request, draft, seed=form)


@require_safe
def key_lot_file(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """What somebody needs to draw again with the trustees' tool."""
    found = session_for(request.user, code, _P.SUPERVISE)
    lot = get_object_or_404(KeyLot.objects.select_related("session"), pk=pk, session=found)
    response = HttpResponse(canonical(lot_file(lot)) + b"\n", content_type="application/json")
    name = f"lot-{found.code}-{lot.pk}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _page(
    request: HttpRequest,
    session: Session,
    *,
    form: ListForm | None = None,
    seed: SeedForm | None = None,
) -> HttpResponse:
    may = permissions_at(request.user, session.estate)
    context: dict[str, Any] = {
        "session": session,
        "estate": session.estate,
        "lots": lots_of(session),
        "open": open_lot(session),
        "form": form or ListForm(),
        "seed": seed or SeedForm(),
        "may_change": _P.MANAGE_SESSION in may and session.state == "draft",
    }
    refused = any(one is not None and one.errors for one in (form, seed))
    return render(request, "staff/key_lot.html", context, status=400 if refused else 200)


def _draft(request: HttpRequest, code: str) -> Session:
    found = session_for(request.user, code, _P.MANAGE_SESSION)
    if found.state != "draft":
        raise RuleViolation("session.not_draft", _("会议已经公告，开票钥匙不能再改"))
    return found
