"""The periods of a book as staff see them: published, waiting, due, late, to be put right."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from core.deadlines import local_day
from disclosures.domain.periods import period_of, split_periods
from disclosures.models import Book, Closing, Period, Publication
from disclosures.selectors.figures import stale_periods
from disclosures.selectors.rules import account_rules
from documents.wording import period as period_words


class PeriodRow(NamedTuple):
    """One period, the newest first. `row` None: nothing is written of it yet."""

    first: date
    last: date
    title: str
    row: Period | None
    publication: Publication | None
    waiting: Closing | None
    is_over: bool
    is_stale: bool
    due_on: date
    is_late: bool


def period_rows(book: Book, at: datetime) -> list[PeriodRow]:
    """Every period since the book begins, the running one included."""
    today = local_day(at)
    rules = account_rules(book.estate, today)
    due_days = timedelta(days=rules.number("revenue.due_days"))
    grace = timedelta(days=rules.number("revenue.grace_days"))
    rows = {one.first: one for one in book.periods.all()}
    out = {
        (one.period_id, one.version): one
        for one in Publication.objects.filter(period__book=book)
        .select_related("document")
        .defer("csv", "document__pdf", "document__facts")
    }
    waiting = {
        one.period_id: one
        for one in Closing.objects.filter(period__book=book, state="prepared")
    }
    again = stale_periods(book)
    found = []
    ended = split_periods(book.frequency, book.opened_on, today)
    running = period_of(book.frequency, max(today, book.opened_on))
    for days in dict.fromkeys([*ended, running]):
        row = rows.get(days.first)
        publication = out.get((row.pk, row.version)) if row else None
        due = days.last + due_days
        if row is not None:
            row.book = book
        found.append(
            PeriodRow(
                days.first,
                days.last,
                period_words(*days),
                row,
                publication,
                waiting.get(row.pk) if row else None,
                days.last < today,
                row is not None and row.pk in again,
                due,
                publication is None and today > due + grace,
            )
        )
    return found[::-1]
