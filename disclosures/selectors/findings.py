"""Problems 16, 18 and 22 of the register of problems, each with the rows that prove it.

As of the end of a day, so that what was found can be found again. Whoever files them looks at
`key`: while a problem with that key is open, there is nothing to file.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Model, Q, QuerySet

from core.deadlines import local_day, start_of
from disclosures.domain.problems import ITEMS
from disclosures.domain.turns import MANAGERS, body_name, turn
from disclosures.models import (
    Book,
    Contract,
    Disclosure,
    Duty,
    Holding,
    Question,
    SourceReport,
)
from documents.wording import day as in_words
from documents.wording import period
from registry.models import Estate

KINDS = {kind: str(title) for kind, title in Duty.KINDS}


class Evidence(NamedTuple):
    """A row that proves it: its model ("disclosures.duty"), its number, what it says."""

    model: str
    pk: int
    sentence: str


class Finding(NamedTuple):
    """A problem of an estate. `since`: the first day it was one; `unit`: who is responsible."""

    estate: Estate
    code: int
    cause: str
    evidence: tuple[Evidence, ...]
    unit: str
    since: date

    @property
    def item(self) -> str:
        """The item of the register in its own words."""
        return ITEMS[self.code]

    @property
    def key(self) -> str:
        """The same for as long as the problem lasts, whatever is added to its evidence."""
        return f"{self.estate.code}:{self.code}:{self.cause}"


class _Proof(NamedTuple):
    code: int
    cause: str
    unit: str
    evidence: Evidence
    since: date


def findings(on: date, estates: QuerySet[Estate] | None = None) -> Iterator[Finding]:
    """Every problem that can be proved on a day, by estate; of all estates, or of these."""
    within = {} if estates is None else {"estate__in": estates}
    proofs: dict[int, list[_Proof]] = defaultdict(list)
    books = _holders(on, within)
    for estate, proof in _of_duties(on, within, books):
        proofs[estate].append(proof)
    for estate, proof in _of_sources(on, within):
        proofs[estate].append(proof)
    for rows in (_not_apart(books), _of_answers(on, within)):
        for estate, proof in rows:
            proofs[estate].append(proof)
    known = Estate.objects.select_related("authority").in_bulk(list(proofs))
    for estate in sorted(proofs):
        yield from _joined(known[estate], proofs[estate])


def _joined(estate: Estate, proofs: Iterable[_Proof]) -> Iterator[Finding]:
    by: dict[tuple[int, str], list[_Proof]] = defaultdict(list)
    for proof in proofs:
        by[proof.code, proof.cause].append(proof)
    for (code, cause), those in sorted(by.items()):
        those.sort(key=lambda one: (one.since, one.evidence.model, one.evidence.pk))
        evidence = tuple(one.evidence for one in those)
        yield Finding(estate, code, cause, evidence, those[0].unit, those[0].since)


def _of_duties(
    on: date, within: Mapping[str, object], books: Mapping[tuple[int, str], Holding]
) -> Iterator[tuple[int, _Proof]]:
    """What was due and is not out: revenue is 16, and 18 where the manager owes it."""
    late = Duty.objects.filter(_unsettled("done_at", on), late_on__lte=on, **within)
    ever = set(
        Disclosure.objects.filter(posted_at__lt=_end(on), **within)
        .values_list("estate", "kind")
        .order_by()
    )
    for duty in late.order_by("late_on", "pk").iterator(chunk_size=2000):
        holding = books.get((duty.estate_id, duty.kind))
        body = turn(duty.kind, holding.holder if holding else "")
        unit = holding.name if holding else body_name(body)
        known = (duty.estate_id, duty.kind) in ever
        proof = _evidence(duty, _duty_words(duty, known))
        for code in _codes(duty.kind, body):
            yield duty.estate_id, _Proof(code, f"{duty.kind}.late", unit, proof, duty.late_on)


def _codes(kind: str, body: str) -> tuple[int, ...]:
    if kind in MANAGERS:
        return (18,)
    if kind != "revenue":
        return (22,)
    return (16, 18) if body == "property_manager" else (16, 22)


def _duty_words(duty: Duty, known: bool) -> str:
    title, due = KINDS[duty.kind], in_words(duty.due_on)
    if duty.kind in MANAGERS:
        what = "没有更新" if known else "从来没有公开"
        return f"{title}应在{due}以前公开，{what}"
    return f"{period(duty.first, duty.last)}{title}应在{due}以前公布，没有公布"


def _not_apart(books: Mapping[tuple[int, str], Holding]) -> Iterator[tuple[int, _Proof]]:
    """未单独列账: the account holds other money too."""
    for (estate, kind), holding in books.items():
        if kind == "revenue" and not holding.is_apart:
            words = f"{in_words(holding.since)}起由{holding.name}保管，{holding.account}"
            proof = _evidence(holding, words)
            yield estate, _Proof(16, "not_apart", holding.name, proof, holding.since)


def _of_sources(on: date, within: Mapping[str, object]) -> Iterator[tuple[int, _Proof]]:
    """Sources bring money and there is no book."""
    with_books = Book.objects.filter(kind="revenue", opened_at__lt=_end(on)).values("estate")
    named = {f"source__{key}": value for key, value in within.items()}
    running = (
        Contract.objects.filter(first__lte=on, recorded_at__lt=_end(on), **named)
        .filter(Q(last__isnull=True) | Q(last__gte=on))
        .filter(Q(ended_on__isnull=True) | Q(ended_on__gte=on))
        .exclude(source__estate__in=with_books)
        .select_related("source")
    )
    for one in running.order_by("first", "pk"):
        words = f"{one.source}：{one.payer}从{in_words(one.first)}起付款，没有建公共收益的账"
        unit = body_name(turn("revenue", ""))
        proof = _Proof(16, "no_book", unit, _evidence(one, words), one.first)
        yield one.source.estate_id, proof


def _of_answers(on: date, within: Mapping[str, object]) -> Iterator[tuple[int, _Proof]]:
    """Owners who asked, and were not answered in time."""
    unit = body_name("committee")
    late = {"due_at__lt": _end(on), **within}
    questions = Question.objects.filter(_unsettled("answered_at", on), **late)
    for one in questions.exclude(state="withdrawn").order_by("due_at", "pk"):
        yield one.estate_id, _unanswered(one, f"业主第{one.number}号提问", unit, one.due_at)
    reports = SourceReport.objects.filter(_unsettled("answered_at", on), **late)
    for report in reports.order_by("due_at", "pk"):
        what = f"业主第{report.number}号漏登收益来源的反映"
        yield report.estate_id, _unanswered(report, what, unit, report.due_at)


def _unanswered(row: Model, what: str, unit: str, due: datetime) -> _Proof:
    # `due` is the first instant that is too late.
    last = local_day(due - timedelta(seconds=1))
    words = f"{what}应在{in_words(last)}以前答复，没有答复"
    return _Proof(22, "unanswered", unit, _evidence(row, words), local_day(due))


def _holders(on: date, within: Mapping[str, object]) -> dict[tuple[int, str], Holding]:
    """Who held the money of every book on a day."""
    named = {f"book__{key}": value for key, value in within.items()}
    rows = Holding.objects.filter(since__lte=on, recorded_at__lt=_end(on), **named)
    found = rows.select_related("book").order_by("since", "pk")
    return {(one.book.estate_id, one.book.kind): one for one in found}


def _evidence(row: Model, words: str) -> Evidence:
    return Evidence(row._meta.label_lower, row.pk, words)


def _unsettled(field: str, on: date) -> Q:
    return Q(**{f"{field}__isnull": True}) | Q(**{f"{field}__gte": _end(on)})


def _end(on: date) -> datetime:
    return start_of(on + timedelta(days=1))
