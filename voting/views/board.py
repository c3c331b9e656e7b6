"""What anybody may see of a vote: its terms, its course, its result, its checkpoints.

The whole board goes to the owners and the authorities only: areas identify units.
"""

import json
import re
from typing import Any

from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.canonical import canonical
from logbook.models import Checkpoint, Entry
from logbook.selectors import checkpoint_lines
from voting.domain.organisers import SIDES, SUPERVISORS
from voting.labels import MATTERS
from voting.models import Attachment, Session
from voting.selectors import (
    board_proof,
    candidates_of,
    consistency_file,
    contested,
    decision_status,
    has_basis,
    late_rulings,
    members_of,
    phase,
    preliminary_of,
    published,
    result_of,
    session_by_code,
    supervisors_of,
    terms,
    witnessed,
)
from voting.selectors.opened import court_openings
from voting.selectors.retention import destroyed_at, retention_of
from voting.views.receipts import ballot_on_receipt, who_can_read

# What a browser may show itself; anything else is downloaded.
_SHOWN = {"application/pdf", "image/png", "image/jpeg", "image/webp", "text/plain"}


def _session_or_404(code: str) -> Session:
    session = session_by_code(code)
    if session is None:
        raise Http404
    return session


@require_safe
def session_page(request: HttpRequest, code: str) -> HttpResponse:
    """The vote itself: questions, terms, dates, and after the count its result."""
    session = _session_or_404(code)
    now = phase(session, timezone.now())
    motions = list(
        session.motions.select_related("election").prefetch_related(
            Prefetch("attachments", queryset=Attachment.objects.defer("content"))
        )
    )
    for motion in motions:
        motion.candidates = candidates_of(motion)  # type: ignore[attr-defined]
        motion.threshold = MATTERS[motion.matter - 1].threshold  # type: ignore[attr-defined]
    context = {
        "session": session,
        "phase": now,
        "manifest": terms(session).value,
        "motions": motions,
        "timeline": _timeline(session),
        "readers": who_can_read(session),
        **(result_context(session) if now in {"counted", "resolved"} else {}),
        "late": late_rulings(session),
        "for_courts": court_openings(session),
        "witnessed": witnessed(session),
        "basis": session.basis if has_basis(session) else None,
        "members": [(_(SIDES[one.side]), one) for one in published(members_of(session))],
        "supervisors": [
            (_(SUPERVISORS[one.side]), one) for one in published(supervisors_of(session))
        ],
    }
    return render(request, "voting/owner/session.html", context)


def result_context(session: Session) -> dict[str, Any]:
    """What `_result.html` shows of a counted session, beside the rulings after the count."""
    return {
        "result": result_of(session),
        "posted": preliminary_of(session),
        "doubts": list(zip(session.motions.all(), contested(session), strict=True)),
        "status": decision_status(session),
    }


def _timeline(session: Session) -> list[dict[str, Any]]:
    """What has happened and what is to come: frozen, opened, closed."""
    now = timezone.now()
    steps = [
        (_("公告，名册冻结"), session.frozen_at, False),
        (_("投票开始"), session.opens_at, False),
        (_("投票截止"), session.closes_at, True),
    ]
    return [
        {"title": title, "at": at, "ends": ends, "state": "done" if at <= now else ""}
        for title, at, ends in steps
        if at is not None
    ]


