"""Security headers, and refusals turned into pages a person can act on."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.defaults import page_not_found

from core.errors import RuleViolation

_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "worker-src 'self'; connect-src 'self'"
)
_TOO_OFTEN = {
    "letter.too_many_guesses",
    "check.too_soon",
    "check.too_many_codes",
    "check.locked",
}


class SecurityHeadersMiddleware:
    """Content-Security-Policy without inline script or style, and no caching of pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), microphone=(), geolocation=()"
        )
        if request.path.startswith("/q/"):
            # The letter's code stands in the address: only the host may travel on.
            response.headers["Referrer-Policy"] = "strict-origin"
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class RuleViolationMiddleware:
    """A refused act becomes a page with every reason and a way back (409; 429 for limits)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponse | None:
        if isinstance(exception, Http404):
            # In development too: Django's own page helps nobody who mistyped a code.
            return page_not_found(request, exception)
        if not isinstance(exception, RuleViolation):
            return None
        context = {
            "violation": exception,
            "reasons": exception.facts.get("reasons", ()),
            "back": _back(request),
            # On the way through a vote the letter's token must stay in the address.
            "voting": request.path.startswith(("/q/", "/vote/")),
            "staff": request.path.startswith("/staff/"),
        }
        if exception.code in _TOO_OFTEN:
            return render(request, "429.html", context, status=429)
        return render(request, "portal/refused.html", context, status=409)


def _back(request: HttpRequest) -> str:
    """The page the refused form stands on. Forms post to their own page or one below it."""
    if request.path.startswith("/vote/"):
        return "/".join(request.path.split("/")[:3]) + "/"
    if request.method == "GET" and request.path.startswith(
        ("/staff/sessions/", "/staff/roll/")
    ):
        # The page itself is refused, and leading back to it would go in circles.
        return "/".join(request.path.split("/")[:4]) + "/"
    came_from = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()}):
        return came_from
    return request.path
