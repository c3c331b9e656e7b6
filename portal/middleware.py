"""Security headers, and refusals turned into pages a person can act on."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.defaults import page_not_found

from accounts.services.doors import note_closed_door
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
# Pages of the accounts, where nobody votes.
_ACCOUNTS = ("/staff/accounts/", "/staff/watching/", "/staff/sources/")
# Where the page of a thing stands: the beginning of its address, and how many parts it has.
_HEADS = (
    ("/staff/sessions/", 4),
    ("/staff/roll/", 4),
    ("/staff/", 2),
    ("/vote/", 3),
    ("/s/", 3),
)


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
    """A refused act becomes a page with every reason and a way back (409; 429 for limits).

    So does an address opened by a method it does not take (405).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        return _only_by_a_button(request, response) if response.status_code == 405 else response

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponse | None:
        if isinstance(exception, Http404):
            _note_closed_door(request)
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
            "accounts": request.path.startswith(_ACCOUNTS),
        }
        if exception.code in _TOO_OFTEN:
            return render(request, "429.html", context, status=429)
        return render(request, "portal/refused.html", context, status=409)


def _note_closed_door(request: HttpRequest) -> None:
    """A thing of the staff pages that is another place's, or nowhere, is asked for."""
    found = request.resolver_match
    looking = getattr(request, "looking", None)
    if found is None or not found.kwargs or looking or not request.path.startswith("/staff/"):
        return
    if request.user.is_authenticated:
        note_closed_door(user_id=request.user.pk, page=found.view_name, at=timezone.now())


def _only_by_a_button(request: HttpRequest, refused: HttpResponse) -> HttpResponse:
    context = {
        "back": _above(request.path),
        "voting": request.path.startswith("/vote/"),
        "staff": request.path.startswith("/staff/"),
    }
    page = render(request, "405.html", context, status=405)
    page.headers["Allow"] = refused.headers["Allow"]
    return page


def _above(path: str) -> str:
    """The nearest page above an address that anybody may open who may open the address."""
    for start, depth in _HEADS:
        if path.startswith(start):
            return "/".join(path.split("/")[:depth]) + "/"
    return "/"


def _back(request: HttpRequest) -> str:
    """The page the refused form stands on. Forms post to their own page or one below it."""
    if request.path.startswith("/vote/"):
        return _above(request.path)
    if request.method == "GET" and request.path.startswith(
        ("/staff/sessions/", "/staff/roll/")
    ):
        # The page itself is refused, and leading back to it would go in circles.
        return _above(request.path)
    came_from = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()}):
        return came_from
    return request.path
