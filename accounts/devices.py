"""What browser and address a person is shown of a session: enough to know it again, no more."""

import ipaddress

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

_BROWSERS = [
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
]
_SYSTEMS = [
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
]


def device_of(agent: str) -> str:
    """ "Chrome · Windows" for a User-Agent header; "?" for what nobody knows."""

    def first(names: list[tuple[str, str]]) -> str:
        return next((name for sign, name in names if sign in agent), "?")

    return f"{first(_BROWSERS)} · {first(_SYSTEMS)}"


def masked_address(address: str) -> str:
    """The first half of an address: 203.0.*.* or 2001:db8:*; "" for none."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if known.version == 4:
        first, second, *_rest = str(known).split(".")
        return f"{first}.{second}.*.*"
    return ":".join(part.lstrip("0") or "0" for part in known.exploded.split(":")[:2]) + ":*"


def address_of(request: HttpRequest) -> str:
    """Where a request comes from, masked."""
    try:
        return masked_address(get_adapter(request).get_client_ip(request))
    except PermissionDenied:  # no address at all: a test's, or a socket's
        return ""
