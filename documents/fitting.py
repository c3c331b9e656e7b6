"""How much room a text takes before anything is laid out, and how it is cut to fit.

Widths are in tenths of an em, rather too wide than too narrow: what is counted to fit, fits.
Pure.
"""

from __future__ import annotations

import re
import unicodedata

EM = 10
_ELLIPSIS = "…"
_WIDE = frozenset("mwMW@%&")
_THIN = frozenset(" .,:;'!|ijl")


def plain(text: str) -> str:
    """On one line: blanks are single, and nothing is left that steers printing or is no text.

    Unassigned characters stay: Python's tables are older than the newest characters of names.
    """
    return " ".join("".join(c if _shows(c) else " " * c.isspace() for c in text).split())


def _shows(character: str) -> bool:
    code = ord(character)
    if code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:  # noncharacters
        return False
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs")


def width(text: str) -> int:
    """In tenths of an em."""
    return sum(map(_width, text))


def cut(text: str, room: int) -> str:
    """As much of a text as fits in `room` tenths of an em; what is cut ends in …"""
    text = plain(text)
    if width(text) <= room:
        return text
    kept, left = 0, room - EM
    while left >= _width(text[kept]):
        left -= _width(text[kept])
        kept += 1
    return text[:kept].rstrip() + _ELLIPSIS


def lines(text: str, room: int) -> int:
    """On how many lines a text stands at most, `room` tenths of an em each; at least 1."""
    count, used = 1, 0
    # A run of Latin letters and digits may go to the next line as a whole.
    for word in re.findall(r"[!-~]+|.", text):
        size = width(word)
        if used + size > room and used:
            count, used = count + 1, 0
        count, used = count + max(0, size - 1) // room, used + size if size <= room else room
    return count


def _width(character: str) -> int:
    if unicodedata.east_asian_width(character) in "WFA" or character in _WIDE:
        return EM
    if unicodedata.combining(character):
        return 0
    if character in _THIN:
        return 4
    return 8 if character.isupper() or not character.isascii() else 6
