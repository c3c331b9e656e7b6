"""The one proof (§6): a ciphertext holds a value from lo to hi, and nobody learns which.

Chaum-Pedersen OR-proof with the commitments sent and the last challenge computed. Sizes for
n = hi - lo + 1 values: n·130 bytes of commitments, (n-1)·32 of challenges, n·32 of responses.
"""

from __future__ import annotations

from typing import NamedTuple

from .batch import Batch
from .elgamal import Ciphertext
from .group import POINT_SIZE, SCALAR_SIZE, Point
from .hashing import lp, u32
from .shape import Shape
from .suite import Draw, Suite


class Place(NamedTuple):
    """What a proof is bound to: tag `bit` or `sum`, context, and position in the ballot."""

    tag: str
    context: bytes
    motion: int
    option: int


class Proof(NamedTuple):
    """A parsed proof. `sent` is T, the commitments as they were sent."""

    sent: bytes
    commitments: tuple[tuple[Point, Point], ...]
    challenges: tuple[int, ...]  # without the last
    responses: tuple[int, ...]


class Pending(NamedTuple):
    """A proof whose commitments are made and whose challenge is not yet known. Secret."""

    sent: bytes
    value: int
    low: int
    randomness: int
    nonce: int
    simulated: dict[int, tuple[int, int]]  # value -> (challenge, response)


def size(low: int, high: int) -> int:
    """Bytes of a proof for the values low..high."""
    count = high - low + 1
    return count * 2 * POINT_SIZE + (2 * count - 1) * SCALAR_SIZE


def commit(
    suite: Suite, key: Point, *, value: int, randomness: int, low: int, high: int, draw: Draw
) -> Pending:
    """The first move for (A, B) = (randomness·G, randomness·Y + value·G).

    For v ≠ value, a_v = s_vG - c_vA = (s_v - c_v r)G and b_v = s_vY - c_v(B - vG)
    = (s_v - c_v r)Y - c_v(value - v)G: multiplications by single scalars of G and Y only.
    """
    order, group = suite.order, suite.group
    nonce = 0
    simulated = {}
    sent = []
    for v in range(low, high + 1):
        if v == value:
            nonce = draw(order)
            sent += [group.base(nonce).encode(), key.times(nonce).encode()]
        else:
            challenge = draw(order)
            response = draw(order)
            simulated[v] = (challenge, response)
            shift = (response - challenge * randomness) % order
            offset = challenge * (v - value) % order
            sent.append(group.base(shift).encode())
            sent.append((key.times(shift) + group.base(offset)).encode())
    return Pending(b"".join(sent), value, low, randomness, nonce, simulated)


def respond(suite: Suite, pending: Pending, place: Place) -> bytes:
    """The proof, once everything the challenge covers is fixed."""
    order = suite.order
    challenge = _challenge(suite, place, pending.sent)
    others = sum(challenge for challenge, _ in pending.simulated.values())
    real = (challenge - others) % order
    answers = dict(pending.simulated)
    answers[pending.value] = (real, (pending.nonce + real * pending.randomness) % order)
    ordered = [answers[v] for v in sorted(answers)]
    scalars = [c for c, _ in ordered[:-1]] + [s for _, s in ordered]
    return pending.sent + b"".join(scalar.to_bytes(SCALAR_SIZE, "big") for scalar in scalars)


def parse(suite: Suite, shape: Shape, data: bytes, low: int, high: int, where: str) -> Proof:
    """Read a proof of `size(low, high)` bytes: points on the curve, scalars below q."""
    count = high - low + 1
    length = count * 2 * POINT_SIZE
    sent = data[:length]
    points = [
        shape.point_of(suite, sent[at : at + POINT_SIZE], where)
        for at in range(0, length, POINT_SIZE)
    ]
    scalars = [
        shape.scalar(suite, data[at : at + SCALAR_SIZE], where)
        for at in range(length, len(data), SCALAR_SIZE)
    ]
    return Proof(
        sent,
        tuple(zip(points[::2], points[1::2], strict=True)),
        tuple(scalars[: count - 1]),
        tuple(scalars[count - 1 :]),
    )


def weigh(suite: Suite, batch: Batch, proof: Proof, place: Place, low: int) -> tuple[int, int]:
    """Put the proof's equations into the batch; the weights of A and B are given back.

    Every value v gives a_v + c_vA - s_vG and b_v + c_vB - (c_v v)G - s_vY.
    """
    of_a = of_b = of_base = of_key = 0
    answers = zip(_challenges(suite, proof, place), proof.responses, strict=True)
    for v, (challenge, response) in enumerate(answers, start=low):
        first, second = batch.weight(), batch.weight()
        a, b = proof.commitments[v - low]
        batch.terms += [(first, a), (second, b)]
        of_a += first * challenge
        of_b += second * challenge
        of_base += first * response + second * challenge * v
        of_key += second * response
    batch.of_base -= of_base
    batch.of_key -= of_key
    return of_a, of_b


def holds(
    suite: Suite, key: Point, ciphertext: Ciphertext, proof: Proof, place: Place, low: int
) -> bool:
    """Check every equation by itself, without weights: the road that names the culprit."""
    group, order = suite.group, suite.order
    answers = zip(_challenges(suite, proof, place), proof.responses, strict=True)
    for v, (challenge, response) in enumerate(answers, start=low):
        a, b = proof.commitments[v - low]
        minus = -challenge % order
        if group.combination(response, [(minus, ciphertext.a)]) != a:
            return False
        terms = [(response, key), (minus, ciphertext.b)]
        if group.combination(challenge * v % order, terms) != b:
            return False
    return True


def _challenge(suite: Suite, place: Place, sent: bytes) -> int:
    data = lp(place.context, u32(place.motion), u32(place.option), sent)
    return suite.scalar(place.tag, data)


def _challenges(suite: Suite, proof: Proof, place: Place) -> list[int]:
    last = _challenge(suite, place, proof.sent) - sum(proof.challenges)
    return [*proof.challenges, last % suite.order]
