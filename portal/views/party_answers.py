"""What members and candidates say of the party, by consent; the list kept by hand."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Permission, Visitor
from committees.selectors.places import candidate_for, formation_for, member_for, nominee_for
from committees.services.nominees import add_nominee, plan_seats, withdraw_nominee
from committees.services.party import Who, answer_party, withdraw_party
from portal.formation_forms import NomineeForm, PartyForm, SeatsForm
from portal.views.committee_pages import forming
from portal.views.common import actor_of, posted
from registry.models import Estate

_P = Permission


@require_http_methods(["GET", "HEAD", "POST"])
def party_answer(request: HttpRequest, who: str, pk: int) -> HttpResponse:
    """What one person says, who consented to its being kept."""
    estate, name = _person(request.user, who, pk)
    form = PartyForm(posted(request))

    def act() -> None:
        given = form.cleaned_data
        answer_party(
            who=cast(Who, who),
            person_id=pk,
            answer=given["answer"],
            consented_on=given["consented_on"],
            how=given["how"],
            actor=actor_of(request),
            at=timezone.now(),
        )

    context = {
        "estate": estate,
        "title": _("登记是不是党员"),
        "lead": _("%(name)s：只登记本人单独同意登记的。加密保存，只用来计算党员比例，不公开。")
        % {"name": name},
        "back": _committee(estate),
    }
    return forming(request, form, act, context, done=_("已登记。"))


@require_POST
def party_withdraw(request: HttpRequest, who: str, pk: int) -> HttpResponse:
    """Consent is withdrawn: what was said is deleted."""
    estate, _name = _person(request.user, who, pk)
    withdraw_party(who=cast(Who, who), person_id=pk, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("本人撤回了同意，登记的内容已经删除。"))
    return redirect(_committee(estate))


@require_http_methods(["GET", "HEAD", "POST"])
def nominee_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody stands in an election that is held elsewhere."""
    found = formation_for(request.user, pk, _P.KEEP_MEMBERS)
    form = NomineeForm(posted(request))

    def act() -> None:
        add_nominee(
            formation_id=found.pk,
            name=form.cleaned_data["name"],
            actor=actor_of(request),
            at=timezone.now(),
        )

    context = {
        "estate": found.estate,
        "title": _("登记候选人"),
        "back": _committee(found.estate),
    }
    return forming(request, form, act, context, done=_("已登记。"))


@require_POST
def nominee_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody stands no longer."""
    found = nominee_for(request.user, pk, _P.KEEP_MEMBERS)
    withdraw_nominee(nominee_id=found.pk, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("已登记退出。"))
    return redirect(_committee(found.formation.estate))


@require_http_methods(["GET", "HEAD", "POST"])
def seats(request: HttpRequest, pk: int) -> HttpResponse:
    """How many are to be elected."""
    found = formation_for(request.user, pk, _P.KEEP_MEMBERS)
    form = SeatsForm(posted(request), initial={"seats": found.seats})

    def act() -> None:
        plan_seats(
            formation_id=found.pk,
            seats=form.cleaned_data["seats"],
            actor=actor_of(request),
            at=timezone.now(),
        )

    context = {
        "estate": found.estate,
        "title": _("应选几名委员"),
        "back": _committee(found.estate),
    }
    return forming(request, form, act, context, done=_("已登记。"))


def _person(user: Visitor, who: str, pk: int) -> tuple[Estate, str]:
    """The estate and the name of a member or candidate; Http404 for another place's."""
    if who == "member":
        member = member_for(user, pk, _P.KEEP_MEMBERS)
        return member.committee.estate, member.name
    if who == "nominee":
        nominee = nominee_for(user, pk, _P.KEEP_MEMBERS)
        return nominee.formation.estate, nominee.name
    candidate = candidate_for(user, pk, _P.KEEP_MEMBERS)
    return candidate.election.motion.session.estate, candidate.name


def _committee(estate: Estate) -> str:
    return reverse("staff:estate_committee", args=[estate.code])
