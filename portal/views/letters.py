"""Letters: printing with progress, fetching, and a new letter for one household."""

from datetime import timedelta
from pathlib import Path

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Job
from accounts.permissions import Permission
from portal.selectors import job_for, session_for
from portal.views.common import actor_of, posted, searched
from voting.forms.staff import ReissueForm
from voting.models import Party, Session
from voting.selectors import letter_maker_of, parties_with_room, why_not_reissued
from voting.services.letters import reissue_letter, start_letters, take_letters
from voting.spool import letters_path

_P = Permission
# A job that has said nothing for so long looks broken to whoever waits.
SILENT = timedelta(seconds=60)
SHOWN = 30


@require_safe
def letters(request: HttpRequest, code: str) -> HttpResponse:
    """Where the letters are: not printed, printing, ready to fetch, or gone."""
    session = _announced(request, code)
    job = session.letters_job
    search = searched(request)
    context = {
        "session": session,
        "estate": session.estate,
        "job": job,
        "maker": letter_maker_of(session),
        "on_disk": letters_path(session.code).exists(),
        "taken": bool(job and job.result.get("taken_at")),
        "search": search,
        "found": _rooms(session, search) if search else [],
        "closed": why_not_reissued(session, timezone.now()),
    }
    return render(request, "staff/letters.html", context)


@require_POST
def letters_start(request: HttpRequest, code: str) -> HttpResponse:
    """Queue the printing."""
    session = _announced(request, code)
    job = start_letters(session_id=session.pk, actor=actor_of(request), at=timezone.now())
    return redirect("staff:job", job.pk)


@require_POST
def letters_take(request: HttpRequest, code: str) -> FileResponse:
    """Hand the letters over; who fetched them is in the log."""
    session = _announced(request, code)
    path = take_letters(session_id=session.pk, actor=actor_of(request), at=timezone.now())
    return _download(path, f"letters-{session.code}.pdf")


@require_http_methods(["GET", "HEAD", "POST"])
def reissue(request: HttpRequest, code: str, number: int) -> HttpResponseBase:
    """A new letter for one household; the old one is void from that moment."""
    session = _announced(request, code)
    party = session.parties.filter(number=number).prefetch_related("units").first()
    if party is None:
        raise Http404
    form = ReissueForm(posted(request))
    if request.method == "POST" and form.is_valid():
        made = reissue_letter(
            party_id=party.pk,
            reason=form.cleaned_data["reason"],
            actor=actor_of(request),
            at=timezone.now(),
        )
        response = _download(made.path, f"letter-{session.code}-{party.number}.pdf")
        # Open already: the response reads on, and nobody else can.
        made.path.unlink(missing_ok=True)
        return response
    context = {
        "session": session,
        "estate": session.estate,
        "party": party,
        "form": form,
        "closed": why_not_reissued(session, timezone.now()),
    }
    status = 400 if form.errors else 200
    return render(request, "staff/reissue.html", context, status=status)


@require_safe
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a long work is. Leaving the page does not stop it."""
    found = job_for(request.user, pk)
    session = Session.objects.filter(letters_job=found).first()
    context = {
        "job": found,
        "estate": found.estate,
        "session": session,
        **state_of(found),
    }
    return render(request, "staff/job.html", context)


@require_safe
def job_state(request: HttpRequest, pk: int) -> JsonResponse:
    """The same, for the page's script."""
    return JsonResponse(state_of(job_for(request.user, pk)))


def state_of(job: Job) -> dict[str, object]:
    """How far a long work is, in figures and in a line."""
    now = timezone.now()
    last = job.heartbeat_at or job.created_at
    running = job.state in {"queued", "running"}
    line = _("排队中，马上开始")
    if job.state == "running":
        line = _("已完成%(done)d／%(total)d") % {"done": job.done, "total": job.total}
    return {
        "total": job.total,
        "done": job.done,
        "line": line,
        "finished": not running,
        "stalled": running and now - last > SILENT,
    }


def _announced(request: HttpRequest, code: str) -> Session:
    session = session_for(request.user, code, _P.PRINT_LETTERS)
    if not session.manifest:
        raise Http404
    return session


def _rooms(session: Session, search: str) -> list[Party]:
    return list(parties_with_room(session, search)[:SHOWN])


def _download(path: Path, name: str) -> FileResponse:
    return FileResponse(path.open("rb"), as_attachment=True, filename=name)
