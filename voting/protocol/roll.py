"""The roll (§4): one line per voting party; the manifest holds its Merkle root."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from core import merkle
from core.canonical import NotCanonical, canonical, parse_canonical

from .hashing import lp
from .manifest import Manifest
from .shape import Shape, b64
from .suite import Suite

SALT_SIZE = 16
_CHECK = Shape("roll")
_MAX_LINE = 4096


class Party(NamedTuple):
    """One voting party: one head, `area` in 0.01 m², `key` its first credential."""

    number: int
    area: int
    key: bytes


def commitment(suite: Suite, salt: bytes, units_and_identity: Any) -> str:
    """Hash of the party's units and salted identity (a JSON value); the salt stays with us."""
    if len(salt) != SALT_SIZE:
        raise ValueError(f"a salt has {SALT_SIZE} bytes")
    return suite.hash(lp("YISHI-1-party", salt, canonical(units_and_identity))).hex()


def make_line(party: int, area: int, key: bytes, commitment: str) -> bytes:
    """A line of roll.jsonl, without its line feed."""
    return canonical({"party": party, "area": area, "key": b64(key), "commitment": commitment})


def root(suite: Suite, lines: Sequence[bytes]) -> str:
    """The Merkle root over the lines, as the manifest holds it."""
    leaves = [merkle.leaf_hash(suite.hash, line) for line in lines]
    return merkle.root(suite.hash, leaves).hex()


def parse(manifest: Manifest, lines: Sequence[bytes]) -> list[Party]:
    """Read the roll and compare it with the manifest. Raises Refused("roll", …)."""
    check, suite = _CHECK, manifest.suite
    parties: list[Party] = []
    for number, line in enumerate(lines, start=1):
        where = f"line {number}"
        try:
            value = parse_canonical(line, _MAX_LINE)
        except NotCanonical as error:
            raise check.refuse(where, str(error)) from error
        check.fields(value, where, "party", "area", "key", "commitment")
        check.equal(value["party"], f"{where}: party", number)
        area = check.integer(value["area"], f"{where}: area", 1)
        key = check.data(value["key"], f"{where}: key", 65)
        check.point_of(suite, key, f"{where}: key")
        check.hash(value["commitment"], f"{where}: commitment")
        parties.append(Party(number, area, key))
    if len({party.key for party in parties}) != len(parties):
        raise check.refuse("keys", "a key occurs twice")
    if root(suite, lines) != manifest.roll_root.hex():
        raise check.refuse("root", "not the one of the manifest")
    check.equal(len(parties), "heads", manifest.roll_heads)
    check.equal(sum(party.area for party in parties), "area", manifest.roll_area)
    return parties
