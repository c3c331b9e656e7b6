"""Schnorr proofs of a secret key (§5): ballots' signatures, logins, trustees' possession."""

from __future__ import annotations

from typing import NamedTuple

from .group import POINT_SIZE, SCALAR_SIZE, NotAPoint, Point
from .hashing import lp
from .suite import Draw, Suite, draw_scalar

SIZE = POINT_SIZE + SCALAR_SIZE


class Signature(NamedTuple):
    """R ‖ s."""

    commitment: Point
    response: int
    sent: bytes  # R as it was sent


def sign(
    suite: Suite, tag: str, secret: int, message: bytes, *, rng: Draw = draw_scalar
) -> bytes:
    """97 bytes: R ‖ s with R = wG, e = scalar(tag, lp(K, R, message)), s = w + e·secret."""
    key = suite.group.base(secret).encode()
    nonce = rng(suite.order)
    commitment = suite.group.base(nonce).encode()
    challenge = suite.scalar(tag, lp(key, commitment, message))
    response = (nonce + challenge * secret) % suite.order
    return commitment + response.to_bytes(SCALAR_SIZE, "big")


def verify(suite: Suite, tag: str, key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature is by the secret key of `key` (65 bytes). Never raises on input."""
    try:
        point = Point.parse(suite.group, key)
        parsed = parse(suite, signature)
    except ValueError:
        return False
    return holds(suite, tag, point, key, message, parsed)


def parse(suite: Suite, data: bytes) -> Signature:
    """Raises ValueError."""
    if type(data) is not bytes or len(data) != SIZE:
        raise NotAPoint(f"a signature has {SIZE} bytes")
    sent = data[:POINT_SIZE]
    response = int.from_bytes(data[POINT_SIZE:], "big")
    if response >= suite.order:
        raise ValueError("a scalar is not below the order")
    return Signature(Point.parse(suite.group, sent), response, sent)


def challenge(suite: Suite, tag: str, key: bytes, message: bytes, signature: Signature) -> int:
    """e."""
    return suite.scalar(tag, lp(key, signature.sent, message))


def holds(
    suite: Suite, tag: str, point: Point, key: bytes, message: bytes, signature: Signature
) -> bool:
    """sG = R + eK, for a key already parsed (`point`) and its 65 bytes (`key`)."""
    minus = -challenge(suite, tag, key, message, signature) % suite.order
    left = suite.group.combination(signature.response, [(minus, point)])
    return left == signature.commitment
