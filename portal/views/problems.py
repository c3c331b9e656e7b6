"""The problem register: the list with its filters, both printed layouts, one problem."""

import json
from functools import reduce
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.permissions import Permission, estates_for, permissions_at, require
from accounts.reach import Reach
from committees.domain.problem_sheets import (
    CAMPAIGN_HEADER,
    CAMPAIGN_NOTES,
    CAMPAIGN_WIDTHS,
    HEADER,
    TITLE,
    WIDTHS,
    by_project,
    campaign_cells,
    campaign_heading,
    campaign_title,
    cells,
    notes,
)
from committees.domain.problems import CAMPAIGNS, is_late
from committees.models import Problem, ProblemStep
from committees.selectors.problem_items import added_items
from committees.selectors.problem_rows import register_rows
from committees.selectors.problems import (
    STATES,
    ProblemCount,
    Wanted,
    history_of,
    loaded,
    moves_of,
    page_for,
    plain_page,
    problem_counts,
    problem_for,
    problems_of,
)
from committees.selectors.register import place_names
from core.numbers import number_in
from portal.problem_forms import SaidForm
from portal.views.common import Counted, asked_authority, searched, user_of, xlsx_answer
from registry.domain.problems import CLASSES
from registry.domain.sheets import workbook

_P = Permission
A_PAGE, CHOSEN = 50, 50


class _Asked(NamedTuple):
    """What an address asks for: whose problems, which of them."""

    reach: Reach
    chosen: int | None
    wanted: Wanted
    search: str

    @property
    def rows(self) -> QuerySet[Problem]:
        here = self.reach.within("estate__")
        if self.search:
            named = Q(estate__name__icontains=self.search)
            here &= named | Q(company__icontains=self.search)
        return problems_of(here, self.wanted, timezone.localdate())

    @property
    def is_plain(self) -> bool:
        """Whether nothing but a state is asked for: so many are counted already."""
        return not self.search and self.wanted == Wanted(state=self.wanted.state)

    def query(self, **changes: object) -> str:
        """The same as the end of an address."""
        given = {**self.wanted._asdict(), "q": self.search, "at": self.chosen} | changes
        return urlencode({name: value for name, value in given.items() if value})


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """The problems of a place, late ones first."""
    asked = _asked(request)
    today = timezone.localdate()
    counts = problem_counts(asked.reach, today)
    keys = asked.rows.values_list("pk", flat=True)
    total = reduce(ProblemCount.plus, counts.values(), ProblemCount())
    pages = (
        Counted(keys, A_PAGE, total.of(asked.wanted.state))
        if asked.is_plain
        else Paginator(keys, A_PAGE)
    )
    page = pages.get_page(request.GET.get("page"))
    rows = loaded(list(page))
    moves = moves_of(rows)
    context = {
        "at": asked.reach.at,
        "above": asked.reach.above,
        "chosen": asked.chosen,
        "total": total,
        "below": asked.reach.rolled(counts, ProblemCount(), ProblemCount.plus),
        "page": page,
        "rows": [(one, is_late(one.deadline, one.state, today), moves.get(one.pk, 0))
                 for one in rows],
        "wanted": asked.wanted,
        "search": asked.search,
        "query": asked.query(),
        "everything": asked.query(page="", state="", source="", group="", campaign="", q=""),
        "classes": CLASSES,
        "sources": Problem.SOURCES,
        "campaigns": CAMPAIGNS,
    }  # fmt: skip
    return _page(request, "registers/problems.html", context)


@require_safe
def register_file(request: HttpRequest) -> HttpResponse:
    """Annex 2 of Anqing as it is printed, of what is listed."""
    asked = _asked(request)
    at = asked.reach.at
    added = {} if at is None else added_items(at.pk)
    content = workbook(
        HEADER,
        cells(register_rows(asked.rows)),
        title=TITLE,
        heading=TITLE,
        notes=notes({number: one.words for number, one in added.items()}),
        widths=WIDTHS,
    )
    return xlsx_answer(content, f"{TITLE}{timezone.localdate()}.xlsx")


