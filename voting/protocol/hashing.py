"""Hashes, length prefixes, expand_message_xmd (RFC 9380 §5.3.1) and HKDF (RFC 5869)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

HASH_SIZE = 32  # bytes, of both hashes
BLOCK_SIZE = 64  # bytes, of both hashes

Hash = Callable[[bytes], bytes]


def sha256(data: bytes) -> bytes:
    """SHA-256 (FIPS 180-4)."""
    return hashlib.sha256(data).digest()


def sm3(data: bytes) -> bytes:
    """SM3 (GB/T 32905). Raises ValueError where this Python's hashlib lacks it."""
    return hashlib.new("sm3", data).digest()


def u32(number: int) -> bytes:
    """4 bytes, big-endian."""
    return number.to_bytes(4, "big")


def u64(number: int) -> bytes:
    """8 bytes, big-endian."""
    return number.to_bytes(8, "big")


def lp(*parts: bytes | str) -> bytes:
    """Each part with its length (u32) before it; a text is its UTF-8 bytes."""
    out = bytearray()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        out += len(data).to_bytes(4, "big")
        out += data
    return bytes(out)


def expand_message_xmd(hash_: Hash, message: bytes, dst: bytes, length: int) -> bytes:
    """RFC 9380 §5.3.1. `dst`: at most 255 bytes; `length`: at most 255 hashes."""
    if len(dst) > 255 or not 0 < length <= 255 * HASH_SIZE:
        raise ValueError("expand_message_xmd cannot take this")
    tail = dst + bytes([len(dst)])
    first = hash_(bytes(BLOCK_SIZE) + message + length.to_bytes(2, "big") + b"\x00" + tail)
    block = hash_(first + b"\x01" + tail)
    out = [block]
    for number in range(2, -(-length // HASH_SIZE) + 1):
        mixed = int.from_bytes(first, "big") ^ int.from_bytes(block, "big")
        block = hash_(mixed.to_bytes(HASH_SIZE, "big") + bytes([number]) + tail)
        out.append(block)
    return b"".join(out)[:length]


def hkdf(name: str, secret: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869, extract and expand. `name`: the hash as hashlib calls it."""
    key = hmac.digest(salt or bytes(HASH_SIZE), secret, name)
    out = block = b""
    number = 0
    while len(out) < length:
        number += 1
        block = hmac.digest(key, block + info + bytes([number]), name)
        out += block
    return out[:length]