@require_safe
def attachment(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """A motion's material, as it was when the vote was announced."""
    found = get_object_or_404(Attachment, pk=pk, motion__session=_session_or_404(code))
    shown = found.content_type in _SHOWN
    response = HttpResponse(
        bytes(found.content),
        content_type=found.content_type if shown else "application/octet-stream",
    )
    disposition = content_disposition_header(as_attachment=not shown, filename=found.name)
    response.headers["Content-Disposition"] = disposition or "inline"
    return response


@require_safe
def board_page(request: HttpRequest, code: str) -> HttpResponse:
    """What of the board is public, and who holds the rest."""
    return _board(request, _session_or_404(code))


def _board(request: HttpRequest, session: Session, wrong: str = "") -> HttpResponse:
    lines = Checkpoint.objects.filter(log=session.board).order_by("-size", "-time")
    context = {
        "session": session,
        "checkpoints": [
            {"time": line.time, "size": line.size, "root": json.loads(bytes(line.line))["root"]}
            for line in lines
        ],
        "phase": phase(session, timezone.now()),
        "witnessed": witnessed(session),
        "retention": retention_of(session, timezone.now()),
        "wrong": wrong,
        "old": request.GET.get("from", 1),
        "new": request.GET.get("to", lines[0].size if lines else ""),
    }
    return render(request, "voting/owner/board.html", context, status=400 if wrong else 200)


@require_safe
def manifest_file(request: HttpRequest, code: str) -> HttpResponse:
    """The terms of the vote, byte for byte; their hash is in every ballot."""
    session = _session_or_404(code)
    return HttpResponse(bytes(session.manifest), content_type="application/json")


@require_safe
def checkpoints_file(request: HttpRequest, code: str) -> HttpResponse:
    """All signed heads of the board, one a line."""
    session = _session_or_404(code)
    if session.board is None:
        raise Http404
    body = b"".join(line + b"\n" for line in checkpoint_lines(session.board))
    return HttpResponse(body, content_type="application/jsonl; charset=utf-8")


@require_safe
def consistency(request: HttpRequest, code: str) -> HttpResponse:
    """That the record only grew between the checkpoints of `from` and `to` entries.

    Hashes and the manifest, as a file (docs/protocol.md §9); 400 with a sentence otherwise.
    """
    session = _session_or_404(code)
    if session.board is None:
        raise Http404
    sizes = [request.GET.get(name, "") for name in ("from", "to")]
    found = None
    if all(re.fullmatch("[0-9]{1,12}", size, re.ASCII) for size in sizes):
        found = consistency_file(session, *map(int, sizes))
    if found is None:
        wrong = _("两个数都要是这一页列出的检查点的条数，前一个不能大于后一个。")
        return _board(request, session, wrong)
    response = HttpResponse(canonical(found) + b"\n", content_type="application/json")
    disposition = content_disposition_header(as_attachment=True, filename="consistency.json")
    response.headers["Content-Disposition"] = disposition or "attachment"
    return response


@require_safe
def result_file(request: HttpRequest, code: str) -> HttpResponse:
    """The result entry of the board; 404 before there is one."""
    session = _session_or_404(code)
    return HttpResponse(_line_of(session, "result"), content_type="application/json")


def _line_of(session: Session, kind: str) -> bytes:
    """The board's one line of that kind, or 404."""
    return bytes(get_object_or_404(Entry, log=session.board, kind=kind).line)


@require_safe
def proof(request: HttpRequest) -> JsonResponse:
    """That a ballot is on the board, to whoever holds its receipt (docs/protocol.md §9).

    `session`, `seq` and `tracker` as on the receipt: without the tracker anybody could read
    the whole board entry by entry. 410 once ballots were destroyed. `manifest` alone (a hash)
    gives that manifest only, for checking a tested ballot.
    """
    if "manifest" in request.GET:
        if not re.fullmatch("[0-9a-f]{64}", request.GET["manifest"], re.ASCII):
            raise Http404
        session = get_object_or_404(Session, manifest_hash=request.GET["manifest"])
        return JsonResponse({"manifest": _line_of(session, "manifest").decode()})
    ballot = ballot_on_receipt(request.GET)
    if ballot and destroyed_at(ballot.session) is not None:
        return JsonResponse({"destroyed": True}, status=410)
    found = board_proof(ballot.session, ballot.seq) if ballot else None
    if found is None:
        raise Http404
    return JsonResponse(found)
