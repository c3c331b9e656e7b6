"""Personal data at rest: encrypted columns and keyed hashes to search them by.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; the column's name is bound as
associated data, so that a value moved to another column does not decrypt. The keyed hash
is HMAC-SHA-256 over the normalised value and its purpose.
"""

import hmac
import os
from functools import lru_cache
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.functional import cached_property

_VERSION = b"\x01"


def seal_bytes(value: bytes, *, purpose: str) -> bytes:
    """Encrypt `value` under the data key, bound to `purpose`."""
    nonce = os.urandom(12)
    sealed = _cipher(settings.DATA_KEY).encrypt(nonce, value, purpose.encode())
    return _VERSION + nonce + sealed


def open_bytes(sealed: bytes, *, purpose: str) -> bytes:
    """Decrypt what `seal_bytes` made; raises cryptography's InvalidTag if it was changed."""
    if sealed[:1] != _VERSION:
        raise ValueError("unknown version of an encrypted value")
    return _cipher(settings.DATA_KEY).decrypt(sealed[1:13], sealed[13:], purpose.encode())


class KeyedDigest:
    """An HMAC-SHA-256 under the hash key, fed piece by piece."""

    def __init__(self, *, purpose: str) -> None:
        self._hmac = hmac.new(settings.HASH_KEY, purpose.encode() + b"\x00", sha256)

    def update(self, text: str) -> None:
        """Add a piece of text."""
        self._hmac.update(text.encode())

    def hexdigest(self) -> str:
        """The 64 hex digits of all pieces together."""
        return self._hmac.hexdigest()


def keyed_hash(value: str, *, purpose: str) -> str:
    """Return the 64 hex digits by which an encrypted value can be found again."""
    digest = KeyedDigest(purpose=purpose)
    digest.update(value)
    return digest.hexdigest()


@lru_cache(maxsize=2)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


class EncryptedTextField(models.Field):  # type: ignore[type-arg]
    """Text that lies in the database encrypted; empty text is stored as empty bytes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", "")
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def get_internal_type(self) -> str:
        return "BinaryField"

    @cached_property
    def purpose(self) -> str:
        return f"{self.model._meta.label_lower}.{self.name}"

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Any:
        sealed = seal_bytes(value.encode(), purpose=self.purpose) if value else b""
        return connection.Database.Binary(sealed)  # type: ignore[attr-defined]

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str:
        return open_bytes(bytes(value), purpose=self.purpose).decode() if value else ""

    def to_python(self, value: Any) -> str:
        return str(value) if value else ""

    def value_to_string(self, obj: models.Model) -> str:
        raise TypeError("encrypted columns are not serialised")
