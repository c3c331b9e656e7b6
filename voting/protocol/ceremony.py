"""The ceremony of §14: n people make keys of which k open, in three rounds of files.

A `Ceremony` is a transcript that was read, with every public check made: terms, then round by
round one message of each trustee. What only one trustee can check is in `dealing`. Whoever
finds a fault starts again with new terms and new keys; nobody is left out half-way.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.canonical import canonical

from . import schnorr, sealing, trustees
from .group import Point
from .hashing import lp, u32
from .refusal import Refused
from .sealing import Random
from .shape import Shape, b64, unb64
from .suite import SUITES, Suite, suite

FORMAT = "yishi-ceremony-1"
FORMATS = ("yishi-certificate-1", "yishi-reveal-1", "yishi-confirmation-1")
ROUNDS = ("certificates", "reveals", "confirmations")
CHECK = "ceremony"
MAX_SIZE = 256 * 1024  # bytes of a transcript, or of a message
POSSESSION = "possession"
_SEALED = 32 + 32 + 16  # E, the share, the tag
_MOST = 20
_SHAPE = Shape(CHECK)
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Complaint(Refused):
    """What trustee `index` sent does not hold: the ceremony starts again with new keys.

    `code`: commitment | possession | encryption | share | key.
    """

    def __init__(self, code: str, index: int, detail: str) -> None:
        super().__init__(CHECK, f"trustee {index}: {detail}")
        self.code = code
        self.index = index


class WrongFile(Refused):
    """Not a message that is due. `code`: format | ceremony | round | index | own."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(CHECK, detail)
        self.code = code


@dataclass(frozen=True)
class Ceremony:
    """`value` is the transcript; `hashes` are T_0 … of the rounds that are complete."""

    value: dict[str, Any]
    suite: Suite
    session: str
    threshold: int
    names: tuple[str, ...]
    hashes: tuple[bytes, ...]
    recipients: tuple[bytes, ...] = ()
    commitments: tuple[bytes, ...] = ()
    polynomials: tuple[tuple[Point, ...], ...] = ()

    @property
    def count(self) -> int:
        """n."""
        return len(self.names)

    @property
    def round(self) -> int:
        """How many rounds are complete, 0 to 3: also the place of the one under way."""
        return len(self.hashes) - 1

    @property
    def finished(self) -> bool:
        """Whether all three rounds are complete."""
        return self.round == len(ROUNDS)

    def messages(self, round_: int) -> list[dict[str, Any]]:
        """The messages of a round, in order of index."""
        found: list[dict[str, Any]] = self.value[ROUNDS[round_]]
        return found


# --- transcripts ----------------------------------------------------------------------------


def begin(
    suite_name: str,
    session: str,
    threshold: int,
    names: Sequence[str],
    *,
    random: Random = secrets.token_bytes,
) -> Ceremony:
    """A new ceremony; its nonce makes every message belong to this one only."""
    terms = {
        "suite": suite_name,
        "session": session,
        "threshold": threshold,
        "names": list(names),
        "nonce": b64(random(16)),
    }
    return parse({"format": FORMAT, "terms": terms, **{name: [] for name in ROUNDS}})


def parse(value: Any) -> Ceremony:
    """Read a transcript and check every message in it.

    Raises Complaint where a trustee's message does not hold, else Refused(CHECK, …).
    """
    shape = _SHAPE
    shape.fields(value, "transcript", "format", "terms", *ROUNDS)
    shape.equal(value["format"], "format", FORMAT)
    terms = shape.fields(
        value["terms"], "terms", "suite", "session", "threshold", "names", "nonce"
    )
    chosen = suite(shape.one_of(terms["suite"], "suite", *SUITES))
    names = [
        shape.text(name, "names") for name in shape.items(terms["names"], "names", 2, _MOST)
    ]
    if len(set(names)) != len(names):
        raise shape.refuse("names", "a name occurs twice")
    shape.data(terms["nonce"], "nonce", 16)
    empty = {"format": FORMAT, "terms": terms, **{name: [] for name in ROUNDS}}
    ceremony = Ceremony(
        value=empty,
        suite=chosen,
        session=shape.text(terms["session"], "session", r"[A-Z0-9-]{6,16}"),
        threshold=shape.integer(terms["threshold"], "threshold", 1, len(names)),
        names=tuple(names),
        hashes=(chosen.hash(canonical(empty)),),
    )
    rounds = [shape.items(value[name], name) for name in ROUNDS]
    while rounds and rounds[0]:
        ceremony = advance(ceremony, rounds.pop(0))
    if any(rounds):
        raise shape.refuse("transcript", "a round before this one is missing")
    return ceremony


