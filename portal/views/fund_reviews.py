"""Review of applications for the fund: worklist by deadline, the checks, correction."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission, authorities_for, estates_for, has_permission
from core.errors import RuleViolation
from core.numbers import number_in
from funds.domain.reviewing import CHECKS
from funds.models import FundApplication, RepairRequest
from funds.selectors.alarms import alarms_of
from funds.selectors.repairs import files_of, repair_for, scope_words
from funds.selectors.reviewing import (
    AT_DESK,
    concerned,
    filed_unseen,
    known_facts,
    may_act,
    role_for,
    steps_of,
    waiting_for,
    worklist,
)
from funds.services.reviewing import (
    Word,
    lift_correction,
    note_seen,
    order_correction,
    review_application,
)
from funds.steps import By
from portal.forms import add_reasons
from portal.review_forms import HoldForm, ReviewForm
from portal.views.common import actor_of, posted, user_of

_P = Permission
_form_page = require_http_methods(["GET", "HEAD", "POST"])
A_PAGE = 50


@require_safe
def reviews(request: HttpRequest) -> HttpResponse:
    """What lies on this person's desks, the most urgent first."""
    if not any(has_permission(request.user, one) for one in set(AT_DESK.values())):
        raise Http404
    page = Paginator(waiting_for(request.user), A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": worklist(list(page), at=timezone.now()),
        "unseen": filed_unseen(estates_for(request.user, _P.REVIEW_FUND)).count(),
    }
    return _page(request, "funds/reviews/list.html", context)


@require_safe
def filed(request: HttpRequest) -> HttpResponse:
    """自管: what committees decided and filed, not looked at by the authority yet."""
    if not has_permission(request.user, _P.REVIEW_FUND):
        raise Http404
    found = filed_unseen(estates_for(request.user, _P.REVIEW_FUND))
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    return _page(request, "funds/reviews/filed.html", {"page": page})


@_form_page
def review(request: HttpRequest, code: str) -> HttpResponse:
    """One application: the checks with what the records say, and this desk's word."""
    repair = repair_for(request.user, code, _P.VIEW_REPAIR)
    application = _application(repair)
    mine = may_act(request.user, repair)
    if request.method == "POST" and not mine:
        raise Http404
    form = ReviewForm(posted(request))
    if request.method == "POST" and form.is_valid():
        outcome = request.POST.get("outcome", "")
        number = request.POST.get("number", "")
        try:
            review_application(
                code=repair.code,
                word=Word(
                    request.POST.get("step", ""),
                    outcome,
                    form.answers(),
                    form.cleaned_data["remark"],
                    form.cleaned_data["deputises"],
                    number_in(number, digits=5),
                ),
                by=_by(request, repair),
                name=str(user_of(request)),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            done = _("已退回，原因都告诉了申请人。") if outcome == "return" else _("已通过。")
            messages.success(request, done)
            return redirect("staff:fund_reviews")
    return _review_page(request, repair, application, form if mine else None)


@_form_page
def correction(request: HttpRequest, code: str) -> HttpResponse:
    """责令改正, or its end: no money leaves in between."""
    repair = repair_for(request.user, code, _P.REVIEW_FUND)
    form = HoldForm(posted(request))
    if request.method == "POST" and form.is_valid():
        # What the page offered, not what holds by now: sent twice, an order lifts nothing.
        act = lift_correction if request.POST.get("intent") == "lift" else order_correction
        try:
            act(
                code=repair.code,
                reason=form.cleaned_data["reason"],
                by=By(actor_of(request), "bureau", _authority_of(request, repair)),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已登记。"))
            return redirect("staff:fund_review", repair.code)
    return _page(request, "funds/reviews/correction.html", {"repair": repair, "form": form})


@require_POST
def seen(request: HttpRequest, code: str) -> HttpResponse:
    """自管: what was filed has been looked at."""
    repair = repair_for(request.user, code, _P.REVIEW_FUND)
    by = By(actor_of(request), "bureau", _authority_of(request, repair))
    note_seen(code=repair.code, by=by, at=timezone.now())
    messages.success(request, _("已登记为已阅。"))
    return redirect("staff:fund_filed")


def _application(repair: RepairRequest) -> FundApplication:
    """The application on a desk, or the last that was on one; 404 where none ever was."""
    found = (
        repair.applications.exclude(state="draft")
        .select_related("version__motion__session__resolution", "opinion")
        .order_by("number")
        .last()
    )
    if found is None:
        raise Http404
    found.request = repair
    return found


def _by(request: HttpRequest, repair: RepairRequest) -> By:
    return By(actor_of(request), role_for(request.user, repair), _authority_of(request, repair))


def _authority_of(request: HttpRequest, repair: RepairRequest) -> int | None:
    """For which authority this person acts: the desk's, else the one it was escalated to."""
    needed = AT_DESK.get(repair.desk, _P.REVIEW_FUND)
    own = set(authorities_for(request.user, needed).values_list("pk", flat=True))
    for one in (repair.desk_authority_id, repair.escalated_to_id):
        if one in own:
            return one
    special = repair.special
    return special.authority_id if special and special.authority_id in own else None


def _review_page(
    request: HttpRequest,
    repair: RepairRequest,
    application: FundApplication,
    form: ReviewForm | None,
) -> HttpResponse:
    known = known_facts(application)
    status = 400 if form is not None and form.is_bound and form.errors else 200
    own = actor_of(request) in concerned(application)
    rows = [
        (
            check,
            known[check.code],
            form[check.code] if form and not own else None,
            form[f"{check.code}_note"] if form and not own else None,
        )
        for check in CHECKS
    ]
    context: dict[str, Any] = {
        "repair": repair,
        "application": application,
        "version": application.version,
        "scope": scope_words(repair),
        "rows": rows,
        "form": None if own else form,
        "own": own and form is not None,
        "files": files_of(repair),
        "steps": steps_of(application),
        "reviews": application.reviews.select_related("authority").order_by("pk"),
        "instalments": application.instalments.order_by("position"),
        "history": repair.steps.exclude(text="").select_related("authority").order_by("-pk"),
        "alarms": alarms_of(repair),
        "now": timezone.now(),
        "may_correct": has_permission(request.user, _P.REVIEW_FUND),
    }
    context["section"] = "reviews"
    return render(request, "funds/reviews/review.html", context, status=status)


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    form = context.get("form")
    status = 400 if request.method == "POST" and form is not None and form.errors else 200
    return render(request, template, {**context, "section": "reviews"}, status=status)
