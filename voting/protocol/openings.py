"""Single ballots opened (§10): all that count in a named vote, or one for a court.

In a named vote they go into a restricted file, whose hash the board holds; who may see it is
not the protocol's matter. The choices opened must add up to the totals, so that both roads to
a result are one. For a court the same lines are sealed to its key (`handed`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from core.canonical import MAX_LINE, NotCanonical, canonical, parse_canonical
from voting.domain.thresholds import Count

from .ballot import Encoded
from .batch import Batch
from .group import POINT_SIZE, SCALAR_SIZE, Point
from .hashing import lp, u32
from .manifest import Manifest
from .refusal import Refused
from .shape import Shape, b64
from .suite import Draw, draw_scalar
from .trustees import lagrange

TAG = "open"
_CHECK = Shape("openings")
_PROOF = 2 * POINT_SIZE + SCALAR_SIZE


class Counted(NamedTuple):
    """A ballot to open: `area` in 0.01 m², `digest` its tracker, 64 hex digits."""

    party: int
    seq: int
    area: int
    digest: str
    encoded: Encoded


Choices = list[list[int] | None]
"""Per motion None or the options chosen."""


def make_lines(
    manifest: Manifest,
    counted: Sequence[Counted],
    *,
    trustee: int,
    secret: int,
    rng: Draw = draw_scalar,
) -> Iterator[bytes]:
    """The trustee's lines of openings.jsonl, one per counted ballot, by party.

    Draws one w per ciphertext: motion by motion, option by option.
    """
    suite = manifest.suite
    key = manifest.trustees[trustee - 1].encoded
    for ballot in counted:
        motions: list[Any] = []
        for motion, answer in enumerate(ballot.encoded):
            if answer is None:
                motions.append(None)
                continue
            row = []
            for option, pair in enumerate(answer):
                a = Point.parse(suite.group, pair[:POINT_SIZE])
                share = a.times(secret).encode()
                nonce = rng(suite.order)
                sent = suite.group.base(nonce).encode() + a.times(nonce).encode()
                place = _place(manifest, ballot, motion, option, trustee)
                e = suite.scalar(TAG, place + _spoken(key, pair, share, sent))
                response = (nonce + e * secret) % suite.order
                proof = sent + response.to_bytes(SCALAR_SIZE, "big")
                row.append({"share": b64(share), "proof": b64(proof)})
            motions.append(row)
        yield canonical(
            {"party": ballot.party, "seq": ballot.seq, "trustee": trustee, "motions": motions}
        )


def verify(
    manifest: Manifest,
    counted: Sequence[Counted],
    totals: Sequence[Sequence[Count]],
    lines: Iterable[bytes],
) -> dict[int, Choices]:
    """Party -> its choices, if the file opens exactly the counted ballots and adds up.

    `lines`: of the first trustee, then of the next …, at least k trustees, by rising index;
    `totals`: as the result states. Raises Refused("openings", …).
    """
    rows: dict[int, list[list[list[Point] | None]]] = {}
    for number, line in enumerate(lines):
        ballot = counted[number % len(counted)] if counted else None
        if ballot is None:
            raise Refused("openings", "a line, though no ballot counts")
        trustee, shares = read_line(manifest, ballot, line)
        place = number % len(counted)
        if len(rows.get(trustee, [])) != place or (
            place == 0 and any(t > trustee for t in rows)
        ):
            raise Refused("openings", f"line {number + 1}: not the trustee who is next")
        rows.setdefault(trustee, []).append(shares)
    complete = [trustee for trustee, opened in rows.items() if len(opened) == len(counted)]
    if counted and (len(complete) != len(rows) or len(rows) < manifest.threshold):
        raise Refused("openings", "fewer trustees than the threshold, or ballots missing")
    used = {trustee: rows[trustee] for trustee in complete[: manifest.threshold]}
    choices = {
        ballot.party: _open(manifest, ballot, {t: opened[at] for t, opened in used.items()})
        for at, ballot in enumerate(counted)
    }
    _demand_totals(counted, choices, totals)
    return choices


def open_one(manifest: Manifest, ballot: Counted, lines: Iterable[bytes]) -> Choices:
    """What one ballot chose, from a line each of k trustees; the first k are used.

    Raises Refused("openings", …).
    """
    rows = dict(read_line(manifest, ballot, line) for line in lines)
    if len(rows) < manifest.threshold:
        raise Refused("openings", f"{len(rows)} of {manifest.threshold} trustees")
    return _open(manifest, ballot, {t: rows[t] for t in sorted(rows)[: manifest.threshold]})


def read_line(
    manifest: Manifest, ballot: Counted, line: bytes
) -> tuple[int, list[list[Point] | None]]:
    """(trustee, shares per motion and option) of one line, all proofs in one batch.

    Raises Refused("openings", …).
    """
    where = f"party {ballot.party}"
    try:
        value = parse_canonical(line, MAX_LINE)
    except NotCanonical as error:
        raise Refused("openings", f"{where}: {error}") from error
    check, suite = _CHECK, manifest.suite
    check.fields(value, where, "party", "seq", "trustee", "motions")
    check.equal(value["party"], where, ballot.party)
    check.equal(value["seq"], where, ballot.seq)
    trustee = check.integer(value["trustee"], where, 1, len(manifest.trustees))
    count = len(ballot.encoded)
    batch = Batch(suite, manifest.trustees[trustee - 1].key)
    motions: list[list[Point] | None] = []
    items = check.items(value["motions"], where, count, count)
    for motion, (item, answer) in enumerate(zip(items, ballot.encoded, strict=True)):
        if answer is None:
            check.equal(item, where, None)
            motions.append(None)
            continue
        row = check.items(item, where, len(answer), len(answer))
        motions.append(
            [
                _weigh(
                    manifest,
                    batch,
                    pair,
                    check.fields(entry, where, "share", "proof"),
                    (trustee, _place(manifest, ballot, motion, option, trustee), where),
                )
                for option, (entry, pair) in enumerate(zip(row, answer, strict=True))
            ]
        )
    if not batch.holds():
        raise Refused("openings", f"{where}, trustee {trustee}: a proof does not hold")
    return trustee, motions


def _weigh(
    manifest: Manifest,
    batch: Batch,
    pair: bytes,
    entry: dict[str, Any],
    place: tuple[int, bytes, str],
) -> Point:
    """Put a + e·vk - sG and b + e·F - sA into the batch; the share F."""
    trustee, encoded_place, where = place
    check, suite = _CHECK, manifest.suite
    share_bytes = check.data(entry["share"], where, POINT_SIZE)
    share = check.point_of(suite, share_bytes, where)
    proof = check.data(entry["proof"], where, _PROOF)
    sent = proof[: 2 * POINT_SIZE]
    a = check.point_of(suite, sent[:POINT_SIZE], where)
    b = check.point_of(suite, sent[POINT_SIZE:], where)
    response = check.scalar(suite, proof[2 * POINT_SIZE :], where)
    key = manifest.trustees[trustee - 1].encoded
    e = suite.scalar(TAG, encoded_place + _spoken(key, pair, share_bytes, sent))
    first, second = batch.weight(), batch.weight()
    batch.add(first, a)
    batch.add(second, b)
    batch.add(second * e, share)
    batch.add(-second * response, Point.parse(suite.group, pair[:POINT_SIZE]))
    batch.of_key += first * e
    batch.of_base -= first * response
    return share


def _open(
    manifest: Manifest, ballot: Counted, rows: Mapping[int, list[list[Point] | None]]
) -> Choices:
    """B - Σ λF is the identity (not chosen) or G (chosen)."""
    suite = manifest.suite
    indexes = list(rows)
    minus = {t: -lagrange(suite.order, indexes, t) % suite.order for t in indexes}
    choices: Choices = []
    for motion, answer in enumerate(ballot.encoded):
        if answer is None:
            choices.append(None)
            continue
        chosen = []
        for option, pair in enumerate(answer):
            terms = [(minus[t], _share(rows[t], motion, option)) for t in indexes]
            b = Point.parse(suite.group, pair[POINT_SIZE:])
            message = b + suite.group.combination(0, terms)
            if message == suite.group.generator:
                chosen.append(option)
            elif not message.is_identity:
                raise Refused("openings", f"party {ballot.party}: neither chosen nor not")
        choices.append(chosen)
    return choices


def _share(row: list[list[Point] | None], motion: int, option: int) -> Point:
    shares = row[motion]
    if shares is None:
        raise Refused("openings", "a motion is missing")
    return shares[option]


def _demand_totals(
    counted: Sequence[Counted],
    choices: dict[int, Choices],
    totals: Sequence[Sequence[Count]],
) -> None:
    for motion, counts in enumerate(totals):
        for option, stated in enumerate(counts):
            voters = [
                ballot for ballot in counted if option in (choices[ballot.party][motion] or ())
            ]
            if Count(len(voters), sum(ballot.area for ballot in voters)) != stated:
                raise Refused("openings", f"motion {motion}: does not add up to the result")


def _place(
    manifest: Manifest, ballot: Counted, motion: int, option: int, trustee: int
) -> bytes:
    digest = bytes.fromhex(ballot.digest)
    return lp(manifest.hash, digest, u32(motion), u32(option), u32(trustee))


def _spoken(key: bytes, pair: bytes, share: bytes, sent: bytes) -> bytes:
    """lp(vk_j, A, B, F, a, b)."""
    return lp(
        key,
        pair[:POINT_SIZE],
        pair[POINT_SIZE:],
        share,
        sent[:POINT_SIZE],
        sent[POINT_SIZE:],
    )
