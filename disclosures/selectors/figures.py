"""A period as the books have it, with what it is compared with."""

import hashlib
from collections.abc import Mapping
from fractions import Fraction

from django.db.models import F, Q, Sum

from disclosures.domain.closing import Expected, Figures
from disclosures.domain.headings import BANK, OF_BOOK, sign
from disclosures.domain.periods import Period as Days
from disclosures.domain.periods import Term, before, expected, to_transfer, year_before
from disclosures.models import (
    Book,
    Contract,
    Entry,
    Paper,
    Period,
    Posting,
    Publication,
)
from disclosures.selectors.books import balance_before, holding_of, postings_by_period
from disclosures.selectors.funds import fund_totals
from disclosures.selectors.questions import waiting_on
from disclosures.selectors.rules import AccountRules, account_rules, share_to_fund


def figures_of(period: Period, rules: AccountRules) -> Figures:
    """Everything that is asked before a version of it is published."""
    book = period.book
    if book.kind == "fund":
        return _fund_figures(period, rules)
    days = Days(period.first, period.last)
    by_period = postings_by_period(book)
    known = {one.first: one for one in book.periods.all()}

    def totals(at: Days, *, out: bool = True) -> dict[str, int] | None:
        row = known.get(at.first)
        if row is None or (out and not row.version):
            return None
        headings = OF_BOOK[book.kind]
        sums = by_period.get(row.pk, {})
        return {
            key: -sign(headings[key].side) * fen for key, fen in sums.items() if key in headings
        }

    return Figures(
        book=book.kind,
        opening=balance_before(book, period.first),
        jump=rules.jump,
        totals=totals(days, out=False) or {},
        before=totals(before(book.frequency, days)),
        year=totals(year_before(book.frequency, days)),
        expected=_expected(book, days) if book.kind == "revenue" else (),
        unbound=_drafts(book, period),
        unmasked=_unmasked(period),
        wrong=_wrong(period),
        behind=behind(period),
        fund_due=_fund_due(book, period, by_period),
    )


def due_to_fund(book: Book, period: Period, totals: Mapping[str, int]) -> int:
    """What has to go to the maintenance fund for a period: never less than the share."""
    if book.kind != "revenue":
        return 0
    headings = OF_BOOK["revenue"]
    net = sum(
        sign(headings[key].side) * fen
        for key, fen in totals.items()
        if headings[key].side != "use"
    )
    return to_transfer(net, _share(book, period))


def _share(book: Book, period: Period) -> tuple[int, int]:
    """By the rules of the period's last day: a later rule says nothing of it."""
    rules = account_rules(book.estate, period.last)
    return share_to_fund(book, rules, period.last)[0]


def behind(period: Period) -> str:
    """Why the period before does not hold; "" where it does or there is none."""
    book = period.book
    if period.first <= book.opened_on:
        return ""
    days = before(book.frequency, Days(period.first, period.last))
    row = book.periods.filter(first=days.first).first()
    if row is None or not row.version:
        return "上一期还没有公布，请按先后公布"
    if stale(row):
        return "上一期的余额改了，上一期要先重新公布"
    return ""


def stale(period: Period) -> bool:
    """Whether what was last published of a period is no longer what the books say."""
    return period.pk in stale_periods(period.book)


def stale_periods(book: Book) -> set[int]:
    """The periods that have to be published again: an entry joined, or a balance moved."""
    if book.kind == "fund":
        return _stale_of_fund(book)
    moved = dict(
        Posting.objects.filter(entry__book=book, entry__state="sealed", ledger=BANK)
        .values_list("entry__period")
        .annotate(Sum("fen"))
        .order_by()
    )
    late = set(
        Entry.objects.filter(period__book=book, version__gt=F("period__version")).values_list(
            "period", flat=True
        )
    )
    out = {
        one: (opening, closing)
        for one, opening, closing in Publication.objects.filter(
            period__book=book, version=F("period__version")
        ).values_list("period", "opening_fen", "closing_fen")
    }
    found, balance = set(), book.opening_fen
    for period in book.periods.order_by("first").values_list("pk", flat=True):
        opening, balance = balance, balance + (moved.get(period) or 0)
        if period in out and (period in late or out[period] != (opening, balance)):
            found.add(period)
    return found


