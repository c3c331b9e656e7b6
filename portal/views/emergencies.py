"""Emergency repairs on the desk: reported, found, decided, on show, objected to."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.held import held_by
from accounts.permissions import (
    Permission,
    estate_for,
    estates_for,
    permissions_at,
    require,
    roles_with,
)
from core.deadlines import local_day
from core.errors import RuleViolation
from core.numbers import number_in
from funds.domain.emergencies import (
    DECIDER_ROLES,
    PARTIES,
    Decided,
    most_advance,
    role_above,
    situation_words,
)
from funds.domain.repairs import DESKS, EXCLUSIONS, State, speaks_for
from funds.models import RepairPublicity, RepairRequest
from funds.selectors.emergencies import (
    deciders_for,
    final_shares,
    last_decision,
    last_finding,
    objections_to,
    open_emergencies,
    publicity_of,
    stages,
)
from funds.selectors.gates import final_reasons
from funds.selectors.owners import units_sold_since
from funds.selectors.releases import paid_instalments
from funds.selectors.repairs import (
    file_content,
    files_of,
    fund_rules,
    repair_for,
    scope_units,
    settlement_of,
    version_in_force,
)
from funds.services.emergencies import (
    decide_emergency,
    record_finding,
    report_emergency,
    withdraw_emergency,
)
from funds.services.publicity import (
    answer_objection,
    concerned,
    file_objection,
    publish_emergency,
    withdraw_objection,
)
from funds.steps import By
from portal.emergency_forms import (
    AnswerForm,
    DecisionForm,
    FindingForm,
    OfficeObjectionForm,
    OwnObjectionForm,
    PublishForm,
    ReportForm,
    WithdrawForm,
    uploads_of,
)
from portal.forms import add_reasons
from portal.selectors import doors_of
from portal.views.common import actor_of, kept_paper, posted, submission_of, user_of
from registry.models import Estate
from registry.selectors import authority_chain
from voting.forms.owner import Problem, problems
from voting.views.addresses import see_other
from voting.views.visits import Walk, with_visit

_P = Permission
_form_page = require_http_methods(["GET", "HEAD", "POST"])
SHOWN = 200
_PUBLISHABLE = frozenset({"decided", "review", "returned", "approved"})
_MONEY = _PUBLISHABLE | {"settled"}


# --- the work list -------------------------------------------------------------------------


@require_safe
def emergencies(request: HttpRequest) -> HttpResponse:
    """应急: what runs in the places of this person, the latest first; own desks above."""
    require(request.user, _P.VIEW_REPAIR)
    estates = estates_for(request.user, _P.VIEW_REPAIR)
    now = timezone.now()
    rows = list(open_emergencies(estates)[: SHOWN + 1])
    mine = [one for one in rows if may_act(request, one)]
    held = {one.pk for one in mine}
    context = {
        "mine": mine,
        "others": [one for one in rows[:SHOWN] if one.pk not in held],
        "more": len(rows) > SHOWN,
        "now": now,
        "may_report": estates_for(request.user, _P.APPLY_FUND).order_by("name")[:SHOWN],
    }
    return _page(request, "funds/emergencies/list.html", context)


def may_act(request: HttpRequest, found: RepairRequest) -> bool:
    """Whether the desk is this person's now."""
    if found.state == State.REPORTED:
        by = _by(request, found, _P.FIND_EMERGENCY)
        return by is not None and by.actor != found.created_by
    if found.state == State.FOUND:
        return _decider(request, found) is not None
    if found.state == State.DECIDED:
        by = _by(request, found, _P.APPLY_FUND)
        return by is not None and speaks_for(by.role, found.applicant_kind)
    return False


def may_withdraw(request: HttpRequest, found: RepairRequest) -> bool:
    """Whether this person applied, or speaks for who applied or decided."""
    by, decision = _by(request, found, _P.APPLY_FUND), last_decision(found)
    if by is None or found.kind != "emergency":
        return False
    applied = speaks_for(by.role, found.applicant_kind)
    decided = decision is not None and decision.role == by.role
    return applied or decided or by.actor == found.created_by


