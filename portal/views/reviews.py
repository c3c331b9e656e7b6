"""指导: a draft before the street office; the organiser answers, the clock shows."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import Permission, permissions_at
from core.errors import RuleViolation
from core.workdays import Due, workdays_left
from portal.forms import add_reasons
from portal.selectors import session_for
from portal.views.common import actor_of
from portal.views.convening import draft_for
from voting.domain.reviewing import CLAUSES, fingerprint
from voting.forms.convening import AnswerForm, CommentForm
from voting.models import Review, ReviewComment, Session
from voting.selectors import days_of, last_review, motions_of, requirements_of, shown_to_street
from voting.services.reviews import (
    answer_comment,
    finish_review,
    raise_comment,
    submit_draft,
)

_P = Permission


@require_safe
def review(request: HttpRequest, code: str) -> HttpResponse:
    """The draft as the street office reads it, its comments, and until when."""
    return _page(request, _seen(request, code, _P.VIEW_DRAFT))


@require_POST
def review_submit(request: HttpRequest, code: str) -> HttpResponse:
    """Hand the draft in."""
    draft = draft_for(request, code)
    submit_draft(session_id=draft.pk, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("已送街道指导。期满没有意见，就是没有意见。"))
    return redirect("staff:review", draft.code)


@require_POST
def review_comment(request: HttpRequest, code: str) -> HttpResponse:
    """A reason of law of the street office."""
    draft = _seen(request, code, _P.REVIEW)
    form = CommentForm(request.POST)
    if form.is_valid():
        try:
            raise_comment(
                review_id=_review_of(draft).pk,
                **form.cleaned_data,
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            if refused.code != "comment.invalid":
                raise
            add_reasons(form, refused)
        else:
            messages.success(request, _("意见已送给组织者。"))
            return redirect("staff:review", draft.code)
    return _page(request, draft, comment=form)


@require_POST
def review_finish(request: HttpRequest, code: str) -> HttpResponse:
    """The street office has nothing more to say."""
    draft = _seen(request, code, _P.REVIEW)
    finish_review(review_id=_review_of(draft).pk, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("已告诉组织者：没有更多意见。"))
    return redirect("staff:review", draft.code)


@require_POST
def review_answer(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The organiser's answer to one comment."""
    draft = draft_for(request, code)
    found = ReviewComment.objects.filter(review__session=draft, pk=pk).first()
    if found is None:
        raise Http404
    form = AnswerForm(request.POST, prefix=f"c{pk}")
    if form.is_valid():
        try:
            answer_comment(
                comment_id=found.pk,
                **form.cleaned_data,
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            if refused.code != "answer.invalid":
                raise
            add_reasons(form, refused)
        else:
            messages.success(request, _("已答复。"))
            return redirect("staff:review", draft.code)
    return _page(request, draft, answer=(pk, form))


def _seen(request: HttpRequest, code: str, permission: Permission) -> Session:
    found = session_for(request.user, code, permission)
    if found.state != "draft" and permission is _P.REVIEW:
        raise RuleViolation("session.not_draft", _("会议已经公告，事项、名册和时间都不能再改"))
    return found


def _review_of(draft: Session) -> Review:
    found = last_review(draft)
    if found is None:
        raise Http404
    return found


def _page(
    request: HttpRequest,
    draft: Session,
    *,
    comment: CommentForm | None = None,
    answer: tuple[int, AnswerForm] | None = None,
) -> HttpResponse:
    now = timezone.now()
    found = last_review(draft)
    may = permissions_at(request.user, draft.estate)
    motions = motions_of(draft)
    form = answer[1] if answer else comment
    context: dict[str, Any] = {
        "session": draft,
        "estate": draft.estate,
        "may": {permission.value: True for permission in may},
        "motions": motions,
        "requires": requirements_of(draft),
        "review": found,
        "form": form or forms.Form(),
    }
    if found is not None:
        running = draft.state == "draft" and found.ended_at is None and now < found.ends_at
        context |= {
            "running": running,
            "days": days_of(found, now),
            "left": workdays_left(now, Due(found.ends_at)) if running else 0,
            "changed": found.sha256 != fingerprint(shown_to_street(draft, motions)),
            "comment": comment or CommentForm(),
            "comments": [
                (
                    one,
                    CLAUSES.get(one.clause, one.clause),
                    answer[1]
                    if answer and answer[0] == one.pk
                    else AnswerForm(prefix=f"c{one.pk}"),
                )
                for one in found.comments.all()
            ],
        }
    return render(request, "staff/review.html", context, status=400 if form else 200)
