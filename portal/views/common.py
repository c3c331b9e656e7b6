"""What the staff views share."""

import csv
import io
import re
from collections.abc import Iterable
from secrets import token_urlsafe
from typing import Any, Protocol
from urllib.parse import quote

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.utils.functional import cached_property

from accounts.models import User
from accounts.permissions import ROLE_PERMISSIONS, Permission, permissions_at, roles_at
from core.numbers import number_in
from core.text import plain_cell
from registry.models import Estate
from voting.models import Party, Session
from voting.selectors import parties_with_room
from voting.steps import Signer

_CSV = "text/csv; charset=utf-8"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NUMBER = re.compile(r"-?[0-9][0-9,]*(\.[0-9]+)?")
_SHOWN = 50  # rooms found by a search


class Counted(Paginator):  # type: ignore[type-arg]
    """Pages of rows whose number is known."""

    def __init__(self, rows: Any, size: int, known: int) -> None:
        super().__init__(rows, size)
        self._known = known

    @cached_property
    def count(self) -> int:
        return self._known


class Proposed(Protocol):
    """What one person proposed or entered, and another decides."""

    state: str
    proposed_by: str
    proposed_role: str


class KeptPaper(Protocol):
    """A paper somebody handed in."""

    content_type: str
    sha256: str


def user_of(request: HttpRequest) -> User:
    """The person signed in; the gate before /staff/ lets nobody else through."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def actor_of(request: HttpRequest) -> str:
    """The person signed in, as logs name people."""
    return f"user:{user_of(request).pk}"


def signer_of(
    request: HttpRequest,
    estate: Estate,
    *permissions: Permission,
    prefer: str = "",
    but: str = "",
) -> Signer:
    """The person signed in, in a role that may do one of these: `prefer` first, `but` last.

    Raises Http404 where no role may."""
    may = set(permissions)
    roles = [
        role
        for role in roles_at(user_of(request), estate)
        if may.intersection(ROLE_PERMISSIONS[role])
    ]
    if not roles:
        raise Http404
    roles.sort(key=lambda role: (role == but, role != prefer))
    return Signer(actor_of(request), roles[0])


def searched(request: HttpRequest) -> str:
    """What was typed into a page's search box, without what no name contains."""
    return request.GET.get("q", "").replace("\x00", "").strip()[:80]


def asked_authority(request: HttpRequest) -> int | None:
    """The number of the authority an address names (?at=…), None for none; else Http404."""
    asked = request.GET.get("at", "")
    number = number_in(asked, digits=9)
    if asked and not number:
        raise Http404
    return number or None


def submission_of(request: HttpRequest) -> str:
    """What tells one sending of a form from its repetition; made where the form is new."""
    return request.POST.get("submission", "").replace("\0", "")[:64] or token_urlsafe(24)


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form was sent; None where nothing was, so that an empty form is still judged."""
    return request.POST if request.method == "POST" else None


def session_context(request: HttpRequest, session: Session) -> dict[str, Any]:
    """What every page of a session needs: the session, its estate, what the person may."""
    may = permissions_at(request.user, session.estate)
    return {
        "session": session,
        "estate": session.estate,
        "may": {permission.value: True for permission in may},
    }


def rooms_found(request: HttpRequest, session: Session) -> dict[str, Any]:
    """The search box over the rooms of a session, and what it found."""
    search = searched(request)
    found = parties_with_room(session, search)[:_SHOWN] if search else []
    return {"search": search, "found": found}


def voter_of(session: Session, number: int) -> Party:
    """The household of that number, which has voted; else Http404."""
    party = session.parties.filter(number=number, ballots__gt=0).first()
    if party is None:
        raise Http404
    return party


def may_decide(
    request: HttpRequest, session: Session, made: Proposed, permission: Permission
) -> bool:
    """Whether the person signed in can be the second one: another person, in another role."""
    return (
        made.state == "proposed"
        and made.proposed_by != actor_of(request)
        and any(
            permission in ROLE_PERMISSIONS[role] and role != made.proposed_role
            for role in roles_at(user_of(request), session.estate)
        )
    )


def csv_answer(
    header: Iterable[object], rows: Iterable[Iterable[object]], name: str
) -> HttpResponse:
    """A table to take away, for spreadsheets that want a mark of UTF-8. No cell is a formula;
    a number below zero is none."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(header)
    table.writerows([_inert(cell) for cell in row] for row in rows)
    answer = HttpResponse(out.getvalue().encode("utf-8-sig"), content_type=_CSV)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _inert(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return text if _NUMBER.fullmatch(text) else plain_cell(text)


def xlsx_answer(content: bytes, name: str) -> HttpResponse:
    """A spreadsheet to take away; its name may be Chinese."""
    answer = HttpResponse(content, content_type=_XLSX)
    answer.headers["Content-Disposition"] = "attachment; filename*=UTF-8''" + quote(name)
    return answer


def kept_paper(paper: KeptPaper, content: bytes) -> HttpResponse:
    """A paper as it was handed in, shown under the beginning of its hash."""
    response = HttpResponse(content, content_type=paper.content_type)
    response.headers["Content-Disposition"] = f'inline; filename="{paper.sha256[:12]}"'
    return response
