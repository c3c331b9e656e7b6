"""The notice of a vote as a page: the words of the signed sheet, for whoever scans the wall."""

import json

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from voting.selectors import session_by_code


@require_safe
def notice_page(request: HttpRequest, code: str) -> HttpResponse:
    """Made from the data inside the signed paper, so that both never differ."""
    session = session_by_code(code)
    if session is None or session.notice is None:
        raise Http404
    context = {
        "session": session,
        "document": session.notice,
        "notice": json.loads(bytes(session.notice.facts)),
    }
    return render(request, "voting/owner/notice.html", context)
