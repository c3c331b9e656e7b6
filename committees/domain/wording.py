"""What is wrong with a day or a text of a report, beside its field."""

from datetime import date

from core.reasons import Reason, explains

EARLIEST = date(1990, 1, 1)
LONGEST, LONGEST_NAME = 500, 20


def day_reasons(field: str, what: str, day: date | None, today: date) -> list[Reason]:
    """A day that is missing, not reached yet, or before there were committees."""
    if day is None:
        return [Reason(f"{field}.missing", f"请填写{what}", field)]
    if day > today:
        return [Reason(f"{field}.future", f"{what}还没有到，请填写已经发生的日期", field)]
    if day < EARLIEST:
        return [Reason(f"{field}.early", f"{what}太早，请核对年份", field)]
    return []


def note_reasons(
    field: str, what: str, text: str, *, may_be_empty: bool = False, most: int = LONGEST
) -> list[Reason]:
    """A text kept as evidence: long enough to say something, short enough to be read."""
    kept = text.strip()
    if may_be_empty and not kept:
        return []
    if not explains(kept):
        return [Reason(f"{field}.short", f"请写明{what}（至少4个字）", field)]
    if len(kept) > most:
        return [Reason(f"{field}.long", f"{what}最多{most}个字", field)]
    if not all(one.isprintable() or one in "\r\n" for one in kept):
        return [Reason(f"{field}.unreadable", f"{what}里有不能显示的字符", field)]
    return []


def name_reasons(field: str, what: str, text: str, *, most: int = LONGEST_NAME) -> list[Reason]:
    """A short name: of a person, a body, an office."""
    kept = text.strip()
    if not kept:
        return [Reason(f"{field}.missing", f"请填写{what}", field)]
    if len(kept) > most or not kept.isprintable():
        told = f"{what}最多{most}个字，不能有换行等控制字符"
        return [Reason(f"{field}.unreadable", told, field)]
    return []
