"""Secrets of authenticator apps and recovery codes, counted by key and sealed again."""

from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.exceptions import InvalidTag
from django.db import transaction

from accounts.adapters import MFA
from core.sealed import HEAD_SIZE, KeyRing, Mark, mark_of

# What allauth's adapter encrypts in `Authenticator.data`; a list of codes came from elsewhere.
SECRETS = ("secret", "seed", "migrated_codes")


def count_factors() -> Counter[Mark]:
    """How many secrets of second factors there are of each cipher and key."""
    counted: Counter[Mark] = Counter()
    for data in Authenticator.objects.values_list("data", flat=True).iterator():
        for sealed in _sealed(data):
            counted[mark_of(b64decode(sealed))] += 1
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


@transaction.atomic(durable=True)
def _reseal(pk: int, ring: KeyRing) -> bool:
    # A recovery code that is used in this moment writes the same column: one after the other.
    row = Authenticator.objects.select_for_update(no_key=True).filter(pk=pk).first()
    if row is None or all(b64decode(one)[:HEAD_SIZE] == ring.head for one in _sealed(row.data)):
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
