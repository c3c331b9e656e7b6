"""Personal data at rest: encrypted columns and keyed hashes to search them by.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; the column's name is bound as
associated data, so that a value moved to another column does not decrypt. The keyed hash
is HMAC-SHA-256 over the normalised value and its purpose.
"""

import hmac
import os
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

_VERSION = b"\x01"


def seal_bytes(value: bytes, *, purpose: str) -> bytes:
    """Encrypt `value` under the data key, bound to `purpose`."""
    nonce = os.urandom(12)
    return _VERSION + nonce + AESGCM(settings.DATA_KEY).encrypt(nonce, value, purpose.encode())


def open_bytes(sealed: bytes, *, purpose: str) -> bytes:
    """Decrypt what `seal_bytes` made; raises cryptography's InvalidTag if it was changed."""
    if sealed[:1] != _VERSION:
        raise ValueError("unknown version of an encrypted value")
    return AESGCM(settings.DATA_KEY).decrypt(sealed[1:13], sealed[13:], purpose.encode())


def keyed_hash(value: str, *, purpose: str) -> str:
    """Return the 64 hex digits by which an encrypted value can be found again."""
    message = purpose.encode() + b"\x00" + value.encode()
    return hmac.new(settings.HASH_KEY, message, sha256).hexdigest()


class EncryptedTextField(models.Field):  # type: ignore[type-arg]
    """Text that lies in the database encrypted; empty text is stored as empty bytes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", "")
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def get_internal_type(self) -> str:
        return "BinaryField"

    @property
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
