"""Opened ballots on their way (§14): a trustee's lines, sealed to who may put them together.

That is the platform in a named vote, which asks for them with a `request`, and a court where
the board bears its order. The file's head says what it is for; the rest nobody else can read.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any, NamedTuple

from core.canonical import NotCanonical, canonical, parse_canonical

from . import ed25519, sealing
from .hashing import u32
from .manifest import Manifest
from .refusal import Refused
from .sealing import Random
from .shape import Shape, b64

FORMAT = "yishi-opened-1"
REQUEST = "yishi-opening-request-1"
CHECK = "opened"
_LABEL = "YISHI-1-opened"
_SHAPE = Shape(CHECK)
_MAX_HEAD = 4096


class Head(NamedTuple):
    """What a file is for. `entry`: hash of the line of `result`, or of `court_order`."""

    entry: str
    trustee: int


def make(
    manifest: Manifest,
    *,
    entry: str,
    trustee: int,
    recipient: bytes,
    lines: Iterable[bytes],
    random: Random = secrets.token_bytes,
) -> bytes:
    """The bytes of the file. `lines`: of openings.jsonl, of this trustee."""
    head = {
        "format": FORMAT,
        "session": manifest.session,
        "entry": entry,
        "trustee": trustee,
    }
    text = b"".join(line + b"\n" for line in lines)
    sealed = sealing.seal(
        manifest.suite.hash_name,
        recipient,
        text,
        salt=bytes.fromhex(entry),
        place=(_LABEL, u32(trustee)),
        random=random,
    )
    return canonical(head) + b"\n" + sealed


def read_head(manifest: Manifest, data: bytes) -> Head:
    """What the file says it is for. Raises Refused(CHECK, …)."""
    line, _feed, _sealed = data[: _MAX_HEAD + 1].partition(b"\n")
    try:
        value = parse_canonical(line, _MAX_HEAD)
    except NotCanonical as error:
        raise Refused(CHECK, f"head: {error}") from error
    _SHAPE.fields(value, "head", "format", "session", "entry", "trustee")
    _SHAPE.equal(value["format"], "format", FORMAT)
    _SHAPE.equal(value["session"], "session", manifest.session)
    _SHAPE.hash(value["entry"], "entry")
    return Head(
        value["entry"],
        _SHAPE.integer(value["trustee"], "trustee", 1, len(manifest.trustees)),
    )


def unseal(manifest: Manifest, data: bytes, *, private: bytes) -> list[bytes]:
    """The trustee's lines; their proofs are still to be verified. Raises Refused(CHECK, …)."""
    head = read_head(manifest, data)
    try:
        text = sealing.unseal(
            manifest.suite.hash_name,
            private,
            data.partition(b"\n")[2],
            salt=bytes.fromhex(head.entry),
            place=(_LABEL, u32(head.trustee)),
        )
    except sealing.Unopened as error:
        raise Refused(CHECK, "not sealed to this key for this, or changed") from error
    if text and not text.endswith(b"\n"):
        raise Refused(CHECK, "the last line is cut")
    return text[:-1].split(b"\n") if text else []


def request(manifest: Manifest, *, result: str, key: bytes, board_secret: bytes) -> Any:
    """What asks trustees for the openings of a named vote. `result`: hash of its line;
    `key`: where to seal them, 32 bytes."""
    value = {
        "format": REQUEST,
        "session": manifest.session,
        "result": result,
        "key": b64(key),
    }
    return {**value, "signature": b64(ed25519.sign(board_secret, value))}


def read_request(manifest: Manifest, value: Any, *, result: str) -> bytes:
    """The key to seal to, if the board's own key signed it. Raises Refused(CHECK, …)."""
    _SHAPE.fields(value, "request", "format", "session", "result", "key", "signature")
    _SHAPE.equal(value["format"], "format", REQUEST)
    _SHAPE.equal(value["session"], "session", manifest.session)
    _SHAPE.equal(value["result"], "result", result)
    key = _SHAPE.data(value["key"], "key", sealing.KEY_SIZE)
    signature = _SHAPE.data(value["signature"], "signature", ed25519.SIZE)
    signed = {name: item for name, item in value.items() if name != "signature"}
    if not ed25519.holds(manifest.board_key, signed, signature) or not sealing.takes(key):
        raise Refused(CHECK, "not signed by the board's key")
    return key
