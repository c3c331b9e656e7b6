"""Consistency (§9): that a board's first entries are still what they were, in hashes only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from core import merkle

from . import board, manifest
from .manifest import Manifest
from .shape import Shape

FORMAT = "yishi-consistency-1"
MAX_SIZE = 8 * 1024 * 1024  # of the file: the manifest's line may have 4 MiB, escaped once more
_LONGEST = 64  # hashes of a proof: a board of 2^63 entries needs no more
_CHECK = Shape("checkpoints")


class Consistency(NamedTuple):
    """A proof that was read, not checked yet. `first`: the leaf hash of the manifest's line."""

    manifest: Manifest
    first: bytes
    old: int
    new: int
    proof: tuple[bytes, ...]

    def holds(self, old_root: bytes, new_root: bytes) -> bool:
        """Whether the board of `old` entries is the beginning of the one of `new`."""
        return merkle.verify_consistency(
            self.manifest.suite.hash,
            old=self.old,
            new=self.new,
            old_root=old_root,
            new_root=new_root,
            proof=self.proof,
        )


def make(first_line: bytes, old: int, new: int, proof: Sequence[bytes]) -> dict[str, Any]:
    """The file's JSON value. `first_line`: of the manifest's entry, without its line feed."""
    return {
        "format": FORMAT,
        "manifest": first_line.decode(),
        "from": old,
        "to": new,
        "proof": [step.hex() for step in proof],
    }


def parse(value: Any) -> Consistency:
    """Read the file; the manifest in it is checked. Raises Refused."""
    check = _CHECK
    check.fields(value, "consistency", "format", "manifest", "from", "to", "proof")
    check.equal(value["format"], "format", FORMAT)
    line = check.text(value["manifest"], "manifest").encode()
    entry = board.parse_line(line)
    check.fields(entry, "manifest", "seq", "time", "type", "prev", "body")
    check.equal(entry["type"], "manifest: type", board.MANIFEST)
    terms = manifest.parse(entry["body"])
    board.Chain(terms.suite).follow(entry, line)
    new = check.integer(value["to"], "to", 1)
    old = check.integer(value["from"], "from", 1, new)
    steps = check.items(value["proof"], "proof", 0, _LONGEST)
    proof = tuple(check.hash(step, "proof") for step in steps)
    return Consistency(terms, merkle.leaf_hash(terms.suite.hash, line), old, new, proof)
