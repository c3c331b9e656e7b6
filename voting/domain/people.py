"""The second check by document: family name and last six of the number.

`tails` is a JSON list of [family name, last six], one for each person who may vote for a
party. Both fields must fit one person; nobody is told which of them did not.
"""

import hmac
import json
from collections.abc import Iterable

from core.text import half_width

# 复姓 still in use, so that 欧阳 and not 欧 is asked for.
_COMPOUND = frozenset(
    "欧阳 司马 上官 诸葛 夏侯 皇甫 尉迟 公孙 慕容 司徒 令狐 宇文 长孙 东方 南宫 端木 "  # noqa: SIM905
    "司空 轩辕 百里 呼延 闻人 东郭 西门 独孤 澹台 淳于 单于 钟离 申屠 赫连 公羊 万俟".split()
)


def family_name(name: str) -> str:
    """The family name of a person; of a company its first character."""
    plain = name.strip()
    return plain[:2] if plain[:2] in _COMPOUND else plain[:1]


def tails(people: Iterable[tuple[str, str]]) -> str:
    """The stored form of (name, last six) pairs; people without a number are left out."""
    pairs = [[family_name(name), tail_of(last)] for name, last in people if last and name]
    return json.dumps(pairs, ensure_ascii=False) if pairs else ""


def tail_of(number: str) -> str:
    """The last six characters of a document number, half-width, upper case."""
    return half_width(number).strip().upper()[-6:]


def same_person(stored: str, typed_name: str, typed_tail: str) -> bool:
    """Whether one of the stored people fits; a whole name typed for a family name is fine."""
    name = half_width(typed_name).strip()
    tail = half_width(typed_tail).strip().upper()
    if not name or len(tail) != 6:
        return False
    fits = [
        name.startswith(family) & hmac.compare_digest(tail.encode(), last.encode())
        for family, last in json.loads(stored or "[]")
    ]
    return any(fits)
