"""From the rows of a period to what its paper and its page say."""

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db.models import Count

from disclosures.domain.closing import Figures, asked
from disclosures.domain.entries import Money, lines_of, reversed_lines, totals
from disclosures.domain.headings import OF_BOOK
from disclosures.domain.periods import percent
from disclosures.models import Book, Closing, Entry, Period, Publication
from disclosures.selectors.books import entries_of, holding_of
from disclosures.selectors.figures import due_to_fund
from disclosures.selectors.funds import fund_totals
from disclosures.selectors.rules import decided_share
from documents.bulletins import BulletinFacts, Heading, Line, read_bulletin
from registry.models import Unit


class Frame(NamedTuple):
    """What a paper says beside its figures."""

    number: str
    code: str
    issued_at: datetime
    issuer: str
    prepared: str
    reviewed: str
    phone: str
    until: datetime
    clause: str


def publication_of(period: Period) -> Publication | None:
    """The version of a period that holds."""
    rows = period.publications.select_related("document").defer("document__pdf", "csv")
    return rows.order_by("version").last()


def last_phone(book: Book) -> str:
    """The number owners were told to call last time; "" where nothing was published."""
    last = (
        Publication.objects.filter(period__book=book)
        .select_related("document")
        .order_by("-posted_at")
        .first()
    )
    return read_bulletin(bytes(last.document.facts)).phone if last else ""


def page_url(book: Book, period: Period) -> str:
    """Where everybody reads a period with its vouchers; printed as a QR code."""
    place = f"{settings.PUBLIC_URL}/e/{book.estate.code}/accounts"
    return f"{place}/{book.kind}/{period.first}/"


def bulletin_of(
    closing: Closing, period: Period, figures: Figures, frame: Frame
) -> BulletinFacts:
    """Everything the bulletin of a period says."""
    book = period.book
    lines = fund_lines(book, period) if book.kind == "fund" else entry_lines(period)
    holder, account = _holder(book, period)
    said = {one.key: one.sentence for one in asked(figures)}
    return BulletinFacts(
        number=frame.number,
        code=frame.code,
        verify_url=f"{settings.PUBLIC_URL}/v/{frame.code}",
        estate=book.estate.name,
        issued_at=frame.issued_at,
        issuer=frame.issuer,
        kind=book.kind,
        first=period.first,
        last=period.last,
        version=closing.version,
        correction=closing.correction,
        holder=holder,
        account=account,
        opening_fen=figures.opening,
        closing_fen=figures.closing,
        lines=lines,
        headings=_headings(figures),
        bank_fen=closing.bank_fen,
        bank_on=closing.bank_on,
        difference=closing.difference if closing.bank_fen != figures.closing else "",
        due_to_fund_fen=due_to_fund(book, period, figures.totals),
        to_fund_fen=figures.totals.get("to_fund", 0),
        households=Unit.objects.filter(
            estate=book.estate_id, is_active=True, use="residential"
        ).count(),
        explanations=(
            *_share_decided(book, period),
            *(
                f"{said[key].removesuffix('，请说明原因')}：{text}"
                for key, text in closing.explanations.items()
                if key in said
            ),
        ),
        prepared=frame.prepared,
        reviewed=frame.reviewed,
        page_url=page_url(book, period),
        phone=frame.phone,
        until=frame.until,
        clause=frame.clause,
    )


def entry_lines(period: Period) -> tuple[Line, ...]:
    """The lines of a book of entries; what a payer kept back stands as a line of its own."""
    found = []
    rows = entries_of(period).annotate(count=Count("papers"))
    headings = OF_BOOK[period.book.kind]
    for one in rows:
        lines = lines_of(period.book.kind, Money(one.heading, one.fen, one.kept, one.kept_fen))
        if one.reverses_id:
            lines = reversed_lines(lines)
        for key, fen in totals(period.book.kind, lines).items():
            heading = headings[key]
            found.append(
                Line(
                    number=one.number or 0,
                    dated_on=one.dated_on,
                    side=heading.side,
                    account=heading.title,
                    party=one.party,
                    text=one.text,
                    basis=_basis(one),
                    fen=fen,
                    papers=one.count,
                )
            )
    return tuple(found)


def fund_lines(book: Book, period: Period) -> tuple[Line, ...]:
    """The use of the fund: each repair, and the rest of each heading as one line."""
    found = fund_totals(book.estate_id, period.first, period.last)
    headings = OF_BOOK["fund"]
    lines = [
        Line(0, period.last, "use", headings["repairs"].title, f"{one.units}户分摊",
             one.title, f"维修编码{one.code}", one.fen, 0)
        for one in found.repairs
    ]  # fmt: skip
    listed: dict[str, int] = defaultdict(int)
    for line in lines:
        listed[line.account] += line.fen
    for key, fen in found.totals.items():
        heading = headings[key]
        if rest := fen - listed[heading.title]:
            lines.append(
                Line(0, period.last, heading.side, heading.title, "各户", heading.title, "",
                     rest, 0)
            )  # fmt: skip
    numbered = (line._replace(number=number) for number, line in enumerate(lines, 1))
    return tuple(numbered)


def _headings(figures: Figures) -> tuple[Heading, ...]:
    """Every heading that moved now, before or a year ago, in the book's order."""
    before, year = figures.before, figures.year
    return tuple(
        Heading(
            heading.side,
            heading.title,
            figures.totals.get(key, 0),
            None if before is None else before.get(key, 0),
            None if year is None else year.get(key, 0),
        )
        for key, heading in OF_BOOK[figures.book].items()
        if key in figures.totals or key in (before or {}) or key in (year or {})
    )


def _holder(book: Book, period: Period) -> tuple[str, str]:
    if book.kind == "fund":
        found = fund_totals(book.estate_id, period.first, period.last)
        source = f"余额由{'、'.join(found.sources)}提供" if found.sources else "专户管理"
        return "住宅专项维修资金专户", source
    holding = holding_of(book, period.last) or holding_of(book)
    return (holding.name, holding.account) if holding else ("", "")


def _share_decided(book: Book, period: Period) -> list[str]:
    """What share goes to the fund, where the owners decided another than the rules say."""
    found = decided_share(book, period.last) if book.kind == "revenue" else None
    if found is None:
        return []
    share = percent((found.num, found.den))
    return [f"按业主的决定（{found.decision}），净收益的{share}%转入维修资金"]


def _basis(entry: Entry) -> str:
    parts = []
    if entry.contract is not None:
        number = entry.contract.number
        parts.append(number if "合同" in number else f"合同{number}")
    if entry.decision:
        parts.append(entry.decision)
    return "；".join(parts)
