"""归档: where originals lie, and the bundle of a session."""

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission, permissions_at
from core.errors import RuleViolation
from portal.forms import add_reasons
from portal.paper_forms import OriginalsForm
from portal.selectors import session_for
from portal.views.common import actor_of, posted
from portal.views.letters import state_of
from voting.models import Session
from voting.services.archiving import (
    Lot,
    archive_path,
    enter_originals,
    start_archive,
    take_archive,
)

_P = Permission


@require_safe
def archive(request: HttpRequest, code: str) -> HttpResponse:
    """The bundle: not made, being made, ready; and where the originals lie."""
    session = _session(request, code)
    bundle = (
        session.bundles.select_related("job", "contents")
        .defer("contents__pdf", "contents__facts")
        .last()
    )
    may = permissions_at(request.user, session.estate)
    context = {
        "session": session,
        "estate": session.estate,
        "bundle": bundle,
        "on_disk": bool(bundle and archive_path(bundle).exists()),
        "originals": session.originals.all(),
        "may": {permission.value: True for permission in may},
        **(state_of(bundle.job) if bundle else {}),
    }
    return render(request, "staff/archive.html", context)


@require_POST
def archive_start(request: HttpRequest, code: str) -> HttpResponse:
    """Queue the making."""
    session = _session(request, code)
    start_archive(session_id=session.pk, actor=actor_of(request), at=timezone.now())
    return redirect("staff:archive", session.code)


@require_safe
def archive_state(request: HttpRequest, code: str) -> JsonResponse:
    """How far it is, for the page's script."""
    bundle = _session(request, code).bundles.select_related("job").last()
    if bundle is None:
        raise Http404
    return JsonResponse(state_of(bundle.job))


@require_POST
def archive_take(request: HttpRequest, code: str) -> FileResponse:
    """Hand the bundle over; who fetched it is in the log."""
    session = _session(request, code)
    path = take_archive(session_id=session.pk, actor=actor_of(request), at=timezone.now())
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"{session.code}.zip")


@require_http_methods(["GET", "HEAD", "POST"])
def originals(request: HttpRequest, code: str) -> HttpResponse:
    """Enter where paper originals lie."""
    session = _session(request, code)
    form = OriginalsForm(posted(request))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            enter_originals(
                session_id=session.pk,
                lot=Lot(
                    said["kind"],
                    said["what"],
                    said["first_serial"],
                    said["last_serial"],
                    said["sheets"],
                ),
                shelf=(said["cabinet"], said["box"], said["slot"]),
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已登记。"))
            return redirect("staff:archive", session.code)
    context = {"session": session, "estate": session.estate, "form": form}
    status = 400 if form.errors else 200
    return render(request, "staff/originals.html", context, status=status)


def _session(request: HttpRequest, code: str) -> Session:
    session = session_for(request.user, code, _P.KEEP_ARCHIVE)
    if not session.manifest:
        raise Http404
    return session
