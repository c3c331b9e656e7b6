"""The problem register as it stands: lists, one problem, counts; those that are late first."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Count, F, Q, QuerySet
from django.http import Http404

from accounts.permissions import Permission, Visitor, estates_for
from accounts.reach import Reach
from committees.domain.problems import LAST, items_in
from committees.models import Problem, ProblemPage, ProblemStep
from core.deadlines import start_of
from disclosures.models import Disclosure, Holding
from registry.domain.problems import OTHER
from registry.fields import open_bytes
from registry.models import Estate

PAGES = "committees.problempage"  # what the pages are encrypted for
STATES = ("open", "late", "undated", "closed")
# Steps after which it stands otherwise than before; a correction does not count.
_WITH = ("estate__division", "estate__authority", "added_item")
_TURNS = ("reported", "moved", "closed", "reopened")


class Wanted(NamedTuple):
    """What of a register is asked for; "" and 0 ask for everything. `state`: of `STATES`."""

    group: int = 0
    state: str = ""
    source: str = ""
    campaign: int = 0


class Done(NamedTuple):
    """A step as the printed registers tell it."""

    kind: str
    day: date
    text: str


class ProblemCount(NamedTuple):
    """Problems of a place. `overdue` and `undated` (without a deadline) are among the open."""

    found: int = 0
    closed: int = 0
    open: int = 0
    overdue: int = 0
    undated: int = 0

    def plus(self, other: "ProblemCount") -> "ProblemCount":
        """Both together."""
        return ProblemCount(*map(sum, zip(self, other, strict=True)))

    def of(self, state: str) -> int:
        """How many of `STATES` there are; "" for all."""
        return {
            "": self.found,
            "open": self.open,
            "late": self.overdue,
            "undated": self.undated,
            "closed": self.closed,
        }[state]


def problems_of(here: Q, wanted: Wanted, today: date) -> QuerySet[Problem]:
    """The problems of the places `here` says ("estate__…"): by deadline, so that late ones come
    first, those without one last of the open; then the closed ones, the newest first."""
    rows = Problem.objects.filter(here).select_related(*_WITH)
    if wanted.group:
        of_it = Q(item__in=items_in(wanted.group))
        rows = rows.filter(of_it | Q(item__gt=LAST) if wanted.group == OTHER else of_it)
    if wanted.source:
        rows = rows.filter(source=wanted.source)
    if wanted.campaign:
        rows = rows.filter(campaign=wanted.campaign)
    if wanted.state:
        rows = rows.filter(_standing(wanted.state, today))
    return rows.order_by(
        F("closed_on").desc(nulls_first=True), F("deadline").asc(nulls_last=True), "pk"
    )


def loaded(pks: Sequence[int]) -> list[Problem]:
    """Problems with their estates, in the order of their numbers here; one query."""
    rows = Problem.objects.select_related(*_WITH).in_bulk(pks)
    return [rows[pk] for pk in pks]


def problem_for(user: Visitor, pk: int, permission: Permission) -> Problem:
    """A problem with its estate; Http404 unless `user` has `permission` there."""
    rows = Problem.objects.select_related(
        "estate__division", "estate__authority__parent__parent__parent__parent", "added_item"
    )
    found = rows.filter(pk=pk, estate__in=estates_for(user, permission)).first()
    if found is None:
        raise Http404
    return found


def page_for(user: Visitor, problem: int, pk: int, permission: Permission) -> ProblemPage:
    """A page of the evidence of a problem; Http404 as above."""
    found = ProblemPage.objects.filter(
        pk=pk, step__problem=problem_for(user, problem, permission)
    ).first()
    if found is None:
        raise Http404
    return found


def plain_page(page: ProblemPage) -> bytes:
    """The picture, for staff."""
    return open_bytes(bytes(page.content), purpose=PAGES)


def history_of(problem: Problem) -> list[ProblemStep]:
    """Every step, the newest first, each with its pages' numbers."""
    pages = defaultdict(list)
    rows = ProblemPage.objects.filter(step__problem=problem).order_by("step", "number")
    for page in rows.only("pk", "number", "name", "step"):
        pages[page.step_id].append(page)
    steps = list(problem.steps.order_by("-number"))
    for step in steps:
        step.shown_pages = pages[step.pk]  # type: ignore[attr-defined]
    return steps


