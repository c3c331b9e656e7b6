"""Elections in a draft, who withdraws later; the rule on silence."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission
from core.errors import RuleViolation
from portal.forms import add_reasons
from portal.selectors import session_for
from portal.views.common import actor_of, posted
from voting.forms.elections import (
    CandidateForm,
    DrawForm,
    ElectionForm,
    SilenceForm,
    WithdrawForm,
)
from voting.models import Candidate, Motion, Session
from voting.selectors import candidates_of
from voting.services.drafting import cite_silence
from voting.services.elections import (
    draw_order,
    remove_candidate,
    save_candidate,
    save_election,
    withdraw_candidate,
    withdrawal_of,
)

_P = Permission
_form_page = require_http_methods(["GET", "HEAD", "POST"])


@_form_page
def election_new(request: HttpRequest, code: str) -> HttpResponse:
    """Add an election at the end of a draft."""
    return _election(request, _draft(request, code), None)


@_form_page
def election(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Terms, candidates and the lot of an election."""
    draft = _draft(request, code)
    return _election(request, draft, _motion_of(draft, pk, election__isnull=False))


@_form_page
def candidate_new(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Add a candidate."""
    draft = _draft(request, code)
    return _candidate(request, draft, _motion_of(draft, pk, election__isnull=False), None)


@_form_page
def candidate(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Change a candidate of a draft."""
    draft = _draft(request, code)
    found = _candidate_of(draft, pk)
    return _candidate(request, draft, found.election.motion, found)


@require_POST
def candidate_remove(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take a candidate out of a draft."""
    draft = _draft(request, code)
    found = _candidate_of(draft, pk)
    motion = found.election.motion
    remove_candidate(candidate_id=found.pk, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("候选人已删除。顺序要重新抽签。"))
    return redirect("staff:election", draft.code, motion.pk)


@require_POST
def draw(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Draw the order from the words said aloud."""
    draft = _draft(request, code)
    motion = _motion_of(draft, pk, election__isnull=False)
    form = DrawForm(request.POST)
    done = _act(
        form,
        lambda data: draw_order(
            motion_id=motion.pk, **data, actor=actor_of(request), at=timezone.now()
        ),
    )
    if done:
        messages.success(request, _("顺序已经抽好。"))
        return redirect("staff:election", draft.code, motion.pk)
    return _election_page(
        request, draft, motion, ElectionForm(draft=draft, motion=motion), form
    )


@_form_page
def withdraw(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """A candidate withdraws after the announcement."""
    session = session_for(request.user, code, _P.MANAGE_SESSION)
    found = _candidate_of(session, pk)
    if session.state == "draft":
        raise Http404
    form = WithdrawForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        done = _act(
            form,
            lambda data: withdraw_candidate(
                candidate_id=found.pk,
                content=_read(data["content"]) or b"",
                actor=actor_of(request),
                at=timezone.now(),
            ),
        )
        if done:
            messages.success(request, _("已记录退出，公告板上查得到。"))
            return redirect("staff:session", session.code)
    context = {"candidate": found, "form": form, **_context(session)}
    return _render(request, "staff/candidate_withdraw.html", context, form)


@require_safe
def withdrawal(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The declaration a candidate signed."""
    found = _candidate_of(session_for(request.user, code, _P.VIEW_TURNOUT), pk)
    if found.withdrawn_at is None:
        raise Http404
    response = HttpResponse(withdrawal_of(found), content_type=found.withdrawal_type)
    response.headers["Content-Disposition"] = 'inline; filename="declaration"'
    return response


@_form_page
def silence(request: HttpRequest, code: str) -> HttpResponse:
    """Cite the estate's own rule on silence, or take it back."""
    draft = _draft(request, code)
    kept = {"clause": draft.silence_clause, "page": draft.silence_page}
    form = SilenceForm(posted(request), initial=kept)
    done = request.method == "POST" and _act(
        form,
        lambda data: cite_silence(
            session_id=draft.pk, **data, actor=actor_of(request), at=timezone.now()
        ),
    )
    if done:
        messages.success(request, _("已保存。"))
        return redirect("staff:session", draft.code)
    return _render(request, "staff/silence.html", {"form": form, **_context(draft)}, form)


def _election(request: HttpRequest, draft: Session, motion: Motion | None) -> HttpResponse:
    form = ElectionForm(posted(request), draft=draft, motion=motion)
    saved: list[Motion] = []
    done = request.method == "POST" and _act(
        form,
        lambda data: saved.append(
            save_election(
                session_id=draft.pk,
                motion_id=motion.pk if motion else None,
                **data,
                actor=actor_of(request),
                at=timezone.now(),
            )
        ),
    )
    if done:
        messages.success(request, _("选举已保存。"))
        return redirect("staff:election", draft.code, saved[0].pk)
    return _election_page(request, draft, motion, form, DrawForm())


def _election_page(
    request: HttpRequest,
    draft: Session,
    motion: Motion | None,
    form: ElectionForm,
    lot: DrawForm,
) -> HttpResponse:
    context = {
        "motion": motion,
        "candidates": candidates_of(motion) if motion else [],
        "form": form,
        "lot": lot,
        **_context(draft),
    }
    return _render(request, "staff/election.html", context, form, lot)


def _candidate(
    request: HttpRequest, draft: Session, motion: Motion, found: Candidate | None
) -> HttpResponse:
    files = request.FILES if request.method == "POST" else None
    form = CandidateForm(posted(request), files, candidate=found)
    done = request.method == "POST" and _act(
        form,
        lambda data: save_candidate(
            motion_id=motion.pk,
            candidate_id=found.pk if found else None,
            **{**data, "photo": _read(data["photo"])},
            actor=actor_of(request),
            at=timezone.now(),
        ),
    )
    if done:
        messages.success(request, _("候选人已保存。名单齐了以后抽签定顺序。"))
        return redirect("staff:election", draft.code, motion.pk)
    context = {"motion": motion, "candidate": found, "form": form, **_context(draft)}
    return _render(request, "staff/candidate.html", context, form)


def _act(form: forms.Form, command: Callable[[dict[str, Any]], object]) -> bool:
    """Whether the form was good and the command went through; else the form says why not."""
    if not form.is_valid():
        return False
    try:
        command(form.cleaned_data)
    except RuleViolation as refused:
        add_reasons(form, refused)
        return False
    return True


def _read(upload: Any) -> bytes | None:
    # One byte too many is enough to be refused; the rest is never read.
    return None if not upload else bytes(upload.read(settings.UPLOAD_MAX_BYTES + 1))


def _draft(request: HttpRequest, code: str) -> Session:
    found = session_for(request.user, code, _P.MANAGE_SESSION)
    if found.state != "draft":
        raise RuleViolation("session.not_draft", _("会议已经公告，事项、名册和时间都不能再改"))
    return found


def _motion_of(draft: Session, pk: int, **more: Any) -> Motion:
    motion = draft.motions.select_related("election").filter(pk=pk, **more).first()
    if motion is None:
        raise Http404
    return motion


def _candidate_of(session: Session, pk: int) -> Candidate:
    found = (
        Candidate.objects.select_related("election__motion")
        .filter(pk=pk, election__motion__session=session)
        .first()
    )
    if found is None:
        raise Http404
    return found


def _context(session: Session) -> dict[str, Any]:
    return {"session": session, "estate": session.estate}


def _render(
    request: HttpRequest, template: str, context: dict[str, Any], *forms_: forms.Form
) -> HttpResponse:
    status = 400 if any(form.errors for form in forms_) else 200
    return render(request, template, context, status=status)
