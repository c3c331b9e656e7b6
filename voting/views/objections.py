"""Objections of owners: "this is not my ballot" in two taps, the others in one form."""

from secrets import token_urlsafe
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import RuleViolation
from voting.forms.objections import DisputeForm, ObjectForm
from voting.forms.owner import Problem, problems
from voting.models import Objection, Session
from voting.selectors import (
    course,
    last_ballot,
    objections_of_party,
    phase,
    published_objections,
    receipt_by_code,
    session_by_code,
)
from voting.services.disowning import disown_ballot
from voting.services.objections import (
    Objector,
    Statement,
    dispute_objection,
    file_objection,
    withdraw_objection,
)
from voting.views.addresses import see_other
from voting.views.receipts import recorded_at
from voting.views.visits import (
    Visit,
    Walk,
    begin_visit,
    current_visit,
    go_on_after_voiding,
    with_visit,
)


@require_http_methods(["GET", "HEAD", "POST"])
def from_receipt(request: HttpRequest, code: str) -> HttpResponseBase:
    """The SMS and the receipt lead here: the second check, then the objection and no more."""
    ballot = receipt_by_code(code)
    if ballot is None:
        raise Http404
    session = ballot.session
    if request.method == "POST":
        old = current_visit(request, session.code)
        if old is None or old.party != ballot.party_id or not old.checked:
            visit = Visit(ballot.party_id, session.pk, goal="not_mine", only_object=True)
            begin_visit(request, session.code, visit)
        return see_other("voting:resume", session.code)
    context = {"session": session, "ballot": ballot, "recorded_at": recorded_at(ballot)}
    return render(request, "voting/owner/not_mine_start.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@with_visit(checked=False, owner_only=True, objecting=True)
def not_mine(request: HttpRequest, walk: Walk) -> HttpResponseBase:
    """One question, one button: is it really not yours?"""
    if not walk.visit.checked:
        return see_other("voting:identity", walk.code)
    party, session = walk.party, walk.party.session
    ballot = last_ballot(party)
    known = party.objections.filter(not_mine=True).order_by("-number").first()
    if request.method == "POST" and ballot is not None:
        done = disown_ballot(
            estate_id=session.estate_id,
            session_id=session.pk,
            party_id=party.pk,
            submission=_submission(request),
            at=timezone.now(),
        )
        if done.may_vote and not walk.visit.only_object:
            go_on_after_voiding(request, walk.code, walk.visit)
        return see_other("voting:not_mine", walk.code)
    open_now = phase(session, timezone.now()) == "open"
    context = {
        "session": session,
        "party": party,
        "units": party.units.order_by("pk"),
        "ballot": ballot,
        "recorded_at": recorded_at(ballot) if ballot else None,
        "phase": phase(session, timezone.now()),
        "known": known,
        "may_vote": open_now and session.revote and not walk.visit.only_object,
        "open_now": open_now,
        "submission": token_urlsafe(24),
    }
    return render(request, "voting/owner/not_mine.html", context)


@require_safe
@with_visit(checked=True, owner_only=True, objecting=True)
def own(request: HttpRequest, walk: Walk) -> HttpResponseBase:
    """What the household objected to, and where each stands."""
    now = timezone.now()
    context = _context(walk) | {
        "objections": [(one, _may_dispute(one, now)) for one in objections_of_party(walk.party)]
    }
    return render(request, "voting/owner/objections.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@with_visit(checked=True, owner_only=True, objecting=True)
def new(request: HttpRequest, walk: Walk) -> HttpResponseBase:
    """Object to the list or to the result, in the household's own words."""
    session = walk.party.session
    posted = request.method == "POST"
    form = ObjectForm(
        request.POST if posted else None,
        request.FILES or None,
        about=_askable(session),
    )
    errors: list[Problem] = []
    if posted and form.is_valid():
        upload = form.cleaned_data["content"]
        try:
            file_objection(
                estate_id=session.estate_id,
                session_id=session.pk,
                said=Statement(
                    form.cleaned_data["about"],
                    form.cleaned_data["text"],
                    name=upload.name if upload else "",
                    content=upload.read(settings.UPLOAD_MAX_BYTES + 1) if upload else b"",
                ),
                objector=Objector(party_id=walk.party.pk),
                submission=_submission(request),
                actor=f"party:{walk.party.pk}",
                at=timezone.now(),
            )
        except RuleViolation as refused:
            errors = _problems(refused)
        else:
            return see_other("voting:objections", walk.code)
    elif posted:
        errors = problems(form)
    context = _context(walk) | {
        "form": form,
        "errors": errors,
        "course": course(session, timezone.now()),
        "submission": request.POST.get("submission") or token_urlsafe(24),
    }
    status = 422 if errors else 200
    return render(request, "voting/owner/objection_new.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@with_visit(checked=True, owner_only=True, objecting=True)
def dispute(request: HttpRequest, walk: Walk, number: int) -> HttpResponseBase:
    """The answer is not accepted: two people rule."""
    found = _own_or_404(walk, number)
    form = DisputeForm(request.POST or None)
    errors: list[Problem] = []
    if request.method == "POST" and form.is_valid():
        try:
            dispute_objection(
                objection_id=found.pk,
                reason=form.cleaned_data["reason"],
                actor=f"party:{walk.party.pk}",
                at=timezone.now(),
            )
        except RuleViolation as refused:
            errors = _problems(refused)
        else:
            return see_other("voting:objections", walk.code)
    context = _context(walk) | {"objection": found, "form": form, "errors": errors}
    status = 422 if errors else 200
    return render(request, "voting/owner/objection_dispute.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@with_visit(checked=True, owner_only=True, objecting=True)
def withdraw(request: HttpRequest, walk: Walk, number: int) -> HttpResponseBase:
    """Take it back, on pressing a button."""
    found = _own_or_404(walk, number)
    if request.method == "POST":
        withdraw_objection(
            objection_id=found.pk, actor=f"party:{walk.party.pk}", at=timezone.now()
        )
    return see_other("voting:objections", walk.code)


@require_safe
def public(request: HttpRequest, code: str) -> HttpResponse:
    """Number, kind, state and answer of every objection; nothing of who objected."""
    session = session_by_code(code)
    if session is None or not session.manifest:
        raise Http404
    context = {"session": session, "objections": published_objections(session)}
    return render(request, "voting/owner/public_objections.html", context)


def _askable(session: Session) -> frozenset[str]:
    if session.state == "closed":
        return frozenset({"took_part", "other"})
    return (
        frozenset({"result", "other"}) if session.state == "counted" else frozenset({"other"})
    )


def _may_dispute(objection: Objection, now: Any) -> bool:
    until = objection.dispute_until
    return objection.state == "answered" and until is not None and now < until


def _own_or_404(walk: Walk, number: int) -> Objection:
    found = objections_of_party(walk.party).filter(number=number).first()
    if found is None:
        raise Http404
    return found


def _submission(request: HttpRequest) -> str:
    return request.POST.get("submission", "").replace("\0", "")[:64] or token_urlsafe(24)


def _problems(refused: RuleViolation) -> list[Problem]:
    reasons = refused.facts.get("reasons")
    if isinstance(reasons, list):
        return [(f"id_{one.field}" if one.field else "", one.sentence) for one in reasons]
    return [("", str(refused.sentence))]


def _context(walk: Walk) -> dict[str, Any]:
    session = walk.party.session
    return {
        "session": session,
        "party": walk.party,
        "phase": phase(session, timezone.now()),
        "voted": walk.party.ballots > 0,
    }
