"""名册公示 on the organiser's desk: put on show, objections, changes traced."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import Permission, permissions_at
from core.errors import RuleViolation
from portal.forms import add_reasons
from portal.selectors import session_for
from portal.views.common import actor_of
from portal.views.convening import draft_for
from voting.forms.convening import ChangeForm
from voting.models import Session
from voting.selectors import differences, posting_of, roll_objections
from voting.services.freezing import weigh
from voting.services.posting import post_roll, trace_change

_P = Permission


@require_safe
def roll_posting(request: HttpRequest, code: str) -> HttpResponse:
    """Where the posting stands, what was objected to, what has changed."""
    return _page(request, session_for(request.user, code, _P.VIEW_DRAFT))


@require_POST
def roll_post(request: HttpRequest, code: str) -> HttpResponse:
    """Put the roll as it stands on show."""
    draft = draft_for(request, code)
    post_roll(session_id=draft.pk, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("名册已公示。请打印张贴，公开页面也能看到。"))
    return redirect("staff:roll_posting", draft.code)


@require_POST
def roll_trace(request: HttpRequest, code: str) -> HttpResponse:
    """Write down why a room reads otherwise than posted."""
    draft = draft_for(request, code)
    form = ChangeForm(request.POST)
    if form.is_valid():
        try:
            trace_change(
                session_id=draft.pk,
                **form.cleaned_data,
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            if refused.code != "change.invalid":
                raise
            add_reasons(form, refused)
        else:
            messages.success(request, _("变动的依据已记下。"))
            return redirect("staff:roll_posting", draft.code)
    return _page(request, draft, form)


@require_safe
def roll_pdf(request: HttpRequest, code: str) -> HttpResponse:
    """The signed paper for the notice board."""
    found = posting_of(session_for(request.user, code, _P.VIEW_DRAFT))
    if found is None:
        raise Http404
    response = HttpResponse(bytes(found.document.pdf), content_type="application/pdf")
    name = f"roll-{found.document.code}.pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response


def _page(
    request: HttpRequest, draft: Session, typed: ChangeForm | None = None
) -> HttpResponse:
    now = timezone.now()
    found = posting_of(draft)
    may = permissions_at(request.user, draft.estate)
    open_draft = draft.state == "draft"
    changes = differences(draft, weigh(draft, at=now).parties) if found and open_draft else []
    context: dict[str, Any] = {
        "session": draft,
        "estate": draft.estate,
        "may": {permission.value: True for permission in may},
        "posting": found,
        "running": found is not None and now < found.ends_at,
        "objections": roll_objections(draft),
        "changes": [(one, _form_of(one.room, typed)) for one in changes],
        "traced": found.changes.select_related("objection") if found else [],
        "form": typed or ChangeForm(),
        "editable": open_draft and _P.MANAGE_SESSION in may,
    }
    return render(request, "staff/roll_posting.html", context, status=400 if typed else 200)


def _form_of(room: str, typed: ChangeForm | None) -> ChangeForm:
    if typed is not None and typed.data.get("room") == room:
        return typed
    return ChangeForm(initial={"room": room}, auto_id=f"id_{room}_%s")
