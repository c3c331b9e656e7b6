"""Sweepers of the registers; voting.tasks says what a sweeper is."""

from datetime import datetime, timedelta

from committees.selectors.months import is_taken, last_ended
from committees.services.snapshots import take_snapshot
from core.deadlines import local_day
from voting.tasks import Sweeper


def take_due_snapshot(at: datetime) -> int:
    """The snapshot of the month that ended, once."""
    day = last_ended(local_day(at))
    if is_taken(day):
        return 0
    take_snapshot(day=day, at=at)
    return 1


SWEEPERS: tuple[Sweeper, ...] = (Sweeper("snapshots", timedelta(hours=1), take_due_snapshot),)
