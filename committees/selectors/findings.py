"""What the system finds by itself, beside what of it stands on the problem register already."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from django.db.models import Max, QuerySet

from committees.models import Problem, ProblemStep
from committees.selectors.duties import findings as duty_findings
from committees.selectors.fund_findings import fund_findings
from disclosures.selectors.findings import Finding
from disclosures.selectors.findings import findings as account_findings
from registry.models import Estate

Finder = Callable[[QuerySet[Estate], date], Iterable[Finding]]
"""Everything that stands at some estates as a day ends: few queries however many estates.

A key is one fact, day after day the same, and belongs to one finder.
"""

# Whoever finds something more adds a line here.
FINDERS: tuple[Finder, ...] = (account_findings, fund_findings, duty_findings)
_CHUNK = 2000  # estates looked at together: evidence of all of them would fill the memory


class Filed(NamedTuple):
    """A problem that was found by the system. `noted`: the last that was noted of its row:
    "reported", "gone", "again" or "reopened"."""

    problem: Problem
    noted: str


class Due(NamedTuple):
    """What is to be written down at an estate: new findings, those whose problem is open and
    that are back, those of a closed one that happened anew, numbers of problems that no row
    proves any more."""

    new: list[Finding]
    back: list[Finding]
    anew: list[Finding]
    gone: list[int]

    @property
    def is_empty(self) -> bool:
        """Whether the register says everything already."""
        return not (self.new or self.back or self.anew or self.gone)


def due_findings(on: date) -> Iterator[tuple[int, list[Finding]]]:
    """Every estate at which something is to be written down, with all that is found there."""
    pks = list(Estate.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(pks), _CHUNK):
        some = pks[start : start + _CHUNK]
        estates = Estate.objects.filter(pk__range=(some[0], some[-1]))
        found: dict[int, list[Finding]] = defaultdict(list)
        for find in FINDERS:
            for one in find(estates, on):
                found[one.estate.pk].append(one)
        filed = filed_at(estates)
        for estate in sorted({*found, *filed}):
            if not compare(found[estate], filed.get(estate, {})).is_empty:
                yield estate, found[estate]


def filed_at(estates: QuerySet[Estate]) -> dict[int, dict[str, Filed]]:
    """Of each estate the problems the system found, by key; two queries."""
    problems = Problem.objects.filter(source="system", estate__in=estates)
    steps = ProblemStep.objects.filter(
        problem__in=problems, kind__in=("reported", "gone", "again", "reopened")
    )
    newest = steps.order_by().values("problem").annotate(newest=Max("pk")).values("newest")
    noted = dict(ProblemStep.objects.filter(pk__in=newest).values_list("problem", "kind"))
    filed: dict[int, dict[str, Filed]] = defaultdict(dict)
    for one in problems.order_by("pk"):
        filed[one.estate_id][str(one.finding)] = Filed(one, noted[one.pk])
    return filed


def compare(found: Iterable[Finding], filed: Mapping[str, Filed]) -> Due:
    """What is to be written down at one estate.

    A problem somebody closed is left closed while the same row says the same: people looked at
    it. It is opened again where the fact began after that day.
    """
    by_key = {one.key: one for one in found}
    due = Due([], [], [], [])
    for key, one in by_key.items():
        known = filed.get(key)
        if known is None:
            due.new.append(one)
        elif known.problem.closed_on is not None:
            if one.since > known.problem.closed_on:
                due.anew.append(one)
        elif known.noted == "gone":
            due.back.append(one)
    due.gone.extend(
        known.problem.pk
        for key, known in filed.items()
        if key not in by_key and known.problem.state == "open" and known.noted != "gone"
    )
    return due
