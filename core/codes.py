"""Codes people read and type: Crockford base32, without I, L, O and U."""

from collections.abc import Callable

from core.text import half_width

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 12
"""Of letter codes and papers' codes: 60 random bits, so that nobody finds one by guessing."""
_READ_AS = str.maketrans("OIL", "011")

Pick = Callable[[str], str]
"""Given an alphabet, one of its characters at random (secrets.choice)."""


def new_code(length: int, pick: Pick) -> str:
    """A code of `length` characters."""
    return "".join(pick(ALPHABET) for _ in range(length))


def read_code(typed: str, length: int = LENGTH) -> str | None:
    """The code of that length somebody meant, or None where it cannot be one.

    Hyphens, blanks, case, full-width letters and look-alikes (O, I, L) are forgiven.
    """
    if len(typed) > 4 * length:
        return None
    kept = "".join(half_width(typed).split()).replace("-", "").upper().translate(_READ_AS)
    is_code = len(kept) == length and all(character in ALPHABET for character in kept)
    return kept if is_code else None
