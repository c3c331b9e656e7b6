"""Sign-ins that failed and limits that were reached: a line of JSON each, on stderr.

    {"event": "sign_in.failed", "at": "…", "way": "password", "account": 7, "typed": "4be0…",
     "address": "203.0.*.*"}
    {"event": "limit.reached", "at": "…", "limit": "check", "of": "91c3…", "address": ""}

Nothing typed stands in one: of a login name or phone the keyed hash, by which tries at one
name are known as such, and the number of the account where there is one. The limits bound how
many there can be: a try that a limit refused is no line, and a limit is told once a window or
once a minute. Lines and no rows, for whoever guesses must not fill a table; they go where the
server's other logs go.
"""

import json
import logging

from allauth.core import context
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone

from accounts.devices import address_of
from registry.fields import keyed_hash

logger = logging.getLogger(__name__)
_TOLD_EVERY = 60  # seconds


def note_failed(
    way: str, *, request: HttpRequest | None, account: int | None, typed: str = ""
) -> None:
    """Somebody did not get in.

    Args:
        way: password, sms, second_sms, device, passkey or provider.
        request: of the browser.
        account: the account's number; None where there is none, or nobody can tell.
        typed: the login name or phone as it was typed.
    """
    _line(
        "sign_in.failed",
        way=way,
        account=account,
        typed=_short(typed.strip().lower()),
        address=address_of(request) if request else "",
    )


def note_limit(limit: str, *, of: str) -> None:
    """A limit was reached, by whoever counts under `of` (kept as keyed hash)."""
    _line("limit.reached", limit=limit, of=_short(of), address="")


def note_refused(limit: str, request: HttpRequest) -> None:
    """A limit of allauth refused a try: once a minute for an address and a limit."""
    address = address_of(request)
    if cache.add(f"limit-told:{limit}:{address}", True, _TOLD_EVERY):
        _line("limit.reached", limit=limit, of="", address=address)


def present_request() -> HttpRequest | None:
    """The request allauth is working on, for what it does not hand on."""
    found: HttpRequest | None = context.request
    return found


def _short(text: str) -> str:
    return keyed_hash(text, purpose="failures")[:16] if text else ""


def _line(event: str, **said: object) -> None:
    # A logger's arguments would be put into the text anyhow; JSON escapes line ends.
    now = timezone.now().isoformat(timespec="seconds")
    logger.warning("%s", json.dumps({"event": event, "at": now, **said}))
