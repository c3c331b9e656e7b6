"""Papers about personal data, drafted from the system's own facts for people to complete."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.kinds import KINDS
from accounts.permissions import Permission, estate_for, require
from portal import privacy_facts
from portal.personal_data import CLEAR, sealed_holdings
from portal.privacy_rules import RISKS, rules
from portal.retention import OUTSIDE, TABLE
from portal.rotation import current_mark
from registry.models import Estate

_page = require_http_methods(["GET", "HEAD", "POST"])
# What an owners' committee hands over: not the accounts of the platform's own staff.
_OF_ESTATE = [kind for code, kind in KINDS.items() if code != "account"]


@_page
def impact(request: HttpRequest) -> HttpResponse:
    """个人信息保护影响评估报告 (PIPL 55, 56): to print, or to take away and complete."""
    require(request.user, Permission.KEEP_INCIDENTS)
    now = timezone.now()
    context: dict[str, Any] = {
        "at": now,
        "people": privacy_facts.people(),
        "consents": privacy_facts.consents(),
        "purposes": privacy_facts.PURPOSES,
        "roles": privacy_facts.roles_that_see_people(now),
        "keys": privacy_facts.keys(),
        "runs": privacy_facts.runs(),
        "incidents": privacy_facts.incidents(),
        "sealed": sealed_holdings(),
        "clear": CLEAR,
        "risks": RISKS,
    }
    return _paper(request, _("个人信息保护影响评估报告"), "staff/papers/_impact.html", context)


@_page
def entrustment(request: HttpRequest, code: str) -> HttpResponse:
    """委托处理个人信息协议 (PIPL 21) of an estate's organiser with the platform."""
    place = estate_for(request.user, code, Permission.MANAGE_ROLL)
    context = _entrusted(place, timezone.now())
    return _paper(request, _("委托处理个人信息协议"), "staff/papers/_entrustment.html", context)


def _entrusted(place: Estate, at: datetime) -> dict[str, Any]:
    return {
        "estate": place,
        "at": at,
        "units": place.units.filter(is_active=True).count(),
        "owners": place.owners.filter(ownerships__valid_to=None).distinct().count(),
        "kinds": _OF_ESTATE,
        "current": current_mark(),
    }


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """个人信息处理规则 (PIPL 17): public, and easy to keep."""
    return render(request, "portal/privacy.html", {"rules": rules(), "table": TABLE})


def _paper(
    request: HttpRequest, title: str, body: str, context: dict[str, Any]
) -> HttpResponse:
    context = {
        **context,
        "title": title,
        "body": body,
        "table": TABLE,
        "outside": OUTSIDE,
        "section": "incidents" if "estate" not in context else "estates",
        "language": get_language(),
    }
    if request.method != "POST":
        return render(request, "staff/papers/page.html", context)
    answer = HttpResponse(render_to_string("staff/papers/file.html", context))
    name = quote(f"{title}.html")
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return answer
