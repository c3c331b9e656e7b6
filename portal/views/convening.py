"""How a draft is convened, page by page: paper, members, demand, supervisors, wording."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import Permission, permissions_at
from core.errors import RuleViolation
from portal.forms import add_reasons
from portal.selectors import session_for
from portal.views.common import actor_of, posted
from voting.domain.organisers import (
    GROUPS,
    MOST_MEMBERS,
    MOST_SUPERVISORS,
    PAPERS,
    SIDES,
    SUPERVISORS,
)
from voting.domain.wording import doubts
from voting.forms.convening import BasisForm, DemandForm, PeopleForm, WaiverForm
from voting.models import Basis, Session
from voting.selectors import demand_of, has_basis, members_of, supervisors_of
from voting.services.convening import (
    basis_content,
    name_members,
    name_supervisors,
    put_basis,
    record_demand,
    waive_wording,
)

_P = Permission
_form_page = require_http_methods(["GET", "HEAD", "POST"])
_FEWEST_ROWS = {"members": 7, "supervisors": 3}


@_form_page
def basis(request: HttpRequest, code: str) -> HttpResponse:
    """The paper the organiser convenes by."""
    draft = draft_for(request, code)
    kept = draft.basis if has_basis(draft) else None
    initial = {name: getattr(kept, name) for name in ("title", "number", "dated_on") if kept}
    form = BasisForm(posted(request), request.FILES or None, initial=initial)

    def act() -> object:
        got = form.cleaned_data
        upload = got["content"]
        return put_basis(
            session_id=draft.pk,
            title=got["title"],
            number=got["number"],
            dated_on=got["dated_on"],
            name=upload.name if upload else _("没有文件"),
            content=upload.read(settings.UPLOAD_MAX_BYTES + 1) if upload else b"",
            actor=actor_of(request),
            at=timezone.now(),
        )

    context = {"kept": kept, "wanted": _(PAPERS.get(draft.organiser_kind, "依据文件"))}
    return _page(request, draft, form, act, "staff/basis.html", context)


@require_safe
def basis_document(request: HttpRequest, code: str) -> HttpResponse:
    """The paper itself, for whoever may see drafts."""
    found = session_for(request.user, code, _P.VIEW_DRAFT)
    kept = Basis.objects.filter(session=found).first()
    if kept is None:
        raise Http404
    response = HttpResponse(basis_content(kept), content_type=kept.content_type)
    response.headers["Content-Disposition"] = f'inline; filename="{kept.sha256[:12]}"'
    return response


@_form_page
def members(request: HttpRequest, code: str) -> HttpResponse:
    """Who is in the preparatory or renewal group."""
    draft = draft_for(request, code)
    if draft.organiser_kind not in GROUPS:
        raise RuleViolation("members.no_group", _("只有筹备组和换届小组要登记成员"))
    people = members_of(draft)
    form = PeopleForm(
        posted(request),
        count=min(MOST_MEMBERS, max(_FEWEST_ROWS["members"], len(people) + 2)),
        sides=SIDES,
        who="成员",
        heads=True,
        people=people,
    )

    def act() -> object:
        return name_members(
            session_id=draft.pk,
            members=form.people,
            actor=actor_of(request),
            at=timezone.now(),
        )

    return _page(request, draft, form, act, "staff/members.html", {})


@_form_page
def supervisors(request: HttpRequest, code: str) -> HttpResponse:
    """监票人: named before the announcement, never from the organiser."""
    draft = draft_for(request, code)
    people = supervisors_of(draft)
    form = PeopleForm(
        posted(request),
        count=min(MOST_SUPERVISORS, max(_FEWEST_ROWS["supervisors"], len(people) + 1)),
        sides=SUPERVISORS,
        who="监票人",
        heads=False,
        people=people,
    )

    def act() -> object:
        return name_supervisors(
            session_id=draft.pk,
            supervisors=form.people,
            actor=actor_of(request),
            at=timezone.now(),
        )

    return _page(request, draft, form, act, "staff/supervisors.html", {})


@_form_page
def demand(request: HttpRequest, code: str) -> HttpResponse:
    """Owners' demand for an extraordinary meeting."""
    draft = draft_for(request, code)
    kept = demand_of(draft)
    initial: dict[str, Any] = {}
    if kept is not None:
        labels = kept.units.order_by("label").values_list("label", flat=True)
        initial = {
            "received_on": kept.received_on,
            "about": kept.about,
            "units": "\n".join(labels),
        }
    form = DemandForm(posted(request), initial=initial)

    def act() -> object:
        got = form.cleaned_data
        return record_demand(
            session_id=draft.pk,
            received_on=got["received_on"],
            about=got["about"],
            labels=form.labels(),
            actor=actor_of(request),
            at=timezone.now(),
        )

    return _page(request, draft, form, act, "staff/demand.html", {})


@_form_page
def wording(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Answer by name for a wording the check doubts."""
    draft = draft_for(request, code)
    motion = draft.motions.filter(pk=pk).first()
    if motion is None:
        raise Http404
    form = WaiverForm(posted(request))

    def act() -> object:
        return waive_wording(
            motion_id=motion.pk,
            reason=form.cleaned_data["reason"],
            actor=actor_of(request),
            at=timezone.now(),
        )

    doubt = doubts(motion.matter, motion.title, motion.text)
    context = {"motion": motion, "doubt": doubt}
    return _page(request, draft, form, act, "staff/wording.html", context)


def draft_for(request: HttpRequest, code: str) -> Session:
    """A draft whose organiser asks; RuleViolation where it was announced already."""
    found = session_for(request.user, code, _P.MANAGE_SESSION)
    if found.state != "draft":
        raise RuleViolation("session.not_draft", _("会议已经公告，事项、名册和时间都不能再改"))
    return found


def _page(
    request: HttpRequest,
    draft: Session,
    form: forms.Form,
    act: Callable[[], object],
    template: str,
    context: dict[str, Any],
) -> HttpResponse:
    """A form of its own page that leads back to the checklist."""
    if request.method == "POST" and form.is_valid():
        try:
            act()
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已保存。"))
            return redirect("staff:session", draft.code)
    may = permissions_at(request.user, draft.estate)
    context |= {
        "session": draft,
        "estate": draft.estate,
        "form": form,
        "may": {permission.value: True for permission in may},
    }
    return render(request, template, context, status=400 if form.errors else 200)
