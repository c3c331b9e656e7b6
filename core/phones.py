"""Phones that are printed for everybody: landlines, hotlines, mobiles, with an extension."""

import re

from core.text import half_width

# (0556) 555-1234 转 801, 400-000-0000, 12345, +86 556 5551234: one number, that can be dialled.
_PUBLIC = re.compile(
    r"(?:\+[0-9]{1,3}[ \-–—]*)?(?:\([0-9]{2,5}\)[ \-–—]*)?[0-9]+(?:[ \-–—]+[0-9]+)*"
    r"(?P<extension> ?-?(?:转|转分机|分机) ?[0-9]{1,6})?",
    re.ASCII,
)
_FEWEST, _MOST = 5, 20  # 12345 is the shortest that an office has

PUBLIC_PHONE = "电话请写数字，区号和分机用“-”或“转”隔开，例如 0000-0000000转801"


def is_public_phone(text: str) -> bool:
    """Whether `text` is one phone number as people write it on papers."""
    found = _PUBLIC.fullmatch(half_width(text).strip())
    if not found:
        return False
    number = found[0].removesuffix(found["extension"] or "")
    return _FEWEST <= sum(character.isdigit() for character in number) <= _MOST
