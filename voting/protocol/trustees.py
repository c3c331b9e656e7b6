"""Trustees' keys (§5): announced with a proof of possession, checked, and put together."""

from __future__ import annotations

from typing import Any

from . import schnorr
from .group import Point
from .hashing import lp, u32
from .manifest import Manifest
from .refusal import Refused
from .shape import b64
from .suite import Draw, Suite, draw_scalar

TAG = "trustee"


def announce(
    suite: Suite,
    session: str,
    secret: int,
    *,
    name: str,
    index: int = 1,
    threshold: int = 1,
    count: int = 1,
    rng: Draw = draw_scalar,
) -> dict[str, Any]:
    """The entry of `trustees.keys` for trustee `index` of `count`, of whom `threshold` open."""
    message = _message(session, index, threshold, count)
    return {
        "index": index,
        "name": name,
        "key": b64(suite.group.base(secret).encode()),
        "proof": b64(schnorr.sign(suite, TAG, secret, message, rng=rng)),
    }


def alone(
    suite: Suite, session: str, secret: int, *, name: str, rng: Draw = draw_scalar
) -> dict[str, Any]:
    """The manifest's field `trustees` with one key, the platform's."""
    entry = announce(suite, session, secret, name=name, rng=rng)
    return {"threshold": 1, "keys": [entry], "election_key": entry["key"]}


def possesses(
    suite: Suite,
    session: str,
    index: int,
    threshold: int,
    count: int,
    key: bytes,
    proof: bytes,
) -> bool:
    """Whether `proof` (97 bytes) shows possession of trustee `index`'s key (65 bytes)."""
    message = _message(session, index, threshold, count)
    return schnorr.verify(suite, TAG, key, message, proof)


def check(manifest: Manifest) -> None:
    """Proofs of possession, and one polynomial through all keys and Y.

    Raises Refused("trustees", …).
    """
    suite, count, threshold = manifest.suite, len(manifest.trustees), manifest.threshold
    for trustee in manifest.trustees:
        if not possesses(
            suite,
            manifest.session,
            trustee.index,
            threshold,
            count,
            trustee.encoded,
            trustee.proof,
        ):
            raise Refused("trustees", f"trustee {trustee.index}: no proof of possession")
    # k points fix a polynomial of degree k-1; every other point must lie on it
    fixed = {trustee.index: trustee.key for trustee in manifest.trustees[:threshold]}
    rest = {trustee.index: trustee.key for trustee in manifest.trustees[threshold:]}
    for index, key in {0: manifest.election_key, **rest}.items():
        if interpolate(suite, fixed, index) != key:
            what = f"trustee {index}" if index else "election key"
            raise Refused("trustees", f"{what}: not on the polynomial of the other keys")


def lagrange(order: int, indexes: list[int], index: int, at: int = 0) -> int:
    """λ of `index` among `indexes` (all different), for the value at `at`, mod order."""
    above = below = 1
    for other in indexes:
        if other != index:
            above = above * (at - other) % order
            below = below * (index - other) % order
    return above * pow(below, -1, order) % order


def interpolate(suite: Suite, points: dict[int, Point], at: int = 0) -> Point:
    """The value at `at` of the polynomial in the exponent through (index, point)."""
    indexes = list(points)
    terms = [
        (lagrange(suite.order, indexes, index, at), point) for index, point in points.items()
    ]
    return suite.group.combination(0, terms)


def _message(session: str, index: int, threshold: int, count: int) -> bytes:
    return lp(session, u32(index), u32(threshold), u32(count))
