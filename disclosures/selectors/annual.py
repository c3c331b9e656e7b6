"""A year of publications: what they say together, and what is lacking."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from core.deadlines import local_day
from disclosures.domain.headings import OF_BOOK
from disclosures.domain.periods import split_periods
from disclosures.models import Book, Publication, Question
from disclosures.selectors.figures import stale_periods
from documents.bulletins import BulletinFacts, read_bulletin
from documents.wording import period as period_words
from documents.year_accounts import YearHeading, YearPeriod

Totals = Mapping[tuple[str, str], int]


class YearRows(NamedTuple):
    """The periods of a year as published, the totals of their headings, what is missing."""

    periods: tuple[YearPeriod, ...]
    headings: Totals
    before: Totals | None
    lacking: tuple[str, ...]
    open_questions: int
    explanations: tuple[str, ...]
    reviewed: tuple[str, ...]
    """The bodies that looked the periods over and published them, each once."""

    def total(self, side: str) -> int:
        return sum(fen for (one, _title), fen in self.headings.items() if one == side)

    def as_headings(self) -> tuple[YearHeading, ...]:
        """Every heading that moved this year or the one before, in the book's order."""
        totals, before = self.headings, self.before
        return tuple(
            YearHeading(
                one.side,
                one.title,
                totals.get((one.side, one.title), 0),
                None if before is None else before.get((one.side, one.title), 0),
            )
            for one in OF_BOOK["revenue"].values()
            if (one.side, one.title) in totals or (one.side, one.title) in (before or {})
        )


def year_rows(book: Book, year: int) -> YearRows:
    """What the versions in force of a year's periods say."""
    out, lacking = _publications(book, year)
    earlier, lacked = (
        _publications(book, year - 1) if book.opened_on.year < year else ([], ["-"])
    )
    said = [read_bulletin(bytes(one.document.facts)) for one in out]
    before = [read_bulletin(bytes(one.document.facts)) for one in earlier]
    questions = Question.objects.filter(
        publication__period__book=book, publication__period__first__year=year, state="open"
    )
    periods = tuple(_period(one, facts) for one, facts in zip(out, said, strict=True))
    return YearRows(
        periods,
        _totals(said),
        None if lacked else _totals(before),
        tuple(lacking),
        questions.count(),
        # "This period" of several: each says which one.
        tuple(
            f"{one.words}，{line}"
            for one, facts in zip(periods, said, strict=True)
            for line in facts.explanations
        ),
        tuple(dict.fromkeys(facts.reviewed for facts in said)),
    )


def _publications(book: Book, year: int) -> tuple[list[Publication], list[str]]:
    rows = {one.first: one for one in book.periods.filter(first__year=year)}
    out = {
        (one.period_id, one.version): one
        for one in Publication.objects.filter(period__in=list(rows.values()))
        .select_related("document")
        .defer("csv", "document__pdf")
    }
    again = stale_periods(book)
    found, lacking = [], []
    begin = max(book.opened_on, date(year, 1, 1))
    for days in split_periods(book.frequency, begin, date(year + 1, 1, 1)):
        row = rows.get(days.first)
        one = out.get((row.pk, row.version)) if row else None
        if one is None or one.period_id in again:
            lacking.append(period_words(*days))
        else:
            found.append(one)
    return found, lacking


def years_of(book: Book, today: date) -> list[int]:
    """The years that are over, the latest first."""
    return list(range(today.year - 1, book.opened_on.year - 1, -1))


def _period(one: Publication, facts: BulletinFacts) -> YearPeriod:
    return YearPeriod(
        first=facts.first,
        last=facts.last,
        opening_fen=facts.opening_fen,
        in_fen=facts.total("in"),
        cost_fen=facts.total("cost"),
        use_fen=facts.total("use"),
        closing_fen=facts.closing_fen,
        due_to_fund_fen=facts.due_to_fund_fen,
        to_fund_fen=facts.to_fund_fen,
        number=one.document.number,
        code=one.document.code,
        version=one.version,
        published_on=local_day(one.posted_at),
    )


def _totals(said: list[BulletinFacts]) -> Totals:
    found = Counter[tuple[str, str]]()
    for facts in said:
        for one in facts.headings:
            found[one.side, one.account] += one.fen
    return found
