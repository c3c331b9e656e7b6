"""An estate's committee: who sits on it, the party by consent, the candidates, its end."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission, estate_for
from committees.formation_steps import Terms
from committees.models import Committee
from committees.selectors.bodies import body_of, in_office_at, open_formation_at, slates_of
from committees.selectors.elected import by_elections_of
from committees.selectors.handovers import due_of
from committees.selectors.party import lacks_explanation
from committees.selectors.pipeline import case_of
from committees.selectors.places import committee_for, member_for
from committees.services.bodies import end_committee, record_committee
from committees.services.members import add_member, change_office, end_member, seat_by_election
from committees.services.party import explain_ratio
from portal.formation_forms import (
    CommitteeEndForm,
    CommitteeForm,
    ExplanationForm,
    MemberEndForm,
    MemberForm,
    OfficeForm,
)
from portal.formation_words import prospect_words, ratio_words
from portal.views.committee_pages import forming, may_at, page
from portal.views.common import actor_of, posted
from registry.models import Estate

_P = Permission


@require_safe
def estate_committee(request: HttpRequest, code: str) -> HttpResponse:
    """The committee of an estate, and the one on its way."""
    estate = estate_for(request.user, code, _P.VIEW_COMMITTEE)
    today, may = timezone.localdate(), may_at(request, estate)
    committee, formation = in_office_at(estate), open_formation_at(estate)
    context: dict[str, Any] = {
        "estate": estate,
        "may": may,
        "committee": committee,
        "case": case_of(formation, today) if formation else None,
        "former": estate.committees.filter(ended_on__isnull=False).order_by("-ended_on", "-pk"),
        "ended": estate.formations.exclude(ending="").order_by("-pk"),
    }
    if committee is not None:
        context |= _seats(committee)
    if may.get(_P.KEEP_MEMBERS):
        slates = slates_of(estate, today)
        context["slates"] = [(one, prospect_words(one)) for one in slates]
    return page(request, "registers/committee.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def committee_new(request: HttpRequest, code: str) -> HttpResponse:
    """Record a committee that was formed elsewhere."""
    estate = estate_for(request.user, code, _P.KEEP_FORMATION)
    form = CommitteeForm(posted(request), request.FILES or None)

    def act() -> None:
        given = form.cleaned_data
        record_committee(
            estate_id=estate.pk,
            kind=given["kind"],
            formed_on=given["formed_on"],
            terms=Terms(given["seats"], given["last_day"]),
            proof=form.proof(),
            actor=actor_of(request),
            at=timezone.now(),
        )

    context = _at(estate, _("登记现有的委员会"))
    return forming(request, form, act, context, done=_("已登记。请接着登记委员。"))


@require_http_methods(["GET", "HEAD", "POST"])
def committee_end(request: HttpRequest, pk: int) -> HttpResponse:
    """A committee ends before there is a new one."""
    found = committee_for(request.user, pk, _P.KEEP_FORMATION)
    form = CommitteeEndForm(posted(request))

    def act() -> None:
        end_committee(
            committee_id=found.pk,
            day=form.cleaned_data["day"],
            why=form.cleaned_data["why"],
            actor=actor_of(request),
            at=timezone.now(),
        )

    context = _at(found.estate, _("登记委员会终止"))
    return forming(request, form, act, context, done=_("已登记终止。"))


@require_http_methods(["GET", "HEAD", "POST"])
def member_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody takes a seat."""
    found = committee_for(request.user, pk, _P.KEEP_MEMBERS)
    form = MemberForm(posted(request), initial={"since": found.formed_on, "office": "member"})

    def act() -> None:
        given = form.cleaned_data
        add_member(
            committee_id=found.pk,
            name=given["name"],
            office=given["office"],
            since=given["since"],
            actor=actor_of(request),
            at=timezone.now(),
        )

    context = _at(found.estate, _("登记委员"))
    return forming(request, form, act, context, done=_("已登记。"))


@require_http_methods(["GET", "HEAD", "POST"])
def member_office(request: HttpRequest, pk: int) -> HttpResponse:
    """Another office."""
    found = member_for(request.user, pk, _P.KEEP_MEMBERS)
    form = OfficeForm(posted(request), initial={"office": found.office})

    def act() -> None:
        change_office(
            member_id=found.pk,
            office=form.cleaned_data["office"],
            actor=actor_of(request),
            at=timezone.now(),
        )

    context = _at(found.committee.estate, _("更改职务")) | {"lead": found.name}
    return forming(request, form, act, context, done=_("已更改。"))


@require_http_methods(["GET", "HEAD", "POST"])
def member_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody leaves."""
    found = member_for(request.user, pk, _P.KEEP_MEMBERS)
    form = MemberEndForm(posted(request))

    def act() -> None:
        given = form.cleaned_data
        end_member(
            member_id=found.pk,
            ending=given["ending"],
            day=given["day"],
            note=given["note"],
            actor=actor_of(request),
            at=timezone.now(),
        )

    context = _at(found.committee.estate, _("登记离任")) | {"lead": found.name}
    return forming(request, form, act, context, done=_("已登记离任。"))


@require_POST
def by_election(request: HttpRequest, pk: int) -> HttpResponse:
    """Whoever was elected here to a vacant seat takes it."""
    found = committee_for(request.user, pk, _P.KEEP_MEMBERS)
    seat_by_election(committee_id=found.pk, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("已登记补选当选的委员。"))
    return redirect("staff:estate_committee", found.estate.code)


@require_http_methods(["GET", "HEAD", "POST"])
def explanation(request: HttpRequest, pk: int) -> HttpResponse:
    """Why a committee is below the party's share."""
    found = committee_for(request.user, pk, _P.KEEP_MEMBERS)
    form = ExplanationForm(posted(request), initial={"day": timezone.localdate()})

    def act() -> None:
        given = form.cleaned_data
        explain_ratio(
            committee_id=found.pk,
            text=given["text"],
            by=given["by"],
            day=given["day"],
            actor=actor_of(request),
            at=timezone.now(),
        )

    context = _at(found.estate, _("党员比例的情况说明"))
    return forming(request, form, act, context, done=_("已登记情况说明。"))


def _seats(committee: Committee) -> dict[str, Any]:
    """What stands of a committee in office."""
    today = timezone.localdate()
    body = body_of(committee, today)
    return {
        "body": body,
        "ratio": ratio_words(body.party, body.verdict, body.share),
        "explanations": committee.explanations.order_by("-pk"),
        "explain": lacks_explanation(committee, body.share),
        "handover": getattr(committee, "handover", None),
        "handover_due": due_of(committee, today),
        "by_elections": by_elections_of(committee.estate, committee),
    }


def _at(estate: Estate, title: str) -> dict[str, Any]:
    """What a form about an estate's committee needs."""
    back = reverse("staff:estate_committee", args=[estate.code])
    return {"estate": estate, "title": title, "back": back}