def _by(
    request: HttpRequest,
    found: RepairRequest,
    permission: Permission,
    *,
    only: Sequence[str] | None = None,
) -> By | None:
    """The person signed in, in a role that may, for whom; None where there is none now.

    A bureau may only what has come up to it.
    """
    for role, authority in _roles(request, found.estate, permission):
        if only is not None and role not in only:
            continue
        if role == "bureau" and (
            found.escalated_to_id is None or authority != found.escalated_to_id
        ):
            continue
        return By(actor_of(request), role, authority)
    return None


def _roles(
    request: HttpRequest, estate: Estate, permission: Permission
) -> list[tuple[str, int | None]]:
    """(role, authority) of the grants in force at an estate that carry a permission."""
    line = [one.pk for one in authority_chain(estate)]
    order = roles_with(permission)
    found = [
        (role, authority)
        for role, at_estate, authority in held_by(user_of(request))
        if role in order and (at_estate == estate.pk or authority in line)
    ]
    return sorted(found, key=lambda one: (order.index(one[0]), one[1] or 0))


def _decider(request: HttpRequest, found: RepairRequest) -> By | None:
    """Who this person is in deciding; None: it is not up to them."""
    now = timezone.now()
    there = deciders_for(found, local_day(now))
    roles = [DECIDER_ROLES[kind] for kind in there.kinds]
    if found.escalated_to is not None:
        roles.append(role_above(found.escalated_to.kind))
    finding = last_finding(found)
    by = _by(request, found, _P.DECIDE_EMERGENCY, only=roles)
    if by is None or by.actor in (found.created_by, finding.found_by if finding else ""):
        return None
    return by


# --- one -----------------------------------------------------------------------------------


