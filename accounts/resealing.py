"""Secrets of second factors and web sessions, counted by key and sealed again."""

from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.exceptions import InvalidTag
from django.contrib.sessions.models import Session
from django.db import transaction

from accounts.adapters import MFA
from accounts.sessions import purpose_of
from core.sealed import HEAD_SIZE, KeyRing, Mark, mark_of

# What allauth's adapter encrypts in `Authenticator.data`; a list of codes came from elsewhere.
SECRETS = ("secret", "seed", "migrated_codes")


def count_factors() -> Counter[Mark]:
    """How many secrets of second factors there are of each cipher and key."""
    counted: Counter[Mark] = Counter()
    for data in Authenticator.objects.values_list("data", flat=True).iterator():
        for sealed in _sealed(data):
            counted[_mark(sealed)] += 1
    return counted


def reseal_factors(ring: KeyRing) -> tuple[int, int]:
    """Seal again what has another key; how many rows were, and how many do not open."""
    resealed = unreadable = 0
    for pk in list(Authenticator.objects.order_by("pk").values_list("pk", flat=True)):
        try:
            resealed += _reseal(pk, ring)
        except (InvalidTag, ValueError):
            unreadable += 1
    return resealed, unreadable


def count_sessions() -> Counter[Mark]:
    """How many web sessions there are of each cipher and key."""
    counted: Counter[Mark] = Counter()
    for data in Session.objects.values_list("session_data", flat=True).iterator():
        counted[_mark(data)] += 1
    return counted


def reseal_sessions(ring: KeyRing) -> tuple[int, int]:
    """Seal sessions again that have another key, each only as it was read.

    One that does not open is of no use to anybody: it is ended, and counted apart.
    """
    resealed = ended = 0
    for kept in list(Session.objects.values_list("session_key", flat=True)):
        row = Session.objects.filter(session_key=kept)
        data = row.values_list("session_data", flat=True).first()
        if data is None or _head(data) == ring.head:
            continue
        same, purpose = row.filter(session_data=data), purpose_of(kept)
        try:
            plain = ring.open(b64decode(data), purpose=purpose)
        except (InvalidTag, ValueError):
            ended += bool(same.delete()[0])
            continue
        again = b64encode(ring.seal(plain, purpose=purpose)).decode("ascii")
        resealed += same.update(session_data=again)
    return resealed, ended


def _head(data: str) -> bytes:
    try:
        return b64decode(data)[:HEAD_SIZE]
    except ValueError:
        return b""


def _mark(data: str) -> Mark:
    try:
        return mark_of(_head(data))
    except ValueError:
        return Mark("unreadable", "")


@transaction.atomic(durable=True)
def _reseal(pk: int, ring: KeyRing) -> bool:
    # A recovery code that is used in this moment writes the same column: one after the other.
    row = Authenticator.objects.select_for_update(no_key=True).filter(pk=pk).first()
    if row is None or all(_head(one) == ring.head for one in _sealed(row.data)):
        return False

    def again(text: str) -> str:
        plain = ring.open(b64decode(text), purpose=MFA)
        return b64encode(ring.seal(plain, purpose=MFA)).decode("ascii")

    row.data = _mapped(row.data, again)
    row.save(update_fields=["data"])
    return True


def _sealed(data: dict[str, Any]) -> Iterator[str]:
    for name in SECRETS:
        value = data.get(name)
        if value:
            yield from [value] if isinstance(value, str) else value


def _mapped(data: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    return data | {
        name: change(data[name])
        if isinstance(data[name], str)
        else [change(one) for one in data[name]]
        for name in SECRETS
        if data.get(name)
    }
