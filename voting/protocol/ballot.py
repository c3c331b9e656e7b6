"""The ballot (§7): sealing, reading, checking one or many, and its tracker."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple

from core.canonical import NotCanonical, canonical, parse_canonical

from . import elgamal, proof, schnorr
from .batch import Batch, RandomBytes
from .elgamal import Ciphertext
from .group import POINT_SIZE, LibraryFailed, Point
from .hashing import lp, u64
from .manifest import Manifest, Motion
from .proof import Place, Proof
from .refusal import Refused
from .schnorr import Signature
from .shape import Shape, b64, unb64
from .suite import Draw, draw_scalar

FORMAT = "yishi-ballot-1"
MAX_SIZE = 256 * 1024
TAG = "ballot"
BROWSER, SERVER = "browser", "server"
_SHAPE = Shape("ballots.shape")
PAIR_SIZE = 2 * POINT_SIZE
_PAIR_TEXT = 176  # letters of base64 that hold at least A ‖ B, in whole groups of four
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
FIELDS = (
    "format",
    "manifest",
    "party",
    "key",
    "number",
    "previous",
    "encrypted_by",
    "answers",
)

Choices = Sequence[Sequence[int] | None]
"""Per motion, in order: None (does not take part) or the chosen options' indexes."""


Encoded = tuple[tuple[bytes, ...] | None, ...]
"""Per motion, None or A ‖ B of each option: all that counting needs of a ballot."""


class Answer(NamedTuple):
    """A parsed answer; `encoded` is A ‖ B of each option as sent."""

    encoded: tuple[bytes, ...]
    ciphertexts: tuple[Ciphertext, ...]
    bits: tuple[Proof, ...]
    sum: Proof


class Ballot(NamedTuple):
    """A ballot whose shape was checked; nothing is proved yet."""

    party: int
    key: Point
    key_bytes: bytes
    number: int
    previous: str
    encrypted_by: str
    answers: tuple[Answer | None, ...]
    signature: Signature
    digest: bytes
    context: bytes

    @property
    def encoded(self) -> Encoded:
        """What counting needs."""
        return tuple(None if answer is None else answer.encoded for answer in self.answers)


# --- making one ---------------------------------------------------------------------------


def encrypt(
    manifest: Manifest,
    *,
    party: int,
    key: bytes,
    choices: Choices,
    number: int,
    previous: str,
    encrypted_by: str,
    rng: Draw = draw_scalar,
) -> tuple[dict[str, Any], list[list[int] | None]]:
    """(the ballot without `signature`, its randomness r per motion and option).

    The randomness is secret: it opens the ballot. It is for testing a ballot (§8) and must be
    forgotten otherwise. Raises ValueError for choices the manifest does not allow.
    """
    suite = manifest.suite
    if len(choices) != len(manifest.motions) or all(chosen is None for chosen in choices):
        raise ValueError("one answer per motion, at least one of them given")
    drafts = [
        None if chosen is None else _draft(manifest, motion, chosen, rng)
        for motion, chosen in zip(manifest.motions, choices, strict=True)
    ]
    encoded = [None if draft is None else draft.encoded for draft in drafts]
    context = _context(manifest, party, key, number, previous, encoded)
    answers: list[dict[str, Any] | None] = []
    for index, draft in enumerate(drafts):
        if draft is None:
            answers.append(None)
            continue
        options = []
        for option, pending in enumerate(draft.bits):
            sealed = proof.respond(suite, pending, Place("bit", context, index, option))
            options.append(b64(draft.encoded[option] + sealed))
        place = Place("sum", context, index, len(draft.bits))
        answers.append({"options": options, "sum": b64(proof.respond(suite, draft.sum, place))})
    ballot = {
        "format": FORMAT,
        "manifest": manifest.hash.hex(),
        "party": party,
        "key": b64(key),
        "number": number,
        "previous": previous,
        "encrypted_by": encrypted_by,
        "answers": answers,
    }
    return ballot, [None if draft is None else draft.randomness for draft in drafts]