@_form_page
def emergency_new(request: HttpRequest, code: str) -> HttpResponse:
    """The one page of a report."""
    estate = estate_for(request.user, code, _P.APPLY_FUND)
    role, authority = _roles(request, estate, _P.APPLY_FUND)[0]
    now = timezone.now()
    rules = fund_rules(estate, local_day(now))
    form = ReportForm(
        posted(request),
        request.FILES or None,
        doors=doors_of(estate),
        open_codes=rules["fund.emergency_codes"].value,
        role=role,
    )
    known = ""
    if request.method == "POST" and form.is_valid():
        try:
            made = report_emergency(
                estate_id=estate.pk,
                report=form.report,
                scope=form.scope_chosen,
                attached=form.attached,
                submission=submission_of(request),
                by=By(actor_of(request), role, authority),
                at=now,
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
            known = str(refused.facts.get("repair", ""))
        else:
            messages.success(request, _("已上报，时钟开始走。请守住现场，等人来认定。"))
            return redirect("staff:emergency", made.code)
    context = {
        "estate": estate,
        "form": form,
        "known": known,
        "submission": submission_of(request),
        "codes_clause": rules["fund.emergency_codes"].clause,
        "hours": rules["fund.emergency_clock_hours"].value,
        "exclusions": list(EXCLUSIONS),
    }
    return _page(request, "funds/emergencies/new.html", context)


@require_safe
def emergency(request: HttpRequest, code: str) -> HttpResponse:
    """How an emergency stands: whose desk, how long, who is late; and everything about it."""
    found = _emergency_for(request, code, _P.VIEW_REPAIR)
    now = timezone.now()
    may = permissions_at(request.user, found.estate)
    files = list(files_of(found))
    finding, shown = last_finding(found), publicity_of(found)
    version = version_in_force(found)
    context = {
        **_context(found),
        "now": now,
        "stages": stages(found),
        "photos": [one for one in files if one.kind in ("photo_before", "photo_after")],
        "finding_photos": [one for one in files if one.kind == "finding"],
        "papers": [one for one in files if not one.kind.startswith(("photo", "finding"))],
        "finding": finding,
        "parties": [PARTIES.get(one, one) for one in finding.parties] if finding else [],
        "sees_names": bool(may & {_P.FIND_EMERGENCY, _P.DECIDE_EMERGENCY}),
        "decision": last_decision(found),
        "version": version,
        "units": version.rooms.count() if version else 0,
        "spent": list(paid_instalments(found)) if found.emergency.fell_back_at else [],
        "refunds": list(found.refunds.all()),
        "steps": found.steps.select_related("authority").order_by("-pk"),
        "publicity": shown,
        "objections": objections_to(found).order_by("number"),
        "final": final_reasons(found, at=now) if found.state == State.APPROVED else [],
        "may_find": found.state == State.REPORTED and may_act(request, found),
        "may_decide": found.state == State.FOUND and may_act(request, found),
        "may_withdraw": found.state not in (State.SETTLED, State.CLOSED, State.DRAFT)
        and may_withdraw(request, found),
        # Money: for who may follow it once there is a decision, for its applicant to apply.
        "has_money": found.state in _MONEY,
        "may_apply": found.state == State.DECIDED and may_act(request, found),
        "may_publish": _P.APPLY_FUND in may
        and found.kind == "emergency"
        and found.state in _PUBLISHABLE
        and settlement_of(found) is not None,
        "may_enter": _P.HANDLE_OBJECTION in may and shown is not None and now < shown.until,
        "handles": _P.HANDLE_OBJECTION in may,
    }
    return _page(request, "funds/emergencies/emergency.html", context)


@require_safe
def emergency_file(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """A photograph or paper of an emergency."""
    found = _emergency_for(request, code, _P.VIEW_REPAIR)
    kept = get_object_or_404(found.files, pk=pk, removed_at=None)
    return kept_paper(kept, file_content(kept))


@_form_page
def emergency_find(request: HttpRequest, code: str) -> HttpResponse:
    """What somebody finds on site, written down there."""
    found = _emergency_for(request, code, _P.FIND_EMERGENCY)
    rules = fund_rules(found.estate, local_day(timezone.now()))
    fewest = int(rules["fund.emergency_parties"].value)
    form = FindingForm(posted(request), request.FILES or None, fewest=fewest)
    by = _by(request, found, _P.FIND_EMERGENCY)

    def act() -> object:
        return record_finding(
            code=found.code,
            found=form.found,
            photos=uploads_of(form.cleaned_data.get("photos", ())),
            by=by or By(actor_of(request)),
            at=timezone.now(),
        )

    return _acted(
        request, found, form, act, "funds/emergencies/find.html", _("已记下。"),
        {"reporter": found.created_by == actor_of(request)},
    )  # fmt: skip


@_form_page
def emergency_decide(request: HttpRequest, code: str) -> HttpResponse:
    """Whether to repair without a vote, with each unit's share of the amount in view."""
    found = _emergency_for(request, code, _P.DECIDE_EMERGENCY)
    today = local_day(timezone.now())
    rules = fund_rules(found.estate, today)
    advance = rules["fund.emergency_advance"]
    initial = {"most": _yuan(found.budget_fen)}
    form = DecisionForm(posted(request), request.FILES or None, initial=initial)
    by = _decider(request, found) or _by(request, found, _P.DECIDE_EMERGENCY)

    def act() -> object:
        given = form.cleaned_data
        paper = given.get("paper")
        return decide_emergency(
            code=found.code,
            decided=Decided(
                form.chosen, given["reason"], given.get("most"), given.get("advance")
            ),
            paper=uploads_of([paper])[0] if paper else None,
            by=by or By(actor_of(request)),
            at=timezone.now(),
        )

    units = scope_units(found.estate, found.scope, on=today)
    extra = {
        "finding": last_finding(found),
        "deciders": deciders_for(found, today),
        "rule": rules["fund.emergency_deciders"],
        "advance": advance,
        "half": most_advance(100, advance.value),
        "units": len(units),
        "without": [one.label for one in units if one.sub is None or one.area is None],
        "mine": _decider(request, found) is not None,
    }
    return _acted(
        request, found, form, act, "funds/emergencies/decide.html", _("已决定。"), extra
    )


@_form_page
def emergency_withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Give the emergency way up: back to the owners' vote."""
    found = _emergency_for(request, code, _P.APPLY_FUND)
    form = WithdrawForm(posted(request))
    by = _by(request, found, _P.APPLY_FUND)

    def act() -> object:
        return withdraw_emergency(
            code=found.code,
            reason=form.cleaned_data["reason"],
            by=by or By(actor_of(request)),
            at=timezone.now(),
        )

    return _acted(
        request, found, form, act, "funds/emergencies/withdraw.html", _("已退回一般维修。"),
        {"spent": list(paid_instalments(found))},
    )  # fmt: skip


# --- on show -------------------------------------------------------------------------------


@_form_page
def emergency_publish(request: HttpRequest, code: str) -> HttpResponse:
    """Preview of the shares, then the paper."""
    found = _emergency_for(request, code, _P.APPLY_FUND)
    settlement, version = settlement_of(found), version_in_force(found)
    before = publicity_of(found)
    form = PublishForm(posted(request), initial={"done": found.plan})
    by = _by(request, found, _P.APPLY_FUND)

    def act() -> object:
        return publish_emergency(
            code=found.code,
            done=form.cleaned_data["done"],
            correction=form.cleaned_data["correction"],
            by=by or By(actor_of(request)),
            at=timezone.now(),
        )

    rule = fund_rules(found.estate, local_day(timezone.now()))["fund.emergency_post_days"]
    extra = {
        "settlement": settlement,
        "before": before,
        "rule": rule,
        "shares": final_shares(version, settlement.final_fen)
        if settlement is not None and version is not None
        else [],
    }
    return _acted(
        request, found, form, act, "funds/emergencies/publish.html", _("已公示。"), extra
    )


@_form_page
def emergency_objection_new(request: HttpRequest, code: str) -> HttpResponse:
    """Enter what somebody brought to the office."""
    found = _emergency_for(request, code, _P.VIEW_REPAIR)
    if _P.HANDLE_OBJECTION not in permissions_at(request.user, found.estate):
        raise Http404
    shown = publicity_of(found)
    form = OfficeObjectionForm(posted(request))
    by = _by(request, found, _P.HANDLE_OBJECTION)

    def act() -> object:
        if shown is None:
            raise RuleViolation("objection.none", _("还没有公示"))
        return file_objection(
            publicity_id=shown.pk,
            unit_label=form.cleaned_data["unit_label"],
            text=form.cleaned_data["text"],
            submission=submission_of(request),
            by=by or By(actor_of(request)),
            at=timezone.now(),
        )

    return _acted(
        request, found, form, act, "funds/emergencies/objection_new.html", _("已登记。"),
        {"publicity": shown, "submission": submission_of(request)},
    )  # fmt: skip


@_form_page
def emergency_objection(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """What was said, and the answer of somebody who had no part in it."""
    found = _emergency_for(request, code, _P.VIEW_REPAIR)
    if _P.HANDLE_OBJECTION not in permissions_at(request.user, found.estate):
        raise Http404
    objection = objections_to(found).filter(number=number).first()
    if objection is None:
        raise Http404
    form = AnswerForm(posted(request))
    by = _by(request, found, _P.HANDLE_OBJECTION)

    def act() -> object:
        if form.chosen is None:
            form.add_error("upheld", _("请选择"))
        if form.errors:
            raise RuleViolation("objection.invalid", "")
        return answer_objection(
            objection_id=objection.pk,
            upheld=bool(form.chosen),
            answer=form.cleaned_data["answer"],
            by=by or By(actor_of(request)),
            at=timezone.now(),
        )

    extra = {"objection": objection, "concerned": actor_of(request) in concerned(found)}
    return _acted(
        request, found, form, act, "funds/emergencies/objection.html", _("已答复。"), extra
    )


# --- for an owner with a letter ------------------------------------------------------------


@_form_page
@with_visit(checked=True, owner_only=True)
def own_objection(request: HttpRequest, walk: Walk, repair: str) -> HttpResponseBase:
    """An owner who bears a share objects, and sees what became of it."""
    walk.demand_valid()
    publicity, rooms = _own_publicity(walk, repair)
    by = By(f"party:{walk.party.pk}")
    now = timezone.now()
    form = OwnObjectionForm(posted(request), rooms=rooms)
    errors: list[Problem] = []
    if request.method == "POST" and request.POST.get("withdraw"):
        mine = objections_to(publicity.request).filter(filed_by=by.actor)
        one = get_object_or_404(mine, number=number_in(request.POST["withdraw"], digits=6))
        withdraw_objection(objection_id=one.pk, by=by, at=now)
        return see_other("portal:own_objection", walk.code, repair)
    if request.method == "POST" and form.is_valid():
        try:
            file_objection(
                publicity_id=publicity.pk,
                unit_label=form.cleaned_data["unit_label"],
                text=form.cleaned_data["text"],
                submission=submission_of(request),
                by=by,
                at=now,
            )
        except RuleViolation as refused:
            errors = _problems(refused)
        else:
            return see_other("portal:own_objection", walk.code, repair)
    elif request.method == "POST":
        errors = problems(form)
    context = {
        "session": walk.party.session,
        "repair": publicity.request,
        "publicity": publicity,
        "rooms": rooms,
        "form": form,
        "errors": errors,
        "open": now < publicity.until,
        "mine": objections_to(publicity.request).filter(filed_by=by.actor).order_by("-number"),
        "submission": submission_of(request),
        "situation": situation_words(publicity.request.emergency.situation),
    }
    status = 422 if errors else 200
    return render(request, "funds/emergencies/own_objection.html", context, status=status)


def _own_publicity(walk: Walk, repair: str) -> tuple[RepairPublicity, list[str]]:
    """The newest publicity that bears on this household's units, and those rooms; else 404."""
    sold = units_sold_since(walk.party)
    units = [pk for pk in walk.party.units.values_list("unit", flat=True) if pk not in sold]
    if not (repair.isascii() and repair.isalnum()):
        raise Http404
    found = RepairRequest.objects.filter(
        code=repair.upper(), estate=walk.party.session.estate_id
    ).first()
    shown = publicity_of(found) if found is not None else None
    if found is None or shown is None:
        raise Http404
    version = version_in_force(found)
    rows = version.units.filter(unit__in=units) if version is not None else None
    rooms = list(rows.order_by("pk").values_list("label", flat=True)) if rows else []
    if not rooms:
        raise Http404
    shown.request = found
    return shown, rooms


# --- what they share -----------------------------------------------------------------------


def _emergency_for(request: HttpRequest, code: str, permission: Permission) -> RepairRequest:
    """A repair that is or was an emergency; 404 for others and for strangers."""
    found = repair_for(request.user, code, permission)
    if not hasattr(found, "emergency"):
        raise Http404
    return found


def _acted(
    request: HttpRequest,
    found: RepairRequest,
    form: forms.Form,
    act: Callable[[], object],
    template: str,
    done: str,
    extra: dict[str, Any],
) -> HttpResponse:
    """Show a form of one emergency, or call its command and go back to the emergency."""
    if request.method == "POST" and form.is_valid():
        try:
            act()
        except RuleViolation as refused:
            if str(refused):
                add_reasons(form, refused)
        else:
            messages.success(request, done)
            return redirect("staff:emergency", found.code)
    return _page(request, template, {**_context(found), "form": form, **extra})


def _context(found: RepairRequest) -> dict[str, Any]:
    return {
        "repair": found,
        "estate": found.estate,
        "emergency": found.emergency,
        "situation": situation_words(found.emergency.situation),
        "desk": DESKS.get(found.desk, found.desk),
    }


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    form = context.get("form")
    status = 400 if request.method == "POST" and form is not None and form.errors else 200
    return render(request, template, {**context, "section": "emergencies"}, status=status)


def _yuan(fen: int | None) -> str:
    return "" if fen is None else f"{fen // 100}.{fen % 100:02}"


def _problems(refused: RuleViolation) -> list[Problem]:
    reasons = refused.facts.get("reasons")
    if isinstance(reasons, list):
        return [(f"id_{one.field}" if one.field else "", one.sentence) for one in reasons]
    return [("", str(refused.sentence))]
