"""Exponential ElGamal (§6): the message stands in the exponent, so ciphertexts add up."""

from __future__ import annotations

from typing import NamedTuple

from .group import Point
from .suite import Suite


class Ciphertext(NamedTuple):
    """(A, B) = (rG, rY + mG)."""

    a: Point
    b: Point

    def encode(self) -> bytes:
        """A ‖ B."""
        return self.a.encode() + self.b.encode()


def encrypt(suite: Suite, key: Point, message: int, randomness: int) -> Ciphertext:
    """Encrypt a small message under `key`. Message and randomness are secret."""
    group = suite.group
    return Ciphertext(group.base(randomness), key.times(randomness) + group.base(message))


def total(suite: Suite, ciphertexts: list[Ciphertext]) -> Ciphertext:
    """The encryption of the sum of the messages."""
    return Ciphertext(
        suite.group.sum(text.a for text in ciphertexts),
        suite.group.sum(text.b for text in ciphertexts),
    )
