"""The share file (§14): a `decryption` body, with what it belongs to written beside it."""

from __future__ import annotations

from typing import Any

from .manifest import Manifest
from .refusal import Refused
from .shape import Shape

FORMAT = "yishi-share-1"
CHECK = "share"
_SHAPE = Shape(CHECK)


class OfAnother(Refused):
    """A share of something else. `code`: session | manifest | tally."""

    def __init__(self, code: str) -> None:
        super().__init__(CHECK, f"a share of another {code}")
        self.code = code


def make(manifest: Manifest, tally_hash: str, body: dict[str, Any]) -> dict[str, Any]:
    """The file's value. `tally_hash`: of the tally's line; `body`: by tally.decrypt_share."""
    return {
        "format": FORMAT,
        "session": manifest.session,
        "manifest": manifest.hash.hex(),
        "tally": tally_hash,
        "decryption": body,
    }


def read(manifest: Manifest, tally_hash: str, value: Any) -> dict[str, Any]:
    """The decryption's body, whose proofs are still to be verified.

    Raises OfAnother, or Refused(CHECK, …) for what is no share file.
    """
    _SHAPE.fields(value, "share", "format", "session", "manifest", "tally", "decryption")
    _SHAPE.equal(value["format"], "format", FORMAT)
    expected = {
        "session": manifest.session,
        "manifest": manifest.hash.hex(),
        "tally": tally_hash,
    }
    for field, right in expected.items():
        if value[field] != right:
            raise OfAnother(field)
    body: dict[str, Any] = value["decryption"]
    if type(body) is not dict:
        raise _SHAPE.refuse("decryption", "not an object")
    return body
