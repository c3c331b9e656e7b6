"""Public codes of papers: 12 characters of Crockford's base 32."""

from secrets import choice

from core.text import half_width

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 12
_READ_AS = str.maketrans("OIL", "011")


def new_code() -> str:
    """A fresh code: 60 random bits, so that nobody finds papers by guessing."""
    return "".join(choice(_ALPHABET) for _ in range(_LENGTH))


def read_code(typed: str) -> str | None:
    """What was typed, hyphens, blanks, case and look-alikes forgiven; None if no code."""
    kept = "".join(half_width(typed[:200]).split()).replace("-", "").upper()
    code = kept.translate(_READ_AS)
    return code if len(code) == _LENGTH and set(code) <= set(_ALPHABET) else None
