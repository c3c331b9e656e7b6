"""What a draft may say: shapes only. Whether it may be frozen is `convening`'s question."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from core.files import content_reasons
from core.files import content_type as content_type
from core.phones import PUBLIC_PHONE, is_public_phone
from voting.domain.reasons import Reason

# Field: (Chinese name, greatest length, may be empty)
_TEXTS = {
    "title": ("会议名称", 120, False),
    "organiser": ("组织者", 80, False),
    "contact_phone": ("联系电话", 30, False),
    "contact_place": ("联系地点", 80, True),
}
_SWITCHES = {
    "revote": "能否改票",
    "rehearsal": "是否演练",
    "paper": "收不收纸质票",
    "allow_document_check": "能否用证件核对",
}
MEETINGS = ("regular", "extraordinary", "first")
_TIMES = {"opens_at": "开始时间", "closes_at": "截止时间"}
FIELDS = frozenset(
    [
        *_TEXTS,
        *_SWITCHES,
        *_TIMES,
        "meeting",
        "organiser_kind",
        "opening_policy",
        "notice_on",
        "scope",
    ]
)

_MAX_MOTION_TITLE = 120
_MAX_MOTION_TEXT = 4000
_MAX_RULING_TEXT = 500
_MAX_COURT, _MAX_NUMBER = 40, 60
_MAX_FEN = 10**13  # a hundred thousand million yuan


def session_reasons(
    draft: Mapping[str, Any], *, organisers: Iterable[str], policies: Iterable[str]
) -> list[Reason]:
    """What is wrong with the given fields of a draft; fields left out are not looked at."""
    found = [
        Reason("session.unknown_field", f"没有“{name}”这一项", name)
        for name in sorted(draft.keys() - FIELDS)
    ]
    for name, (label, most, may_be_empty) in _TEXTS.items():
        if name in draft:
            found += text_reasons(name, label, draft[name], most, may_be_empty=may_be_empty)
    found += _phone(draft, found)
    for name, label in _SWITCHES.items():
        if name in draft and type(draft[name]) is not bool:
            found.append(Reason("session.switch", f"{label}请选是或否", name))
    found += _times(draft)
    for name, label, allowed in (
        ("meeting", "会议的种类", MEETINGS),
        ("organiser_kind", "组织者的类型", organisers),
        ("opening_policy", "公布方式", policies),
    ):
        if name in draft and draft[name] not in set(allowed):
            found.append(Reason(f"session.{name}", f"请选择{label}", name))
    if "scope" in draft and not _is_scope(draft["scope"]):
        found.append(Reason("session.scope", "表决范围请按幢、单元选择", "scope"))
    return found


def motion_reasons(*, matter: int, title: str, text: str, cost_fen: int | None) -> list[Reason]:
    """What is wrong with a motion's own fields."""
    found = []
    if type(matter) is not int or not 1 <= matter <= 9:
        found.append(
            Reason("motion.matter", "请选择民法典第二百七十八条的九类事项之一", "matter")
        )
    found += text_reasons("title", "事项标题", title, _MAX_MOTION_TITLE)
    found += text_reasons("text", "事项内容", text, _MAX_MOTION_TEXT)
    if cost_fen is not None and (type(cost_fen) is not int or not 0 < cost_fen <= _MAX_FEN):
        found.append(Reason("motion.cost", "预算金额请填大于零的数，最多两位小数", "cost_fen"))
    return found


def same_scope(one: Iterable[Mapping[str, Any]], other: Iterable[Mapping[str, Any]]) -> bool:
    """Whether two scopes name the same buildings and entrances, in whatever order."""
    sides = [
        {(part["building"], part.get("entrance")) for part in scope} for scope in (one, other)
    ]
    return sides[0] == sides[1]


def silence_reasons(*, clause: str, page: str) -> list[Reason]:
    """What is wrong with the rule cited on silence; both empty is no rule."""
    if not clause.strip() and not page.strip():
        return []
    return text_reasons("clause", "规则原文", clause, _MAX_RULING_TEXT) + text_reasons(
        "page", "在哪一条、哪一页", page, 40
    )


def ruling_reasons(*, reason: str) -> list[Reason]:
    """What is wrong with the words of a ruling, or of declining one."""
    return text_reasons("reason", "理由", reason, _MAX_RULING_TEXT)


def look_reasons(*, reason: str, court: str) -> list[Reason]:
    """What is wrong with a request to see one household's ballot."""
    return [
        *text_reasons("reason", "理由", reason, _MAX_RULING_TEXT),
        *text_reasons("court", "法院和文号", court, _MAX_COURT, may_be_empty=True),
    ]


def court_reasons(*, court: str, number: str) -> list[Reason]:
    """What is wrong with the names of a court's order; both stand on the board for ever."""
    return [
        *text_reasons("court", "法院名称", court, _MAX_COURT),
        *text_reasons("number", "文号", number, _MAX_NUMBER),
    ]


def attachment_reasons(*, name: str, content: bytes, most: int) -> list[Reason]:
    """What is wrong with a file; its type is told by its content, never by its name."""
    found = text_reasons("name", "附件名称", name, 120)
    return found + content_reasons(content, most=most)


def file_name(name: str) -> str:
    """A file's own name, without the folders some browsers send along."""
    return name.replace("\\", "/").rsplit("/", 1)[-1].strip()


def text_reasons(
    name: str, label: str, value: object, most: int, *, may_be_empty: bool = False
) -> list[Reason]:
    """What is wrong with one text of at most `most` characters."""
    if not isinstance(value, str) or any(_is_control(character) for character in value):
        return [Reason(f"{name}.unreadable", f"{label}里有不能显示的字符", name)]
    if not value.strip() and not may_be_empty:
        return [Reason(f"{name}.missing", f"请填写{label}", name)]
    if len(value) > most:
        return [Reason(f"{name}.too_long", f"{label}最多{most}个字", name)]
    return []


def _phone(draft: Mapping[str, Any], found: Sequence[Reason]) -> list[Reason]:
    """It is printed on every letter and dialled from every page."""
    field = "contact_phone"
    if field not in draft or any(one.field == field for one in found):
        return []
    if is_public_phone(draft[field]):
        return []
    return [Reason("session.contact_phone", PUBLIC_PHONE, field)]


def _times(draft: Mapping[str, Any]) -> list[Reason]:
    found = []
    for name, label in _TIMES.items():
        moment = draft.get(name)
        if moment is not None and not (isinstance(moment, datetime) and moment.tzinfo):
            found.append(Reason("session.time", f"{label}不是一个时间", name))
    day = draft.get("notice_on")
    if day is not None and (not isinstance(day, date) or isinstance(day, datetime)):
        found.append(Reason("session.date", "公告日期不是一个日期", "notice_on"))
    return found


def _is_control(character: str) -> bool:
    # Lone surrogates have no bytes in UTF-8; the other controls have no place on paper.
    return character not in "\n\r\t" and (
        character < " " or character == "\x7f" or "\ud800" <= character <= "\udfff"
    )


def _is_scope(value: object) -> bool:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return False
    return all(
        isinstance(part, Mapping)
        and part.keys() == {"building", "entrance"}
        and type(part["building"]) is int
        and isinstance(part["entrance"], str | None)
        for part in value
    )
