"""Letters made outside the host (§15): the keys file, which binds keys to a roll."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from core.codes import ALPHABET, LENGTH

from .refusal import Refused
from .shape import Shape, b64
from .suite import Suite

ROLL, KEYS = "yishi-letter-roll-1", "yishi-letter-keys-1"
CHECK = "letters"
MAX_SIZE = 64 * 1024 * 1024
_SHAPE = Shape(CHECK)
_CODE = f"[{ALPHABET}]{{{LENGTH}}}"


class OfAnother(Refused):
    """A keys file of something else. `code`: session | suite | roll."""

    def __init__(self, code: str) -> None:
        super().__init__(CHECK, f"keys of another {code}")
        self.code = code


class Wrong(Refused):
    """A key or code that cannot be taken. `code`: count | key | twice; `party`: whose."""

    def __init__(self, code: str, party: int) -> None:
        super().__init__(CHECK, f"party {party}: {code}")
        self.code = code
        self.party = party


class LetterKey(NamedTuple):
    """What a letter's owner proves to have: K, 65 bytes; and its 12 characters."""

    key: bytes
    code: str

    def __repr__(self) -> str:
        return "LetterKey(***)"


def make(suite: Suite, session: str, roll: bytes, keys: Sequence[LetterKey]) -> dict[str, Any]:
    """The file's value. `keys`: by party, from 1; `roll`: R."""
    return {
        "format": KEYS,
        "session": session,
        "suite": suite.name,
        "roll": roll.hex(),
        "keys": [
            {"party": party, "key": b64(one.key), "code": one.code}
            for party, one in enumerate(keys, start=1)
        ],
    }


def read(suite: Suite, session: str, roll: bytes, count: int, value: Any) -> list[LetterKey]:
    """The keys by party, `count` of them. Raises OfAnother, Wrong, else Refused(CHECK, …)."""
    shape = _SHAPE
    shape.fields(value, "file", "format", "session", "suite", "roll", "keys")
    shape.equal(value["format"], "format", KEYS)
    for field, right in (("session", session), ("suite", suite.name), ("roll", roll.hex())):
        if value[field] != right:
            raise OfAnother(field)
    items = shape.items(value["keys"], "keys")
    if len(items) != count:
        raise Wrong("count", min(len(items), count) + 1)
    found, seen = [], set[bytes | str]()
    for party, item in enumerate(items, start=1):
        where = f"party {party}"
        shape.fields(item, where, "party", "key", "code")
        if item["party"] != party or type(item["party"]) is not int:
            raise Wrong("count", party)
        code = shape.text(item["code"], f"{where}: code", _CODE)
        try:
            key = shape.data(item["key"], where, 65)
            shape.point_of(suite, key, where)
        except Refused as error:
            raise Wrong("key", party) from error
        if key in seen or code in seen:
            raise Wrong("twice", party)
        seen |= {key, code}
        found.append(LetterKey(key, code))
    return found
