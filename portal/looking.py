"""An operator looks through somebody's eyes: the pages are theirs, and nothing can be done.

The session stays the operator's own, with all that was proven in it; below /staff/ the person
of a request is the one looked at. Held twice: whatever is not a GET is refused, and while a
page is made the database refuses to be written to (a page may note that it was read: such
pages stay shut, for the note would name the wrong person).
"""

from collections.abc import Callable
from copy import copy
from typing import Any

from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.held import remember
from accounts.models import Looking
from accounts.permissions import Permission, has_permission
from accounts.services.looking import end_looking, note_refused
from core.errors import RuleViolation
from portal.looking_pages import SHOWN

STAFF = "/staff/"
LOOKING = "looking"  # the number of the Looking, in the operator's session
_OWN = frozenset({"look_away"})  # what stays the operator's own below /staff/
_READS = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN")


class LookingMiddleware:
    """Behind the gate, which knows the operator; before every page, which sees the other."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(STAFF) or LOOKING not in request.session:
            return self.get_response(request)
        looking = looking_of(request)
        if looking is None:
            stop_looking(request)
            messages.warning(request, _("查看已经结束：最多半小时，或者授权有变化。"))
            return redirect("staff:people")
        page = _page(request)
        if page in _OWN:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            note_refused(looking=looking, page=page, at=timezone.now())
            return _refused(request)
        person = copy(looking.user)
        person.is_looked_at = True  # type: ignore[attr-defined]
        remember(person, at_provider=True)
        request.user = person
        request.looking = looking  # type: ignore[attr-defined]
        if _address(request) not in SHOWN:
            return _not_shown(request)
        with connection.execute_wrapper(_read_only):
            answer = self.get_response(request)
        return _not_shown(request) if answer.status_code == 404 else answer


def looking_of(request: HttpRequest) -> Looking | None:
    """What this session looks at, while it may."""
    found = Looking.objects.select_related("user", "by").filter(
        pk=request.session[LOOKING], by=request.user.pk, ended_at=None,
        until__gt=timezone.now(), user__is_active=True,
    )  # fmt: skip
    return found.first() if has_permission(request.user, Permission.LOOK_AS) else None


def stop_looking(request: HttpRequest) -> None:
    """Forget it in this session, and write down that it is over."""
    number = request.session.pop(LOOKING, None)
    looking = Looking.objects.filter(pk=number, ended_at=None).first()
    if looking is not None:
        end_looking(looking=looking, at=timezone.now())


def start_looking(request: HttpRequest, looking: Looking) -> None:
    """From the next page on."""
    request.session[LOOKING] = looking.pk


def _page(request: HttpRequest) -> str:
    """The name of the address, without that of its part of the site."""
    return _address(request).rpartition(":")[2]


def _address(request: HttpRequest) -> str:
    try:
        return resolve(request.path_info).view_name
    except Resolver404:
        return ""


def _refused(request: HttpRequest) -> HttpResponse:
    sentence = _("您正在查看别人的页面，只能看，不能办理。要办理，先结束查看。")
    return _told(request, "looking.read_only", sentence, 403)


def _not_shown(request: HttpRequest) -> HttpResponse:
    """Not there for the person, or only while somebody looks: it may name people."""
    sentence = _(
        "没有这一页；或者它可能写有个人的姓名、号码、原话，或者附有照片、文件，"
        "查看别人的页面时不显示，本人打开是有的。"
    )
    return _told(request, "looking.not_shown", sentence, 404)


def _told(request: HttpRequest, code: str, sentence: str, status: int) -> HttpResponse:
    told = RuleViolation(code, sentence)
    context = {"violation": told, "reasons": (), "back": reverse("staff:home"), "staff": True}
    return render(request, "portal/refused.html", context, status=status)


def _read_only(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    if not str(sql).lstrip(" (").upper().startswith(_READS):
        raise RuleViolation(
            "looking.read_only",
            _("这一页会留下记录，查看别人的页面时打不开。要打开，先结束查看。"),
        )
    return execute(sql, params, many, context)
