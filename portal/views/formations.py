"""Formations: the list by urgency, one with its stages, every report, the vetting."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission, estate_for, require
from accounts.reach import Reach
from committees.domain.pipeline import FORMED, STAGES, stage_of
from committees.formation_steps import picture_of
from committees.models import Formation
from committees.selectors.bodies import open_formation_at
from committees.selectors.cases import Case
from committees.selectors.elected import winners_of
from committees.selectors.pipeline import case_of, pipeline
from committees.selectors.places import evidence_for, formation_for, inquiry_for
from committees.selectors.urges import urges_of, urging
from committees.services.formations import (
    end_formation,
    open_formation,
    report_stage,
    seat_elected,
    take_stage_back,
)
from committees.services.urging import urge_formation
from committees.services.vetting import ask_departments, record_reply
from core.errors import RuleViolation
from portal.formation_forms import (
    CorrectionForm,
    ElectedAgainForm,
    ElectedForm,
    EndForm,
    OpenForm,
    ReasonForm,
    ReplyForm,
    StageForm,
    VettingForm,
)
from portal.sentences import said
from portal.views.committee_pages import forming, may_at, page
from portal.views.common import actor_of, asked_authority, posted

_P = Permission
A_PAGE = 50


@require_safe
def formations(request: HttpRequest) -> HttpResponse:
    """Every open formation of a place, the latest first."""
    require(request.user, _P.VIEW_REGISTER)
    reach = reach_asked(request)
    cases = pipeline(reach, timezone.localdate())
    stage = request.GET.get("stage", "")
    late = request.GET.get("late") == "1"
    titles = _stage_titles()
    if stage in titles:
        cases = [one for one in cases if _waits_for(one) == stage]
    if late:
        cases = [one for one in cases if one.standing.late]
    shown = Paginator(cases, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "at": reach.at, "above": reach.above, "page": shown, "stage": stage, "late": late,
        "stages": [(code, title) for code, title in titles.items()],
    }  # fmt: skip
    return page(request, "registers/formations.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def formation_new(request: HttpRequest, code: str) -> HttpResponse:
    """Take up a formation or a renewal."""
    estate = estate_for(request.user, code, _P.KEEP_FORMATION)
    form = OpenForm(posted(request))
    running = open_formation_at(estate)

    def act() -> None:
        open_formation(
            estate_id=estate.pk,
            kind=form.cleaned_data["kind"],
            seats=form.cleaned_data["seats"],
            actor=actor_of(request),
            at=timezone.now(),
        )

    context = {
        "estate": estate,
        "title": _("开始组建或者换届"),
        "back": reverse("staff:estate_committee", args=[estate.code]),
        "running": running,
    }
    return forming(request, form, act, context, done=_("已开始。请按顺序登记每一步。"))


@require_safe
def formation_course(request: HttpRequest, pk: int) -> HttpResponse:
    """One formation: every stage, what proves it, whose turn it is."""
    found = formation_for(request.user, pk, _P.VIEW_COMMITTEE)
    case = case_of(found, timezone.localdate())
    following = case.standing.following
    context = {
        "estate": found.estate,
        "formation": found,
        "case": case,
        "told": [(one, case.belated.get(one.stage.code)) for one in case.told],
        "asked": [(one, case.outrun(one)) for one in case.asked],
        "next": following,
        "may": may_at(request, found.estate),
        "seats_waiting": found.committee is None and winners_of(found) is not None,
        "urges": urges_of(found),
        "may_urge": case.standing.late > 0 and urging(request.user, found) is not None,
    }
    return page(request, "registers/course.html", context)


@require_POST
def formation_urge(request: HttpRequest, pk: int) -> HttpResponse:
    """Remind of one that is past its deadline."""
    found = formation_for(request.user, pk, _P.VIEW_COMMITTEE)
    authority = urging(request.user, found)
    if authority is None:
        raise Http404
    try:
        urge_formation(
            formation_id=pk,
            authority_id=authority.pk,
            actor=actor_of(request),
            at=timezone.now(),
        )
    except RuleViolation as refused:
        messages.error(request, said(str(refused)))
    else:
        messages.success(request, _("已催办，对方的待办里看得到。"))
    return redirect("staff:formation_course", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def formation_stage(request: HttpRequest, pk: int, stage: str) -> HttpResponse:
    """Report a stage, or correct it."""
    found = formation_for(request.user, pk, _P.KEEP_FORMATION)
    step = stage_of(found.kind, stage)
    if step is None or stage == "handover":
        raise Http404
    case = objected_to(found, stage)
    form = _stage_form(found, stage)(
        posted(request),
        request.FILES or None,
        initial={"seats": found.seats},
        objected=case is not None and not case.went_on,
    )

    def act() -> None:
        given = form.cleaned_data
        report_stage(
            formation_id=found.pk,
            stage=stage,
            day=given["day"],
            proof=form.proof(),
            reason=given.get("reason", ""),
            terms=form.terms() if isinstance(form, ElectedForm) else None,
            actor=actor_of(request),
            at=timezone.now(),
        )

    title = _("登记：%(stage)s") % {"stage": said(step.title)}
    context = _in(found, title) | {"case": case}
    return forming(request, form, act, context, done=_("已登记。"))


@require_http_methods(["GET", "HEAD", "POST"])
def formation_stage_back(request: HttpRequest, pk: int, stage: str) -> HttpResponse:
    """Take a report back."""
    found = formation_for(request.user, pk, _P.KEEP_FORMATION)
    step = stage_of(found.kind, stage)
    if step is None or not found.reached.filter(stage=stage).exists():
        raise Http404
    form = ReasonForm(posted(request))

    def act() -> None:
        take_stage_back(
            formation_id=found.pk,
            stage=stage,
            reason=form.cleaned_data["reason"],
            actor=actor_of(request),
            at=timezone.now(),
        )

    title = _("撤回：%(stage)s") % {"stage": said(step.title)}
    return forming(request, form, act, _in(found, title), done=_("已撤回。"))


@require_http_methods(["GET", "HEAD", "POST"])
def formation_vetting(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask departments about the candidates."""
    found = formation_for(request.user, pk, _P.KEEP_FORMATION)
    if stage_of(found.kind, "vetting") is None:
        raise Http404
    asked = list(found.inquiries.values_list("department", flat=True))
    form = VettingForm(posted(request), asked=asked)

    def act() -> None:
        ask_departments(
            formation_id=found.pk,
            departments=form.names(),
            asked_on=form.cleaned_data["asked_on"],
            actor=actor_of(request),
            at=timezone.now(),
        )

    context = _in(found, _("联审：征求部门意见"))
    return forming(request, form, act, context, done=_("已登记，等各部门答复。"))


