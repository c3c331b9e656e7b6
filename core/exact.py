"""Areas in integers of 0.01 m², money in integer fen, shares rounded down: never a float."""

import re
from collections.abc import Sequence
from decimal import Decimal

from core.errors import RuleViolation
from core.text import half_width

# 10^9 m², larger than any estate.
MAX_AREA = 100_000_000_000

_NUMBER = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?")
_GROUPED = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_PRINTED = re.compile(r"-?[0-9,]{1,40}\.[0-9]{2}")
_NO_POINTS = {ord(","): None, ord("."): None}


def parse_area(cell: str | int | float | Decimal) -> int:
    """The area a cell states, in 0.01 m².

    Text may be full-width and have blanks around it. A float is what a spreadsheet
    stores for 89.5 and is read as the shortest number that makes it, which is what was
    typed. RuleViolation with one of the codes area.missing, area.not_a_number,
    area.too_precise, area.zero, area.negative, area.too_large.
    """
    text = _plain(cell)
    if not text:
        raise RuleViolation("area.missing", "没有填面积")
    found = _NUMBER.fullmatch(text)
    if not found:
        raise RuleViolation(
            "area.not_a_number", "面积不是数字，请只写一个数（平方米），不要带单位、逗号或算式"
        )
    sign, whole, fraction = found[1], found[2].lstrip("0"), found[3] or ""
    if not whole and not fraction.strip("0"):
        raise RuleViolation("area.zero", "面积不能为零")
    if sign:
        raise RuleViolation("area.negative", "面积不能为负数")
    if len(fraction) > 2:
        raise RuleViolation("area.too_precise", "面积最多两位小数")
    # The length comes first: a million digits must not become a number at all.
    if len(whole) > 10 or int(whole + fraction.ljust(2, "0")) > MAX_AREA:
        raise RuleViolation("area.too_large", "面积过大，请核对单位是否为平方米")
    return int(whole + fraction.ljust(2, "0"))


def parse_yuan(text: str) -> int:
    """The amount a text in yuan states, in fen; at most 9,999,999,999.99.

    Half- or full-width digits, commas only where they group by thousands. RuleViolation with
    one of the codes money.missing, money.not_a_number, money.too_precise, money.zero,
    money.negative, money.too_large.
    """
    plain = _plain(text).removeprefix("¥").removeprefix("￥").removesuffix("元").strip()
    if not plain:
        raise RuleViolation("money.missing", "没有填金额")
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    found = _NUMBER.fullmatch(plain)
    if not found:
        raise RuleViolation("money.not_a_number", "金额不是数字，请写成 186400.00 这样")
    sign, whole, fraction = found[1], found[2].lstrip("0"), found[3] or ""
    if not whole and not fraction.strip("0"):
        raise RuleViolation("money.zero", "金额不能为零")
    if sign:
        raise RuleViolation("money.negative", "金额不能为负数")
    if len(fraction) > 2:
        raise RuleViolation("money.too_precise", "金额最多两位小数（到分）")
    if len(whole) > 10:
        raise RuleViolation("money.too_large", "金额过大，最多 9,999,999,999.99 元")
    return int(whole + fraction.ljust(2, "0"))


def number_text(number: int | float | Decimal) -> str:
    """A number as one would write it: 101.0 is "101", 1e-07 is "0.0000001", no exponent."""
    if isinstance(number, float):
        if number.is_integer() and abs(number) < 1e15:
            return str(int(number))
        number = Decimal(repr(number))
    if isinstance(number, Decimal) and number.is_finite() and abs(number.adjusted()) < 400:
        return format(number, "f")
    return str(number)


def format_area(area: int) -> str:
    """8950 is "89.50"."""
    return _hundredths(area, "")


def format_yuan(fen: int) -> str:
    """123456789 is "1,234,567.89"."""
    return _hundredths(fen, ",")


def read_yuan(text: str) -> int:
    """What `format_yuan` wrote, in fen again. ValueError for any other text."""
    fen = int(text.translate(_NO_POINTS)) if _PRINTED.fullmatch(text) else None
    if fen is None or format_yuan(fen) != text:
        raise ValueError(f"not an amount as printed: {text[:40]!r}")
    return fen


_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_UNITS = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def capital_yuan(fen: int) -> str:
    """An amount as papers of banks write it: 640950 is "人民币陆仟肆佰零玖元伍角".

    《支付结算办法》附一: 整 after 元, nothing after 分; one 零 for any zeros between.
    ValueError for a negative one, or one of 10^16 yuan and more.
    """
    if not 0 <= fen < 10**18:
        raise ValueError(f"no amount to be written out: {fen}")
    yuan, (jiao, rest) = fen // 100, divmod(fen % 100, 10)
    whole = _whole_in_capitals(yuan) + "元" if yuan else ""
    if not jiao and not rest:
        return f"人民币{whole or '零元'}整"
    # 16409.02: 元零贰分. A zero of the yuan before 角 (1680.32) may be left out.
    tail = f"{_DIGITS[jiao]}角" if jiao else ("零" if whole else "")
    tail += f"{_DIGITS[rest]}分" if rest else ""
    return f"人民币{whole}{tail}"


def _whole_in_capitals(number: int) -> str:
    """A positive whole number; each run of zeros between digits is one 零."""
    text, zero = "", False
    for place in range(len(str(number)) - 1, -1, -1):
        digit = number // 10**place % 10
        if digit:
            text += ("零" if zero else "") + _DIGITS[digit] + _UNITS[place % 4]
        # A zero before the group's sign is not spoken, one after it is.
        zero = not digit and bool(text)
        if place % 4 == 0 and place and number // 10**place % 10_000:
            text += _GROUPS[place // 4]
    return text


def share_down(part: int, whole: int) -> str:
    """A share in percent, cut off after two digits: "66.66%" never looks like two thirds.

    A share of nothing is "不适用". ValueError below zero.
    """
    if part < 0 or whole < 0:
        raise ValueError(f"no share of {whole} is {part}")
    if whole == 0:
        return "不适用"
    return f"{_hundredths(part * 10_000 // whole, '')}%"


def split_exactly(total: int, weights: Sequence[int]) -> list[int]:
    """Divide `total` by weight, so that the parts add up to it.

    Largest remainder: each part is its share rounded down, and what is left goes one by
    one to the largest remainders; among equals the earlier comes first. ValueError for
    anything negative, and for weights that are all zero.
    """
    base = sum(weights)
    if total < 0 or base <= 0 or min(weights) < 0:
        raise ValueError("a total and its weights may not be negative, nor all weights zero")
    parts = [total * weight // base for weight in weights]
    remainders = [total * weight % base for weight in weights]
    by_remainder = sorted(range(len(parts)), key=lambda index: -remainders[index])
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts


def _plain(cell: str | int | float | Decimal) -> str:
    if isinstance(cell, str):
        return half_width(cell).strip()
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    return number_text(cell)


def _hundredths(amount: int, separator: str) -> str:
    whole, rest = divmod(abs(amount), 100)
    sign = "-" if amount < 0 else ""
    return f"{sign}{whole:{separator}}.{rest:02}"