def sign(
    manifest: Manifest, ballot: dict[str, Any], key_secret: int, *, rng: Draw = draw_scalar
) -> dict[str, Any]:
    """The ballot with its signature. `ballot`: as `encrypt` gave it."""
    digest = bytes.fromhex(tracker(manifest, ballot))
    signature = schnorr.sign(manifest.suite, TAG, key_secret, digest, rng=rng)
    return {**ballot, "signature": b64(signature)}


def seal(
    manifest: Manifest,
    *,
    party: int,
    key_secret: int,
    choices: Choices,
    number: int,
    previous: str,
    encrypted_by: str,
    rng: Draw = draw_scalar,
) -> dict[str, Any]:
    """Encrypt and sign: the ballot as a JSON value.

    `previous`: tracker of the party's previous ballot, or NO_HASH. `rng`: see suite.Draw.
    """
    key = manifest.suite.group.base(key_secret).encode()
    ballot, _ = encrypt(
        manifest,
        party=party,
        key=key,
        choices=choices,
        number=number,
        previous=previous,
        encrypted_by=encrypted_by,
        rng=rng,
    )
    return sign(manifest, ballot, key_secret, rng=rng)


class _Draft(NamedTuple):
    encoded: tuple[bytes, ...]
    bits: tuple[proof.Pending, ...]
    sum: proof.Pending
    randomness: list[int]


def _draft(manifest: Manifest, motion: Motion, chosen: Sequence[int], rng: Draw) -> _Draft:
    """One answer up to the challenge, drawing in the order of §6."""
    marks = set(chosen)
    if len(marks) != len(chosen) or not marks <= set(range(len(motion.options))):
        raise ValueError("options of the motion, each once")
    if not motion.low <= len(marks) <= motion.high:
        raise ValueError("more or fewer options than the motion allows")
    suite, key = manifest.suite, manifest.election_key
    encoded, bits, randomness = [], [], []
    for option in range(len(motion.options)):
        message = int(option in marks)
        r = rng(suite.order)
        encoded.append(elgamal.encrypt(suite, key, message, r).encode())
        bits.append(
            proof.commit(suite, key, value=message, randomness=r, low=0, high=1, draw=rng)
        )
        randomness.append(r)
    total = proof.commit(
        suite,
        key,
        value=len(marks),
        randomness=sum(randomness) % suite.order,
        low=motion.low,
        high=motion.high,
        draw=rng,
    )
    return _Draft(tuple(encoded), tuple(bits), total, randomness)


# --- reading one --------------------------------------------------------------------------


def read(data: bytes) -> Any:
    """The JSON value of bytes that were sent. Raises Refused("canonical", …)."""
    try:
        return parse_canonical(data, MAX_SIZE)
    except NotCanonical as error:
        raise Refused("canonical", str(error)) from error


def tracker(manifest: Manifest, ballot: dict[str, Any]) -> str:
    """The digest: H of the canonical form without `signature`, 64 hex digits."""
    unsigned = {field: value for field, value in ballot.items() if field != "signature"}
    return manifest.suite.hash(canonical(unsigned)).hex()


def tracker_text(digest: str) -> str:
    """The first 80 bits in Crockford base32: XXXX-XXXX-XXXX-XXXX."""
    number = int(digest[:20], 16)
    letters = "".join(_CROCKFORD[number >> shift & 31] for shift in range(75, -1, -5))
    return "-".join(letters[at : at + 4] for at in range(0, 16, 4))


def parse(manifest: Manifest, value: Any) -> Ballot:
    """Read the JSON value of a ballot; number and shape of answers come from the manifest.

    Raises Refused with `ballots.shape`, or `ballots.unique` where an A or a B occurs twice.
    """
    shape, suite = _SHAPE, manifest.suite
    shape.fields(value, "ballot", *FIELDS, "signature")
    shape.equal(value["format"], "format", FORMAT)
    shape.equal(value["manifest"], "manifest", manifest.hash.hex())
    party = shape.integer(value["party"], "party", 1)
    key_bytes = shape.data(value["key"], "key", POINT_SIZE)
    key = shape.point_of(suite, key_bytes, "key")
    number = shape.integer(value["number"], "number", 1)
    previous = shape.hash(value["previous"], "previous").hex()
    encrypted_by = shape.one_of(value["encrypted_by"], "encrypted_by", BROWSER, SERVER)
    count = len(manifest.motions)
    items = shape.items(value["answers"], "answers", count, count)
    answers = tuple(
        None if item is None else _answer(manifest, motion, item, f"answers[{index}]")
        for index, (motion, item) in enumerate(zip(manifest.motions, items, strict=True))
    )
    if all(answer is None for answer in answers):
        raise shape.refuse("answers", "all are null")
    encoded = [None if answer is None else answer.encoded for answer in answers]
    _demand_unique(encoded)
    signature = shape.data(value["signature"], "signature", schnorr.SIZE)
    try:
        parsed = schnorr.parse(suite, signature)
    except ValueError as error:
        raise shape.refuse("signature", str(error)) from error
    return Ballot(
        party,
        key,
        key_bytes,
        number,
        previous,
        encrypted_by,
        answers,
        parsed,
        bytes.fromhex(tracker(manifest, value)),
        _context(manifest, party, key_bytes, number, previous, encoded),
    )