def advance(ceremony: Ceremony, messages: Sequence[Any]) -> Ceremony:
    """The ceremony with the n messages of the round under way, in order of index."""
    if ceremony.finished or len(messages) != ceremony.count:
        raise _SHAPE.refuse("round", f"{len(messages)} messages, or none is due")
    for index, message in enumerate(messages, start=1):
        if check(ceremony, message) != index:
            raise _SHAPE.refuse("round", f"message {index} is of another trustee")
    value = {**ceremony.value, ROUNDS[ceremony.round]: list(messages)}
    fields: dict[str, Any] = {**vars(ceremony), "value": value}
    if ceremony.round == 0:
        fields["recipients"] = tuple(unb64(m["encryption"]) for m in messages)
        fields["commitments"] = tuple(bytes.fromhex(m["commitment"]) for m in messages)
    elif ceremony.round == 1:
        fields["polynomials"] = tuple(
            tuple(ceremony.suite.point(unb64(point)) for point in m["coefficients"])
            for m in messages
        )
    fields["hashes"] = (*ceremony.hashes, ceremony.suite.hash(canonical(value)))
    return Ceremony(**fields)


def check(ceremony: Ceremony, message: Any) -> int:
    """The index of the trustee whose message this is, if it is due and holds.

    Raises WrongFile, Complaint, or Refused(CHECK, …) for what is malformed.
    """
    given = message.get("format") if type(message) is dict else None
    if given not in FORMATS:
        raise WrongFile("format", "no message of a ceremony")
    if FORMATS.index(given) != ceremony.round:
        raise WrongFile("round", "a message of another round than the one under way")
    if message.get("ceremony") != ceremony.hashes[-1].hex():
        raise WrongFile("ceremony", "a message of another ceremony")
    return _CHECKS[ceremony.round](ceremony, message)


def fingerprint(ceremony: Ceremony) -> str:
    """160 bits of T_3 in Crockford base32, eight groups of four, to be read aloud.

    Every bit counts against somebody who shows two groups of trustees different transcripts.
    """
    if not ceremony.finished:
        raise _SHAPE.refuse("fingerprint", "the ceremony is not finished")
    number = int.from_bytes(ceremony.hashes[-1][:20], "big")
    letters = "".join(_CROCKFORD[number >> shift & 31] for shift in range(155, -1, -5))
    return "-".join(letters[at : at + 4] for at in range(0, 32, 4))


def outcome(ceremony: Ceremony) -> dict[str, Any]:
    """The manifest's field `trustees`."""
    if not ceremony.finished:
        raise _SHAPE.refuse("outcome", "the ceremony is not finished")
    return {
        "threshold": ceremony.threshold,
        "keys": [
            {
                "index": message["index"],
                "name": name,
                "key": message["key"],
                "proof": message["proof"],
            }
            for name, message in zip(ceremony.names, ceremony.messages(2), strict=True)
        ],
        "election_key": public(ceremony)["election_key"],
    }


def public(ceremony: Ceremony) -> dict[str, Any]:
    """What the keys will be, known after round 2; a trustee keeps it beside the own key."""
    chosen = ceremony.suite
    return {
        "threshold": ceremony.threshold,
        "names": list(ceremony.names),
        "keys": [b64(_key(ceremony, i).encode()) for i in range(1, ceremony.count + 1)],
        "election_key": b64(chosen.group.sum(p[0] for p in ceremony.polynomials).encode()),
    }


