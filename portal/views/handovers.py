"""The handover list of a committee, and the committee as everybody sees it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission, roles_with
from committees.models import Handover
from committees.selectors.bodies import body_of, in_office_at
from committees.selectors.handovers import (
    due_of,
    has_entered,
    items_of,
    sources_of,
    untouched,
)
from committees.selectors.party import first_whole_count
from committees.selectors.places import committee_for, handover_for, item_for
from committees.selectors.public import filed_on, result_session
from committees.services.handovers import (
    add_item,
    confirm_handover,
    open_handover,
    settle_item,
)
from portal.formation_forms import HandoverForm, ItemForm, ItemStateForm
from portal.formation_words import public_ratio_words
from portal.views.committee_pages import forming, may_at, page
from portal.views.common import actor_of, posted
from portal.views.public_accounts import estate_of

_P = Permission


@require_http_methods(["GET", "HEAD", "POST"])
def handover_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin the list of a committee, or draw it up anew for another giver."""
    found = committee_for(request.user, pk, _P.KEEP_MEMBERS)
    known = Handover.objects.filter(committee=found).first()
    initial = {"source": known.source} if known else {}
    form = HandoverForm(posted(request), initial=initial, offered=sources_of(found))

    def act() -> None:
        open_handover(
            committee_id=found.pk,
            source=form.cleaned_data["source"],
            actor=actor_of(request),
            at=timezone.now(),
        )

    context = {
        "estate": found.estate,
        "title": _("更改由谁移交") if known else _("开始移交清单"),
        "back": _list(known.pk)
        if known
        else reverse("staff:estate_committee", args=[found.estate.code]),
    }
    done = _("移交清单已按由谁移交列出，请逐项登记。")
    return forming(request, form, act, context, done=done)


@require_safe
def handover(request: HttpRequest, pk: int) -> HttpResponse:
    """The list, item by item."""
    found = handover_for(request.user, pk, _P.VIEW_COMMITTEE)
    lines = items_of(found)
    context = {
        "estate": found.committee.estate,
        "handover": found,
        "lines": lines,
        "untouched": untouched(found),
        "open": sum(not line.settled for line in lines),
        "wrote": has_entered(found, actor_of(request)),
        "due": due_of(found.committee, timezone.localdate()),
        "may": may_at(request, found.committee.estate),
        "confirming": roles_with(_P.KEEP_FORMATION),
    }
    return page(request, "registers/handover.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def handover_item_new(request: HttpRequest, pk: int) -> HttpResponse:
    """One more thing."""
    found = handover_for(request.user, pk, _P.KEEP_MEMBERS)
    form = ItemForm(posted(request))

    def act() -> None:
        add_item(
            handover_id=found.pk,
            title=form.cleaned_data["title"],
            actor=actor_of(request),
            at=timezone.now(),
        )

    context = {
        "estate": found.committee.estate,
        "title": _("清单里加一项"),
        "back": _list(found.pk),
    }
    return forming(request, form, act, context, done=_("已加上。"))


@require_http_methods(["GET", "HEAD", "POST"])
def handover_item(request: HttpRequest, pk: int) -> HttpResponse:
    """What became of an item."""
    found = item_for(request.user, pk, _P.KEEP_MEMBERS)
    last = found.states.last()
    initial: dict[str, Any] = {"state": "handed", "day": timezone.localdate()}
    if last is not None:
        initial = {
            "state": last.state, "day": last.day, "received_by": last.received_by,
            "note": last.note,
        }  # fmt: skip
    form = ItemStateForm(posted(request), initial=initial)

    def act() -> None:
        given = form.cleaned_data
        settle_item(
            item_id=found.pk,
            state=given["state"],
            day=given["day"],
            received_by=given["received_by"],
            note=given["note"],
            actor=actor_of(request),
            at=timezone.now(),
        )

    context = {
        "estate": found.handover.committee.estate,
        "title": found.title,
        "back": _list(found.handover_id),
    }
    return forming(request, form, act, context, done=_("已登记。"))


@require_POST
def handover_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Another person says that the list is complete."""
    found = handover_for(request.user, pk, _P.KEEP_FORMATION)
    confirm_handover(handover_id=found.pk, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("移交已确认。"))
    return redirect(_list(found.pk))


@require_safe
def public_committee(request: HttpRequest, code: str) -> HttpResponse:
    """The committee as everybody sees it: no names, no count that names anybody."""
    estate = estate_of(code)
    committee = in_office_at(estate)
    context: dict[str, Any] = {"estate": estate, "committee": committee}
    if committee is not None:
        context |= {
            "body": body_of(committee, timezone.localdate()),
            "ratio": public_ratio_words(first_whole_count(committee)),
            "filed_on": filed_on(committee),
            "result": result_session(committee),
        }
    return render(request, "registers/public_committee.html", context)


def _list(pk: int) -> str:
    return reverse("staff:handover", args=[pk])
