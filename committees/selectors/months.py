"""Months: how estates stood as they ended, as it was told then and as it is known today."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Min, Sum

from accounts.reach import Reach
from committees.domain.formation import RECENT, Count, Month
from committees.models import EstateMove, EstateRecord, Snapshot, SnapshotCount
from committees.selectors.formation import in_office, per_place
from core.deadlines import start_of
from registry.models import Estate


class Stood(NamedTuple):
    """An estate on a day. `formed`: a kind of committee, "" for none."""

    estate: int
    authority: int
    division: str
    formed: str


class Told(NamedTuple):
    """A month as its snapshot has it. `corrected`: as today's records have it, where that is
    another number; None: the same, or not asked."""

    day: date
    estates: Count
    corrected: Count | None


def standing_on(day: date) -> Iterator[Stood]:
    """Every estate that was on record for a day, by what is known now.

    An estate is there from the day of the first register that has it; one without a register
    from the day it was founded here. One that has moved since lies where it lay.
    """
    kinds = dict(in_office(day).values_list("estate", "kind"))
    first = dict(EstateRecord.objects.order_by().values_list("estate").annotate(Min("day")))
    founded = Estate.objects.order_by("pk").values_list(
        "pk", "authority", "division", "created_at"
    )
    end = start_of(day + timedelta(days=1))
    before = _before_moves(day)
    for pk, authority, division, created_at in founded.iterator(chunk_size=2000):
        authority, division = before.get(pk, (authority, division))
        known = first[pk] <= day if pk in first else created_at < end
        if known:
            yield Stood(pk, authority, division, kinds.get(pk, ""))


def _before_moves(day: date) -> dict[int, tuple[int, str]]:
    """Authority and 社区 of the estates that moved after a day, as they were on it."""
    moves = EstateMove.objects.filter(day__gt=day).order_by("-day", "-pk")
    # The first move after the day is the last to be put in.
    rows = moves.values_list("estate", "from_authority", "from_division")
    return {estate: (authority, division) for estate, authority, division in rows}


def months_of(reach: Reach, year: int) -> list[Month]:
    """The months of a year whose snapshots were taken, in a place; one query."""
    rows = (
        SnapshotCount.objects.filter(snapshot__day__year=year)
        .filter(authority__anyof=reach.inside)
        .order_by("snapshot__day")
        .values_list("snapshot__day")
        .annotate(Sum("total"), Sum("owners"), Sum("management"))
    )
    return [Month(day, Count(*numbers)) for day, *numbers in rows]


def with_corrections(reach: Reach, months: Sequence[Month]) -> list[Told]:
    """The same months beside what today's records say of them."""
    inside = set(reach.inside)
    found = []
    for month in months:
        formed = [one.formed for one in standing_on(month.day) if one.authority in inside]
        now = Count(len(formed), formed.count("owners"), formed.count("management"))
        found.append(Told(month.day, month.estates, None if now == month.estates else now))
    return found


def paced(reach: Reach, months: Sequence[Month]) -> list[Month]:
    """The ends of months, and today, that an outlook is made of; the one it starts from as
    today's records have it: what was entered late is not growth. One query."""
    first, *later = months[-RECENT - 1 :]
    if not later:
        return [first]
    formed = sum(per_place(in_office(first.day), reach).values())
    return [Month(first.day, first.estates._replace(owners=formed, management=0)), *later]


def last_ended(today: date) -> date:
    """The last day of the month before."""
    return today.replace(day=1) - timedelta(days=1)


def is_taken(day: date) -> bool:
    """Whether a month's snapshot was taken."""
    return Snapshot.objects.filter(day=day).exists()
