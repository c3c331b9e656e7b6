"""Document numbers that wait for a second person: listed masked, shown once, confirmed."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Permission, estate_for, permissions_at
from portal.own.seen import acted_by
from portal.selectors import names_of
from portal.views.common import actor_of, signer_of
from registry.models import Estate, NumberCheck, Ownership
from registry.selectors import open_number_checks
from voting.services.numbers import confirm_numbers, show_numbers

_P = Permission
# Of what waits; the rest follows when these are done.
SHOWN = 100


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def numbers(request: HttpRequest, code: str) -> HttpResponse:
    """What waits, masked; to whoever may confirm, on asking and once, in full."""
    if request.method != "POST":
        return _page(request, estate_for(request.user, code, _P.VIEW_TURNOUT))
    estate = estate_for(request.user, code, _P.CONFIRM_STANDIN)
    shown = show_numbers(
        estate_id=estate.pk,
        check_ids=_listed(request),
        signer=signer_of(request, estate, _P.CONFIRM_STANDIN),
        at=timezone.now(),
    )
    return _page(request, estate, [one.pk for one in shown])


@require_POST
def numbers_confirm(request: HttpRequest, code: str) -> HttpResponse:
    """The second person has held them against the paper."""
    estate = estate_for(request.user, code, _P.CONFIRM_STANDIN)
    done = confirm_numbers(
        estate_id=estate.pk,
        check_ids=_listed(request),
        signer=signer_of(request, estate, _P.CONFIRM_STANDIN),
        at=timezone.now(),
    )
    if done:
        said = ngettext("已确认%(n)d位的证件号码。", "已确认%(n)d位的证件号码。", done)
        messages.success(request, said % {"n": done})
    else:
        messages.warning(request, _("没有确认：别人已经办了，或者是您自己录入的。"))
    return redirect("roll:numbers", code)


def _listed(request: HttpRequest) -> set[int]:
    listed = request.POST.getlist("number")[:SHOWN]
    return {int(pk) for pk in listed if pk.isdecimal() and len(pk) < 19}


def _page(request: HttpRequest, estate: Estate, shown: Sequence[int] = ()) -> HttpResponse:
    may = permissions_at(request.user, estate)
    rows = open_number_checks().filter(owner__estate=estate)
    # Who lost the title meanwhile has nothing a number would open.
    rows = rows.filter(owner__ownerships__valid_to__isnull=True).distinct()
    titles = Ownership.objects.filter(valid_to__isnull=True).select_related("unit")
    listed = rows.filter(pk__in=shown) if shown else rows
    found: list[NumberCheck] = list(
        listed.select_related("owner")
        .prefetch_related(Prefetch("owner__ownerships", titles.order_by("pk"), "held"))
        .order_by("pk")[:SHOWN]
    )
    names = names_of({one.entered_by for one in found})
    confirms, actor = _P.CONFIRM_STANDIN in may, actor_of(request)
    context: dict[str, Any] = {
        "estate": estate,
        "waiting": [(one, acted_by(names[one.entered_by])) for one in found],
        "shown": bool(shown),
        "mine": [one.pk for one in found if confirms and one.entered_by != actor],
        "hidden": 0 if shown else max(0, rows.count() - SHOWN),
        "manages": _P.MANAGE_ROLL in may,
    }
    return render(request, "registry/numbers.html", context)
