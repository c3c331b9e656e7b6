"""Problems 16, 18 and 22 of the city's register, found with the rows that prove them.

A finding says what stands on a day; another app files it once, by its key. Whether a problem is
over is decided there: a finding that is not made any more has no row that proves it today.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from core.deadlines import local_day, start_of
from disclosures.domain.turns import MANAGERS, body_name, turn
from disclosures.models import (
    Book,
    Contract,
    Disclosure,
    Duty,
    Enrolment,
    Holding,
    Question,
    SourceReport,
)
from documents.labels import label
from documents.wording import day as day_words
from documents.wording import period as period_words
from registry.domain.problems import ITEMS, NOT_APART, NOT_DILIGENT, NOT_OPEN
from registry.models import Estate

_COMMITTEES = ("committee", "residents_committee")


class Evidence(NamedTuple):
    """A row that proves a finding, and what it says. `model`: as in "disclosures.duty"."""

    model: str
    pk: int
    sentence: str


class Finding(NamedTuple):
    """One problem of an estate.

    `key` names the fact, day after day the same. `code` and `item` are the register's. `body`
    is who is responsible, a key of `domain.bodies.ROLES`, and `unit` its name. `since`: the
    first day on which it was a problem.
    """

    key: str
    estate: Estate
    code: int
    item: str
    body: str
    unit: str
    since: date
    evidence: Sequence[Evidence]


class _Unit(NamedTuple):
    """Who is responsible."""

    body: str
    name: str


class _Place(NamedTuple):
    """An estate with who holds which money, and whether a property manager is engaged."""

    estate: Estate
    holdings: Mapping[str, Holding]
    has_manager: bool

    def unit(self, kind: str) -> _Unit:
        """Who has to publish this kind."""
        held = self.holdings.get(kind)
        if held is not None:
            return _Unit(held.holder, held.name)
        if kind == "fund":  # whoever publishes its use never is the manager (165号令 30)
            return self.committee
        # Without a manager nobody but the committee is left to account for the revenue.
        nobody = kind == "revenue" and not self.has_manager
        return self.committee if nobody else _named(turn(kind, ""))

    @property
    def committee(self) -> _Unit:
        """The committee, or the residents' committee that keeps its books."""
        for kind in ("expenses", "revenue"):
            held = self.holdings.get(kind)
            if held is not None and held.holder in _COMMITTEES:
                return _Unit(held.holder, held.name)
        return _named("committee")


_Places = Mapping[int, _Place]


def findings(estates: QuerySet[Estate], on: date) -> list[Finding]:
    """Everything that stands at these estates as a day ends, by estate and code.

    So many queries however many estates. What was put right later stood on that day all the
    same; of an owner's question that was taken back, nobody knows when, so it never stands.
    """
    places = _places_of(estates, on)
    found = [
        *_not_apart(places),
        *_without_book(estates, places, on),
        *_late(estates, places, on),
        *_unanswered(estates, places, on),
    ]
    return sorted(found, key=lambda one: (one.estate.pk, one.code, one.since, one.key))


def _not_apart(places: _Places) -> Iterator[Finding]:
    """16: the money of the revenue book lies in no account of its own."""
    for place in places.values():
        held = place.holdings.get("revenue")
        if held is not None and not held.is_apart:
            said = f"{held.name}保管公共收益，{held.account}（{day_words(held.since)}起）"
            name, proofs = f"holding:{held.pk}", [_proof(held, said)]
            yield _finding(place, NOT_APART, name, place.unit("revenue"), held.since, proofs)


def _without_book(estates: QuerySet[Estate], places: _Places, on: date) -> Iterator[Finding]:
    """16: contracts bring money, and no book of it is kept. Those that are over prove it as
    well, as long as one runs."""
    kept = Book.objects.filter(
        estate=OuterRef("source__estate"), kind="revenue", opened_at__lt=_end_of(on)
    )
    begun = Contract.objects.filter(~Exists(kept), source__estate__in=estates, first__lte=on)
    by_estate: dict[int, list[Contract]] = defaultdict(list)
    for one in begun.select_related("source").order_by("first", "pk"):
        by_estate[one.source.estate_id].append(one)
    for pk, contracts in by_estate.items():
        if not any(_runs(one, on) for one in contracts):
            continue
        place = places[pk]
        proofs = [
            _proof(
                one,
                f"{one.source.name}：{one.shown_payer}付款，{day_words(one.first)}起，没有建账",
            )
            for one in contracts
        ]
        unit = place.unit("revenue")
        yield _finding(place, NOT_APART, "no-book", unit, contracts[0].first, proofs)


def _runs(contract: Contract, on: date) -> bool:
    last = contract.ended_on or contract.last
    return last is None or last >= on


def _late(estates: QuerySet[Estate], places: _Places, on: date) -> Iterator[Finding]:
    """16, 18, 22: what was to be published and was not."""
    late = Duty.objects.filter(_still(on, "done_at"), estate__in=estates, late_on__lte=on)
    disclosed = _last_disclosed(late, on)
    for duty in late:
        place = places[duty.estate_id]
        unit = place.unit(duty.kind)
        evidence = [_proof(duty, _lateness(duty))]
        if duty.kind in MANAGERS:
            last = disclosed.get((duty.estate_id, duty.kind))
            evidence.append(_before(duty, last, place.estate))
        yield _finding(place, _code(duty.kind), f"duty:{duty.pk}", unit, duty.late_on, evidence)


