"""After the close, for the owners themselves: who took part, and the board to check it all."""

from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from zipfile import ZIP_DEFLATED, ZipFile

from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.labels import ROLE_TITLES
from voting.models import Openings, Session
from voting.selectors import (
    box_is_open,
    challenge_ends,
    excluded_parties,
    late_excluded,
    paper_figures,
    phase,
    ruling_on,
    took_part,
)
from voting.selectors.opened import court_orders_on, looks_at, opened_choices
from voting.selectors.retention import destroyed_at
from voting.services.exporting import export_board
from voting.views.addresses import see_other
from voting.views.visits import Walk, with_visit

AFTER = {"closed", "counted", "resolved"}


@require_safe
@with_visit(checked=True, owner_only=True)
def participants(request: HttpRequest, walk: Walk) -> HttpResponseBase:
    """The rooms that took part, never how: who finds the own one there unvoted can object."""
    session = walk.party.session
    now = phase(session, timezone.now())
    if now not in AFTER:
        return see_other("voting:motions", walk.code)
    closed = session.state != "frozen"  # by the clock alone there is no close entry yet
    context = {
        "session": session,
        "phase": now,
        "party": walk.party,
        "parties": took_part(session),
        "own": walk.party.ballots > 0,
        "excluded": excluded_parties(session) | late_excluded(session),
        "ruling": ruling_on(walk.party),
        "until": challenge_ends(session) if closed else None,
        "named": session.opening_policy == "named" and now in {"counted", "resolved"},
        "for_court": court_orders_on(walk.party),
        "papers": paper_figures(session) if session.paper else None,
        "box_open": closed and box_is_open(session),
        "destroyed_at": destroyed_at(session),
    }
    return render(request, "voting/owner/participants.html", context)


@require_safe
@with_visit(checked=True, owner_only=True)
def opened(request: HttpRequest, walk: Walk) -> HttpResponseBase:
    """After a named vote: how the own ballot stands, and who in office has looked at it."""
    session = walk.party.session
    now = phase(session, timezone.now())
    if now not in {"counted", "resolved"} or session.opening_policy != "named":
        return see_other("voting:resume", walk.code)
    context = {
        "session": session,
        "phase": now,
        "units": walk.party.units.order_by("pk"),
        "done": Openings.objects.filter(session=session).exists(),
        "voted": walk.party.ballots > 0,
        "choices": opened_choices(walk.party),
        "destroyed_at": destroyed_at(session),
        "ruling": ruling_on(walk.party),
        "looks": [(one, ROLE_TITLES[one.role]) for one in looks_at(walk.party)],
    }
    response = render(request, "voting/owner/opened.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@with_visit(checked=True, owner_only=True)
def board_archive(request: HttpRequest, walk: Walk) -> HttpResponseBase:
    """The whole board as a .zip, on pressing a button: it ends with a fresh checkpoint."""
    session = walk.party.session
    if request.method != "POST" or phase(session, timezone.now()) not in AFTER:
        return see_other("voting:participants", walk.code)
    return zipped_board(session)


def zipped_board(session: Session) -> FileResponse:
    """The board's folder in one file."""
    archive = TemporaryFile()  # noqa: SIM115 (closed by the response)
    with TemporaryDirectory() as folder, ZipFile(archive, "w", ZIP_DEFLATED) as packed:
        out = Path(folder) / session.code
        export_board(session, out)
        for file in sorted(out.iterdir()):
            packed.write(file, f"{session.code}/{file.name}")
    archive.seek(0)
    return FileResponse(archive, as_attachment=True, filename=f"{session.code}.zip")
