"""What anybody may see of an estate's accounts: what was published, as it was frozen then."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from django.db.models import F, QuerySet

from disclosures.models import (
    Book,
    Contract,
    Disclosure,
    Duty,
    Entry,
    PaperPage,
    Publication,
    Question,
    SourceReport,
    YearAccount,
)
from disclosures.selectors.papers import public_papers
from documents.bulletins import BulletinFacts, Heading, Line, read_bulletin
from registry.models import Estate

KINDS = dict(Book.KINDS)
ANSWERED = ("added", "answered")  # states of a report
_MOST_PAYERS = 6  # named for a heading with many entries


class Account(NamedTuple):
    """One version of a period: everything it says was frozen when it went out.

    `versions`: all of the period, the oldest first. `new`: numbers of the entries that the
    version before had not.
    """

    publication: Publication
    facts: BulletinFacts
    versions: Sequence[Publication]
    new: Sequence[int]

    @property
    def newest(self) -> Publication:
        return self.versions[-1]

    @property
    def is_newest(self) -> bool:
        return self.publication == self.newest


class Payer(NamedTuple):
    """What one party paid or was paid under a heading, in fen, in so many entries."""

    party: str
    fen: int
    times: int


class Part(NamedTuple):
    """A heading, at its place among them, with its payers, the largest first, and its lines.

    `before`, `year`: by how much it is above the period before and the same one a year ago,
    in fen; None: not published then.
    """

    place: int
    heading: Heading
    payers: Sequence[Payer]
    lines: Sequence[Line]
    before: int | None
    year: int | None

    @property
    def largest(self) -> Sequence[Payer]:
        return self.payers[:_MOST_PAYERS]

    @property
    def others(self) -> Payer | None:
        """What the smaller ones make together."""
        rest = self.payers[_MOST_PAYERS:]
        sums = sum(one.fen for one in rest), sum(one.times for one in rest)
        return Payer("", *sums) if rest else None


class OneLine(NamedTuple):
    """An entry as published, with its papers; what a payer kept back is a line of its own.

    `entry` and what hangs on it: None and empty in the books of the fund.
    """

    account: Account
    number: int
    lines: Sequence[Line]
    entry: Entry | None
    contract: Contract | None
    pages: Sequence[PaperPage]
    taken_back_by: Entry | None
    takes_back: Entry | None
    questions: Sequence[Question]

    @property
    def papers(self) -> int:
        """Of which some may show nothing yet."""
        return self.lines[0].papers

    @property
    def kept(self) -> Sequence[Line]:
        """What whoever paid kept back."""
        return self.lines[1:]

    @property
    def arrived(self) -> int:
        """What came to the bank of an income, in fen."""
        return self.lines[0].fen - sum(line.fen for line in self.kept)


class Kept(NamedTuple):
    """What is published of one kind of money: the newest period, then the earlier ones, and
    the accounts of whole years, the latest first."""

    kind: str
    newest: Publication | None
    earlier: Sequence[Publication]
    years: Sequence[YearAccount]


class Home(NamedTuple):
    """Everything an estate made public, and what is late. `disclosed`: by their kind, with the
    pages of a file that somebody has looked over."""

    kept: Sequence[Kept]
    disclosed: Sequence[tuple[str, Disclosure | None, Sequence[int]]]
    late: Sequence[Duty]

    @property
    def revenue(self) -> Publication | None:
        """The third of the three disclosures."""
        return next((one.newest for one in self.kept if one.kind == "revenue"), None)


def account_of(
    estate: Estate, kind: str, first: date, version: int | None = None
) -> Account | None:
    """A version of a period, the one in force where none is named; None: not published."""
    versions = list(
        Publication.objects.filter(
            period__book__estate=estate, period__book__kind=kind, period__first=first
        )
        .select_related("period__book__estate", "closing", "document")
        .defer("csv", "document__pdf", "document__facts")
        .order_by("version")
    )
    place = len(versions) if version is None else version
    if not 0 < place <= len(versions):
        return None
    facts = _facts(versions[place - 1])
    new: list[int] = []
    if place > 1 and kind != "fund":
        known = {line.number for line in _facts(versions[place - 2]).lines}
        new = sorted({line.number for line in facts.lines} - known)
    return Account(versions[place - 1], facts, versions, new)


def table_of(estate: Estate, kind: str, first: date, version: int | None) -> Publication | None:
    """A version with its table, without the rest."""
    rows = Publication.objects.filter(
        period__book__estate=estate, period__book__kind=kind, period__first=first
    )
    if version is not None:
        rows = rows.filter(version=version)
    return rows.only("version", "csv").order_by("version").last()


def parts_of(facts: BulletinFacts) -> list[Part]:
    """Every heading that moved, in the order of the paper."""
    lines: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in facts.lines:
        lines[line.side, line.account].append(line)
    return [
        Part(
            place,
            one,
            _payers(lines[one.side, one.account]),
            lines[one.side, one.account],
            None if one.before_fen is None else one.fen - one.before_fen,
            None if one.year_fen is None else one.fen - one.year_fen,
        )
        for place, one in enumerate(facts.headings)
    ]


def above(parts: Iterable[Part], *sides: str) -> tuple[int | None, int | None]:
    """By how much some sides together are above the period before, and a year ago, in fen."""
    everything = list(parts)
    those = [one for one in everything if one.heading.side in sides]
    # Known of all headings or of none. A side without any moved neither then nor now.
    before = _sum([one.before for one in everything])
    year = _sum([one.year for one in everything])
    return (
        None if before is None else sum(one.before or 0 for one in those),
        None if year is None else sum(one.year or 0 for one in those),
    )


def line_of(account: Account, number: int) -> OneLine | None:
    """An entry of a published version with everything that is public of it."""
    lines = [line for line in account.facts.lines if line.number == number]
    if not lines:
        return None
    period = account.publication.period
    entry = (
        _out()
        .filter(book=period.book_id, number=number)
        .select_related("contract__source", "reverses")
        .first()
    )
    return OneLine(
        account=account,
        number=number,
        lines=lines,
        entry=entry,
        contract=entry.contract if entry else None,
        pages=_pages(entry) if entry else [],
        taken_back_by=_out().filter(reverses=entry).first() if entry else None,
        takes_back=entry.reverses if entry else None,
        questions=list(questions_on(account, number)),
    )


def questions_on(account: Account, line: int | None = None) -> QuerySet[Question]:
    """What owners asked, the newest first: on any version for the one in force, else on it.

    `line`: only on this entry. What may be read of each, `questions.shown_text` says.
    """
    if account.is_newest:
        rows = Question.objects.filter(publication__period=account.publication.period_id)
    else:
        rows = Question.objects.filter(publication=account.publication)
    if line is not None:
        rows = rows.filter(line=line)
    rows = rows.select_related("publication__period").defer("publication__csv")
    return rows.order_by("-number")


def public_page(estate: Estate, pk: int) -> PaperPage | None:
    """A page that everybody may see, as it is shown; None for any other."""
    page = (
        PaperPage.objects.filter(pk=pk, paper__estate=estate, paper__looked_at__isnull=False)
        .exclude(shown=b"")
        .only("shown", "paper")
        .first()
    )
    if page is None:
        return None
    answered = SourceReport.objects.filter(photo=page.paper_id, state__in=ANSWERED)
    shown = public_papers().filter(pk=page.paper_id).exists() or answered.exists()
    return page if shown else None


def photo_pages(reports: Iterable[SourceReport]) -> dict[int, list[int]]:
    """The pages of owners' photographs that everybody may see, by the paper."""
    return _shown_pages(one.photo_id for one in reports if one.state in ANSWERED)