def public_of(field: dict[str, Any]) -> dict[str, Any]:
    """The same of a manifest's field `trustees`."""
    return {
        "threshold": field["threshold"],
        "names": [key["name"] for key in field["keys"]],
        "keys": [key["key"] for key in field["keys"]],
        "election_key": field["election_key"],
    }


# --- the checks of a message ----------------------------------------------------------------


def _check_certificate(ceremony: Ceremony, message: dict[str, Any]) -> int:
    shape = _SHAPE
    shape.fields(message, "certificate", *_COMMON, "encryption", "commitment")
    index = shape.integer(message["index"], "index", 1, ceremony.count)
    key = shape.data(message["encryption"], "encryption", 32)
    shape.hash(message["commitment"], "commitment")
    if not sealing.takes(key):
        raise Complaint("encryption", index, "an encryption key of small order")
    return index


def _check_reveal(ceremony: Ceremony, message: dict[str, Any]) -> int:
    shape, chosen = _SHAPE, ceremony.suite
    shape.fields(message, "reveal", *_COMMON, "coefficients", "proof", "shares")
    index = shape.integer(message["index"], "index", 1, ceremony.count)
    items = shape.items(
        message["coefficients"], "coefficients", ceremony.threshold, ceremony.threshold
    )
    points = [shape.data(item, "coefficients", 65) for item in items]
    for point in points:
        shape.point_of(chosen, point, "coefficients")
    proof = shape.data(message["proof"], "proof", schnorr.SIZE)
    shares = shape.items(message["shares"], "shares", ceremony.count, ceremony.count)
    for to, share in enumerate(shares, start=1):
        if to == index:
            shape.equal(share, "shares", None)
        else:
            shape.data(share, "shares", _SEALED)
    if commitment(ceremony, index, points) != ceremony.commitments[index - 1]:
        raise Complaint("commitment", index, "not the polynomial that was committed to")
    bound = lp(ceremony.hashes[1], u32(index))
    if not schnorr.verify(chosen, POSSESSION, points[0], bound, proof):
        raise Complaint("possession", index, "no proof of possession")
    return index


def _check_confirmation(ceremony: Ceremony, message: dict[str, Any]) -> int:
    shape = _SHAPE
    shape.fields(message, "confirmation", *_COMMON, "key", "proof")
    index = shape.integer(message["index"], "index", 1, ceremony.count)
    key = shape.data(message["key"], "key", 65)
    point = shape.point_of(ceremony.suite, key, "key")
    proof = shape.data(message["proof"], "proof", schnorr.SIZE)
    if point != _key(ceremony, index):
        raise Complaint("key", index, "not the key that follows from the polynomials")
    held = trustees.possesses(
        ceremony.suite, ceremony.session, index, ceremony.threshold, ceremony.count, key, proof
    )
    if not held:
        raise Complaint("possession", index, "no proof of possession of the key")
    return index


_COMMON = ("format", "ceremony", "index")
_CHECKS = (_check_certificate, _check_reveal, _check_confirmation)


def commitment(ceremony: Ceremony, index: int, points: Sequence[bytes]) -> bytes:
    """The hash a certificate holds of its trustee's polynomial (65 bytes each)."""
    return ceremony.suite.hash(
        lp("YISHI-1-commitment", ceremony.hashes[0], u32(index), *points)
    )


def _key(ceremony: Ceremony, index: int) -> Point:
    """vk of a trustee, from everybody's polynomial."""
    senders = range(1, ceremony.count + 1)
    return ceremony.suite.group.sum(
        value_in_exponent(ceremony, sender, index) for sender in senders
    )


def value_in_exponent(ceremony: Ceremony, sender: int, at: int) -> Point:
    """f(at)·G of the sender's polynomial."""
    order = ceremony.suite.order
    points = enumerate(ceremony.polynomials[sender - 1])
    return ceremony.suite.group.combination(
        0, [(pow(at, power, order), point) for power, point in points]
    )
