"""Taking a month's snapshot."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import groupby, islice
from operator import attrgetter

from django.db import transaction

from committees.domain.reports import COUNTED
from committees.models import Snapshot, SnapshotCount, SnapshotEstate, SnapshotFigure
from committees.selectors.figures import figures_of
from committees.selectors.months import standing_on
from core.deadlines import local_day
from core.errors import RuleViolation
from logbook.steps import record_act

CHUNK = 1000


@transaction.atomic(durable=True)
def take_snapshot(*, day: date, at: datetime) -> Snapshot:
    """Write down how every estate stood as a month ended; harmless where that was done.

    RuleViolation "snapshot.day" for a day that ends no month or is not over.
    """
    if (day + timedelta(days=1)).day != 1 or day >= local_day(at):
        raise RuleViolation("snapshot.day", "只有已经结束的月份才有月末数据")
    snapshot, is_new = Snapshot.objects.get_or_create(day=day, defaults={"taken_at": at})
    if not is_new:
        return snapshot
    rows = [
        SnapshotEstate(
            snapshot=snapshot,
            estate_id=one.estate,
            authority_id=one.authority,
            division_id=one.division,
            formed=one.formed,
        )
        for one in standing_on(day)
    ]
    for some in _chunks(iter(rows)):
        SnapshotEstate.objects.bulk_create(some)
    counts = list(_counts(snapshot, rows))
    figures = _figures(snapshot, {one.authority_id for one in counts})
    SnapshotFigure.objects.bulk_create(figures, batch_size=CHUNK)
    SnapshotCount.objects.bulk_create(counts, batch_size=CHUNK)
    facts = {"day": str(day), "estates": len(rows)}
    record_act("registry", "snapshot-taken", facts, actor="system", at=at)
    return snapshot


def _counts(snapshot: Snapshot, rows: list[SnapshotEstate]) -> Iterator[SnapshotCount]:
    by = attrgetter("authority_id")
    for authority, those in groupby(sorted(rows, key=by), by):
        formed = [one.formed for one in those]
        yield SnapshotCount(
            snapshot=snapshot,
            authority_id=authority,
            total=len(formed),
            owners=formed.count("owners"),
            management=formed.count("management"),
        )


def _figures(snapshot: Snapshot, places: set[int]) -> Iterator[SnapshotFigure]:
    """Zeros too: a figure that is not there was not counted, which is another thing."""
    known = figures_of(snapshot.day.replace(day=1), snapshot.day)
    for place in sorted(places | set(known)):
        for code in COUNTED:
            value = known.get(place, {}).get(code, 0)
            yield SnapshotFigure(snapshot=snapshot, authority_id=place, code=code, value=value)


def _chunks(rows: Iterator[SnapshotEstate]) -> Iterator[list[SnapshotEstate]]:
    while some := list(islice(rows, CHUNK)):
        yield some
