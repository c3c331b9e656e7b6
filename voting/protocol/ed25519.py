"""Ed25519 (RFC 8032) over objects: the signature of the canonical form, in both suites."""

from __future__ import annotations

from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from core.canonical import canonical

KEY_SIZE = 32
SIZE = 64


def public_key(secret: bytes) -> bytes:
    """32 bytes of the public key. `secret`: 32 bytes."""
    key = Ed25519PrivateKey.from_private_bytes(secret).public_key()
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def sign(secret: bytes, value: Any) -> bytes:
    """64 bytes over the canonical form of `value`. `secret`: 32 bytes."""
    return Ed25519PrivateKey.from_private_bytes(secret).sign(canonical(value))


def holds(key: bytes, value: Any, signature: bytes) -> bool:
    """Whether the signature is by `key` over the canonical form of `value`."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, canonical(value))
    except (InvalidSignature, ValueError):
        return False
    return True
