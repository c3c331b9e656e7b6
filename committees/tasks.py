"""Sweepers of the registers; voting.tasks says what a sweeper is."""

from datetime import datetime, timedelta

from django.db.models import Q

from committees.models import Formation
from committees.selectors.elected import awaiting_seats
from committees.selectors.findings import due_findings
from committees.selectors.months import is_taken, last_ended, standing_on
from committees.selectors.pipeline import pipeline_within
from committees.services.findings import file_findings
from committees.services.formations import refresh_due, seat_elected
from committees.services.party import forget_dropped
from committees.services.snapshots import take_snapshot
from core.deadlines import local_day
from registry.models import Estate
from voting.tasks import Sweeper, each


def take_due_snapshot(at: datetime) -> int:
    """The snapshot of the month that ended, once; none of a month nobody reported yet."""
    day = last_ended(local_day(at))
    if is_taken(day) or next(standing_on(day), None) is None:
        return 0
    take_snapshot(day=day, at=at)
    return 1


def seat_awaiting(at: datetime) -> int:
    """Committees elected here take office as soon as their resolution is out.

    One that may not (too few seats, say) is refused here as on its page, and waits there.
    """
    return each(
        awaiting_seats(), lambda one: seat_elected(formation_id=one.pk, actor="system", at=at)
    )


def refresh_due_days(at: datetime) -> int:
    """The last days kept with formations follow what happened here and what rules say now."""
    cases = pipeline_within(Q(), local_day(at))
    moved = [one.formation.pk for one in cases if one.standing.due_on != one.formation.due_on]
    rows = Formation.objects.filter(pk__in=moved)
    return each(rows, lambda one: refresh_due(formation_id=one.pk, at=at))


def forget_dropped_candidates(at: datetime) -> int:
    """What candidates said whom a draft has dropped."""
    return forget_dropped(at=at)


def file_due_findings(at: datetime) -> int:
    """Problems the system finds by itself, on the register; at how many estates."""
    # Read first: a command an estate is for those alone at which something is new.
    due = dict(due_findings(local_day(at)))
    estates = Estate.objects.filter(pk__in=due).order_by("pk")
    return each(estates, lambda one: file_findings(estate_id=one.pk, found=due[one.pk], at=at))


SWEEPERS: tuple[Sweeper, ...] = (
    Sweeper("snapshots", timedelta(hours=1), take_due_snapshot),
    Sweeper("findings", timedelta(hours=1), file_due_findings),
    Sweeper("committees_elected", timedelta(minutes=10), seat_awaiting),
    Sweeper("formations_due", timedelta(minutes=10), refresh_due_days),
    Sweeper("party_answers", timedelta(hours=1), forget_dropped_candidates),
)
