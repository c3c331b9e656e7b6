"""The gate before every staff page, and before the pages that change one's own factors."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import resolve, reverse

from accounts.gate import (
    begin,
    lacking,
    not_fresh,
    note_break_glass,
    out_of_office,
    outstayed,
)
from accounts.models import User

STAFF, ACCOUNTS = "/staff/", "/accounts/"
# Whoever may open these could make a factor of their own.
KEY_PAGES = frozenset(
    {
        "account_change_password",
        "mfa_activate_totp",
        "mfa_deactivate_totp",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_download_recovery_codes",
        "mfa_add_webauthn",
        "mfa_edit_webauthn",
        "mfa_remove_webauthn",
    }
)
# Whoever may use these could keep the owner of an account out of it.
ENDING_PAGES = frozenset({"account_session_end", "account_sessions_end"})
# The way out, and the ways in.
_OPEN = frozenset({"account_logout", "account_login", "oidc_login", "oidc_callback"})


class StaffGateMiddleware:
    """Stops at the prefix, so that a page that forgets its own check stays shut."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        staff = request.path_info.startswith(STAFF)
        if not staff and not request.path_info.startswith(ACCOUNTS):
            return self.get_response(request)
        if staff and not request.user.is_authenticated:
            query = urlencode({"next": request.get_full_path()})
            return redirect(f"{reverse('account_login')}?{query}")
        page = "" if staff else _page(request)
        if page not in _OPEN and SESSION_KEY in request.session:
            stopped = _stopped(request, page, staff=staff)
            if stopped is not None:
                return stopped
        return self.get_response(request)


def _stopped(request: HttpRequest, page: str, *, staff: bool) -> HttpResponse | None:
    user = request.user
    if not user.is_authenticated:
        return None
    at_provider = begin(request, user)
    stopped = outstayed(request, user)
    if stopped is None and at_provider:
        stopped = out_of_office(request, user)
    if stopped is None and settings.REQUIRE_MFA:
        stopped = _unproven(request, user, page, staff=staff)
    if stopped is None and staff:
        note_break_glass(request, user)
    return stopped


def _unproven(
    request: HttpRequest, user: User, page: str, *, staff: bool
) -> HttpResponse | None:
    if page in ENDING_PAGES:
        return not_fresh(request, user)
    keys = page in KEY_PAGES
    return lacking(request, user, keys=keys) if staff or keys else None


def _page(request: HttpRequest) -> str:
    """The name of the page asked for; "" where there is none."""
    try:
        return resolve(request.path_info).url_name or ""
    except Http404:
        return ""
