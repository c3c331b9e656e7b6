"""Objections on the desk: entered for whoever came, answered, ruled on by two people."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.labels import ROLE_TITLES
from accounts.permissions import (
    Permission,
    estate_for,
    permissions_at,
    roles_at,
    roles_with,
)
from core.errors import RuleViolation
from portal.forms import add_reasons
from portal.selectors import objection_for, session_for
from portal.views.common import actor_of, posted, signer_of, submission_of
from registry.models import Estate, Unit
from voting.forms.objections import AnswerObjectionForm, DisputeForm, OfficeForm, RecusalForm
from voting.models import Objection, Party, Recusal, Session
from voting.selectors import (
    contested,
    course,
    objections_of,
    parties_with_room,
)
from voting.selectors import (
    estate_objections as of_estate,
)
from voting.services.objections import (
    Objector,
    Statement,
    answer_objection,
    confirm_finding,
    declare_interest,
    decline_finding,
    dispute_objection,
    file_objection,
    paper_of,
    propose_finding,
    withdraw_objection,
)
from voting.steps import Signer

_P = Permission


# --- lists ---------------------------------------------------------------------------------


@require_safe
def objections(request: HttpRequest, code: str) -> HttpResponse:
    """Every objection of a session, those that say "not mine" first."""
    session = session_for(request.user, code, _P.VIEW_TURNOUT)
    rows = sorted(objections_of(session), key=lambda one: (not one.not_mine, one.number))
    counted = session.state in {"counted", "resolved"}
    context = _context(request, session.estate, session) | {
        "objections": rows,
        "doubts": zip(session.motions.all(), contested(session), strict=True)
        if counted
        else (),
        "course": course(session, timezone.now()) if session.manifest else None,
        "recused": Recusal.objects.filter(session=session, actor=actor_of(request)).exists(),
    }
    return render(request, "staff/objections.html", context)


@require_safe
def estate_objections(request: HttpRequest, code: str) -> HttpResponse:
    """Those that belong to no session, such as those on a roll on show."""
    estate = estate_for(request.user, code, _P.VIEW_TURNOUT)
    context = _context(request, estate, None) | {"objections": of_estate(estate.pk)}
    return render(request, "staff/objections.html", context)


# --- entering ------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def objection_new(request: HttpRequest, code: str) -> HttpResponse:
    """Enter what somebody brought to the office."""
    session = session_for(request.user, code, _P.HANDLE_OBJECTION)
    return _new(request, session.estate, session)


@require_http_methods(["GET", "HEAD", "POST"])
def estate_objection_new(request: HttpRequest, code: str) -> HttpResponse:
    """The same about the roll of an estate."""
    return _new(request, estate_for(request.user, code, _P.HANDLE_OBJECTION), None)


def _new(request: HttpRequest, estate: Estate, session: Session | None) -> HttpResponse:
    about = {"roll"} if session is None else {"roll", "took_part", "result", "other"}
    form = OfficeForm(posted(request), request.FILES or None, about=frozenset(about))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        upload = given["content"]
        try:
            party, unit = _room(estate, session, given["room"].strip())
            made = file_objection(
                estate_id=estate.pk,
                session_id=session.pk if session else None,
                said=Statement(
                    given["about"],
                    given["text"],
                    name=upload.name if upload else "",
                    content=upload.read(settings.UPLOAD_MAX_BYTES + 1) if upload else b"",
                ),
                objector=Objector(
                    party.pk if party else None,
                    unit.pk if unit else None,
                    given["name"],
                    given["contact"],
                ),
                submission=submission_of(request),
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已登记。留了手机号的，已发短信告知编号。"))
            return redirect("staff:objection", made.pk)
    context = _context(request, estate, session) | {
        "form": form,
        "submission": submission_of(request),
    }
    status = 400 if form.errors else 200
    return render(request, "staff/objection_new.html", context, status=status)


def _room(
    estate: Estate, session: Session | None, label: str
) -> tuple[Party | None, Unit | None]:
    """The party on the frozen roll, or the unit, of a room; RuleViolation for no or several."""
    if not label:
        return None, None
    if session is not None and session.manifest:
        found = list(parties_with_room(session, label)[:2])
        if len(found) == 1:
            return found[0], None
    else:
        units = list(Unit.objects.filter(estate=estate, label__icontains=label)[:2])
        if len(units) == 1:
            return None, units[0]
    raise RuleViolation("objection.room", _("名册里没有这个房号，或者不止一处：请写完整"))


# --- one -----------------------------------------------------------------------------------


@require_safe
def objection(request: HttpRequest, pk: int) -> HttpResponse:
    """What was said, what was answered, and what can be done next."""
    return _page(request, objection_for(request.user, pk, _P.VIEW_TURNOUT))


@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """The organiser's answer; overdue, the street office's."""
    found = objection_for(request.user, pk, _P.HANDLE_OBJECTION)
    form = AnswerObjectionForm(request.POST)

    def act(upheld: bool, reason: str) -> object:
        signer = signer_of(request, found.estate, _P.HANDLE_OBJECTION, prefer="organiser")
        return answer_objection(
            objection_id=found.pk,
            upheld=upheld,
            reason=reason,
            signer=signer,
            at=timezone.now(),
        )

    return _decided(request, found, form, "answer", act, _("已答复。"))


@require_POST
def propose(request: HttpRequest, pk: int) -> HttpResponse:
    """The first of two people says what a disputed objection comes to."""
    found = objection_for(request.user, pk, _P.PROPOSE_RULING)
    form = AnswerObjectionForm(request.POST)

    def act(upheld: bool, reason: str) -> object:
        return propose_finding(
            objection_id=found.pk,
            upheld=upheld,
            reason=reason,
            signer=signer_of(request, found.estate, _P.PROPOSE_RULING),
            at=timezone.now(),
        )

    return _decided(request, found, form, "propose", act, _("已提出，还要另一个人决定。"))


@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """The second person's yes."""
    found = objection_for(request.user, pk, _P.DECIDE_RULING)
    signer = signer_of(request, found.estate, _P.DECIDE_RULING, but=found.proposed_role)
    confirm_finding(objection_id=found.pk, signer=signer, at=timezone.now())
    messages.success(request, _("已裁定。"))
    return redirect("staff:objection", found.pk)


