"""The log for whoever audits: taken away, with a reason, and that is written down."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, authorities_for, everywhere, require
from core.errors import RuleViolation
from portal.forms import add_reasons
from portal.log_export import exported, log_of_export, logs_within, note_export
from portal.log_forms import LogExportForm
from portal.views.common import actor_of, posted

_P = Permission.EXPORT_LOG


@require_http_methods(["GET", "HEAD", "POST"])
def audit(request: HttpRequest) -> HttpResponseBase:
    """Which days and where; what is sent is one file."""
    require(request.user, _P)
    today = timezone.localdate()
    initial = {"first": today - timedelta(days=30), "last": today}
    form = LogExportForm(posted(request), user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            return _export(request, form)
        except RuleViolation as refused:
            add_reasons(form, refused)
    context = {
        "form": form,
        "whole": everywhere(request.user, _P),
        "places": authorities_for(request.user, _P),
        "section": "audit",
    }
    return render(request, "staff/audit.html", context, status=400 if form.errors else 200)


def _export(request: HttpRequest, form: LogExportForm) -> StreamingHttpResponse:
    wanted, kind, now = form.wanted(), form.cleaned_data["kind"], timezone.now()
    place = None
    if not everywhere(request.user, _P):
        place = authorities_for(request.user, _P).values_list("pk", flat=True).first()
    note_export(
        wanted,
        kind=kind,
        reason=form.cleaned_data["reason"],
        actor=actor_of(request),
        log=log_of_export(wanted, place),
        at=now,
    )
    # Read after the note: the heads cover it, and the list ends with it.
    logs = logs_within(request.user, wanted.estate)
    answer = StreamingHttpResponse(
        exported(logs, wanted, kind=kind, at=now), content_type="application/zip"
    )
    name = f"log-{wanted.first:%Y%m%d}-{wanted.last:%Y%m%d}.zip"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
