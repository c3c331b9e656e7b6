"""Reports: the figures of a place as they were frozen, what is due, who has not handed in."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.http import Http404

from accounts.permissions import Permission, Visitor, authorities_for
from committees.domain.reports import (
    FORMATION,
    MONTHLY,
    SUMMARY,
    WORDS,
    Span,
    days_late,
    month_span,
    read_summary,
    summary_span,
)
from committees.models import Report, Snapshot, SnapshotCount, SnapshotFigure
from committees.selectors.figures import figures_of, formation_of
from committees.selectors.months import last_ended
from committees.selectors.targets import rules_at
from core.deadlines import local_day
from core.errors import RuleViolation
from documents.wording import day as day_words
from registry.models import Authority

# Who reports to the one above; below a district, the registers say all there is.
REPORTERS = ("city_bureau", "district_bureau", "zone_administration")
_KEEPS = Permission.KEEP_REPORTS
Own = Mapping[int, Mapping[str, int]]  # authority → code → number, of what it answers for


class PlaceRow(NamedTuple):
    """A place and its figures in the order of `WORDS`; None: that one was not kept."""

    name: str
    values: Sequence[int | None]


class Filing(NamedTuple):
    """A place below, and its report for some days. `report`: the newest; None: there is none.

    `on`: the day on which what stands was handed in; `late`: days past the last day, also of
    what is not handed in yet. `expected` False: it has no estates.
    """

    authority: Authority
    report: Report | None
    on: date | None
    late: int
    expected: bool

    @property
    def missing(self) -> bool:
        return self.expected and self.on is None

    @property
    def words(self) -> str:
        """As the report of the authority above says it."""
        if not self.expected:
            return "没有物业管理区域，不用报"
        if self.on is None:
            back = self.report is not None and self.report.state == "returned"
            return "已退回，还没有重新报送" if back else "还没有报送"
        late = f"晚{self.late}天" if self.late else "按时"
        return f"{day_words(self.on)}报送，{late}"


class Due(NamedTuple):
    """What a place has to report, with the clause that says so."""

    kind: str
    span: Span
    clause: str


def due_for(authority: Authority, kind: str, last: date) -> Due:
    """RuleViolation "report.rule" where the place has no such report, "report.month"."""
    rules = rules_at(authority, last)
    monthly, stage = rules.get("reports.monthly_day"), rules.get("reports.summary")
    if kind == MONTHLY and monthly is not None:
        return Due(kind, month_span(last, int(monthly.value)), monthly.clause)
    if kind == SUMMARY and stage is not None:
        span = summary_span(read_summary(stage.value), last.year)
        if span.last == last:
            return Due(kind, span, stage.clause)
    raise RuleViolation("report.rule", "这里的规则没有规定这样的报表")


def dues_of(authority: Authority, month: date, today: date) -> list[Due]:
    """What is to be reported of the month that ends so, and of a stage that ends in the month
    after, or in it; of the last month that ended, also of a stage that has begun since."""
    found = []
    if "reports.monthly_day" in rules_at(authority, month):
        found.append(due_for(authority, MONTHLY, month))
    until = today if month == last_ended(today) else month
    stage = rules_at(authority, until).get("reports.summary")
    if stage is None:
        return found
    for year in sorted({month.year, until.year}):
        span = summary_span(read_summary(stage.value), year)
        if month.replace(day=1) <= span.last and span.first <= until:
            found.append(due_for(authority, SUMMARY, span.last))
    return found


def frozen_rows(authority: Authority, day: date) -> list[PlaceRow]:
    """The places below and the own one, as the month's snapshot has them.

    RuleViolation "report.snapshot" where none was taken: nothing is invented.
    """
    snapshot = Snapshot.objects.filter(day=day).first()
    if snapshot is None:
        raise RuleViolation(
            "report.snapshot", f"{day_words(day)}没有月末数据，出不了报表；数字不能事后补算"
        )
    own: dict[int, dict[str, int]] = defaultdict(dict)
    counts = SnapshotCount.objects.filter(snapshot=snapshot)
    for place, *numbers in counts.values_list("authority", "total", "owners", "management"):
        own[place] |= dict(zip(FORMATION, numbers, strict=True))
    figures = SnapshotFigure.objects.filter(snapshot=snapshot)
    for place, code, value in figures.values_list("authority", "code", "value"):
        own[place][code] = value
    kept = {*FORMATION, *figures.order_by().values_list("code", flat=True).distinct()}
    return _rolled(authority, own, [code for code in WORDS if code in kept])


def living_rows(authority: Authority, first: date, last: date) -> list[PlaceRow]:
    """The same as today's records have it: stocks as `last` ends, the rest of these days."""
    own: dict[int, dict[str, int]] = defaultdict(dict)
    for counted in (formation_of(last), figures_of(first, last)):
        for place, numbers in counted.items():
            own[place] |= numbers
    return _rolled(authority, own, list(WORDS))


