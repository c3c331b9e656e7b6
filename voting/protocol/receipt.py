"""Receipts (§9): a signed promise that the next checkpoint must honour."""

from __future__ import annotations

from typing import Any

from . import ed25519
from .ballot import BROWSER, SERVER
from .manifest import Manifest
from .refusal import Refused
from .shape import Shape, b64

FORMAT = "yishi-receipt-1"
_CHECK = Shape("receipt")
_FIELDS = (
    "format",
    "session",
    "manifest",
    "party",
    "tracker",
    "seq",
    "encrypted_by",
    "recorded_at",
    "checkpoint_by",
)


def sign(
    secret: bytes,
    manifest: Manifest,
    *,
    party: int,
    tracker: str,
    seq: int,
    encrypted_by: str,
    recorded_at: str,
    checkpoint_by: str,
) -> dict[str, Any]:
    """The receipt of the ballot recorded as entry `seq`.

    `secret`: the board's Ed25519 secret, 32 bytes; `tracker`: the ballot's digest, 64 digits;
    `recorded_at`: the entry's time; `checkpoint_by`: time by which a checkpoint covers it.
    """
    value: dict[str, Any] = {
        "format": FORMAT,
        "session": manifest.session,
        "manifest": manifest.hash.hex(),
        "party": party,
        "tracker": tracker,
        "seq": seq,
        "encrypted_by": encrypted_by,
        "recorded_at": recorded_at,
        "checkpoint_by": checkpoint_by,
    }
    return {**value, "signature": b64(ed25519.sign(secret, value))}


def verify(manifest: Manifest, value: Any) -> dict[str, Any]:
    """The receipt, if it is one of this vote and signed by its board.

    Raises Refused("receipt", …).
    """
    check = _CHECK
    check.fields(value, "receipt", *_FIELDS, "signature")
    check.equal(value["format"], "format", FORMAT)
    check.equal(value["session"], "session", manifest.session)
    check.equal(value["manifest"], "manifest", manifest.hash.hex())
    check.integer(value["party"], "party", 1)
    check.hash(value["tracker"], "tracker")
    check.integer(value["seq"], "seq", 1)
    check.one_of(value["encrypted_by"], "encrypted_by", BROWSER, SERVER)
    check.time(value["recorded_at"], "recorded_at")
    check.time(value["checkpoint_by"], "checkpoint_by")
    signature = check.data(value["signature"], "signature", ed25519.SIZE)
    signed = {field: value[field] for field in _FIELDS}
    if not ed25519.holds(manifest.board_key, signed, signature):
        raise Refused("receipt", "not signed by the board's key")
    return signed
