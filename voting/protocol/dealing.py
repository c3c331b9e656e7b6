"""What a trustee's own device does in the ceremony of §14: deal shares, and take them.

Randomness comes as arguments: `rng` draws scalars, `random` bytes.
"""

from __future__ import annotations

import secrets
from typing import Any, NamedTuple

from . import schnorr, sealing, trustees
from .ceremony import (
    FORMATS,
    POSSESSION,
    Ceremony,
    Complaint,
    WrongFile,
    commitment,
    value_in_exponent,
)
from .elgamal import encrypt
from .hashing import lp, u32
from .sealing import Random
from .shape import b64, unb64
from .suite import Draw, Suite, draw_scalar


class Secret(NamedTuple):
    """What trustee `number` keeps during the ceremony."""

    number: int
    coefficients: tuple[int, ...]
    decryption: bytes  # X25519


# --- what a trustee sends -------------------------------------------------------------------


def new_secret(
    ceremony: Ceremony,
    index: int,
    *,
    rng: Draw = draw_scalar,
    random: Random = secrets.token_bytes,
) -> Secret:
    """A trustee's polynomial and X25519 key. Draws a_0 … a_{k-1}, then 32 bytes."""
    if not 1 <= index <= ceremony.count:
        raise WrongFile("index", "no such trustee")
    coefficients = tuple(rng(ceremony.suite.order) for _ in range(ceremony.threshold))
    return Secret(index, coefficients, random(sealing.KEY_SIZE))


def certificate(ceremony: Ceremony, secret: Secret) -> dict[str, Any]:
    """Round 1: where to send shares, and a commitment to the polynomial."""
    points = [ceremony.suite.group.base(value).encode() for value in secret.coefficients]
    return {
        "format": FORMATS[0],
        "ceremony": ceremony.hashes[0].hex(),
        "index": secret.number,
        "encryption": b64(sealing.public_key(secret.decryption)),
        "commitment": commitment(ceremony, secret.number, points).hex(),
    }


def reveal(
    ceremony: Ceremony,
    secret: Secret,
    *,
    rng: Draw = draw_scalar,
    random: Random = secrets.token_bytes,
) -> dict[str, Any]:
    """Round 2: the polynomial in the exponent, possession of a_0, a share for each other.

    Draws the proof's w, then 32 bytes for each other trustee in order.
    """
    _demand_own(ceremony, secret)
    chosen, binding = ceremony.suite, ceremony.hashes[1]
    proof = schnorr.sign(
        chosen, POSSESSION, secret.coefficients[0], lp(binding, u32(secret.number)), rng=rng
    )
    shares = [
        None
        if to == secret.number
        else b64(
            _seal(ceremony, secret.number, to, _value_at(secret, to, chosen.order), random)
        )
        for to in range(1, ceremony.count + 1)
    ]
    return {
        "format": FORMATS[1],
        "ceremony": binding.hex(),
        "index": secret.number,
        "coefficients": [b64(chosen.group.base(a).encode()) for a in secret.coefficients],
        "proof": b64(proof),
        "shares": shares,
    }


def confirm(
    ceremony: Ceremony, secret: Secret, *, rng: Draw = draw_scalar
) -> tuple[dict[str, Any], int]:
    """Round 3: (the message, x_j), if every share that was sent to this trustee holds.

    Raises Complaint naming the trustee whose share is wrong.
    """
    _demand_own(ceremony, secret)
    chosen, index = ceremony.suite, secret.number
    total = _value_at(secret, index, chosen.order)
    for sender, message in enumerate(ceremony.messages(1), start=1):
        if sender != index:
            total += _open(ceremony, sender, secret, unb64(message["shares"][index - 1]))
    key = total % chosen.order
    entry = trustees.announce(
        chosen,
        ceremony.session,
        key,
        name=ceremony.names[index - 1],
        index=index,
        threshold=ceremony.threshold,
        count=ceremony.count,
        rng=rng,
    )
    return {
        "format": FORMATS[2],
        "ceremony": ceremony.hashes[2].hex(),
        "index": index,
        "key": entry["key"],
        "proof": entry["proof"],
    }, key


def decrypts(chosen: Suite, key: bytes, secret: int, *, rng: Draw = draw_scalar) -> bool:
    """Whether `secret` decrypts what was encrypted under `key` (65 bytes) just now."""
    point = chosen.point(key)
    text = encrypt(chosen, point, 1, rng(chosen.order))
    return text.b + (-text.a.times(secret)) == chosen.group.generator


def _demand_own(ceremony: Ceremony, secret: Secret) -> None:
    """That the trustee's own messages are in the transcript as they were sent."""
    place = secret.number - 1
    own = certificate(ceremony, secret)
    if ceremony.round < 1 or ceremony.messages(0)[place] != own:
        raise WrongFile("own", "the transcript holds another certificate under your index")


def _value_at(secret: Secret, at: int, order: int) -> int:
    """f(at)."""
    powers = enumerate(secret.coefficients)
    return sum(value * pow(at, power, order) for power, value in powers) % order


# --- shares on their way --------------------------------------------------------------------


def _seal(ceremony: Ceremony, sender: int, to: int, share: int, random: Random) -> bytes:
    """The 32 bytes of the share, for `to` alone."""
    return sealing.seal(
        ceremony.suite.hash_name,
        ceremony.recipients[to - 1],
        share.to_bytes(32, "big"),
        salt=ceremony.hashes[1],
        place=_place(sender, to),
        random=random,
    )


def _open(ceremony: Ceremony, sender: int, secret: Secret, sealed: bytes) -> int:
    """The share of `sender`, if it is f(index) of the polynomial that was revealed."""
    try:
        plain = sealing.unseal(
            ceremony.suite.hash_name,
            secret.decryption,
            sealed,
            salt=ceremony.hashes[1],
            place=_place(sender, secret.number),
        )
    except sealing.Unopened as error:
        raise Complaint("share", sender, "the share sent to you cannot be opened") from error
    share = int.from_bytes(plain, "big")
    right = 0 < share < ceremony.suite.order and ceremony.suite.group.base(
        share
    ) == value_in_exponent(ceremony, sender, secret.number)
    if not right:
        raise Complaint("share", sender, "the share sent to you is wrong")
    return share


def _place(sender: int, to: int) -> tuple[str | bytes, ...]:
    return "YISHI-1-share", u32(sender), u32(to)
