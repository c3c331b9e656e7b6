"""Sweepers of the registers; voting.tasks says what a sweeper is."""

from datetime import datetime, timedelta

from committees.selectors.months import is_taken, last_ended, standing_on
from committees.services.snapshots import take_snapshot
from core.deadlines import local_day
from voting.tasks import Sweeper


def take_due_snapshot(at: datetime) -> int:
    """The snapshot of the month that ended, once; none of a month nobody reported yet."""
    day = last_ended(local_day(at))
    if is_taken(day) or next(standing_on(day), None) is None:
        return 0
    take_snapshot(day=day, at=at)
    return 1


SWEEPERS: tuple[Sweeper, ...] = (Sweeper("snapshots", timedelta(hours=1), take_due_snapshot),)
