"""Counting (§10): both aggregates from the same ciphertexts, shares, proofs and totals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from math import isqrt
from typing import Any, NamedTuple

from voting.domain.thresholds import Count

from .ballot import Encoded
from .elgamal import Ciphertext
from .group import POINT_SIZE, SCALAR_SIZE, Point
from .hashing import lp, u32
from .manifest import Manifest
from .refusal import Refused
from .shape import Shape, b64
from .suite import Draw, Suite, draw_scalar
from .trustees import lagrange

TAG = "decrypt"
_PORTION = 1000  # ballots whose points are in memory at a time
_MOST_STEPS = 1 << 20  # of the table of discrete logarithms
_DECRYPTION = Shape("decryption")


class Aggregate(NamedTuple):
    """One motion: who took part, and per option (ΣA, ΣB) and (Σ area·A, Σ area·B)."""

    participating: Count
    heads: tuple[Ciphertext, ...]
    area: tuple[Ciphertext, ...]


Shares = list[tuple[list[Point], list[Point]]]
"""Per motion (heads, area), each a list of F per option."""


# --- aggregates ---------------------------------------------------------------------------


def aggregate(manifest: Manifest, ballots: Iterable[tuple[Encoded, int]]) -> list[Aggregate]:
    """Add up the counted ballots: (`ballot.encoded`, area in 0.01 m²) of each.

    The ballots must have been verified: their points are parsed again, their proofs are not.
    """
    suite = manifest.suite
    nothing = Ciphertext(suite.group.identity, suite.group.identity)
    sums = [
        Aggregate(Count(0, 0), (nothing,) * len(m.options), (nothing,) * len(m.options))
        for m in manifest.motions
    ]
    rest = iter(ballots)
    while portion := list(islice(rest, _PORTION)):
        for index, so_far in enumerate(sums):
            given = [
                (answer, area)
                for encoded, area in portion
                if (answer := encoded[index]) is not None
            ]
            sums[index] = _add_up(suite, so_far, given)
    return sums


def _add_up(
    suite: Suite, so_far: Aggregate, given: list[tuple[tuple[bytes, ...], int]]
) -> Aggregate:
    group = suite.group
    weights = [area for _, area in given]
    heads, area = [], []
    for option in range(len(so_far.heads)):
        halves = []
        for start in (0, POINT_SIZE):
            points = [
                Point.parse(group, answer[option][start : start + POINT_SIZE])
                for answer, _ in given
            ]
            halves.append((group.sum(points), group.weighted_sum(points, weights)))
        (head_a, area_a), (head_b, area_b) = halves
        old_heads, old_area = so_far.heads[option], so_far.area[option]
        heads.append(Ciphertext(old_heads.a + head_a, old_heads.b + head_b))
        area.append(Ciphertext(old_area.a + area_a, old_area.b + area_b))
    took_part = so_far.participating
    return Aggregate(
        Count(took_part.heads + len(given), took_part.area + sum(weights)),
        tuple(heads),
        tuple(area),
    )


def tally_body(
    manifest: Manifest, counted: Sequence[tuple[int, int]], sums: Sequence[Aggregate]
) -> dict[str, Any]:
    """The body of the `tally` entry. `counted`: (party, seq of its ballot), by party."""
    return {
        "counted": [{"party": party, "seq": seq} for party, seq in counted],
        "motions": [
            {
                "id": motion.id,
                "participating": sums_of.participating._asdict(),
                "heads": [_pair(text) for text in sums_of.heads],
                "area": [_pair(text) for text in sums_of.area],
            }
            for motion, sums_of in zip(manifest.motions, sums, strict=True)
        ],
    }


def _pair(text: Ciphertext) -> list[str]:
    return [b64(text.a.encode()), b64(text.b.encode())]


# --- partial decryptions --------------------------------------------------------------------


class _Statement(NamedTuple):
    """What one decryption proof is about."""

    place: bytes  # motion, option, heads or area, encoded
    text: Ciphertext


def _statements(sums: Sequence[Aggregate]) -> list[list[list[_Statement]]]:
    """Per motion, per kind (heads, area), per option."""
    return [
        [
            [
                _Statement(lp(u32(index), u32(option), u32(kind)), text)
                for option, text in enumerate(texts)
            ]
            for kind, texts in enumerate((sums_of.heads, sums_of.area))
        ]
        for index, sums_of in enumerate(sums)
    ]


def decrypt_share(
    manifest: Manifest,
    sums: Sequence[Aggregate],
    *,
    trustee: int,
    secret: int,
    tally_hash: str,
    rng: Draw = draw_scalar,
) -> dict[str, Any]:
    """The body of trustee's `decryption` entry. `tally_hash`: hash of the tally's line.

    Draws one w per proof: motion by motion, first heads then area, option by option.
    """
    motions = []
    for kinds in _statements(sums):
        heads, area = (
            [_prove(manifest, statement, trustee, secret, tally_hash, rng) for statement in row]
            for row in kinds
        )
        motions.append({"heads": heads, "area": area})
    return {"trustee": trustee, "motions": motions}


def _prove(
    manifest: Manifest,
    statement: _Statement,
    trustee: int,
    secret: int,
    tally_hash: str,
    rng: Draw,
) -> dict[str, str]:
    suite = manifest.suite
    share = statement.text.a.times(secret)
    nonce = rng(suite.order)
    sent = suite.group.base(nonce).encode(), statement.text.a.times(nonce).encode()
    key = manifest.trustees[trustee - 1].encoded
    e = _challenge(suite, manifest.hash, tally_hash, statement, trustee, key, share, sent)
    response = (nonce + e * secret) % suite.order
    proof = b"".join(sent) + response.to_bytes(SCALAR_SIZE, "big")
    return {"share": b64(share.encode()), "proof": b64(proof)}


def verify_shares(
    manifest: Manifest, sums: Sequence[Aggregate], value: Any, *, tally_hash: str
) -> tuple[int, Shares]:
    """(trustee, the shares) of a `decryption` body. Raises Refused("decryption", …)."""
    shape = _DECRYPTION
    shape.fields(value, "decryption", "trustee", "motions")
    trustee = shape.integer(value["trustee"], "trustee", 1, len(manifest.trustees))
    statements = _statements(sums)
    motions = shape.items(value["motions"], "motions", len(statements), len(statements))
    shares: Shares = []
    for index, (item, kinds) in enumerate(zip(motions, statements, strict=True)):
        where = f"trustee {trustee}, motion {index}"
        shape.fields(item, where, "heads", "area")
        rows = []
        for name, row in zip(("heads", "area"), kinds, strict=True):
            entries = shape.items(item[name], f"{where}, {name}", len(row), len(row))
            rows.append(
                [
                    _verify(manifest, statement, trustee, entry, tally_hash, f"{where}, {name}")
                    for statement, entry in zip(row, entries, strict=True)
                ]
            )
        shares.append((rows[0], rows[1]))
    return trustee, shares


def _verify(
    manifest: Manifest,
    statement: _Statement,
    trustee: int,
    value: Any,
    tally_hash: str,
    where: str,
) -> Point:
    shape, suite = _DECRYPTION, manifest.suite
    shape.fields(value, where, "share", "proof")
    share = shape.aggregate(suite, value["share"], where)
    # b = wA is the identity exactly where A is
    size = 1 if statement.text.a.is_identity else POINT_SIZE
    proof = shape.data(value["proof"], where, POINT_SIZE + size + SCALAR_SIZE)
    first, second = proof[:POINT_SIZE], proof[POINT_SIZE : POINT_SIZE + size]
    a = shape.point_of(suite, first, where)
    b = shape.aggregate(suite, b64(second), where)
    response = shape.scalar(suite, proof[POINT_SIZE + size :], where)
    key = manifest.trustees[trustee - 1]
    e = _challenge(
        suite,
        manifest.hash,
        tally_hash,
        statement,
        trustee,
        key.encoded,
        share,
        (first, second),
    )
    minus = -e % suite.order
    combination = suite.group.combination
    if (
        combination(response, [(minus, key.key)]) != a
        or combination(0, [(response, statement.text.a), (minus, share)]) != b
    ):
        raise Refused("decryption", f"{where}: the proof does not hold")
    return share


def _challenge(
    suite: Suite,
    manifest_hash: bytes,
    tally_hash: str,
    statement: _Statement,
    trustee: int,
    key: bytes,
    share: Point,
    sent: tuple[bytes, bytes],
) -> int:
    parts = (
        key,
        statement.text.a.encode(),
        statement.text.b.encode(),
        share.encode(),
        *sent,
    )
    data = (
        lp(manifest_hash, bytes.fromhex(tally_hash))
        + statement.place
        + lp(u32(trustee), *parts)
    )
    return suite.scalar(TAG, data)


# --- totals ---------------------------------------------------------------------------------


def totals(
    manifest: Manifest,
    sums: Sequence[Aggregate],
    shares: Sequence[tuple[int, Shares]],
    *,
    stated: Sequence[Sequence[Count]] | None = None,
) -> list[list[Count]]:
    """Per motion, per option, what the ballots hold.

    `shares`: as `verify_shares` gave them, of at least k different trustees; the first k are
    used. Every total is sought from 0 to what took part in the motion, or compared with
    `stated`, which takes no longer where a board claims areas as large as numbers go; for a
    question the three must add up to it, both ways. Raises Refused("totals", …).
    """
    used = dict(shares[: manifest.threshold])
    if len(used) < manifest.threshold:
        raise Refused("totals", f"{len(used)} of {manifest.threshold} trustees")
    indexes = list(used)
    order = manifest.suite.order
    minus = {index: -lagrange(order, indexes, index) % order for index in indexes}
    logarithms = None
    if stated is None:
        most = max((sums_of.participating.area for sums_of in sums), default=0)
        count = sum(len(sums_of.area) for sums_of in sums)
        logarithms = Logarithms(manifest.suite, most, count)
    results = []
    for index, (motion, sums_of) in enumerate(zip(manifest.motions, sums, strict=True)):
        where = f"motion {index}"
        columns: list[list[int]] = []
        for kind, texts in enumerate((sums_of.heads, sums_of.area)):
            bound = sums_of.participating[kind]
            rows = {trustee: motions[index][kind] for trustee, motions in used.items()}
            columns.append([])
            for option, text in enumerate(texts):
                place = f"{where}, option {option}"
                point = _opened(manifest, text, option, minus, rows)
                if logarithms is not None:
                    columns[-1].append(_sought(logarithms, point, bound, place))
                elif stated is not None:
                    value = stated[index][option][kind]
                    if value > bound or point != manifest.suite.group.base(value):
                        raise Refused("totals", f"{place}: the result states another total")
                    columns[-1].append(value)
            if motion.kind == "question" and sum(columns[-1]) != bound:
                raise Refused("totals", f"{where}: the options do not add up to who took part")
        results.append([Count(*pair) for pair in zip(*columns, strict=True)])
    return results


def _opened(
    manifest: Manifest,
    text: Ciphertext,
    option: int,
    minus: dict[int, int],
    rows: dict[int, list[Point]],
) -> Point:
    """vG = B - Σ λ_jF_j."""
    terms = [(scalar, rows[trustee][option]) for trustee, scalar in minus.items()]
    return text.b + manifest.suite.group.combination(0, terms)


def _sought(logarithms: Logarithms, point: Point, bound: int, place: str) -> int:
    value = logarithms.of(point, bound)
    if value is None:
        raise Refused("totals", f"{place}: no total within what took part")
    return value


class Logarithms:
    """Discrete logarithms of points vG with 0 <= v <= bound, by baby and giant steps."""

    def __init__(self, suite: Suite, bound: int, count: int = 1) -> None:
        """`bound`: the greatest that will be asked for; `count`: how many will be asked for."""
        self._suite = suite
        # as many baby steps as all giant steps together, which is the least work
        self._steps = min(isqrt((bound + 1) * max(count, 1)) + 1, bound + 1, _MOST_STEPS)
        self._table: dict[bytes, int] = {}
        point, generator = suite.group.identity, suite.group.generator
        for step in range(self._steps):
            self._table[point.encode()] = step
            point = point + generator
        self._giant = -point

    def of(self, point: Point, bound: int) -> int | None:
        """v, or None where it is not within 0..bound."""
        for giant in range(bound // self._steps + 1):
            found = self._table.get(point.encode())
            if found is not None:
                value = giant * self._steps + found
                return value if value <= bound else None
            point = point + self._giant
        return None
