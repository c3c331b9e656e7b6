"""Until when what lets somebody check, or read, single ballots is kept."""

from datetime import date, datetime, timedelta

from core.deadlines import local_day, start_of
from core.retention import LEAST_YEARS

DEFAULT_YEARS = 5  # where the profile states none; no law fixes it
# After the last thing that befell a vote (a judgment, a court's order, a late ruling): time to
# appeal, or to ask for a new trial, before what would be looked at is gone.
QUIET_DAYS = 183
_MOST_YEARS = 100


def years_kept(years: int) -> int:
    """Stated years as they are kept: fewer than three count as three, more than a hundred as
    a hundred."""
    return min(max(years, LEAST_YEARS), _MOST_YEARS)


def kept_until(*, decided: datetime, years: int, last_act: datetime) -> datetime:
    """The first instant at which a vote's ballots may be destroyed.

    The anniversary itself is still a day of keeping; `years` as `years_kept` bounds them.
    """
    anniversary = _years_after(local_day(decided), years_kept(years))
    quiet = local_day(last_act) + timedelta(days=QUIET_DAYS)
    return start_of(max(anniversary, quiet) + timedelta(days=1))


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return date(day.year + years, 3, 1)
