"""Days and moments as papers and their pages print them. Pure; numbers are `core.exact`'s."""

from datetime import UTC, date, datetime, timedelta

from core.deadlines import SHANGHAI, last_moment, local_day

_WEEKDAYS = "一二三四五六日"
# The sides of an account that is made public.
SIDES = {"in": "收入", "cost": "成本", "use": "使用"}
_DIGITS = "零一二三四五六七八九十"


def day(value: date) -> str:
    """``2026年3月1日``: no leading zeros (GB/T 9704). A moment is taken in Beijing."""
    if isinstance(value, datetime):
        value = value.astimezone(SHANGHAI)
    return f"{value.year}年{value.month}月{value.day}日"


def period(first: date, last: date) -> str:
    """A period of account, both days included: ``2026年第三季度``, ``2026年7月``,
    ``2026年上半年``, ``2026年度``; any other ``2026年7月5日至9月9日``.
    """
    year, months = first.year, last.month - first.month + 1
    names = {
        1: f"{first.month}月",
        3: f"第{_DIGITS[last.month // 3]}季度",
        6: "上半年" if first.month == 1 else "下半年",
        12: "度",
    }
    whole = first.day == 1 and (last + timedelta(days=1)).day == 1 and last.year == year
    if whole and months in names and (first.month - 1) % months == 0:
        return f"{year}年{names[months]}"
    if first == last:
        return day(first)
    end = day(last)
    return f"{day(first)}至{end.removeprefix(f'{year}年') if last.year == year else end}"


def moment(value: datetime) -> str:
    """``2026年12月15日18:00`` in Beijing time."""
    local = value.astimezone(SHANGHAI)
    return f"{day(local)}{local.hour}:{local.minute:02d}"


def spoken(value: datetime) -> str:
    """``12月15日（星期二）9:00``, as people say a moment; of an end, see `deadline`."""
    local = value.astimezone(SHANGHAI)
    return _spoken(local_day(value), f"{local.hour}:{local.minute:02d}")


def deadline(end: datetime) -> str:
    """``12月14日（星期一）24:00``, as people say an end; not the 15th at 0:00."""
    return _spoken(*last_moment(end))


def _spoken(on: date, time: str) -> str:
    return f"{on.month}月{on.day}日（星期{_WEEKDAYS[on.weekday()]}）{time}"


def last_day(until: datetime) -> str:
    """``2026年12月8日24时``: the end of a period; `until` is the instant after it."""
    return f"{day(until - timedelta(seconds=1))}24时"


def end_of(until: datetime) -> str:
    """An end in full: ``2026年12月8日24时`` where it falls on midnight, else the moment."""
    on, time = last_moment(until)
    return day(on) + ("24时" if time == "24:00" else time)


def stamp(value: datetime) -> str:
    """W3C date-time in UTC, for a paper's metadata."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def numeral(number: int) -> str:
    """1-99 in Chinese numerals: ``十二``."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else ("十" if tens == 1 else f"{_DIGITS[tens]}十")
    return head + (_DIGITS[ones] if ones or not tens else "")


def a_household(fen: int, households: int) -> str:
    """``平均每户约12元``, rounded down; empty where there is nothing to say."""
    if fen <= 0 or households <= 0:
        return ""
    yuan = fen // (100 * households)
    return f"平均每户约{yuan:,}元" if yuan else "平均每户不到1元"
