"""Checkpoints (§9): the board's size and root at a time, signed and countersigned."""

from __future__ import annotations

from typing import Any, NamedTuple

from core.canonical import canonical

from . import ed25519
from .manifest import Manifest
from .shape import Shape, b64

COSIGNATURE = "yishi-cosignature-1"
_CHECK = Shape("checkpoints")
_SIGNED = ("session", "size", "root", "time")


class Checkpoint(NamedTuple):
    """A checkpoint whose signatures were checked. `witnesses`: keys that countersigned."""

    size: int
    root: bytes
    time: str
    witnesses: tuple[bytes, ...]


class Cosignature(NamedTuple):
    """A witness's signature of a checkpoint, checked. `signed`: what it is over."""

    signed: dict[str, Any]
    key: str  # base64url, as `signature`
    signature: str


def sign(secret: bytes, *, session: str, size: int, root: str, time: str) -> dict[str, Any]:
    """A checkpoint without cosignatures. `secret`: the board's Ed25519 secret, 32 bytes."""
    value: dict[str, Any] = {"session": session, "size": size, "root": root, "time": time}
    return {**value, "signature": b64(ed25519.sign(secret, value)), "cosignatures": []}


def cosign(secret: bytes, checkpoint: dict[str, Any]) -> dict[str, Any]:
    """The checkpoint with one more cosignature. `secret`: the witness's, 32 bytes."""
    signed = signed_part(checkpoint)
    signature = ed25519.sign(secret, signed)
    entry = {"key": b64(ed25519.public_key(secret)), "signature": b64(signature)}
    return {**checkpoint, "cosignatures": [*checkpoint["cosignatures"], entry]}


def signed_part(checkpoint: dict[str, Any]) -> dict[str, Any]:
    """What the board and its witnesses sign of a checkpoint."""
    return {field: checkpoint[field] for field in _SIGNED}


def make_cosignature(secret: bytes, checkpoint: dict[str, Any]) -> dict[str, Any]:
    """The file a witness hands in. `secret`: the witness's, 32 bytes."""
    signed = signed_part(checkpoint)
    key, signature = ed25519.public_key(secret), ed25519.sign(secret, signed)
    return {"format": COSIGNATURE, **signed, "key": b64(key), "signature": b64(signature)}


def parse_cosignature(manifest: Manifest, value: Any) -> Cosignature:
    """The file of a witness of this session, whose signature holds; whether the board has
    such a checkpoint is the caller's to find. Raises Refused("checkpoints", …).
    """
    check = _CHECK
    check.fields(value, "cosignature", "format", *_SIGNED, "key", "signature")
    check.equal(value["format"], "format", COSIGNATURE)
    check.equal(value["session"], "session", manifest.session)
    check.integer(value["size"], "size", 1)
    check.hash(value["root"], "root")
    check.time(value["time"], "time")
    key = check.data(value["key"], "key", ed25519.KEY_SIZE)
    if key not in manifest.witnesses:
        raise check.refuse("key", "no witness of this session")
    signature = check.data(value["signature"], "signature", ed25519.SIZE)
    signed = signed_part(value)
    if not ed25519.holds(key, signed, signature):
        raise check.refuse("signature", "does not hold")
    return Cosignature(signed, value["key"], value["signature"])


def make_line(checkpoint: dict[str, Any]) -> bytes:
    """A line of checkpoints.jsonl, without its line feed."""
    return canonical(checkpoint)


def verify(manifest: Manifest, value: Any) -> Checkpoint:
    """Shape and all signatures; size and root are the caller's to compare.

    Raises Refused("checkpoints", …).
    """
    check = _CHECK
    check.fields(value, "checkpoint", *_SIGNED, "signature", "cosignatures")
    check.equal(value["session"], "session", manifest.session)
    size = check.integer(value["size"], "size", 1)
    root = check.hash(value["root"], "root")
    time = check.time(value["time"], "time")
    signed = signed_part(value)
    signature = check.data(value["signature"], "signature", ed25519.SIZE)
    if not ed25519.holds(manifest.board_key, signed, signature):
        raise check.refuse(f"size {size}", "not signed by the board's key")
    witnesses: list[bytes] = []
    for item in check.items(value["cosignatures"], "cosignatures"):
        check.fields(item, "cosignature", "key", "signature")
        key = check.data(item["key"], "cosignature", ed25519.KEY_SIZE)
        signature = check.data(item["signature"], "cosignature", ed25519.SIZE)
        if key not in manifest.witnesses or key in witnesses:
            raise check.refuse(f"size {size}", "countersigned by no witness, or by one twice")
        if not ed25519.holds(key, signed, signature):
            raise check.refuse(f"size {size}", "a cosignature does not hold")
        witnesses.append(key)
    return Checkpoint(size, root, time, tuple(witnesses))
