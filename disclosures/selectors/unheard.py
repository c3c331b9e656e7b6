"""Questions and reports that were not answered in time, by estate, the longest first."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any, NamedTuple

from django.db.models import Count, F, Min, Q, QuerySet, Value

from core.deadlines import days_late, start_of
from disclosures.models import Question, SourceReport
from registry.models import Estate

_BATCH = 500  # of a list that is read to its end


class Unheard(NamedTuple):
    """So many of one kind at one estate; `due`: the first of them."""

    what: str  # questions | reports
    estate: int
    many: int
    due: datetime

    def days(self, on: date) -> int:
        """How late the first of them is on a day."""
        return days_late(self.due, start_of(on))


class Counted(NamedTuple):
    """So many questions and reports below one authority, in so many rows of the list."""

    authority: int
    many: int
    rows: int


def unheard(within: Q, on: date) -> Any:
    """All of it in these places on a day, as a query of `Unheard`; 20,000 of them take longer
    to read than to find, so a page takes its part."""
    parts = []
    for what, rows in _overdue(within, start_of(on)).items():
        named = rows.order_by().annotate(of_kind=Value(what), at_estate=F("estate"))
        grouped = named.values_list("of_kind", "at_estate")
        parts.append(grouped.annotate(many=Count("pk"), until=Min("due_at")))
    return parts[0].union(*parts[1:], all=True).order_by("until", "at_estate", "of_kind")


def unheard_counts(within: Q, on: date) -> list[Counted]:
    """How many these are, by authority and kind; one query."""
    parts = [
        rows.order_by()
        .annotate(at_authority=F("estate__authority"))
        .values_list("at_authority")
        .annotate(many=Count("pk"), rows=Count("estate", distinct=True))
        for rows in _overdue(within, start_of(on)).values()
    ]
    return list(map(Counted._make, parts[0].union(*parts[1:], all=True)))


def with_estates(rows: Iterable[Any], on: date) -> Iterator[tuple[Unheard, Estate, int]]:
    """Each with its estate and how many days it is late; in portions."""
    every = map(Unheard._make, rows)
    while part := list(islice(every, _BATCH)):
        known = Estate.objects.select_related("authority").in_bulk([one.estate for one in part])
        yield from ((one, known[one.estate], one.days(on)) for one in part)


def _overdue(within: Q, now: datetime) -> dict[str, QuerySet[Any]]:
    late = Q(within, state="open", due_at__lte=now)
    return {
        "questions": Question.objects.filter(late),
        "reports": SourceReport.objects.filter(late),
    }