def _code(kind: str) -> int:
    """What a duty proves that is late; one fact is one problem.

    Revenue that is not posted breaks 16, and 18 as well where the manager accounts for it: it
    is filed under 16, whose words are about nothing else.
    """
    if kind == "revenue":
        return NOT_APART
    return NOT_OPEN if kind in MANAGERS else NOT_DILIGENT


def _unanswered(estates: QuerySet[Estate], places: _Places, on: date) -> Iterator[Finding]:
    """22: owners wait for answers; one finding for the questions on a period, one for the
    reports of a year, however many there are."""
    overdue = _still(on, "answered_at") & Q(estate__in=estates, due_at__lte=start_of(on))
    questions = Question.objects.filter(overdue).exclude(state="withdrawn")
    groups: dict[tuple[int, str], list[tuple[datetime, Evidence]]] = defaultdict(list)
    questions = questions.select_related("publication__period__book").defer("publication__csv")
    for one in questions.order_by("due_at", "pk"):
        period = one.publication.period
        title = f"{period_words(period.first, period.last)}{label(period.book, 'kind')}"
        said = f"业主对{title}的第{one.number}号提问，{_unheard(one.due_at)}"
        groups[one.estate_id, f"questions:{period.pk}"].append((one.due_at, _proof(one, said)))
    reports = SourceReport.objects.filter(overdue)
    for report in reports.order_by("due_at", "pk"):
        unheard = _unheard(report.due_at)
        said = f"业主报的线索第{report.number}号（登记册漏登的收入来源），{unheard}"
        name = f"reports:{local_day(report.due_at).year}"
        groups[report.estate_id, name].append((report.due_at, _proof(report, said)))
    for (estate, name), rows in groups.items():
        place, since = places[estate], local_day(rows[0][0])
        proofs = [proof for _due, proof in rows]
        yield _finding(place, NOT_DILIGENT, name, place.committee, since, proofs)


def _places_of(estates: QuerySet[Estate], on: date) -> dict[int, _Place]:
    holdings: dict[int, dict[str, Holding]] = defaultdict(dict)
    rows = Holding.objects.filter(book__estate__in=estates, since__lte=on)
    for one in rows.select_related("book").order_by("since", "pk"):
        holdings[one.book.estate_id][one.book.kind] = one
    managed = dict(
        Enrolment.objects.filter(estate__in=estates).values_list("estate", "has_manager")
    )
    return {
        one.pk: _Place(one, holdings.get(one.pk, {}), managed.get(one.pk, True))
        for one in estates
    }


def _last_disclosed(late: QuerySet[Duty], on: date) -> dict[tuple[int, str], Disclosure]:
    """The newest disclosure of each kind that was out, where one is late."""
    same = late.order_by().filter(estate=OuterRef("estate"), kind=OuterRef("kind"))
    rows = Disclosure.objects.filter(Exists(same), posted_at__lt=_end_of(on))
    return {(one.estate_id, one.kind): one for one in rows.order_by("version").defer("text")}


def _before(duty: Duty, last: Disclosure | None, estate: Estate) -> Evidence:
    """What was disclosed before, and until when it held; that there is nothing."""
    kind = label(duty, "kind")
    if last is None:
        return _proof(estate, f"{kind}：从来没有公开过")
    posted, until = day_words(local_day(last.posted_at)), day_words(last.valid_until)
    said = f"{kind}：上一次{posted}公开，应在{until}以前更新"
    return _proof(last, said)


def _lateness(duty: Duty) -> str:
    # Since when, not for how long: it stays on a public list.
    kind, due, late = label(duty, "kind"), day_words(duty.due_on), day_words(duty.late_on)
    if duty.kind in MANAGERS:
        return f"{kind}应在{due}以前公开，{late}起算逾期"
    what = f"{period_words(duty.first, duty.last)}{kind}"
    return f"{what}应在{due}以前公布，{late}起算逾期"


def _unheard(due_at: datetime) -> str:
    last = local_day(due_at) - timedelta(days=1)  # 24:00 of the day before
    return f"应在{day_words(last)}以前答复，还没有答复"


def _finding(
    place: _Place,
    code: int,
    name: str,
    unit: _Unit,
    since: date,
    evidence: Sequence[Evidence],
) -> Finding:
    key = f"{code}:{place.estate.code}:{name}"
    return Finding(
        key, place.estate, code, ITEMS[code].words, unit.body, unit.name, since, tuple(evidence)
    )


def _proof(row: Model, sentence: str) -> Evidence:
    return Evidence(row._meta.label_lower, row.pk, sentence)


def _named(body: str) -> _Unit:
    return _Unit(body, body_name(body))


def _still(on: date, field: str) -> Q:
    """What was not done as a day ended."""
    return Q(**{field: None}) | Q(**{f"{field}__gte": _end_of(on)})


def _end_of(on: date) -> datetime:
    return start_of(on + timedelta(days=1))
