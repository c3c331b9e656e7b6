"""Many equations checked as one sum with random weights (§6, "Batch").

Every equation is brought to the form "Σ scalar·point = identity" and multiplied by a weight of
its own of 128 random bits. If one equation is false, the sum is the identity with probability
2^-128 only, provided that the weights were drawn after all equations were fixed.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from .group import Point
from .suite import Suite

RandomBytes = Callable[[int], bytes]
_WEIGHT_SIZE = 16
_STOCK = 256  # weights drawn from the operating system at a time


class Batch:
    """The weighted sum so far: base·G + key·Y + Σ terms."""

    def __init__(
        self, suite: Suite, key: Point, random_bytes: RandomBytes = secrets.token_bytes
    ) -> None:
        self._suite = suite
        self._key = key
        self._random_bytes = random_bytes
        self._stock = b""
        self.of_base = 0
        self.of_key = 0
        self.terms: list[tuple[int, Point]] = []

    def weight(self) -> int:
        """A fresh weight for one equation."""
        if not self._stock:
            self._stock = self._random_bytes(_STOCK * _WEIGHT_SIZE)
        weight, self._stock = self._stock[:_WEIGHT_SIZE], self._stock[_WEIGHT_SIZE:]
        return int.from_bytes(weight, "big")

    def add(self, scalar: int, point: Point) -> None:
        """Add a term; the scalar need not be reduced."""
        self.terms.append((scalar % self._suite.order, point))

    def holds(self) -> bool:
        """Whether the sum is the identity."""
        order = self._suite.order
        terms = [(self.of_key % order, self._key), *self.terms]
        return self._suite.group.combination(self.of_base % order, terms).is_identity
