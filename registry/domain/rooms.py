"""Room labels: composed one way, compared another, sorted as people count."""

import re
import unicodedata
from functools import lru_cache

_NUMBER = re.compile(r"(\d+)")
_DASHES = str.maketrans(dict.fromkeys("－—–―‐‑‒−﹣~～_＿", "-"))
_SEPARATORS = re.compile(r"[\s\-#/.·、幢栋座号楼单元层室房户]+")
# 幢 and what people write instead of it; 单元; 室.
_SPOKEN = re.compile(
    r"(?:第?(?P<building>[0-9A-Za-z一二三四五六七八九十东西南北]{1,8})(?:幢|栋|号楼|座|#楼?))"
    r"(?:第?(?P<entrance>[0-9A-Za-z一二三四五六七八九十东西南北]{1,4})(?:单元|门洞|梯))?"
    r"(?P<room>[^幢栋元]{1,20}?)(?:室|房|户|号)?$"
)
_DASHED = re.compile(
    r"(?P<building>[0-9A-Za-z]{1,8})-(?:(?P<entrance>[0-9A-Za-z]{1,4})-)?"
    r"(?P<room>[0-9A-Za-z]{1,8})(?:室|号)?$"
)
_CHINESE = {digit: value for value, digit in enumerate("零一二三四五六七八九")}


def folded(text: str) -> str:
    """Compatibility form without blanks and with one kind of dash; letters in capitals.

    For rooms and codes only. Names of people are never folded: NFKC changes rare characters.
    """
    if text.isascii() and text.isalnum():
        return text.upper()
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES)
    return "".join(plain.split()).upper()


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key in which 2幢 comes before 10幢."""
    return tuple(
        (0, int(part), "") if part.isdecimal() else (1, 0, part)
        for part in _NUMBER.split(text)
        if part
    )


def collision_key(label: str) -> str:
    """What remains when separators are dropped: 1-11-1 and 11-1-1 are both 1111."""
    return _SEPARATORS.sub("", folded(label))


@lru_cache(maxsize=1024)  # a roll repeats few of them
def building_name(text: str) -> str:
    """3, 3#, 3号楼, 3栋 and 3幢 are all 3幢; a name without a number stays as it is."""
    plain = folded(text).removeprefix("第")
    bare = re.sub(r"(?:幢|栋|号楼|座|#楼?|楼)$", "", plain)
    if re.fullmatch(r"[0-9A-Z]{1,8}", bare):
        return f"{_without_zeros(bare)}幢"
    if bare and all(letter in "一二三四五六七八九十" for letter in bare):
        return f"{_from_chinese(bare)}幢"
    return plain


@lru_cache(maxsize=1024)  # a roll repeats few of them
def entrance_name(text: str) -> str:
    """2, 02, 二单元 and 2单元 are all 2; empty where the building has no entrances."""
    bare = re.sub(r"(?:单元|门洞|梯)$", "", folded(text)).removeprefix("第")
    if bare and all(letter in "一二三四五六七八九十" for letter in bare):
        return str(_from_chinese(bare))
    return _without_zeros(bare)


def room_name(text: str) -> str:
    """The number on the door without 室: leading zeros stay, they are on the door."""
    plain = folded(text)
    return re.sub(r"(?<=[0-9A-Z])(?:室|房|户)$", "", plain)


def entrance_label(entrance: str) -> str:
    """2 is 2单元; an entrance with a name, or none, stays."""
    return f"{entrance}单元" if entrance.isalnum() and entrance.isascii() else entrance


def compose_label(building: str, entrance: str, room: str, use: str = "residential") -> str:
    """3幢, 2, 501 is 3幢2单元501室; a parking space 12 is 12号, a room with a name stays."""
    middle = entrance_label(entrance)
    if use in ("parking", "storage"):
        ending = "号" if room.isdecimal() else ""
    else:
        ending = "室" if room.isascii() else ""
    return f"{building}{middle}{room}{ending}"


def split_label(text: str) -> tuple[str, str, str] | None:
    """Building, entrance and room out of one cell, or None where that is guesswork.

    Reads 3-2-501, 3-501, 3幢2单元501室, 3号楼501 and an address that ends so.
    """
    plain = folded(text)
    found = _DASHED.fullmatch(plain) or _SPOKEN.search(plain)
    if not found:
        return None
    entrance, room = found["entrance"] or "", room_name(found["room"].strip("-"))
    if not entrance and room.count("-") == 1:
        entrance, room = room.split("-")
    if not room:
        return None
    return building_name(found["building"] + "幢"), entrance_name(entrance), room


def floor_of(room: str) -> int | None:
    """The floor a room number speaks of: 501 and 0501 are 5, 1203 is 12; else None."""
    digits = re.fullmatch(r"0*(\d{1,2})(\d{2})[A-Z]?", room)
    if not digits or not int(digits[1]):
        return None
    return int(digits[1])


def _without_zeros(text: str) -> str:
    return (text.lstrip("0") or "0") if text.isdecimal() else text


def _from_chinese(text: str) -> int:
    tens, _, ones = text.rpartition("十")
    if "十" not in text:
        return int("".join(str(_CHINESE[letter]) for letter in text))
    return (_CHINESE.get(tens, 1) if tens else 1) * 10 + (_CHINESE[ones] if ones else 0)
