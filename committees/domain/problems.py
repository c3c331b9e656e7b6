"""A problem of residential property service: what may be written of it, what everybody reads.

Anqing 建物发〔2023〕300号, annex 2: 22 numbered items in five classes, more in the fifth alone;
three lists shown to society (三(一)2). Zaozhuang 枣住建房字〔2020〕15号, annex 2:
four campaigns.
"""

import re
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import NamedTuple
from unicodedata import normalize

from core.reasons import Reason, explains
from core.text import half_width
from disclosures.domain.wording import COVER, covered, personal_reasons
from registry.domain.problems import CLASSES, ITEMS, OTHER
from voting.domain.drafts import text_reasons

LAST = max(ITEMS)  # what a place adds is numbered above
MOST_ITEM = 999
CAMPAIGNS = {1: "环境卫生", 2: "道路设施", 3: "车辆停放", 4: "服务质量"}
COMPLAINTS = frozenset({"petition", "hotline_1584", "hotline_12345"})  # somebody complained
EARLIEST = date(2000, 1, 1)
LONGEST = timedelta(days=731)  # until a problem is to be put right
# Field: (Chinese name, greatest length, may be empty)
_TEXTS = {
    "content": ("问题内容", 600, False),
    "company": ("物业服务企业", 80, True),
    "unit": ("责任单位", 80, False),
    "person": ("责任人", 40, True),
    "standard": ("服务标准", 200, True),
    "measures": ("整治措施", 600, True),
    "remarks": ("备注", 200, True),
}
# Numbers of offices too: a landline is somebody's as often as not.
_PHONE = re.compile(
    r"(?<![\d-])(?:0\d{2,3}[- ]?)?[2-9]\d{6,7}(?![\d-])"
    r"|(?<!\d)(?:\+?86[ -]?)?1\d{2}[ -]?\d{4}[ -]?\d{4}(?!\d)"
)
_IDENTITY = re.compile(r"(?<!\d)\d{15,19}[\dXx]?(?!\d)")
_ROOM = re.compile(r"\d{1,2}-\d{1,2}-\d{3,4}(?!\d)|\d{3,4}(?=[室户房])")
_PERSON = re.compile(r"[\u4e00-\u9fff](?=(?:某|某某)?(?:先生|女士|小姐|大爷|大妈|师傅|阿姨))")


class Said(NamedTuple):
    """A problem as typed in. `group`: its class, where somebody wrote it; the item decides.

    `company`: 物业服务企业 as it stands; `unit` and `person` answer for it; `campaign`: a key
    of `CAMPAIGNS`, with `standard` and `measures`, the columns of Zaozhuang.
    """

    item: int
    content: str
    unit: str
    group: int | None = None
    company: str = ""
    person: str = ""
    campaign: int | None = None
    standard: str = ""
    measures: str = ""
    remarks: str = ""


def group_of(item: int) -> int:
    """The class of an item, a key of `CLASSES`; what a place added is in the fifth."""
    return ITEMS[item].group if item in ITEMS else OTHER


def items_in(group: int) -> list[int]:
    """The numbered items of a class, without those a place added."""
    return [number for number, one in ITEMS.items() if one.group == group]


def said_reasons(said: Said, added: Collection[int]) -> list[Reason]:
    """Everything that is wrong with what was typed. `added`: the numbers that this place, or
    one above it, has added."""
    found = _item_reasons(said, added)
    for name, (label, most, may_be_empty) in _TEXTS.items():
        text = getattr(said, name)
        wrong = text_reasons(name, label, _lines(text), most, may_be_empty=may_be_empty)
        found += wrong or personal_reasons(name, text)
    if said.campaign is not None and said.campaign not in CAMPAIGNS:
        found.append(Reason("problem.campaign", "请选择四项攻坚行动之一", "campaign"))
    return found


def item_reasons(number: int, words: str, taken: Collection[int]) -> list[Reason]:
    """What is wrong with an item a place adds (各地可在“其他问题”的基础上增加问题类型)."""
    found = text_reasons("words", "问题", words, 200) or personal_reasons("words", words)
    if not LAST < number <= MOST_ITEM:
        sentence = f"增加的问题从{LAST + 1}号编起，最大{MOST_ITEM}号"
        found.append(Reason("item.number", sentence, "number"))
    elif number in taken:
        sentence = f"{number}号已经用在上级、下级或者本机构增加的问题上，请另编一个号"
        found.append(Reason("item.taken", sentence, "number"))
    return found


