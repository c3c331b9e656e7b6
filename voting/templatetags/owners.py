"""``{% load owners %}``: days, sums and codes in the reader's language."""

from datetime import date, datetime

from django import template
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from core.deadlines import last_moment, local_day
from core.exact import format_area, format_yuan, share_down

register = template.Library()


# A page of a list shows a hundred days: the one name that is wanted is translated, not all.
_WEEKDAYS = (
    gettext_noop("星期一"),
    gettext_noop("星期二"),
    gettext_noop("星期三"),
    gettext_noop("星期四"),
    gettext_noop("星期五"),
    gettext_noop("星期六"),
    gettext_noop("星期日"),
)
_MONTHS = (
    gettext_noop("1月"),
    gettext_noop("2月"),
    gettext_noop("3月"),
    gettext_noop("4月"),
    gettext_noop("5月"),
    gettext_noop("6月"),
    gettext_noop("7月"),
    gettext_noop("8月"),
    gettext_noop("9月"),
    gettext_noop("10月"),
    gettext_noop("11月"),
    gettext_noop("12月"),
)


@register.filter
def when(moment: datetime | None) -> str:
    """``12月15日（星期二）18:00``."""
    if moment is None:
        return ""
    local = localtime(moment)
    return _said(local_day(moment), f"{local.hour}:{local.minute:02}")


@register.filter
def until_day(end: datetime | None) -> str:
    """Every deadline and end of a period: ``12月14日（星期一）24:00``, not the 15th at 0:00."""
    return "" if end is None else _said(*last_moment(end))


def _said(day: date, time: str) -> str:
    return _("%(month)s%(day)d日（%(weekday)s）%(time)s") % {
        "month": _(_MONTHS[day.month - 1]),
        "day": day.day,
        "weekday": _(_WEEKDAYS[day.weekday()]),
        "time": time,
    }


@register.filter
def time_left(moment: datetime) -> str:
    """``3 天 5 小时``, counted down; the last hour in minutes."""
    minutes = max(0, int((moment - now()).total_seconds()) // 60)
    days, hours = minutes // 1440, minutes % 1440 // 60
    parts = []
    if days:
        parts.append(ngettext("%(n)d 天", "%(n)d 天", days) % {"n": days})
    if hours and days < 7:
        parts.append(ngettext("%(n)d 小时", "%(n)d 小时", hours) % {"n": hours})
    if not days and hours == 0:
        parts.append(ngettext("%(n)d 分钟", "%(n)d 分钟", minutes) % {"n": minutes})
    return " ".join(parts)


@register.filter
def grouped(code: str) -> str:
    """In groups of four: ``7K4M-2QXH-9T3W``."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


@register.filter
def percent(part: int, whole: int) -> str:
    """A share of two decimals, rounded down."""
    return _(share_down(part, whole))


@register.filter
def of_thousand(part: int, whole: int) -> int:
    """A length for a bar of 1000; 0 of nothing."""
    return min(1000, part * 1000 // whole) if whole else 0


register.filter("square_metres", format_area)
register.filter("yuan", format_yuan)