def _shown_pages(papers: Iterable[int | None]) -> dict[int, list[int]]:
    """The pages of these papers that somebody has looked over; no query for none."""
    found: dict[int, list[int]] = defaultdict(list)
    kept = [pk for pk in papers if pk]
    rows = PaperPage.objects.filter(paper__in=kept, paper__looked_at__isnull=False)
    for paper, pk in rows.exclude(shown=b"").values_list("paper", "pk"):
        found[paper].append(pk)
    return found


def home_of(estate: Estate, today: date) -> Home:
    """What is published of an estate, and what is late on a day."""
    rows = (
        Publication.objects.filter(period__book__estate=estate, version=F("period__version"))
        .select_related("period__book")
        .defer("csv")
        .order_by("-period__first")
    )
    by_kind: dict[str, list[Publication]] = defaultdict(list)
    for one in rows:
        by_kind[one.period.book.kind].append(one)
    years: dict[str, list[YearAccount]] = defaultdict(list)
    for account in (
        YearAccount.objects.filter(book__estate=estate, document__status="issued")
        .select_related("book", "document")
        .defer("document__pdf", "document__facts")
        .order_by("-year")
    ):
        years[account.book.kind].append(account)
    late = list(Duty.objects.filter(estate=estate, late_on__lte=today, done_at=None))
    books = estate.books.values_list("kind", flat=True)
    known = {*by_kind, *books, *(one.kind for one in late)}
    newest: dict[str, Disclosure] = {}
    for paper in (
        Disclosure.objects.filter(estate=estate)
        .select_related("document")
        .defer("document__pdf", "document__facts")
        .order_by("version")
    ):
        newest[paper.kind] = paper
    files = _shown_pages(paper.paper_id for paper in newest.values())
    return Home(
        kept=[
            Kept(kind, found[0] if (found := by_kind[kind]) else None, found[1:], years[kind])
            for kind in KINDS
            if kind in known
        ],
        disclosed=[
            (kind, out := newest.get(kind), files.get(out.paper_id or 0, ()) if out else ())
            for kind, _title in Disclosure.KINDS
        ],
        late=late,
    )


def _facts(publication: Publication) -> BulletinFacts:
    return read_bulletin(bytes(publication.document.facts))


def _out() -> QuerySet[Entry]:
    """Entries that a version which is out has."""
    return Entry.objects.filter(state="sealed", version__lte=F("period__version"))


def _payers(lines: Iterable[Line]) -> list[Payer]:
    sums: dict[str, list[int]] = defaultdict(list)
    for line in lines:
        sums[line.party].append(line.fen)
    found = [Payer(party, sum(fens), len(fens)) for party, fens in sums.items()]
    return sorted(found, key=lambda one: -abs(one.fen))


def _sum(amounts: Sequence[int | None]) -> int | None:
    """None where one of them is not known, or there are none."""
    known = [one for one in amounts if one is not None]
    return sum(known) if known and len(known) == len(amounts) else None


def _pages(entry: Entry) -> list[PaperPage]:
    papers = list(public_papers().filter(entries__entry=entry).values_list("pk", flat=True))
    return list(
        PaperPage.objects.filter(paper__in=papers)
        .exclude(shown=b"")
        .defer("content", "shown")
        .prefetch_related("later")
        .order_by("paper", "number")
    )