@require_safe
def campaign_file(request: HttpRequest, campaign: int) -> HttpResponse:
    """Annex 2 of Zaozhuang as it is printed, of one of the four campaigns."""
    if campaign not in CAMPAIGNS:
        raise Http404
    asked = _asked(request)
    rows = asked._replace(wanted=asked.wanted._replace(campaign=campaign)).rows
    at, today = asked.reach.at, timezone.localdate()
    place = (at.division.name if at.division else at.name) if at else ""
    title = campaign_title(campaign)
    content = workbook(
        CAMPAIGN_HEADER,
        campaign_cells(by_project(list(register_rows(rows)))),
        title=title,
        heading=campaign_heading(campaign, place, today),
        notes=CAMPAIGN_NOTES,
        widths=CAMPAIGN_WIDTHS,
    )
    return xlsx_answer(content, f"{title}{today}.xlsx")


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """At which estate a problem is to be put on the register."""
    require(request.user, _P.KEEP_PROBLEMS)
    search = searched(request)
    rows = estates_for(request.user, _P.KEEP_PROBLEMS).order_by("name", "pk")
    if search:
        rows = rows.filter(Q(name__icontains=search) | Q(small_names__icontains=search))
    estates = list(rows[: CHOSEN + 1])
    names = place_names(one.division_id for one in estates)
    context = {
        "search": search,
        "estates": [(one, names.get(one.division_id, "")) for one in estates[:CHOSEN]],
        "more": len(estates) > CHOSEN,
    }
    return _page(request, "registers/problem_choose.html", context)


@require_safe
def problem(request: HttpRequest, pk: int) -> HttpResponse:
    """One problem with its history, and what can be done now."""
    found = problem_for(request.user, pk, _P.KEEP_PROBLEMS)
    steps = history_of(found)
    for step in steps:
        step.before_rows = _before(step)  # type: ignore[attr-defined]
    may = permissions_at(user_of(request), found.estate)
    context = {
        "problem": found,
        "estate": found.estate,
        "steps": steps,
        "late": is_late(found.deadline, found.state, timezone.localdate()),
        "class_words": CLASSES[found.group],
        "may_close": _P.CLOSE_PROBLEM in may,
    }
    return _page(request, "registers/problem.html", context)


@require_safe
def evidence(request: HttpRequest, pk: int, page: int) -> HttpResponse:
    """A page of evidence, for staff alone."""
    found = page_for(request.user, pk, page, _P.KEEP_PROBLEMS)
    answer = HttpResponse(plain_page(found), content_type="image/jpeg")
    answer.headers["Content-Disposition"] = f'inline; filename="{found.sha256[:12]}.jpg"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _asked(request: HttpRequest) -> _Asked:
    """The place and the filters of an address; Http404 for another's place."""
    require(request.user, _P.KEEP_PROBLEMS)
    chosen = asked_authority(request)
    try:
        reach = Reach(user_of(request), _P.KEEP_PROBLEMS, chosen)
    except LookupError:
        raise Http404 from None
    given = request.GET
    state, source = given.get("state", ""), given.get("source", "")
    wanted = Wanted(
        group=_number(given.get("group", ""), CLASSES),
        state=state if state in STATES else "",
        source=source if source in dict(Problem.SOURCES) else "",
        campaign=_number(given.get("campaign", ""), CAMPAIGNS),
    )
    return _Asked(reach, chosen, wanted, searched(request))


def _number(text: str, known: dict[int, str]) -> int:
    """A key of `known`, 0 for what is none."""
    found = number_in(text, digits=3)
    return found if found in known else 0


def _before(step: ProblemStep) -> list[tuple[object, object]]:
    """What a correction took the place of, each with its label."""
    said = json.loads(step.before) if step.before else {}
    return [(SaidForm.base_fields[name].label, text) for name, text in said.items()]


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    return render(request, template, {"section": "registers", **context})