def total_of(rows: Sequence[PlaceRow]) -> list[int | None]:
    """All places together; None for what was not kept."""
    found: list[int | None] = []
    for column in zip(*(row.values for row in rows), strict=True):
        known = [number for number in column if number is not None]
        found.append(sum(known) if len(known) == len(column) else None)
    return found


def _rolled(authority: Authority, own: Own, kept: Sequence[str]) -> list[PlaceRow]:
    children: dict[int | None, list[Authority]] = defaultdict(list)
    for one in Authority.objects.order_by("pk"):
        children[one.parent_id].append(one)

    def row(name: str, places: Sequence[int]) -> PlaceRow | None:
        numbers = [own[place] for place in places if place in own]
        if not any(value for one in numbers for value in one.values()):
            return None
        return PlaceRow(
            name,
            [
                sum(one.get(code, 0) for one in numbers) if code in kept else None
                for code in WORDS
            ],
        )

    found = [row(child.name, _below(child.pk, children)) for child in children[authority.pk]]
    found.append(row(f"{authority.name}直接负责的", [authority.pk]))
    return [one for one in found if one is not None]


def _below(pk: int, children: Mapping[int | None, Sequence[Authority]]) -> list[int]:
    found, place = [pk], 0
    while place < len(found):
        found += [one.pk for one in children.get(found[place], ())]
        place += 1
    return found


def filings(authority: Authority, due: Due, today: date) -> list[Filing]:
    """Every authority just below that reports, and where its report is; the missing first."""
    span = due.span
    living = Q(valid_to__isnull=True) | Q(valid_to__gte=span.last)
    below = list(
        authority.children.filter(
            living, kind__in=REPORTERS, valid_from__lte=span.last
        ).order_by("pk")
    )
    versions: dict[int, list[Report]] = defaultdict(list)
    reports = Report.objects.filter(authority__in=below, kind=due.kind, last=span.last)
    for one in reports.exclude(state="dropped").defer("figures", "text").order_by("version"):
        versions[one.authority_id].append(one)
    stocked = _stocked(due)
    found = [_filing(one, versions[one.pk], span, stocked, today) for one in below]
    return sorted(found, key=lambda one: (not one.missing, -one.late, one.authority.pk))


def _filing(
    authority: Authority,
    versions: Sequence[Report],
    span: Span,
    stocked: set[int] | None,
    today: date,
) -> Filing:
    stands = [one for one in versions if one.state in {"handed_in", "received"}]
    days = [local_day(one.handed_in_at) for one in stands if one.handed_in_at]
    on = min(days, default=None)
    expected = stocked is None or authority.pk in stocked or bool(versions)
    late = days_late(on, span.due_on, today) if expected else 0
    return Filing(authority, versions[-1] if versions else None, on, late, expected)


def has_to_report(authority: Authority, due: Due) -> bool:
    """Whether there are estates in or below it, as far as that is known."""
    stocked = _stocked(due)
    return stocked is None or authority.pk in stocked


def _stocked(due: Due) -> set[int] | None:
    """The authorities with estates, in or below them, as the month ended, or the last one of a
    stage; None: not known."""
    taken = Snapshot.objects.filter(day__lte=due.span.last).order_by("-day")
    day = taken.values_list("day", flat=True).first()
    if day is None or (due.kind == MONTHLY and day != due.span.last):
        return None
    counted = SnapshotCount.objects.filter(snapshot__day=day, total__gt=0)
    places = set(counted.values_list("authority", flat=True))
    if not places:
        return None
    parents = dict(Authority.objects.values_list("pk", "parent"))
    for place in list(places):
        step = parents.get(place)
        while step is not None:
            places.add(step)
            step = parents.get(step)
    return places


def reporting_for(user: Visitor) -> QuerySet[Authority]:
    """The authorities this person reports for; grants above do not count."""
    return authorities_for(user, _KEEPS).filter(kind__in=REPORTERS)


def report_for(user: Visitor, pk: int) -> Report:
    """A report of an authority of this person's, or one handed in to it; else Http404."""
    mine = list(reporting_for(user).values_list("pk", flat=True))
    handed_in = Q(above__in=mine, state__in=["handed_in", "received", "returned"])
    rows = Report.objects.filter(handed_in | Q(authority__in=mine), pk=pk)
    found = rows.select_related("authority", "above", "document").defer("document__pdf").first()
    if found is None:
        raise Http404
    return found


def own_report_for(user: Visitor, pk: int) -> Report:
    """A report of an authority of this person's; else Http404."""
    return _in(report_for(user, pk), reporting_for(user), "authority_id")


def report_below_for(user: Visitor, pk: int) -> Report:
    """A report that was handed in to an authority of this person's; else Http404."""
    return _in(report_for(user, pk), reporting_for(user), "above_id")


def _in(report: Report, places: QuerySet[Authority], column: str) -> Report:
    if not places.filter(pk=getattr(report, column) or 0).exists():
        raise Http404
    return report


def rows_of(report: Report) -> list[PlaceRow]:
    """The figures of a report, as frozen."""
    rows: list[dict[str, Any]] = report.figures["rows"]
    return [PlaceRow(one["name"], [one["values"].get(code) for code in WORDS]) for one in rows]
