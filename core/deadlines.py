"""Days and times in law, reckoned in Asia/Shanghai.

A day is a calendar day there; every result is the first instant of such a day, so that
"until" always means strictly before. An instant must know its time zone (ValueError).
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def local_day(at: datetime) -> date:
    """The calendar day in Shanghai on which an instant falls."""
    if at.tzinfo is None:
        raise ValueError("an instant without a time zone says nothing")
    return at.astimezone(SHANGHAI).date()


def earliest_opening(posted_at: datetime, notice_days: int) -> datetime:
    """The first instant a vote may open after its notice was posted.

    《物业管理条例》 art. 14: 15日以前. Read cautiously: so many full days lie between the
    day of posting and the day of opening (posted on 1 March, 15 days: 17 March). A
    holiday neither shortens nor prolongs it.
    """
    return start_of(_after(local_day(posted_at), notice_days))


def latest_posting(opens_at: datetime, notice_days: int) -> datetime:
    """The instant before which a notice must be posted for a vote to open then."""
    _refuse_negative(notice_days)
    return start_of(local_day(opens_at) - timedelta(days=notice_days))


def publicity_end(posted_at: datetime, days: int) -> datetime:
    """When a publicity period (公示期) is over.

    Civil Code arts. 201-203: the day of posting is not counted, the last day runs to
    24:00. Posted on 1 March for 7 days: over as 9 March begins.
    """
    return start_of(_after(local_day(posted_at), days))


def last_moment(end: datetime) -> tuple[date, str]:
    """How people say the end of a period: its day, and the time on it.

    An end at midnight is 24:00 of the day before, for nobody reads "the 8th at 0:00" as the
    night to the 8th. A beginning at midnight stays 0:00 and is not asked here.
    """
    day = local_day(end)
    local = end.astimezone(SHANGHAI)
    if (local.hour, local.minute) == (0, 0):
        return day - timedelta(days=1), "24:00"
    return day, f"{local.hour}:{local.minute:02}"


def days_late(end: datetime, at: datetime) -> int:
    """How many days after the last day of a period an instant falls; 0 within it."""
    return max(0, (local_day(at) - last_moment(end)[0]).days)


def floor_ten_minutes(at: datetime) -> datetime:
    """An instant cut down to ten minutes, so that a public time points to nobody."""
    local_day(at)
    return at.replace(minute=at.minute // 10 * 10, second=0, microsecond=0)


def start_of(day: date) -> datetime:
    """The first instant of a day in Shanghai."""
    return datetime.combine(day, time.min, SHANGHAI)


def _after(day: date, full_days: int) -> date:
    _refuse_negative(full_days)
    return day + timedelta(days=full_days + 1)


def _refuse_negative(days: int) -> None:
    if days < 0:
        raise ValueError(f"a period of {days} days")
