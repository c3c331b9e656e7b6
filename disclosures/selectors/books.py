"""Books: who holds the money, what stands in them."""

from collections import defaultdict
from datetime import date

from django.db.models import QuerySet, Sum

from disclosures.domain.headings import BANK
from disclosures.models import Book, Entry, Holding, Period, Posting


def holding_of(book: Book, on: date | None = None) -> Holding | None:
    """Who holds the money now, or held it on a day."""
    rows = book.holdings.all()
    if on is not None:
        rows = rows.filter(since__lte=on)
    return rows.order_by("since", "pk").last()


def sealed(book: Book) -> QuerySet[Entry]:
    """The entries that count."""
    return Entry.objects.filter(book=book, state="sealed")


def balance_before(book: Book, day: date) -> int:
    """What is there as a day begins, in fen, by the entries as they are now."""
    moved = Posting.objects.filter(
        entry__book=book, entry__state="sealed", entry__dated_on__lt=day, ledger=BANK
    ).aggregate(fen=Sum("fen"))["fen"]
    return book.opening_fen + (moved or 0)


def postings_by_period(book: Book) -> dict[int, dict[str, int]]:
    """Debit sums of every ledger for every period, by the entries as they are now."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    rows = (
        Posting.objects.filter(entry__book=book, entry__state="sealed")
        .values_list("entry__period", "ledger")
        .annotate(Sum("fen"))
    )
    for period, ledger, fen in rows.order_by():
        if period is not None:
            found[period][ledger] = fen
    return found


def entries_of(period: Period) -> QuerySet[Entry]:
    """The entries a period's next version has, in their order."""
    return (
        Entry.objects.filter(period=period, state="sealed")
        .select_related("contract__source")
        .order_by("dated_on", "number")
    )
