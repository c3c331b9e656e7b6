"""An announced session: its timeline, who took part, who counts as one head, the result."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import Permission, permissions_at
from core.exact import format_area
from core.text import plain_cell
from portal.leaks import Leaks, leaks_of
from portal.selectors import session_for
from registry.domain.rooms import natural
from voting.labels import WHY_ONE_HEAD
from voting.models import Session
from voting.selectors import (
    challenge_ends,
    decision_status,
    excluded_parties,
    late_rulings,
    not_yet_voted,
    phase,
    preliminary_of,
    progress,
    turnout,
    why_one_head,
    witnessed,
)
from voting.views.after import zipped_board
from voting.views.board import result_context

_P = Permission
HEADS_A_PAGE = 100


def announced(
    request: HttpRequest, session: Session, may: frozenset[Permission]
) -> HttpResponse:
    """The timeline of a session that was announced, or called off."""
    now = timezone.now()
    context = _context(session, may) | {"phase": phase(session, now)}
    if session.manifest:
        context["progress"] = progress(session, now)
        context["witnessed"] = witnessed(session)
        context["motions"] = session.motions.prefetch_related("attachments")
        if _P.VIEW_DRAFT in may:
            context["leaks"] = _leaks(session)
    if session.state == "closed":
        context["until"] = until = challenge_ends(session)
        context["box_open"] = until is None
    if session.state in {"counted", "resolved"}:
        context["posted"] = preliminary_of(session)
        context["status"] = decision_status(session)
    return render(request, "staff/session.html", context)


def _leaks(session: Session) -> Leaks | None:
    """From the close on about who took part, while nothing is opened yet, and later too."""
    if session.state == "frozen":
        return leaks_of(session.parties.values_list("area", flat=True))
    counted = session.parties.filter(ballots__gt=0).exclude(
        number__in=excluded_parties(session)
    )
    return leaks_of(counted.values_list("area", flat=True), took_part=True)


@require_safe
def turnout_page(request: HttpRequest, code: str) -> HttpResponse:
    """How many took part, by building and entrance; never how they voted."""
    session = _frozen(request, code, _P.VIEW_TURNOUT)
    whole, *places = turnout(session)
    context = _context(session) | {"whole": whole, "places": places}
    return render(request, "staff/turnout.html", context)


@require_safe
def missing(request: HttpRequest, code: str) -> HttpResponse:
    """The rooms that have not taken part yet, by building and entrance."""
    session = _frozen(request, code, _P.VIEW_TURNOUT)
    doors: dict[tuple[str, str], list[str]] = defaultdict(list)
    parties = not_yet_voted(session)
    for party in parties:
        for unit in party.units.all():
            doors[unit.building, unit.entrance].append(unit.label)
    places = [
        (building, entrance, sorted(rooms, key=natural))
        for (building, entrance), rooms in sorted(
            doors.items(), key=lambda door: (natural(door[0][0]), natural(door[0][1]))
        )
    ]
    context = _context(session) | {"places": places, "heads": len(parties)}
    return render(request, "staff/missing.html", context)


@require_safe
def heads(request: HttpRequest, code: str) -> HttpResponse:
    """The "why one head" list, with the sums everything is counted against."""
    session = _frozen(request, code, _P.SUPERVISE)
    lines = list(why_one_head(session))
    context = _context(session) | {
        "page": Paginator(lines, HEADS_A_PAGE).get_page(request.GET.get("page")),
        "heads": len(lines),
        "area": sum(line.area for line in lines),
        "kinds": [
            (label, sum(1 for line in lines if line.why == why), _area(lines, why))
            for why, label in WHY_ONE_HEAD.items()
        ],
    }
    return render(request, "staff/heads.html", context)


@require_safe
def heads_csv(request: HttpRequest, code: str) -> StreamingHttpResponse:
    """The same list as a file, one row for each unit; its areas add up to the total."""
    session = _frozen(request, code, _P.SUPERVISE)
    response = StreamingHttpResponse(
        _heads_rows(session), content_type="text/csv; charset=utf-8"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="heads-{session.code}.csv"'
    return response


@require_safe
def result(request: HttpRequest, code: str) -> HttpResponse:
    """The result in fractions, shares rounded down, words and the flip margin."""
    session = _frozen(request, code, _P.VIEW_SESSION)
    if session.state not in {"counted", "resolved"}:
        raise Http404
    context = _context(session, permissions_at(request.user, session.estate))
    context |= result_context(session) | {
        "late": late_rulings(session),
        "phase": phase(session, timezone.now()),
    }
    context["witnessed"] = witnessed(session)
    return render(request, "staff/result.html", context)


@require_POST
def board_export(request: HttpRequest, code: str) -> FileResponse:
    """The board as one file for the verifier; it ends with a fresh checkpoint."""
    return zipped_board(_frozen(request, code, _P.SUPERVISE))


def _heads_rows(session: Session) -> Iterator[str]:
    yield "\ufeff" + _row([_("序号"), _("为什么算一"), _("房屋"), _("房屋面积"), _("合计面积")])
    for line in why_one_head(session):
        for position, (label, area) in enumerate(line.units):
            total = "" if position else format_area(line.area)
            why = str(WHY_ONE_HEAD[line.why])
            yield _row([str(line.number), why, label, format_area(area), total])


def _row(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(map(plain_cell, cells))
    return line.getvalue()


def _area(lines: list[Any], why: str) -> int:
    return sum(line.area for line in lines if line.why == why)


def _frozen(request: HttpRequest, code: str, permission: Permission) -> Session:
    session = session_for(request.user, code, permission)
    if not session.manifest:
        raise Http404
    return session


def _context(session: Session, may: frozenset[Permission] = frozenset()) -> dict[str, Any]:
    return {
        "session": session,
        "estate": session.estate,
        "may": {permission.value: True for permission in may},
    }
