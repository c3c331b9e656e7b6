"""What is done on the problem register: one form a page."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, authorities_for, authorities_reached, estate_for
from committees.domain.problems import Said
from committees.models import Problem
from committees.selectors.problem_items import added_items, items_of
from committees.selectors.problems import company_at, problem_for
from committees.services import problem_closings as closings
from committees.services import problems as services
from portal.problem_forms import (
    CloseForm,
    CorrectForm,
    DeadlineForm,
    ItemForm,
    ProblemForm,
    ProgressForm,
)
from portal.views.account_pages import acting, forming, uploads
from portal.views.common import actor_of, posted, submission_of, user_of

_P = Permission
_form_page = require_http_methods(["GET", "HEAD", "POST"])
_FORM = "registers/problem_form.html"


@_form_page
def new(request: HttpRequest, code: str) -> HttpResponse:
    """Put a problem on the register."""
    estate = estate_for(request.user, code, _P.KEEP_PROBLEMS)
    company = company_at(estate)
    initial = {
        "found_on": timezone.localdate(),
        "source": "own",
        "company": company,
        "unit": company,
    }
    added = added_items(estate.authority_id).values()
    form = ProblemForm(posted(request), added=added, initial=initial)
    submission = submission_of(request)

    def act(given: dict[str, Any]) -> HttpResponse:
        made = services.report_problem(
            estate_id=estate.pk,
            origin=services.Origin(
                given["source"], given["found_on"], given["deadline"], submission
            ),
            said=form.said(),
            by=acting(request, estate, _P.KEEP_PROBLEMS),
            at=timezone.now(),
        )
        messages.success(request, _("已登记。"))
        return redirect("staff:problem", made.pk)

    context = {"title": _("登记问题：%s") % estate.name, "submission": submission}
    return _forming(request, form, act, context, reverse("staff:problems"))


@_form_page
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """What was done about it."""
    found = problem_for(request.user, pk, _P.KEEP_PROBLEMS)
    form = ProgressForm(
        posted(request), request.FILES or None, initial={"day": timezone.localdate()}
    )

    def act(given: dict[str, Any]) -> HttpResponse:
        services.note_progress(
            problem_id=pk,
            **given | {"papers": uploads(given["papers"])},
            by=acting(request, found.estate, _P.KEEP_PROBLEMS),
            at=timezone.now(),
        )
        return _done(request, pk)

    return _on(request, found, form, act, _("填整改进展"))


@_form_page
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Say it otherwise; what it said before stays."""
    found = problem_for(request.user, pk, _P.KEEP_PROBLEMS)
    initial = {name: getattr(found, name) for name in Said._fields if name != "group"}
    added = added_items(found.estate.authority_id).values()
    form = CorrectForm(posted(request), added=added, initial=initial)

    def act(given: dict[str, Any]) -> HttpResponse:
        services.correct_problem(
            problem_id=pk,
            said=form.said(),
            reason=given["reason"],
            by=acting(request, found.estate, _P.KEEP_PROBLEMS),
            at=timezone.now(),
        )
        return _done(request, pk)

    return _on(request, found, form, act, _("更正"))


@_form_page
def deadline(request: HttpRequest, pk: int) -> HttpResponse:
    """Until when it is to be put right."""
    found = problem_for(request.user, pk, _P.CLOSE_PROBLEM)
    form = DeadlineForm(posted(request), initial={"deadline": found.deadline})

    def act(given: dict[str, Any]) -> HttpResponse:
        services.move_deadline(
            problem_id=pk,
            **given,
            by=acting(request, found.estate, _P.CLOSE_PROBLEM),
            at=timezone.now(),
        )
        return _done(request, pk)

    return _on(request, found, form, act, _("定时限、改时限"))


@_form_page
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Looked over, and closed."""
    found = problem_for(request.user, pk, _P.CLOSE_PROBLEM)
    form = CloseForm(
        posted(request), request.FILES or None, initial={"day": timezone.localdate()}
    )

    def act(given: dict[str, Any]) -> HttpResponse:
        closings.close_problem(
            problem_id=pk,
            **given | {"papers": uploads(given["papers"])},
            by=acting(request, found.estate, _P.CLOSE_PROBLEM),
            at=timezone.now(),
        )
        return _done(request, pk)

    return _on(request, found, form, act, _("验收销号"))


@_form_page
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """It is back."""
    found = problem_for(request.user, pk, _P.CLOSE_PROBLEM)
    form = DeadlineForm(posted(request))

    def act(given: dict[str, Any]) -> HttpResponse:
        closings.reopen_problem(
            problem_id=pk,
            **given,
            by=acting(request, found.estate, _P.CLOSE_PROBLEM),
            at=timezone.now(),
        )
        return _done(request, pk)

    return _on(request, found, form, act, _("重新打开"))


@_form_page
def items(request: HttpRequest) -> HttpResponse:
    """The items places added, and one more; a bureau adds."""
    authorities = [
        one
        for one in authorities_for(user_of(request), _P.CLOSE_PROBLEM)
        if one.kind not in ("street_office", "residents_committee")
    ]
    if not authorities:
        raise Http404
    form = ItemForm(posted(request), authorities=authorities)

    def act(given: dict[str, Any]) -> HttpResponse:
        services.add_item(
            authority_id=int(given["authority"]),
            number=given["number"],
            words=given["words"],
            actor=actor_of(request),
            at=timezone.now(),
        )
        messages.success(request, _("已增加。"))
        return redirect("staff:problem_items")

    reached = authorities_reached(user_of(request), _P.CLOSE_PROBLEM)
    context = {
        "title": _("本地增加的问题"),
        "items": items_of(reached),
        "lead": _("“其他问题”可以增加，从23号编起；编了就不再改。"),
    }
    return _forming(request, form, act, context, reverse("staff:problems"))


def _on(
    request: HttpRequest,
    found: Problem,
    form: Any,
    act: Callable[[dict[str, Any]], HttpResponse],
    title: str,
) -> HttpResponse:
    context = {"title": title, "problem": found, "lead": found.content}
    return _forming(request, form, act, context, reverse("staff:problem", args=[found.pk]))


def _forming(
    request: HttpRequest,
    form: Any,
    act: Callable[[dict[str, Any]], HttpResponse],
    context: dict[str, Any],
    back: str,
) -> HttpResponse:
    context |= {"section": "registers", "back": back}
    return forming(request, form, act, context, template=_FORM)


def _done(request: HttpRequest, pk: int) -> HttpResponse:
    messages.success(request, _("已记下。"))
    return redirect("staff:problem", pk)
