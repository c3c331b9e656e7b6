"""名册公示 for everybody in the estate: rooms, areas and heads, no names."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from voting.models import Session
from voting.selectors import posted_lines, posting_of

_SHOWN = 60


@require_safe
def posted_roll(request: HttpRequest, code: str) -> HttpResponse:
    """The roll on show. Only until it is frozen: then every owner has a letter."""
    session = Session.objects.filter(code=code.upper(), state="draft").first()
    posting = posting_of(session) if session else None
    if session is None or posting is None:
        raise Http404
    search = request.GET.get("q", "").replace("\x00", "").strip()[:80]
    lines = [line for line in posted_lines(posting) if search in line["room"]]
    context = {
        "session": session,
        "posting": posting,
        "search": search,
        "lines": [line | {"heads": _heads(line)} for line in lines[:_SHOWN]],
        "more": len(lines) > _SHOWN,
    }
    response = render(request, "voting/owner/posted_roll.html", context)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _heads(line: dict[str, Any]) -> str:
    if line["why"] == "developer":
        return _("建设单位未售和已售未交付的房屋，合计算一")
    if line["rooms"] > 1:
        return _("和另外%(n)s套是同一业主，合计算 1 人") % {"n": line["rooms"] - 1}
    return _("几个人共有，算 1 人") if line["why"] == "joint" else _("算 1 人")
