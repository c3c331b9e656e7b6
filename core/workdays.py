"""Working days and statutory holidays, make-up days (调休) included; the one place that
knows the library of the State Council's yearly notices.

For periods in which somebody has to act. A minimum notice is `core.deadlines`' matter:
holidays neither shorten nor prolong it.
"""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from chinese_calendar import constants
from chinese_calendar import is_workday as _by_notice

from core.deadlines import local_day, start_of

_DAY = timedelta(days=1)
_FIRST: date = min(constants.holidays).replace(month=1, day=1)
# The notice for a year may move days of the Christmas week before it (2018: Saturday, 29
# December was worked), so the last year that is known is not known to its very end.
_LAST: date = max(constants.holidays).replace(month=12, day=24)


class Due(NamedTuple):
    """The first instant after a period. `warning`: "" or why the day may still move."""

    at: datetime
    warning: str = ""

    @property
    def day(self) -> date:
        """The last day on which one can still act."""
        return local_day(self.at) - _DAY


def is_known(day: date) -> bool:
    """Whether the holidays around that day were published when the library was made."""
    return _FIRST <= day <= _LAST


def is_workday(day: date) -> bool:
    """Whether offices work on that day; by the weekday alone where it is not known."""
    return bool(_by_notice(day)) if is_known(day) else day.weekday() < 5


def workdays_end(begun_at: datetime, days: int) -> Due:
    """When so many working days (工作日) are over.

    Civil Code 201: the first day is not counted. Handed in on a Friday, five
    working days: over as the second Saturday begins.
    """
    if days < 0:
        raise ValueError(f"a period of {days} days")
    begun = day = local_day(begun_at)
    left = days
    while left:
        day += _DAY
        left -= is_workday(day)
    return _due(begun, day)


def duty_end(begun_at: datetime, days: int) -> Due:
    """When a period of days in which somebody has a duty to act is over.

    Civil Code 201, 203: the first day is not counted; where the last is a statutory holiday,
    the day after the holiday is the last. A weekend is one, unless it is worked.
    """
    if days < 0:
        raise ValueError(f"a period of {days} days")
    begun = local_day(begun_at)
    day = begun + timedelta(days=days)
    while not is_workday(day):
        day += _DAY
    return _due(begun, day)


def workdays_left(at: datetime, due: Due) -> int:
    """Working days that begin after today and before the period is over; 0 where it is."""
    day, left = local_day(at) + _DAY, 0
    while day <= due.day:
        left += is_workday(day)
        day += _DAY
    return left


def workdays_since(begun_at: datetime, at: datetime) -> int:
    """Working days that began after the first day, today's among them (Civil Code 201)."""
    day, found = local_day(begun_at) + _DAY, 0
    while day <= local_day(at):
        found += is_workday(day)
        day += _DAY
    return found


def _due(begun: date, last: date) -> Due:
    # Days before the last may be unknown, too: a make-up day among them moves the end.
    day = begun + _DAY
    while day <= last and is_known(day):
        day += _DAY
    warning = ""
    if day <= last:
        year = day.year + (day.year == _LAST.year)
        warning = (
            f"{year}年的放假安排还没有收进日历，"
            "暂按周一到周五推算，请对照国务院办公厅的放假通知"
        )
    return Due(start_of(last + _DAY), warning)
