"""What one person changed on the roll and another has to confirm: files and single rooms."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import Permission, estate_for, permissions_at
from core.errors import RuleViolation
from core.exact import format_area, parse_area
from documents.papers import masked
from portal.own.seen import acted_by
from portal.selectors import names_of
from portal.views.common import actor_of
from registry.models import Estate, Owner, Ownership, RollProposal, Unit
from registry.services.proposals import confirm_proposal, drop_proposal

_P = Permission
# Of what waits; the rest follows when these are done.
SHOWN = 100


def estate_of_two(request: HttpRequest, code: str) -> Estate:
    """The estate whose roll this person writes, or confirms what others wrote; else 404."""
    try:
        return estate_for(request.user, code, _P.MANAGE_ROLL)
    except Http404:
        return estate_for(request.user, code, _P.CONFIRM_STANDIN)


@require_safe
@never_cache
def changes(request: HttpRequest, code: str) -> HttpResponse:
    """Corrections that wait, with what they would change."""
    estate = estate_of_two(request, code)
    may, actor = permissions_at(request.user, estate), actor_of(request)
    rows = estate.proposals.filter(state="waiting").select_related("unit")
    found = list(rows[:SHOWN])
    names = names_of({one.asked_by for one in found})
    context = {
        "estate": estate,
        "waiting": [
            {
                "row": one,
                "lines": lines_of(one, full=confirms),
                "who": acted_by(names[one.asked_by]),
                "may_confirm": confirms,
            }
            for one in found
            for confirms in [_P.CONFIRM_STANDIN in may and one.asked_by != actor]
        ],
        "hidden": max(0, rows.count() - SHOWN),
        "files": estate.imports.filter(state="previewed").defer("rows", "undo"),
        "manages": _P.MANAGE_ROLL in may,
    }
    return render(request, "registry/changes.html", context)


@require_POST
def change_confirm(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The second person has held it against the paper."""
    estate = estate_for(request.user, code, _P.CONFIRM_STANDIN)
    row = get_object_or_404(estate.proposals, pk=pk)
    return _ended(request, estate, row, confirm_proposal, _("已确认，写入名册。"))


@require_POST
def change_drop(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Taken back, or not confirmed."""
    estate = estate_of_two(request, code)
    row = get_object_or_404(estate.proposals, pk=pk)
    return _ended(request, estate, row, drop_proposal, _("没有采用，名册不变。"))


def _ended(
    request: HttpRequest, estate: Estate, row: RollProposal, act: Any, done: str
) -> HttpResponse:
    try:
        act(proposal_id=row.pk, actor=actor_of(request), at=timezone.now())
    except RuleViolation as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, done)
    return redirect("roll:changes", estate.code)


def lines_of(proposal: RollProposal, *, full: bool) -> list[str]:
    """What a waiting correction says; names in full for whoever holds them against the paper,
    for two people may begin with the same character."""
    said = json.loads(proposal.content)
    shown: Callable[[str], str] = str if full else masked
    if proposal.kind == "area":
        area = format_area(parse_area(said["area"]))
        source = dict(Unit.SOURCES)[said["source"]]
        before = format_area(proposal.unit.area) if proposal.unit.area else "—"
        return [_("面积：%(before)s → %(area)s 平方米（%(source)s）") % {
            "before": before, "area": area, "source": source,
        }]  # fmt: skip
    if proposal.kind == "voter":
        name = Owner.objects.get(pk=said["owner"]).name
        return [_("表决人：%(name)s") % {"name": shown(name)}]
    held = proposal.unit.ownerships.filter(valid_to__isnull=True).select_related("owner")
    comma = _("、")
    gone = comma.join(shown(one.owner.name) for one in held.order_by("pk"))
    come = comma.join(shown(name) for name, *_rest in said["owners"])
    basis = dict(Ownership.BASES)[said["basis"]]
    return [
        _("业主：%(gone)s → %(come)s") % {"gone": gone or "—", "come": come},
        _("%(on)s 起，依据：%(basis)s") % {"on": said["on"], "basis": basis},
    ]
