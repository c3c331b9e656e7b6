"""Below /my/: who came in by the phone on the roll, and where they wanted to go."""

from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _

from funds.selectors.phones import units_by_phone

_COOKIE, _SALT, _SECONDS = "own_fund", "portal.my_fund", 15 * 60
_DRAFT, _DRAFT_SALT = "own_draft", "portal.my_draft"
# Where somebody may be led on to, after the check.
_PAGES = {"portal:my_fund", "portal:my_accounts", "portal:my_ask", "portal:my_report"}
# What is kept of a form while somebody is checked again, and how much of each field.
_KEPT, _LONGEST = {"kind", "text", "place", "unit"}, 400


def units_inside(request: HttpRequest) -> list[int] | None:
    """The units to show, asked of the roll each time; None without a check that holds."""
    try:
        held = signing.loads(request.COOKIES.get(_COOKIE, ""), salt=_SALT, max_age=_SECONDS)
    except signing.BadSignature:
        return None
    return units_by_phone(held) or None


def let_in(request: HttpRequest, answer: HttpResponse, held: str) -> HttpResponse:
    """Open the door to whoever has the phone with this hash, for fifteen minutes."""
    return _set(request, answer, _COOKIE, signing.dumps(held, salt=_SALT))


def let_out(answer: HttpResponse) -> HttpResponse:
    """Close it again; what was being written goes too."""
    answer.delete_cookie(_COOKIE, path="/my/")
    answer.delete_cookie(_DRAFT, path="/my/")
    return answer


def to_start(request: HttpRequest, wanted: str = "") -> HttpResponse:
    """To the check, and to this page or another after it; what was written comes along."""
    following = urlencode({"next": wanted or request.get_full_path()})
    answer = redirect(f"{reverse('portal:my_start')}?{following}")
    said = {
        name: text[:_LONGEST]
        for name, text in request.POST.items()
        if isinstance(text, str) and name in _KEPT
    }
    if not said:
        return answer
    messages.warning(
        request, _("时间到了，请再核对一次手机号。您写的还在，核对以后再提交；照片要重新选。")
    )
    draft = signing.dumps([request.path, said], salt=_DRAFT_SALT, compress=True)
    return _set(request, answer, _DRAFT, draft)


def draft_of(request: HttpRequest) -> dict[str, Any]:
    """What was being written on this page when the time was over."""
    try:
        path, said = signing.loads(
            request.COOKIES.get(_DRAFT, ""), salt=_DRAFT_SALT, max_age=_SECONDS
        )
    except (signing.BadSignature, ValueError):
        return {}
    return dict(said) if path == request.path else {}


def drop_draft(answer: HttpResponse) -> HttpResponse:
    """It was sent."""
    answer.delete_cookie(_DRAFT, path="/my/")
    return answer


def onward(wanted: str) -> str:
    """A page of ours below /my/ that somebody wanted to see; "" for any other address."""
    try:
        parts = urlsplit(wanted)
        known = resolve(parts.path).view_name in _PAGES
    except (ValueError, Resolver404):
        return ""
    if parts.scheme or parts.netloc or not known:
        return ""
    return urlunsplit(("", "", parts.path, parts.query, ""))


def _set(request: HttpRequest, answer: HttpResponse, name: str, value: str) -> HttpResponse:
    answer.set_cookie(
        name,
        value,
        max_age=_SECONDS,
        path="/my/",
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return answer
