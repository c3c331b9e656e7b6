"""What befell a decision: correction ordered, challenged, suspended, revoked, superseded."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.labels import ROLE_TITLES
from accounts.permissions import ROLE_PERMISSIONS, Permission, permissions_at, roles_at
from core.errors import RuleViolation
from portal.forms import add_reasons
from portal.selectors import session_for
from portal.views.common import actor_of, posted, user_of
from voting.domain.standing import Event
from voting.forms.standing import StandingForm
from voting.selectors import decision_status, events_of
from voting.services.standing import Paper, paper_of_event, record_event
from voting.steps import Signer

_P = Permission


@require_http_methods(["GET", "HEAD", "POST"])
def standing(request: HttpRequest, code: str) -> HttpResponse:
    """Every event with its paper; for the street office and the bureau a form for the next."""
    wanted = _P.RECORD_STANDING if request.method == "POST" else _P.VIEW_SESSION
    session = session_for(request.user, code, wanted)
    if session.state not in {"closed", "counted", "resolved"}:
        raise Http404
    motions = list(session.motions.all())
    form = StandingForm(posted(request), request.FILES or None, motions=motions)
    if request.method == "POST" and form.is_valid():
        given, upload = form.cleaned_data, form.cleaned_data["content"]
        roles = [
            role
            for role in roles_at(user_of(request), session.estate)
            if _P.RECORD_STANDING in ROLE_PERMISSIONS[role]
        ]
        try:
            record_event(
                session_id=session.pk,
                motion_id=int(given["motion"]) if given["motion"] else None,
                event=Event(
                    given["kind"],
                    given["authority"],
                    given["reference"],
                    given["dated"] or timezone.localdate(),
                    given["reason"],
                    given["due_on"],
                ),
                paper=Paper(
                    upload.name if upload else _("没有文件"),
                    upload.read(settings.UPLOAD_MAX_BYTES + 1) if upload else b"",
                ),
                replaced_by=given["replaced_by"],
                signer=Signer(actor_of(request), roles[0]),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已登记。业主会收到短信，核验页和结果页马上显示。"))
            return redirect("staff:standing", session.code)
    may = permissions_at(request.user, session.estate)
    context = {
        "session": session,
        "estate": session.estate,
        "may": {permission.value: True for permission in may},
        "status": decision_status(session),
        "events": [(one, ROLE_TITLES[one.recorded_role]) for one in events_of(session)],
        "form": form,
    }
    status = 400 if form.errors else 200
    return render(request, "staff/standing.html", context, status=status)


@require_safe
def standing_paper(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The paper an event rests on."""
    session = session_for(request.user, code, _P.VIEW_SESSION)
    found = session.events.filter(pk=pk).first()
    if found is None:
        raise Http404
    response = HttpResponse(paper_of_event(found), content_type=found.content_type)
    response.headers["Content-Disposition"] = f'inline; filename="{found.sha256[:12]}"'
    return response