def progress_of(problems: Iterable[Problem]) -> dict[int, list[Done]]:
    """What was done about each of these problems, in order; one query."""
    found: dict[int, list[Done]] = defaultdict(list)
    rows = ProblemStep.objects.filter(
        problem__in=[one.pk for one in problems],
        kind__in=("progress", "gone", "again", "closed", "reopened"),
    ).order_by("problem", "day", "number")
    for problem, kind, day, text in rows.values_list("problem", "kind", "day", "text"):
        found[problem].append(Done(kind, day, text))
    return found


def moves_of(problems: Iterable[Problem]) -> dict[int, int]:
    """How often the deadline of each of these was moved; one query."""
    rows = ProblemStep.objects.filter(problem__in=[one.pk for one in problems], kind="moved")
    return dict(rows.order_by().values_list("problem").annotate(n=Count("pk")))


def company_at(estate: Estate) -> str:
    """物业服务企业 as far as it is known here: by its last disclosure, or the books."""
    said = Disclosure.objects.filter(estate=estate).order_by("-pk").values_list("manager")
    held = Holding.objects.filter(book__estate=estate, holder="property_manager")
    names = (*said[:1], *held.order_by("-since", "-pk").values_list("name")[:1])
    return next((name for (name,) in names), "")


def problem_counts(
    reach: Reach, today: date, *, first: date | None = None
) -> dict[int, ProblemCount]:
    """Of each authority, the problems of the estates it answers for itself; few queries.

    Without `first`: everything, as it stands today. With it: what was entered and closed here
    from that day to `today`, and what stood open as `today` ended. All of it by when it was
    written down, whatever day it is of: what comes late is counted once, in the month it came,
    and a month that is over is told the same for ever. A problem closed twice counts once.
    """
    rows = reach.narrowed(Problem.objects.all())
    counts = _standing_now(rows, today) if first is None else _in_time(rows, first, today)
    return {place: count for place, count in counts.items() if reach.has(place)}


def counted_in(first: date, last: date) -> dict[int, ProblemCount]:
    """The same of these days, everywhere."""
    return _in_time(Problem.objects.all(), first, last)


def _standing_now(rows: QuerySet[Problem], today: date) -> dict[int, ProblemCount]:
    states = ("closed", *STATES[:3])
    found = (
        rows.order_by()
        .values_list("estate__authority")
        .annotate(
            n_found=Count("pk"),
            **{f"n_{one}": Count("pk", filter=_standing(one, today)) for one in states},
        )
    )
    return {place: ProblemCount(*numbers) for place, *numbers in found}


def _in_time(rows: QuerySet[Problem], first: date, last: date) -> dict[int, ProblemCount]:
    begin, end = start_of(first), start_of(last + timedelta(days=1))
    closing = ProblemStep.objects.filter(kind="closed", at__gte=begin, at__lt=end)
    closed = closing.filter(problem__in=rows).order_by()
    closings = dict(
        closed.values_list("problem__estate__authority").annotate(
            n=Count("problem", distinct=True)
        )
    )
    found: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    entered = rows.filter(recorded_at__gte=begin, recorded_at__lt=end).order_by()
    for place, number in entered.values_list("estate__authority").annotate(n=Count("pk")):
        found[place]["found"] = number
    for place, number in closings.items():
        found[place]["closed"] = number
    # Read in order, the last of a problem stays: one pass, where asking for each is minutes.
    steps = ProblemStep.objects.filter(problem__in=rows, kind__in=_TURNS, at__lt=end).order_by(
        "number"
    )
    stood = {
        problem: (place, state, due)
        for problem, place, state, due in steps.values_list(
            "problem", "problem__estate__authority", "state", "deadline"
        ).iterator(chunk_size=5000)
    }
    for place, state, due in stood.values():
        if state == "open":
            found[place]["open"] += 1
            found[place]["overdue"] += due is not None and due < last
            found[place]["undated"] += due is None
    return {place: ProblemCount(**counted) for place, counted in found.items()}


def _standing(state: str, today: date) -> Q:
    """Of `STATES`: the last day still is in time."""
    return {
        "open": Q(state="open"),
        "late": Q(state="open", deadline__lt=today),
        "undated": Q(state="open", deadline__isnull=True),
        "closed": Q(state="closed"),
    }[state]