@require_http_methods(["GET", "HEAD", "POST"])
def formation_reply(request: HttpRequest, pk: int, inquiry: int) -> HttpResponse:
    """What a department replied."""
    found = inquiry_for(request.user, pk, inquiry, _P.KEEP_FORMATION)
    form = ReplyForm(posted(request), request.FILES or None, again=found.replies.exists())

    def act() -> None:
        given = form.cleaned_data
        record_reply(
            inquiry_id=found.pk,
            answer=given["answer"],
            day=given["day"],
            text=given["text"],
            proof=form.proof(),
            reason=given.get("reason", ""),
            actor=actor_of(request),
            at=timezone.now(),
        )

    title = _("%(department)s的答复") % {"department": said(found.department)}
    return forming(request, form, act, _in(found.formation, title), done=_("已登记。"))


@require_POST
def formation_seat(request: HttpRequest, pk: int) -> HttpResponse:
    """The committee elected here takes office."""
    found = formation_for(request.user, pk, _P.KEEP_FORMATION)
    seat_elected(formation_id=found.pk, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("已登记当选的委员会和委员。"))
    return redirect("staff:formation_course", found.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def formation_end(request: HttpRequest, pk: int) -> HttpResponse:
    """All is done, or it is given up."""
    found = formation_for(request.user, pk, _P.KEEP_FORMATION)
    form = EndForm(posted(request))

    def act() -> None:
        end_formation(
            formation_id=found.pk,
            ending=form.cleaned_data["ending"],
            why=form.cleaned_data["why"],
            actor=actor_of(request),
            at=timezone.now(),
        )

    return forming(request, form, act, _in(found, _("结束这次组建")), done=_("已结束。"))


@require_safe
def evidence(request: HttpRequest, pk: int) -> HttpResponse:
    """A paper that proves something; it may name people."""
    found = evidence_for(request.user, pk, _P.KEEP_FORMATION)
    context = {
        "estate": found.estate,
        "evidence": found,
        "pages": found.pages.defer("content"),
    }
    return page(request, "registers/evidence.html", context)


@require_safe
def evidence_jpg(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """One page of it."""
    found = evidence_for(request.user, pk, _P.KEEP_FORMATION).pages.filter(number=number)
    sheet = found.first()
    if sheet is None:
        raise Http404
    return HttpResponse(picture_of(sheet), content_type="image/jpeg")


def reach_asked(request: HttpRequest) -> Reach:
    """The place the address names, else all this person sees; Http404 for another's."""
    try:
        return Reach(request.user, _P.VIEW_REGISTER, asked_authority(request))
    except LookupError:
        raise Http404 from None


def objected_to(found: Formation, stage: str) -> Case | None:
    """The formation, where a department objects to whoever stands and this stage goes on with
    them: the law does not let the objection forbid it, but nobody is to overlook it."""
    case = case_of(found, timezone.localdate())
    return case if case.stands_against(stage) else None


def _in(found: Formation, title: str) -> dict[str, Any]:
    """What a form within a formation needs."""
    back = reverse("staff:formation_course", args=[found.pk])
    return {"estate": found.estate, "formation": found, "title": title, "back": back}


def _stage_form(found: Formation, stage: str) -> type[StageForm]:
    """For the election or another stage; with a reason where it was reported before."""
    again = found.reached.filter(stage=stage).order_by("pk").last()
    corrected = again is not None and again.day is not None
    if stage == FORMED:
        return ElectedAgainForm if corrected else ElectedForm
    return CorrectionForm if corrected else StageForm


def _waits_for(case: Case) -> str:
    following = case.standing.following
    return following.code if following else ""


def _stage_titles() -> dict[str, str]:
    """Stages by code, in their order; kinds call one of them otherwise."""
    kinds = ("management_committee", "renewal", "owners_committee")
    return {stage.code: stage.title for kind in kinds for stage in STAGES[kind]}
