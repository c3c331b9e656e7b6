"""Where a request comes from, and where it is sent on to."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse


def client_address(request: HttpRequest) -> str:
    """The address of the client, behind as many proxies of our own as the settings name."""
    proxies: int = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    if proxies and len(forwarded) >= proxies:
        return forwarded[-proxies].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def see_other(view: str, *args: object, query: str = "") -> HttpResponse:
    """303: what follows is fetched, so that Back and reload send nothing twice.

    Without a fragment of its own: the browser carries the letter's token over by itself.
    """
    response = HttpResponse(status=303)
    response.headers["Location"] = reverse(view, args=args) + query
    return response
