"""Who keeps the keys of a session: choosing, the ceremony's files, and the shares after it."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission, permissions_at
from core.canonical import canonical
from core.errors import RuleViolation
from portal.forms import add_reasons
from portal.selectors import session_for
from portal.views.common import actor_of, posted
from voting.domain.keyholders import SIZES, Holder, one_command
from voting.forms.keys import AgreeForm, HoldersForm, KeyFileForm
from voting.models import Session
from voting.protocol.ceremony import MAX_SIZE, fingerprint
from voting.selectors import ROUND_FIELDS, ceremony_of, deliveries, transcript_of
from voting.services.keyholding import (
    agree_fingerprint,
    choose_platform,
    choose_trustees,
    restart_ceremony,
    take_message,
)
from voting.services.opening import deliver_share

_P = Permission
_MAX_SHARE = 4 * 1024 * 1024
_OFFLINE_PAGE = "offline/yishi-ceremony.html"


@require_safe
def keys(request: HttpRequest, code: str) -> HttpResponse:
    """谁保管开票钥匙: the platform, or trustees and how far their ceremony is."""
    found = session_for(request.user, code, _P.SUPERVISE)
    return _keys(request, found)


@require_http_methods(["GET", "HEAD", "POST"])
def holders(request: HttpRequest, code: str, count: int) -> HttpResponse:
    """Name the trustees of a draft."""
    draft = _draft(request, code)
    threshold = next((k for k, n in SIZES.values() if n == count), None)
    if threshold is None:
        raise Http404
    form = HoldersForm(posted(request), count=count)
    if request.method == "POST" and form.is_valid():
        choose_trustees(
            session_id=draft.pk,
            holders=form.holders,
            actor=actor_of(request),
            at=timezone.now(),
        )
        return redirect("staff:keys", draft.code)
    context = {
        "session": draft,
        "estate": draft.estate,
        "form": form,
        "count": count,
        "threshold": threshold,
    }
    status = 400 if form.errors else 200
    return render(request, "staff/key_holders.html", context, status=status)


@require_POST
def platform(request: HttpRequest, code: str) -> HttpResponse:
    """Let the platform keep the only key."""
    draft = _draft(request, code)
    choose_platform(session_id=draft.pk, actor=actor_of(request), at=timezone.now())
    return redirect("staff:keys", draft.code)


@require_safe
def transcript(request: HttpRequest, code: str) -> HttpResponse:
    """The ceremony's file, which every trustee's tool reads; nothing in it is secret."""
    found = session_for(request.user, code, _P.SUPERVISE)
    row = ceremony_of(found)
    if row is None:
        raise Http404
    current = transcript_of(row)
    response = HttpResponse(canonical(current.value) + b"\n", content_type="application/json")
    name = f"ceremony-{found.code}-{current.round}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_POST
def upload(request: HttpRequest, code: str) -> HttpResponse:
    """Take a trustee's file of the round under way."""
    draft = _draft(request, code)
    form = KeyFileForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            take_message(
                session_id=draft.pk,
                content=form.cleaned_data["content"].read(MAX_SIZE + 2),
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            return redirect("staff:keys", draft.code)
    return _keys(request, draft, form=form)


@require_POST
def agree(request: HttpRequest, code: str) -> HttpResponse:
    """The fingerprint was read aloud by all."""
    draft = _draft(request, code)
    form = AgreeForm(request.POST)
    if form.is_valid():
        agree_fingerprint(session_id=draft.pk, actor=actor_of(request), at=timezone.now())
        return redirect("staff:keys", draft.code)
    return _keys(request, draft, agreed=form)


@require_POST
def restart(request: HttpRequest, code: str) -> HttpResponse:
    """Begin again with new keys."""
    draft = _draft(request, code)
    restart_ceremony(session_id=draft.pk, actor=actor_of(request), at=timezone.now())
    return redirect("staff:keys", draft.code)


@require_http_methods(["GET", "HEAD", "POST"])
def opening(request: HttpRequest, code: str) -> HttpResponse:
    """等待保管人开票: who has delivered, and where shares are uploaded."""
    found = session_for(request.user, code, _P.SUPERVISE)
    row = ceremony_of(found)
    if row is None or row.tallied_at is None:
        raise Http404
    form = KeyFileForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            content = form.cleaned_data["content"].read(_MAX_SHARE + 2)
            deliver_share(session_id=found.pk, content=content, at=timezone.now())
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            return redirect("staff:opening", found.code)
    came = deliveries(found)
    context = {
        "session": found,
        "estate": found.estate,
        "form": form,
        "deliveries": came,
        "threshold": row.threshold,
        "missing": max(0, row.threshold - sum(one.delivered for one in came)),
        "offline_page": _OFFLINE_PAGE,
        "offline_hash": offline_page_hash(),
    }
    status = 400 if form.errors else 200
    return render(request, "staff/opening.html", context, status=status)


def _keys(
    request: HttpRequest,
    session: Session,
    *,
    form: KeyFileForm | None = None,
    agreed: AgreeForm | None = None,
) -> HttpResponse:
    may = permissions_at(request.user, session.estate)
    context: dict[str, Any] = {
        "session": session,
        "estate": session.estate,
        "may_change": _P.MANAGE_SESSION in may and session.state == "draft",
        "form": form or KeyFileForm(),
        "agreed": agreed or AgreeForm(),
        "offline_page": _OFFLINE_PAGE,
        "offline_hash": offline_page_hash(),
    }
    row = ceremony_of(session)
    if row is not None:
        current = transcript_of(row)
        rows = list(row.holders.all())
        named = [Holder(one.name, one.belongs) for one in rows]
        context |= {
            "ceremony": row,
            "round": current.round + 1,
            "finished": current.finished,
            "fingerprint": fingerprint(current) if current.finished else "",
            "warning": one_command(named, row.threshold),
            "rows": [
                (name, [bool(getattr(one, field)) for field in ROUND_FIELDS])
                for name, one in zip(current.names, rows, strict=True)
            ],
        }
    refused = any(one is not None and one.errors for one in (form, agreed))
    return render(request, "staff/keys.html", context, status=400 if refused else 200)


@cache
def offline_page_hash() -> str:
    """SHA-256 of the page that trustees open from their own disks."""
    path = finders.find(_OFFLINE_PAGE)
    return sha256(Path(path).read_bytes()).hexdigest() if path else ""


def _draft(request: HttpRequest, code: str) -> Session:
    found = session_for(request.user, code, _P.MANAGE_SESSION)
    if found.state != "draft":
        raise RuleViolation("session.not_draft", _("会议已经公告，开票钥匙不能再改"))
    return found
