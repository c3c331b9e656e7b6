"""``{% load owners %}``: days, sums and codes in the reader's language."""

from datetime import date, datetime

from django import template
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.deadlines import last_moment, local_day
from core.exact import format_area, format_yuan, share_down

register = template.Library()


def _weekday(day: int) -> str:
    return [
        _("星期一"),
        _("星期二"),
        _("星期三"),
        _("星期四"),
        _("星期五"),
        _("星期六"),
        _("星期日"),
    ][day]


def _month(month: int) -> str:
    return [
        _("1月"),
        _("2月"),
        _("3月"),
        _("4月"),
        _("5月"),
        _("6月"),
        _("7月"),
        _("8月"),
        _("9月"),
        _("10月"),
        _("11月"),
        _("12月"),
    ][month - 1]


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
        "month": _month(day.month),
        "day": day.day,
        "weekday": _weekday(day.weekday()),
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
