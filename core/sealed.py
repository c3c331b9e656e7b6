"""What lies encrypted: a value, the cipher and the key it was sealed with, and for what.

    2 ‖ cipher (1 byte) ‖ key id (4 bytes) ‖ nonce (12 bytes) ‖ ciphertext ‖ tag (16 bytes)

AES-256-GCM (NIST SP 800-38D) or SM4-GCM (GB/T 32907, RFC 8998), nonces random, the purpose
bound as associated data: what was sealed for one column does not open as another's. What
begins with 1 is older, AES-256-GCM and without an id: 1 ‖ nonce ‖ ciphertext ‖ tag.
"""

import hmac
import os
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import NamedTuple, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_SIZE = 32
HEAD_SIZE = 6
_OLDER, _VERSION = b"\x01", b"\x02"
_NONCE, _TAG = 12, 16


class UnknownKey(ValueError):
    """The ring has not got the key a value was sealed with."""


class Aead(Protocol):
    """Authenticated encryption, as `cryptography` spells it."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


class Sm4Gcm:
    """SM4-GCM with a 128-bit key and a 96-bit nonce; `cryptography` has no one-shot class."""

    def __init__(self, key: bytes) -> None:
        self._cipher = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Ciphertext and tag."""
        made = Cipher(self._cipher, modes.GCM(nonce)).encryptor()
        made.authenticate_additional_data(associated_data or b"")
        return made.update(data) + made.finalize() + made.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The inverse; InvalidTag where anything was changed."""
        if len(data) < _TAG:
            raise InvalidTag
        made = Cipher(self._cipher, modes.GCM(nonce, data[-_TAG:])).decryptor()
        made.authenticate_additional_data(associated_data or b"")
        return made.update(data[:-_TAG]) + made.finalize()


def _sm4(key: bytes) -> Aead:
    # A key of its own: no key works for two ciphers, and SM4's has 128 bits.
    derive = HKDF(algorithm=SHA256(), length=16, salt=None, info=b"yishi/sm4-gcm")
    return Sm4Gcm(derive.derive(key))


# The byte that stands for a cipher, and how it is made of a key of 32 bytes.
CIPHERS: dict[str, tuple[int, Callable[[bytes], Aead]]] = {
    "aes256": (1, AESGCM),
    "sm4": (2, _sm4),
}


def key_id(key: bytes) -> bytes:
    """The four bytes by which a key is known; they tell nothing of it."""
    return hmac.new(key, b"yishi/key-id", sha256).digest()[:4]


class Mark(NamedTuple):
    """What a sealed value says of itself. `key` is "" for the older form, which has none."""

    cipher: str
    key: str


def mark_of(sealed: bytes) -> Mark:
    """Read the head of a sealed value (six bytes are enough). ValueError for anything else."""
    if sealed[:1] == _OLDER:
        return Mark("aes256", "")
    for name, (number, _make) in CIPHERS.items():
        if sealed[:2] == _VERSION + bytes([number]) and len(sealed) >= HEAD_SIZE:
            return Mark(name, sealed[2:HEAD_SIZE].hex())
    raise ValueError("unknown version of an encrypted value")


class KeyRing:
    """Keys of 32 bytes: one seals, all open."""

    def __init__(self, current: bytes, others: Sequence[bytes] = (), cipher: str = "aes256"):
        if cipher not in CIPHERS:
            raise ValueError(f"no cipher {cipher}; there are {', '.join(CIPHERS)}")
        self.keys = keys = tuple(dict.fromkeys([current, *others]))
        if any(len(key) != KEY_SIZE for key in keys):
            raise ValueError(f"a key has {KEY_SIZE} bytes")
        self.heads: dict[bytes, Aead] = {}
        for key in keys:
            for number, make in CIPHERS.values():
                self.heads[_VERSION + bytes([number]) + key_id(key)] = make(key)
        if len(self.heads) != len(keys) * len(CIPHERS):
            raise ValueError("two keys have the same id: make another one")
        self.head = _VERSION + bytes([CIPHERS[cipher][0]]) + key_id(current)
        self._older = [self.heads[_VERSION + b"\x01" + key_id(key)] for key in keys]
        self._sealing = self.heads[self.head]

    def __repr__(self) -> str:
        return f"KeyRing({self.head.hex()})"

    def seal(self, value: bytes, *, purpose: str) -> bytes:
        """Encrypt under the one key that seals, bound to `purpose`."""
        nonce = os.urandom(_NONCE)
        return self.head + nonce + self._sealing.encrypt(nonce, value, purpose.encode())

    def open(self, sealed: bytes, *, purpose: str) -> bytes:
        """Decrypt. UnknownKey where the key is not here, InvalidTag where it was changed."""
        if sealed[:1] == _OLDER:
            return self._open_older(sealed, purpose.encode())
        found = self.heads.get(sealed[:HEAD_SIZE])
        if found is None:
            raise UnknownKey(f"no key {mark_of(sealed).key}")
        body = HEAD_SIZE + _NONCE
        return found.decrypt(sealed[HEAD_SIZE:body], sealed[body:], purpose.encode())

    def _open_older(self, sealed: bytes, purpose: bytes) -> bytes:
        for cipher in self._older:
            try:
                return cipher.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], purpose)
            except InvalidTag:
                continue
        raise InvalidTag
