"""What stands behind two numbers of the bureau's page: committees, and 社区 without a row."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from committees.selectors.party import listed
from committees.selectors.quality import unreported
from portal.views.committee_pages import page
from portal.views.registers import A_PAGE, formation_of_request

PARTY_STATES = {
    "missed": gettext_lazy("没有达标的"),
    "met": gettext_lazy("达标的"),
    "known": gettext_lazy("能确定达标没有的"),
    "unknown": gettext_lazy("还不能确定的"),
}


@require_safe
def shares(request: HttpRequest) -> HttpResponse:
    """The committees behind the number of the party's share."""
    found = formation_of_request(request)
    state = request.GET.get("state", "missed")
    if state not in PARTY_STATES:
        raise Http404
    rows = listed(found.reach, state, timezone.localdate())
    context = {
        "at": found.at,
        "state": state,
        "states": PARTY_STATES.items(),
        "page": Paginator(rows, A_PAGE).get_page(request.GET.get("page")),
    }
    return page(request, "registers/shares.html", context)


@require_safe
def communities(request: HttpRequest) -> HttpResponse:
    """The 社区 of a place that have no estate on record."""
    found = formation_of_request(request)
    left = unreported(found.reach)
    if left is None:
        raise Http404
    rows = Paginator(left, A_PAGE).get_page(request.GET.get("page"))
    return page(request, "registers/communities.html", {"at": found.at, "page": rows})