@require_POST
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    """The second person's no, or the first one's second thoughts."""
    found = objection_for(request.user, pk, _P.VIEW_TURNOUT)
    permission = (
        _P.PROPOSE_RULING if found.proposed_by == actor_of(request) else _P.DECIDE_RULING
    )
    signer = signer_of(request, found.estate, permission, but=found.proposed_role)
    decline_finding(objection_id=found.pk, signer=signer, at=timezone.now())
    messages.success(request, _("已退回，等重新提出裁定。"))
    return redirect("staff:objection", found.pk)


@require_POST
def dispute(request: HttpRequest, pk: int) -> HttpResponse:
    """For whoever came to the office: the answer is not accepted."""
    found = objection_for(request.user, pk, _P.HANDLE_OBJECTION)
    form = DisputeForm(request.POST)
    form.is_valid()
    try:
        dispute_objection(
            objection_id=found.pk,
            reason=form.cleaned_data.get("reason", ""),
            actor=actor_of(request),
            at=timezone.now(),
        )
    except RuleViolation as refused:
        if refused.code != "objection.invalid":
            raise
        add_reasons(form, refused)
        return _page(request, found, dispute=form)
    messages.success(request, _("已登记不服，等两个人裁定。"))
    return redirect("staff:objection", found.pk)


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """For whoever came to the office: it is taken back."""
    found = objection_for(request.user, pk, _P.HANDLE_OBJECTION)
    withdraw_objection(objection_id=found.pk, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("已撤回，原来的内容仍然保存。"))
    return redirect("staff:objection", found.pk)