def _answer(manifest: Manifest, motion: Motion, value: Any, where: str) -> Answer:
    shape, suite = _SHAPE, manifest.suite
    shape.fields(value, where, "options", "sum")
    count = len(motion.options)
    encoded, ciphertexts, bits = [], [], []
    for option, text in enumerate(shape.items(value["options"], where, count, count)):
        place = f"{where}.options[{option}]"
        data = shape.data(text, place, PAIR_SIZE + proof.size(0, 1))
        a = shape.point_of(suite, data[:POINT_SIZE], place)
        b = shape.point_of(suite, data[POINT_SIZE:PAIR_SIZE], place)
        encoded.append(data[:PAIR_SIZE])
        ciphertexts.append(Ciphertext(a, b))
        bits.append(proof.parse(suite, shape, data[PAIR_SIZE:], 0, 1, place))
    place = f"{where}.sum"
    data = shape.data(value["sum"], place, proof.size(motion.low, motion.high))
    total = proof.parse(suite, shape, data, motion.low, motion.high, place)
    return Answer(tuple(encoded), tuple(ciphertexts), tuple(bits), total)


def encoded(value: Any) -> Encoded:
    """The ciphertexts of a ballot that was verified before (its JSON value)."""
    return tuple(
        None
        if answer is None
        else tuple(unb64(text[:_PAIR_TEXT])[:PAIR_SIZE] for text in answer["options"])
        for answer in value["answers"]
    )


def points(ballot: Ballot) -> tuple[list[bytes], list[bytes]]:
    """(every A, every B), 65 bytes each: neither may occur again on the board."""
    pairs = [pair for answer in ballot.answers if answer for pair in answer.encoded]
    return [pair[:POINT_SIZE] for pair in pairs], [pair[POINT_SIZE:] for pair in pairs]


def _demand_unique(encoded: Sequence[Sequence[bytes] | None]) -> None:
    pairs = [pair for answer in encoded if answer for pair in answer]
    for part in (slice(0, POINT_SIZE), slice(POINT_SIZE, PAIR_SIZE)):
        if len({pair[part] for pair in pairs}) != len(pairs):
            raise Refused("ballots.unique", "a ciphertext part occurs twice in the ballot")


def _context(
    manifest: Manifest,
    party: int,
    key: bytes,
    number: int,
    previous: str,
    encoded: Sequence[Sequence[bytes] | None],
) -> bytes:
    """ctx of §7."""
    parts = [b"\x00" if answer is None else b"\x01" + b"".join(answer) for answer in encoded]
    return manifest.suite.hash(
        lp(
            "YISHI-1-context",
            manifest.hash,
            u64(party),
            key,
            u64(number),
            bytes.fromhex(previous),
            b"".join(parts),
        )
    )


# --- checking -----------------------------------------------------------------------------


def verify_ballot(
    manifest: Manifest,
    value: Any,
    *,
    expected_key: bytes,
    expected_number: int,
    expected_previous: str,
    after_proxy: bool = False,
    on_paper: bool = False,
    random_bytes: RandomBytes = secrets.token_bytes,
) -> Ballot:
    """Check one ballot as it is cast: everything but uniqueness on the board (see `points`).

    `expected_key`: the party's valid credential, or a paper's fresh key, 65 bytes;
    `expected_number`: 1 + ballots the party has cast; `expected_previous`: tracker of its last
    one, or NO_HASH; `after_proxy`, `on_paper`: see `demand_place`. Gives back the parsed
    ballot; raises Refused with the failing check.
    """
    ballot = parse(manifest, value)
    demand_place(
        manifest,
        ballot,
        expected_key,
        expected_number,
        expected_previous,
        after_proxy=after_proxy,
        on_paper=on_paper,
    )
    verify_many(manifest, [ballot], random_bytes=random_bytes)
    return ballot


