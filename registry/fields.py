"""Personal data at rest: encrypted columns and keyed hashes to search them by.

`core.sealed` says how a value is sealed; a column's name or purpose is bound to it, so that
a value moved to another column does not decrypt. The keyed hash is HMAC-SHA-256 over the
normalised value and its purpose. `registry.resealing` finds every sealed column by the two
classes of fields here.
"""

import hmac
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.functional import cached_property

from core.sealed import KeyRing


def data_ring() -> KeyRing:
    """The keys of data at rest, as the settings have them."""
    return _ring(settings.DATA_KEY, settings.DATA_KEYS_READ, settings.DATA_CIPHER)


def seal_bytes(value: bytes, *, purpose: str) -> bytes:
    """Encrypt `value` under the data key, bound to `purpose`.

    A column that keeps it is a `SealedField` of that purpose.
    """
    return data_ring().seal(value, purpose=purpose)


def open_bytes(sealed: bytes, *, purpose: str) -> bytes:
    """Decrypt what `seal_bytes` made.

    cryptography's InvalidTag where it was changed, `core.sealed.UnknownKey` (a ValueError)
    where its key is not among ours.
    """
    return data_ring().open(sealed, purpose=purpose)


@lru_cache(maxsize=8)
def _ring(current: bytes, others: tuple[bytes, ...], cipher: str) -> KeyRing:
    return KeyRing(current, others, cipher)


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


class SealedField(models.BinaryField):  # type: ignore[type-arg]
    """Bytes that a service seals with `seal_bytes` and this purpose; b"" where there are none.

    The purpose may be made of other columns of the row, which `of` names. To migrations it
    is a BinaryField.
    """

    def __init__(
        self,
        *args: Any,
        purpose: str | Callable[..., str] = "",
        of: tuple[str, ...] = (),
        **kwargs: Any,
    ) -> None:
        self.purpose, self.of = purpose, of
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.BinaryField", args, kwargs


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