@require_safe
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The paper or photograph handed in."""
    found = objection_for(request.user, pk, _P.VIEW_TURNOUT)
    if not found.sha256:
        raise Http404
    response = HttpResponse(paper_of(found), content_type=found.content_type)
    response.headers["Content-Disposition"] = f'inline; filename="{found.sha256[:12]}"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def recusal(request: HttpRequest, code: str) -> HttpResponse:
    """回避: say that one has a stake in this session."""
    session = session_for(request.user, code, _P.VIEW_TURNOUT)
    form = RecusalForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            declare_interest(
                session_id=session.pk,
                reason=form.cleaned_data["reason"],
                signer=Signer(actor_of(request), roles_at(request.user, session.estate)[0]),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已声明回避：这次会议的裁定请由别人来办。"))
            return redirect("staff:objections", session.code)
    context = _context(request, session.estate, session) | {"form": form}
    status = 400 if form.errors else 200
    return render(request, "staff/recusal.html", context, status=status)


def _decided(
    request: HttpRequest,
    found: Objection,
    form: forms.Form,
    name: str,
    act: Any,
    done: str,
) -> HttpResponse:
    form.is_valid()
    upheld = form.cleaned_data.get("upheld", "")
    if upheld not in {"yes", "no"}:
        form.add_error("upheld", _("请选采纳或者不采纳"))
        return _page(request, found, **{name: form})
    try:
        act(upheld == "yes", form.cleaned_data.get("reason", ""))
    except RuleViolation as refused:
        add_reasons(form, refused)
        return _page(request, found, **{name: form})
    messages.success(request, done)
    return redirect("staff:objection", found.pk)


def _page(request: HttpRequest, found: Objection, **tried: forms.Form) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    may = permissions_at(request.user, found.estate)
    roles = roles_at(request.user, found.estate)
    by_staff = not found.entered_by.startswith("party:")
    disputable = (
        found.state == "answered"
        and found.dispute_until is not None
        and now < found.dispute_until
    )
    context = _context(request, found.estate, found.session) | {
        "objection": found,
        "units": found.party.units.order_by("pk") if found.party else (),
        "overdue": found.state in {"open", "disputed", "proposed"} and now >= found.due_at,
        "answered_role": ROLE_TITLES.get(found.answered_role, ""),
        "proposed_role": ROLE_TITLES.get(found.proposed_role, ""),
        "ruled_role": ROLE_TITLES.get(found.ruled_role, ""),
        "may_answer": found.state == "open"
        and _P.HANDLE_OBJECTION in may
        and ("organiser" in roles or ("street_office" in roles and now >= found.due_at)),
        "may_propose": found.state == "disputed" and _P.PROPOSE_RULING in may,
        "may_decide": found.state == "proposed"
        and _P.DECIDE_RULING in may
        and found.proposed_by != actor,
        "own": found.proposed_by == actor,
        "may_exclude": found.about == "took_part"
        and found.party is not None
        and found.party.ballots > 0
        and found.state in {"open", "answered", "disputed"}
        and _P.PROPOSE_RULING in may
        and found.session is not None
        and found.session.state in {"closed", "counted", "resolved"},
        "for_whoever_came": by_staff and _P.HANDLE_OBJECTION in may,
        "may_dispute": by_staff and disputable and _P.HANDLE_OBJECTION in may,
        "deciders": [
            ROLE_TITLES[role]
            for role in roles_with(_P.DECIDE_RULING)
            if role != found.proposed_role
        ],
        "answer": tried.get("answer") or AnswerObjectionForm(),
        "propose": tried.get("propose") or AnswerObjectionForm(),
        "dispute": tried.get("dispute") or DisputeForm(),
    }
    return render(request, "staff/objection.html", context, status=400 if tried else 200)


def _context(request: HttpRequest, estate: Estate, session: Session | None) -> dict[str, Any]:
    may = permissions_at(request.user, estate)
    return {
        "session": session,
        "estate": estate,
        "now": timezone.now(),
        "may": {permission.value: True for permission in may},
    }
