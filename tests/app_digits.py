"""What an authenticator app shows, by RFC 6238 and not by the library that checks it."""

from __future__ import annotations

import hmac
import time
from base64 import b32decode

STEP = 30


def app_digits(secret: str, *, left: float = 2) -> str:
    """Six digits that hold for at least `left` more seconds: near the end of a step it waits
    for the next, as a person does who sees them about to change."""
    rest = STEP - time.time() % STEP
    if rest < left:
        time.sleep(rest)
    digest = hmac.digest(b32decode(secret), int(time.time() // STEP).to_bytes(8, "big"), "sha1")
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
