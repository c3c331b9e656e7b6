"""The two suites of the protocol (§2): a curve and a hash, and what is built from both."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from .group import P256, SM2, Curve, Group, GroupUnavailable, Point
from .hashing import Hash, expand_message_xmd, sha256, sm3

Draw = Callable[[int], int]
"""Given q, a random scalar from 1 to q-1."""


def draw_scalar(order: int) -> int:
    """A uniform scalar from 1 to order-1, from the operating system."""
    return 1 + secrets.randbelow(order - 1)


@dataclass(frozen=True)
class Suite:
    """`hash_name` is what hashlib calls the hash."""

    name: str
    group: Group
    hash: Hash
    hash_name: str

    @property
    def order(self) -> int:
        """q."""
        return self.group.order

    def scalar(self, tag: str, data: bytes) -> int:
        """`scalar(tag, data)` of §3: 48 bytes of expand_message_xmd, mod q."""
        dst = f"YISHI-1-{self.name}-{tag}".encode()
        expanded = expand_message_xmd(self.hash, data, dst, 48)
        return int.from_bytes(expanded, "big") % self.group.order

    def point(self, data: bytes) -> Point:
        """The point of 65 bytes. Raises group.NotAPoint."""
        return Point.parse(self.group, data)


_PARTS: dict[str, tuple[Curve, Hash, str]] = {
    "P256-SHA256": (P256, sha256, "sha256"),
    "SM2-SM3": (SM2, sm3, "sm3"),
}
SUITES = tuple(_PARTS)


@cache
def suite(name: str) -> Suite:
    """The suite of that name. Call it at start-up for every suite a site offers.

    Raises KeyError for a name that is none, GroupUnavailable where this machine's OpenSSL or
    Python lacks the curve or the hash.
    """
    curve, hash_, hash_name = _PARTS[name]
    try:
        hash_(b"")
    except ValueError as error:
        raise GroupUnavailable(f"this Python has no hash {hash_name}") from error
    return Suite(name, Group(curve), hash_, hash_name)
