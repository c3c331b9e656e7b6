"""问题清单、责任清单、整改清单, for everybody: no sign-in, no name, no phone."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from committees.selectors.problems import Wanted, loaded, problems_of
from committees.selectors.public_problems import (
    authority_shown,
    problems_shown,
    public_at,
    public_under,
    standing_at,
)
from portal.views.public_accounts import estate_of

A_PAGE = 20
LISTS = {"problems": _("问题清单"), "duties": _("责任清单"), "measures": _("整改清单")}


@require_safe
def estate(request: HttpRequest, code: str) -> HttpResponse:
    """The lists of an estate."""
    found = estate_of(code)
    context = {"estate": found, "place": found.name}
    return _lists(request, public_at(found), context)


@require_safe
def authority(request: HttpRequest, pk: int) -> HttpResponse:
    """The lists of an authority and of everything below it."""
    found = authority_shown(pk, timezone.localdate())
    if found is None:
        raise Http404
    return _lists(request, public_under(found), {"authority": found, "place": found.name})


def _lists(request: HttpRequest, here: Q, context: dict[str, Any]) -> HttpResponse:
    today = timezone.localdate()
    asked = request.GET.get("list", "")
    chosen = asked if asked in LISTS else "problems"
    rows = problems_of(here, Wanted(), today)
    keys = rows.values_list("pk", flat=True)
    page = Paginator(keys, A_PAGE).get_page(request.GET.get("page"))
    context |= {
        "lists": LISTS,
        "list": chosen,
        "paging": f"list={chosen}",
        "page": page,
        "rows": problems_shown(loaded(list(page)), today),
        "standing": standing_at(here, today),
        "today": today,
    }
    return render(request, "portal/problems.html", context)
