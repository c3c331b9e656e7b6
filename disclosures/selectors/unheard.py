"""Questions and reports that were not answered in time, by estate, the longest first."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Count, F, Min, Q, QuerySet, Value

from core.deadlines import days_late, start_of
from disclosures.models import Question, SourceReport
from registry.models import Estate


class Unheard(NamedTuple):
    """So many of one kind at one estate. `days`: how late the oldest is."""

    what: str  # questions | reports
    estate: int
    authority: int
    many: int
    due: datetime
    days: int


def unheard(within: Q, on: date) -> list[Unheard]:
    """All of it in these places on a day; one query."""
    now = start_of(on)
    parts = [_grouped(what, rows) for what, rows in _overdue(within, now).items()]
    rows = parts[0].union(*parts[1:], all=True).order_by("until", "at_estate", "of_kind")
    return [
        Unheard(what, estate, authority, many, due, days_late(due, now))
        for what, estate, authority, many, due in rows
    ]


def unheard_count(within: Q, on: date) -> int:
    """How many questions and reports these are; one query."""
    first, *others = _overdue(within, start_of(on)).values()
    numbers = first.order_by().values_list("pk")
    more = (rows.order_by().values_list("pk") for rows in others)
    return int(numbers.union(*more, all=True).count())


def with_estates(rows: Sequence[Unheard]) -> list[tuple[Unheard, Estate]]:
    """Each with its estate; one query."""
    known = Estate.objects.select_related("authority").in_bulk({one.estate for one in rows})
    return [(one, known[one.estate]) for one in rows]


def _overdue(within: Q, now: datetime) -> dict[str, QuerySet[Any]]:
    late = Q(within, state="open", due_at__lte=now)
    return {
        "questions": Question.objects.filter(late),
        "reports": SourceReport.objects.filter(late),
    }


def _grouped(what: str, rows: Any) -> Any:
    named = rows.order_by().annotate(
        of_kind=Value(what), at_estate=F("estate"), at_authority=F("estate__authority")
    )
    grouped = named.values_list("of_kind", "at_estate", "at_authority")
    return grouped.annotate(many=Count("pk"), until=Min("due_at"))