def _stale_of_fund(book: Book) -> set[int]:
    """The same of the fund: its own books were dated back, or a balance came in late."""
    rows = Publication.objects.filter(period__book=book, version=F("period__version"))
    found = set()
    for one in rows.select_related("period").defer("csv"):
        now = fund_totals(book.estate_id, one.period.first, one.period.last)
        if (one.opening_fen, one.closing_fen) != (now.opening, now.closing):
            found.add(one.period_id)
    return found


def seen_digest(period: Period) -> str:
    """SHA-256 of what a closing rests on; a changed one is looked at again.

    Who holds the money and what share goes to the fund are part of it.
    """
    book = period.book
    if book.kind == "fund":
        found = fund_totals(book.estate_id, period.first, period.last)
        return hashlib.sha256(repr(found).encode()).hexdigest()
    rows = Entry.objects.filter(period=period, state="sealed").order_by("number")
    holding = holding_of(book, period.last) or holding_of(book)
    share = _share(book, period) if book.kind == "revenue" else None
    basis = (balance_before(book, period.first), holding.pk if holding else None, share)
    content = hashlib.sha256(f"{basis}".encode())
    for number, digest in rows.values_list("number", "digest"):
        content.update(f"\n{number} {digest}".encode())
    return content.hexdigest()


def _fund_figures(period: Period, rules: AccountRules) -> Figures:
    book, days = period.book, Days(period.first, period.last)
    found = fund_totals(book.estate_id, *days)

    def earlier(at: Days) -> dict[str, int] | None:
        if not book.periods.filter(first=at.first, version__gt=0).exists():
            return None
        return fund_totals(book.estate_id, *at).totals

    return Figures(
        book="fund",
        opening=found.opening,
        jump=rules.jump,
        totals=found.totals,
        before=earlier(before(book.frequency, days)),
        year=earlier(year_before(book.frequency, days)),
        wrong=_wrong(period),
        behind=behind(period) if found.known else "资金账上还没有这个小区这一期的余额",
    )


def _expected(book: Book, days: Days) -> list[Expected]:
    """Each contract: what should have come since the book begins, and what did.

    Since the beginning, not of the period alone: rent paid a year ahead is no arrears in the
    quarters after, and what never came stays to be explained.
    """
    rows = Contract.objects.filter(
        source__estate=book.estate_id, first__lte=days.last
    ).select_related("source")
    booked = dict(
        Entry.objects.filter(
            book=book, state="sealed", contract__isnull=False, dated_on__lte=days.last
        )
        .values_list("contract")
        .annotate(
            fen=Sum("fen", filter=Q(reverses=None), default=0)
            - Sum("fen", filter=Q(reverses__isnull=False), default=0)
        )
        .order_by()
    )
    found = []
    for one in rows:
        last = min((day for day in (one.last, one.ended_on) if day), default=None)
        if last is not None and last < max(one.first, book.opened_on):
            continue
        term = Term(one.fen, one.priced, one.first, last)
        fen = expected(term, Days(book.opened_on, days.last))
        # It is printed and shown to everybody.
        name = f"{one.source.name}（{one.shown_payer}）"
        found.append(Expected(str(one.pk), name, Fraction(fen), booked.get(one.pk, 0)))
    return found


def _drafts(book: Book, period: Period) -> int:
    waiting = Entry.objects.filter(
        book=book, state__in=["draft", "returned"], dated_on__lte=period.last
    )
    return waiting.count()


def _unmasked(period: Period) -> int:
    if period.pk is None:
        return 0
    papers = Paper.objects.filter(
        entries__entry__period=period, entries__entry__state="sealed", looked_at=None
    )
    return papers.distinct().count()


def _wrong(period: Period) -> int:
    if period.pk is None:
        return 0
    return waiting_on(period).filter(kind="wrong").count()


def _fund_due(book: Book, period: Period, by_period: dict[int, dict[str, int]]) -> int:
    """What the periods before owe the fund, less what went to it until the end of this one."""
    if book.kind != "revenue":
        return 0
    headings = OF_BOOK["revenue"]
    due = gone = 0
    for row in book.periods.filter(first__lte=period.first):
        sums = by_period.get(row.pk, {})
        totals = {
            key: -sign(headings[key].side) * fen for key, fen in sums.items() if key in headings
        }
        gone += totals.get("to_fund", 0)
        if row.first < period.first:
            due += due_to_fund(book, row, totals)
    return max(due - gone, 0)
