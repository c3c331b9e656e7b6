"""Signs that something may be wrong with a repair. An alarm blocks nothing: people look.

165号令: 《住宅专项维修资金管理办法》. Days are calendar days, money is integer fen.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from itertools import combinations
from typing import NamedTuple

from core.exact import format_yuan
from core.text import half_width

AGAIN_MONTHS = 12


class Alarm(NamedTuple):
    """What to look at: a stable code, a sentence, the other repairs, the article behind it."""

    code: str
    sentence: str
    requests: tuple[str, ...]
    article: str


class Repair(NamedTuple):
    """A repair as the alarms see it.

    `vendors`: everything its chosen firm can be told by. `on`: the day it was submitted.
    """

    code: str
    part: str
    place: str
    vendors: frozenset[str]
    person: str
    fen: int
    on: date


class Offer(NamedTuple):
    """A quote: the firm, and what it can be linked by (kind → keyed hash, empty: unknown)."""

    firm: str
    marks: Mapping[str, str]


_SPLIT_BY: dict[str, Callable[[Repair, Repair], bool]] = {
    "同一部位、同一位置": lambda one, other: same_place(one, other),
    "同一家施工单位": lambda one, other: bool(one.vendors & other.vendors),
    "同一个申请人": lambda one, other: one.person == other.person,
}
_MARKS = {
    "credit_code": "统一社会信用代码",
    "legal_person": "法定代表人",
    "phone": "电话",
    "address": "地址",
}


def splitting(
    one: Repair, others: Collection[Repair], *, months: int, above_fen: int
) -> Iterator[Alarm]:
    """化整为零: repairs that belong together, each small enough to be asked less closely.

    165号令 22, 23: the plan with its scope and budget is what is decided on; to cut it into
    pieces that pass unseen goes round that.
    """
    if one.fen > above_fen:
        return
    near = [
        other
        for other in others
        if other.code != one.code
        and other.fen <= above_fen
        and within_months(one.on, other.on, months)
    ]
    for what, belongs in _SPLIT_BY.items():
        found = [other for other in near if belongs(one, other)]
        total = one.fen + sum(other.fen for other in found)
        if found and total > above_fen:
            sentence = (
                f"{what}：{months}个月内{len(found) + 1}项，合计{format_yuan(total)}元，超过"
                f"{format_yuan(above_fen)}元，而每一项都没有超过，请核对是不是拆分"
            )
            codes = tuple(other.code for other in found)
            yield Alarm("split", sentence, codes, "165号令第二十二条、第二十三条")


def repeated(one: Repair, others: Collection[Repair]) -> Iterator[Alarm]:
    """The same fault again: a repair has a warranty of its own (165号令 18: 保修期满后)."""
    found = [
        other.code
        for other in others
        if other.code != one.code
        and other.on <= one.on
        and same_place(one, other)
        and within_months(one.on, other.on, AGAIN_MONTHS)
    ]
    if found:
        sentence = (
            f"{AGAIN_MONTHS}个月内同一部位、同一位置修过或者申请过{len(found)}次，"
            "请先核对上一次维修的保修"
        )
        yield Alarm("again", sentence, tuple(found), "165号令第十八条")


def linked(offers: Sequence[Offer]) -> Iterator[Alarm]:
    """Quotes of firms that belong together compare nothing (165号令 19: 公开透明)."""
    for mark, words in _MARKS.items():
        pairs = [
            (one.firm, other.firm)
            for one, other in combinations(offers, 2)
            if one.marks.get(mark) and one.marks[mark] == other.marks.get(mark)
        ]
        firms = list(dict.fromkeys(firm for pair in pairs for firm in pair))
        if pairs:
            sentence = f"报价单位的{words}相同，可能有关联：{'、'.join(firms)}"
            yield Alarm("linked", sentence, (), "165号令第十九条")


def undecided(paid_fen: int) -> Iterator[Alarm]:
    """问题代码15: money went, or is on its way, and no decision carries it."""
    if paid_fen > 0:
        sentence = (
            f"已付或者已列入划转{format_yuan(paid_fen)}元，现在没有有效的决定（问题代码15）"
        )
        yield Alarm("undecided", sentence, (), "民法典第二百七十八条；165号令第二十二条")


def still_under_warranty(code: str, until: date) -> Alarm:
    """What was repaired breaks again within that repair's own warranty: the firm mends it."""
    sentence = f"这一处上次维修（编号 {code}）保修到{until}，还没有满，应当由施工单位负责"
    return Alarm("warranty", sentence, (code,), "165号令第十八条")


def same_place(one: Repair, other: Repair) -> bool:
    """Whether both are about one place: "1幢1单元" and "1幢1单元西侧", but not "1幢11单元"."""
    if one.part != other.part:
        return False
    short, long = sorted((_plain(one.place), _plain(other.place)), key=len)
    if not short or not long.startswith(short):
        return short == long
    rest = long[len(short) :]
    return not (rest[:1].isdigit() and short[-1].isdigit())


def within_months(one: date, other: date, months: int) -> bool:
    """Whether no more than so many months lie between two days, in either order."""
    first, last = sorted((one, other))
    whole = (last.year - first.year) * 12 + last.month - first.month
    return whole < months or (whole == months and last.day <= first.day)


def plain_name(text: str) -> str:
    """A name or an address as it is compared: half-width, without blanks and signs."""
    return _plain(text)


def _plain(text: str) -> str:
    return "".join(sign for sign in half_width(text).casefold() if sign.isalnum())