def found_reasons(found_on: date, deadline: date | None, today: date) -> list[Reason]:
    """What is wrong with the day a problem was found, and with that until which it is to be
    put right."""
    wrong = []
    if found_on > today:
        wrong.append(Reason("problem.found", "发现的日期不能晚于今天", "found_on"))
    elif found_on < EARLIEST:
        wrong.append(Reason("problem.found", "发现的日期不能早于2000年", "found_on"))
    if deadline is not None and deadline < found_on:
        sentence = "整改完成时限不能早于发现的日期"
        wrong.append(Reason("problem.deadline", sentence, "deadline"))
    return wrong + deadline_reasons(deadline, today)


def deadline_reasons(deadline: date | None, today: date) -> list[Reason]:
    """A day so far ahead is a slip, or no deadline at all."""
    if deadline is None or deadline - today <= LONGEST:
        return []
    sentence = "整改完成时限离今天不能超过两年，请核对年份；要更久的，先定两年以内的一步"
    return [Reason("problem.deadline", sentence, "deadline")]


def day_reasons(
    field: str, label: str, day: date, *, not_before: date, what: str, today: date
) -> list[Reason]:
    """A day something was done on lies after `not_before` (which is `what`) and not ahead."""
    if day > today:
        return [Reason(f"problem.{field}", f"{label}不能晚于今天", field)]
    if day < not_before:
        return [Reason(f"problem.{field}", f"{label}不能早于{what}", field)]
    return []


def why_reasons(field: str, label: str, text: str, most: int = 600) -> list[Reason]:
    """A text kept as the reason of a step: it says something, and of nobody."""
    found = text_reasons(field, label, _lines(text), most) or personal_reasons(field, text)
    if not found and not explains(text):
        found.append(Reason(f"{field}.short", f"{label}要写清楚（至少4个字）", field))
    return found


def person_reasons(
    field: str, label: str, name: str, *, may_be_empty: bool = False
) -> list[Reason]:
    """What is wrong with the name of somebody."""
    found = text_reasons(field, label, name, 40, may_be_empty=may_be_empty)
    return found or personal_reasons(field, name)


def name_key(name: str) -> str:
    """By which two spellings are one person's: width, blanks and case tell nobody apart."""
    return "".join(normalize("NFKC", name).casefold().split())


def is_late(deadline: date | None, state: str, today: date) -> bool:
    """The last day still is in time (Civil Code 203)."""
    return state == "open" and deadline is not None and deadline < today


def shown(text: str, names: Iterable[str]) -> str:
    """A text as everybody may read it: names, phones, rooms, numbers of papers covered.

    `names`: of those who answer for the problem, reported or looked it over (PIPL 25).
    """
    plain = half_width(text)
    # Twins are as long as what they stand for: places found in one hold in the other.
    signs = list(covered(text, names))
    for pattern in (_IDENTITY, _PHONE, _ROOM, _PERSON):
        for place in pattern.finditer(plain):
            signs[place.start() : place.end()] = COVER * (place.end() - place.start())
    return "".join(signs)


def _item_reasons(said: Said, added: Collection[int]) -> list[Reason]:
    if said.item in ITEMS or said.item in added:
        if said.group is None or said.group == group_of(said.item):
            return []
        right = group_of(said.item)
        sentence = f"第{said.item}项属于第{right}类“{CLASSES[right]}”，和所填的类别不一致"
        return [Reason("problem.group", sentence, "group")]
    if said.item > LAST:
        sentence = f"第{said.item}项还没有增加；{LAST}号以后的由住建局先在“其他问题”里增加"
        return [Reason("problem.item", sentence, "item")]
    return [Reason("problem.item", f"问题项目是1到{LAST}号，或者本地增加的", "item")]


def _lines(text: str) -> str:
    """A text of several lines is looked at as one: a new line is no strange character."""
    return text.replace("\r\n", " ").replace("\n", " ")