def demand_place(
    manifest: Manifest,
    ballot: Ballot,
    key: bytes,
    number: int,
    previous: str,
    *,
    after_proxy: bool = False,
    on_paper: bool = False,
) -> None:
    """The ballot is signed with the key it must be signed with, and is its party's next one.

    `after_proxy`: the one before was an agent's and this one is the owner's own, which takes
    its place even where ballots cannot be changed; `on_paper`: two people ruled the same.
    """
    where = f"party {ballot.party}"
    if ballot.key_bytes != key:
        raise Refused("ballots.credential", f"{where}: not the party's valid credential")
    if number > 1 and not (manifest.revote or after_proxy or on_paper):
        raise Refused("ballots.sequence", f"{where}: a second ballot, revoting is not allowed")
    if (ballot.number, ballot.previous) != (number, previous):
        raise Refused("ballots.sequence", f"{where}: number or previous is not the next one")


def verify_many(
    manifest: Manifest,
    ballots: Sequence[Ballot],
    *,
    random_bytes: RandomBytes = secrets.token_bytes,
) -> None:
    """All signatures and proofs of many ballots as one multi-scalar multiplication.

    If it fails, every signature and proof is checked alone and the first culprit is named:
    raises Refused with `ballots.signature` or `ballots.proofs`.
    """
    batch = Batch(manifest.suite, manifest.election_key, random_bytes)
    for ballot in ballots:
        _weigh(manifest, batch, ballot)
    if batch.holds():
        return
    for ballot in ballots:
        _verify_alone(manifest, ballot)
    raise LibraryFailed("a batch failed, though each of its parts holds")


def _weigh(manifest: Manifest, batch: Batch, ballot: Ballot) -> None:
    suite = manifest.suite
    weight = batch.weight()
    challenge = schnorr.challenge(suite, TAG, ballot.key_bytes, ballot.digest, ballot.signature)
    batch.add(weight, ballot.signature.commitment)
    batch.add(weight * challenge, ballot.key)
    batch.of_base -= weight * ballot.signature.response
    for index, (motion, answer) in enumerate(
        zip(manifest.motions, ballot.answers, strict=True)
    ):
        if answer is None:
            continue
        place = Place("sum", ballot.context, index, len(answer.bits))
        sum_a, sum_b = proof.weigh(suite, batch, answer.sum, place, motion.low)
        for option, bit in enumerate(answer.bits):
            place = Place("bit", ballot.context, index, option)
            of_a, of_b = proof.weigh(suite, batch, bit, place, 0)
            batch.add(of_a + sum_a, answer.ciphertexts[option].a)
            batch.add(of_b + sum_b, answer.ciphertexts[option].b)


def _verify_alone(manifest: Manifest, ballot: Ballot) -> None:
    suite, key = manifest.suite, manifest.election_key
    where = f"party {ballot.party}, ballot {ballot.number}"
    signature = ballot.signature
    if not schnorr.holds(suite, TAG, ballot.key, ballot.key_bytes, ballot.digest, signature):
        raise Refused("ballots.signature", where)
    for index, (motion, answer) in enumerate(
        zip(manifest.motions, ballot.answers, strict=True)
    ):
        if answer is None:
            continue
        for option, bit in enumerate(answer.bits):
            place = Place("bit", ballot.context, index, option)
            if not proof.holds(suite, key, answer.ciphertexts[option], bit, place, 0):
                raise Refused("ballots.proofs", f"{where}: motion {index}, option {option}")
        place = Place("sum", ballot.context, index, len(answer.bits))
        total = elgamal.total(suite, list(answer.ciphertexts))
        if not proof.holds(suite, key, total, answer.sum, place, motion.low):
            raise Refused("ballots.proofs", f"{where}: motion {index}, the sum")
