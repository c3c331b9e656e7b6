"""Witnesses: an authority's key, whom a draft asks, and the cosignatures handed in."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, authorities_for, permissions_at
from core.errors import RuleViolation
from portal.forms import add_reasons
from portal.selectors import session_for
from portal.views.common import actor_of, posted
from voting.forms.witnesses import AskForm, CosignatureForm, WitnessKeyForm
from voting.models import Session, Witness
from voting.selectors import key_of_witness, possible_witnesses, witnessed, witnessing_of
from voting.services.witnessing import (
    MAX_SIZE,
    ask_witnesses,
    receive_cosignature,
    register_witness,
)

_P = Permission
_form_page = require_http_methods(["GET", "HEAD", "POST"])


@_form_page
def witness_key(request: HttpRequest) -> HttpResponse:
    """The public key this person's authority witnesses with."""
    authorities = authorities_for(request.user, _P.WITNESS)
    if not authorities:
        raise Http404
    form = WitnessKeyForm(
        posted(request), authorities=authorities, initial={"authority": authorities[0]}
    )
    if request.method == "POST" and form.is_valid():
        try:
            register_witness(
                authority_id=form.cleaned_data["authority"].pk,
                key=form.cleaned_data["key"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            form.add_error("key", str(refused))
        else:
            messages.success(request, _("见证公钥已登记，以后公告的会议可以请您的机构见证。"))
            return redirect("staff:witness_key")
    context = {
        "form": form,
        "keys": [(one, key_of_witness(one.pk)) for one in authorities],
        "section": "witness",
    }
    return _page(request, "staff/witness_key.html", context)


@_form_page
def asked(request: HttpRequest, code: str) -> HttpResponse:
    """Whom a draft asks to witness, and how many of them must."""
    draft = session_for(request.user, code, _P.MANAGE_SESSION)
    if draft.state != "draft":
        raise RuleViolation("session.not_draft", _("会议已经公告，不能再改请谁见证"))
    possible = possible_witnesses(draft.estate)
    row = witnessing_of(draft)
    initial: dict[str, Any] = {"needed": 0}
    if row is not None:
        chosen = list(row.asked.values_list("pk", flat=True))
        initial = {"authorities": chosen, "needed": row.needed}
    form = AskForm(posted(request), possible=possible, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            ask_witnesses(
                session_id=draft.pk,
                **form.cleaned_data,
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            form.add_error("needed", str(refused))
        else:
            messages.success(request, _("已保存。公告以后不能再改。"))
            return redirect("staff:session", draft.code)
    context = {"form": form, "session": draft, "estate": draft.estate, "possible": possible}
    return _page(request, "staff/witnesses.html", context)


@_form_page
def witness(request: HttpRequest, code: str) -> HttpResponse:
    """How far a board is witnessed; what to check it with; the place to hand in."""
    session = session_for(request.user, code, _P.WITNESS)
    if not session.manifest:
        raise Http404
    form = CosignatureForm(posted(request), request.FILES or None)
    own = list(authorities_for(request.user, _P.WITNESS).values_list("pk", flat=True))
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["content"]
        try:
            found = receive_cosignature(
                session_id=session.pk,
                # One byte too many is enough to be refused; the rest is never read.
                content=upload.read(MAX_SIZE + 2),
                authorities=own,
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("收到见证，到第%(n)s条。") % {"n": found.size})
            return redirect("staff:witness", session.code)
    return _page(request, "staff/witness.html", _status(request, session, form, own))


def _status(
    request: HttpRequest, session: Session, form: CosignatureForm, own: list[int]
) -> dict[str, Any]:
    seen = witnessed(session)
    mine: set[str] = set()
    if seen is not None:
        keys = [line.key for line in seen.lines]
        rows = Witness.objects.filter(key__in=keys, authority__in=own)
        mine = set(rows.values_list("key", flat=True))
    may = permissions_at(request.user, session.estate)
    return {
        "session": session,
        "estate": session.estate,
        "may": {permission.value: True for permission in may},
        "witnessed": seen,
        "mine": [line for line in seen.lines if line.key in mine] if seen else [],
        "form": form,
    }


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    return render(request, template, context, status=400 if context["form"].errors else 200)
