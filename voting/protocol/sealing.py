"""Bytes for one recipient's eyes (§14): X25519, HKDF, AES-256-GCM, and a key used once.

Sealed are the shares of a ceremony and the single ballots a trustee opens.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .hashing import hkdf, lp

KEY_SIZE = 32  # of X25519, public and private
OVERHEAD = KEY_SIZE + 16  # bytes a sealed text is longer than what is in it
Random = Callable[[int], bytes]
_NO_NONCE = bytes(12)  # every AES key seals one text


class Unopened(Exception):
    """Not sealed to this key in this place, or changed."""


def public_key(private: bytes) -> bytes:
    """The 32 bytes to which others seal. `private`: 32 random bytes."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def takes(public: bytes) -> bool:
    """Whether anything can be sealed to the key: it is not of small order (RFC 7748 §6.1)."""
    try:
        _common(b"\x01" * KEY_SIZE, public)
    except ValueError:
        return False
    return True


def seal(
    hash_name: str,
    recipient: bytes,
    text: bytes,
    *,
    salt: bytes,
    place: tuple[str | bytes, ...],
    random: Random = secrets.token_bytes,
) -> bytes:
    """E ‖ AES-256-GCM(K, text). `salt`, `place`: what the text is bound to. Draws 32 bytes.

    Raises ValueError for a recipient's key of small order.
    """
    once = random(KEY_SIZE)
    sent = public_key(once)
    key = _key(hash_name, _common(once, recipient), salt, place, sent, recipient)
    return sent + AESGCM(key).encrypt(_NO_NONCE, text, None)


def unseal(
    hash_name: str,
    private: bytes,
    sealed: bytes,
    *,
    salt: bytes,
    place: tuple[str | bytes, ...],
) -> bytes:
    """What `seal` was given. Raises Unopened."""
    sent, rest = sealed[:KEY_SIZE], sealed[KEY_SIZE:]
    try:
        common = _common(private, sent)
        key = _key(hash_name, common, salt, place, sent, public_key(private))
        return AESGCM(key).decrypt(_NO_NONCE, rest, None)
    except (ValueError, InvalidTag) as error:
        raise Unopened from error


def _common(private: bytes, public: bytes) -> bytes:
    other = X25519PublicKey.from_public_bytes(public)
    return X25519PrivateKey.from_private_bytes(private).exchange(other)


def _key(
    hash_name: str,
    common: bytes,
    salt: bytes,
    place: tuple[str | bytes, ...],
    sent: bytes,
    recipient: bytes,
) -> bytes:
    info = lp(*place, sent, recipient)
    return hkdf(hash_name, common, salt=salt, info=info, length=32)
