"""Small writes of the accounts that join the caller's transaction."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from core.errors import RuleViolation
from core.reasons import Reason
from disclosures.domain.bodies import ROLES
from disclosures.domain.periods import period_of
from disclosures.domain.wording import personal_reasons, turns
from disclosures.models import Book, Duty, Paper, PaperPage, Period
from disclosures.selectors.books import holding_of
from disclosures.selectors.papers import PAGES
from documents.intake import pages_of
from funds.steps import By
from logbook.steps import record_act
from registry.fields import seal_bytes
from registry.models import Estate
from voting.domain.drafts import file_name, text_reasons

__all__ = ["PAGES", "By", "Pages"]


class Pages:
    """A paper somebody hands in, made plain; before any transaction, for it takes its time."""

    def __init__(self, kind: str, name: str, content: bytes) -> None:
        self.kind, self.name = kind, file_name(name)[:80] or "未命名"
        self.source_sha256 = hashlib.sha256(content).hexdigest()
        self.pages = pages_of(content)

    def keep(self, estate: Estate, *, actor: str, at: datetime) -> Paper:
        """Write it down."""
        paper = Paper.objects.create(
            estate=estate,
            kind=self.kind,
            name=self.name,
            source_sha256=self.source_sha256,
            uploaded_by=actor,
            uploaded_at=at,
        )
        PaperPage.objects.bulk_create(
            PaperPage(
                paper=paper,
                number=number,
                content=seal_bytes(page, purpose=PAGES),
                sha256=hashlib.sha256(page).hexdigest(),
            )
            for number, page in enumerate(self.pages, 1)
        )
        return paper


def shown_text(
    field: str, label: str, text: str, most: int, *, may_be_empty: bool = False
) -> list[Reason]:
    """What is wrong with a text that everybody will read."""
    found = text_reasons(field, label, text, most, may_be_empty=may_be_empty)
    if not found and turns(text):
        found = [Reason(f"{field}.unreadable", f"{label}里有不能显示的字符", field)]
    return found or personal_reasons(field, text)


def locked_book(book_id: int) -> Book:
    """The book under its row lock: the first lock of every command on it."""
    rows = Book.objects.select_for_update(of=("self",), no_key=True)
    found: Book = rows.select_related("estate").get(pk=book_id)
    return found


def locked_estate(estate_id: int) -> Estate:
    """The estate under its row lock: for what is numbered within it."""
    return Estate.objects.select_for_update(no_key=True).get(pk=estate_id)


def demand_holder(book: Book, by: By) -> None:
    """RuleViolation unless the role enters for whoever holds the book's money."""
    holding = holding_of(book)
    if holding is None:
        raise RuleViolation("accounts.no_holder", "还没有登记这笔钱由谁保管，请先登记")
    if by.role != ROLES[holding.holder]:
        raise RuleViolation(
            "accounts.not_holder",
            f"这笔钱由{holding.name}保管，由保管的单位记账，其他单位复核",
        )


def period_at(book: Book, day: date) -> Period:
    """The period of a book a day lies in, made where it is new."""
    first, last = period_of(book.frequency, day)
    return Period.objects.get_or_create(book=book, first=first, defaults={"last": last})[0]


def note(book: Book, act: str, facts: dict[str, Any], *, by: By, at: datetime) -> None:
    """Write an act down in the book's log; numbers and hashes, no names."""
    record_act(book.log_name, act, {"role": by.role, **facts}, actor=by.actor, at=at)


def do_duty(estate: Estate, kind: str, last: date, at: datetime, **by: object) -> None:
    """What is due for a period that ends on a day is done; a later version changes nothing.

    By its last day: what was due for a quarter before the book was begun by months is done
    with its last month.
    """
    Duty.objects.filter(estate=estate, kind=kind, last=last, done_at=None).update(
        done_at=at, **by
    )


def next_number(rows: Any) -> int:
    """The next number of rows numbered within an estate, whose row is locked."""
    last = rows.order_by("-number").values_list("number", flat=True).first()
    return (last or 0) + 1


def hashes(papers: Sequence[Paper]) -> list[str]:
    """What the log says of papers."""
    return sorted(paper.source_sha256 for paper in papers)
