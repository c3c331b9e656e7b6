"""Accounts and roles, for whoever manages grants."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.labels import role_title
from accounts.models import RoleGrant, User
from accounts.permissions import ROLE_PERMISSIONS, Permission, require, takes_two
from accounts.selectors import (
    doors_shut,
    estates_lacking_organiser,
    is_over,
    open_reset,
    people_for,
    person_for,
    reset_for,
    waiting_grants,
)
from accounts.services.break_glass import other_operators
from accounts.services.entrance import ask_reset, confirm_reset, withdraw_reset
from accounts.services.grants import grant_role
from accounts.services.people import deactivate_user, invite_user
from core.errors import RuleViolation
from portal.forms import GrantForm, InviteForm, ReasonForm, ResetForm, add_reasons
from portal.selectors import living_authorities
from portal.views.common import posted, user_of

SHOWN = 20


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Everyone with an account."""
    found = people_for(request.user)
    day = timezone.localdate()
    shut = doors_shut(request.user)
    rows = [
        (
            person,
            [grant for grant in person.grants.all() if not is_over(grant, day)],
            shut.get(person.pk, 0),
        )
        for person in found
    ]
    context = {
        "rows": rows,
        "section": "people",
        **_lacking(request),
        "waiting": waiting_grants(request.user),
        "always_two": [role_title(one) for one in ROLE_PERMISSIONS if _always_two(one)],
        "two_with_roll": [
            role_title(one)
            for one in ROLE_PERMISSIONS
            if takes_two(one, has_roll=True) and not _always_two(one)
        ],
    }
    return render(request, "staff/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """Make an account."""
    require(request.user, Permission.MANAGE_GRANTS)
    form = InviteForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            person = invite_user(**form.cleaned_data, actor=user_of(request), at=timezone.now())
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("账号已建立，请接着授权。"))
            return redirect("staff:person", person.pk)
    return _page(request, "staff/invite.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One account: its roles, and a form for another one."""
    someone = person_for(request.user, pk)
    now = timezone.now()
    form = GrantForm(
        posted(request),
        authorities=living_authorities(timezone.localtime(now)),
        initial={"valid_from": timezone.localdate()},
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = grant_role(
                user=someone,
                role=form.cleaned_data["role"],
                place=form.place(),
                valid_from=form.cleaned_data["valid_from"],
                valid_to=form.cleaned_data["valid_to"],
                actor=user_of(request),
                at=now,
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _told(made, user_of(request), now))
            return redirect("staff:person", pk)
    day = timezone.localdate()
    grants = [(grant, is_over(grant, day)) for grant in someone.grants.all()]
    context = {
        "person": someone,
        "grants": grants,
        "form": form,
        "doors": someone.closed_doors.all()[:SHOWN],
        **_lacking(request),
        "reset": (waiting := open_reset(someone, now)),
        "may_confirm": waiting is not None
        and user_of(request).pk not in (waiting.asked_by_id, someone.pk),
    }
    return _page(request, "staff/person.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Close an account, with a reason."""
    someone = person_for(request.user, pk)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            deactivate_user(
                user=someone,
                reason=form.cleaned_data["reason"],
                actor=user_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("账号已停用。"))
            return redirect("staff:people")
    return _page(request, "staff/deactivate.html", {"person": someone, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask that a person's password and factors be forgotten, with a reason; that somebody who
    left comes back; that another number is on record."""
    someone = person_for(request.user, pk)
    form = ResetForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            ask_reset(
                user=someone, **form.cleaned_data, actor=user_of(request), at=timezone.now()
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            told = _("已申请，并已通知其他管理员。请其中一位打开这一页确认。")
            messages.success(request, told)
            return redirect("staff:person", pk)
    return _page(request, "staff/reset.html", {"person": someone, "form": form})


@require_POST
def reset_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Another operator confirms."""
    found = reset_for(request.user, pk)
    confirm_reset(
        reset=found,
        phone=request.POST.get("phone", ""),
        actor=user_of(request),
        at=timezone.now(),
    )
    messages.success(request, _("已重置，并已发短信通知本人。"))
    return redirect("staff:person", found.user_id)


@require_POST
def reset_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Any operator stops it."""
    found = reset_for(request.user, pk)
    withdraw_reset(reset=found, actor=user_of(request), at=timezone.now())
    messages.success(request, _("申请已撤回。"))
    return redirect("staff:person", found.user_id)


def _told(made: RoleGrant, actor: User, at: datetime) -> str:
    if not made.waits:
        return _("已授权，并已发短信通知本人。")
    told = _("已提出，另一位管理员确认以后生效。")
    if [one for one in other_operators(actor, at) if one.pk != made.user_id]:
        return told
    alone = _("现在没有另一位管理员，请在服务器上用 manage.py make_operator 再建立一位。")
    return f"{told}{alone}"


def _always_two(role: str) -> bool:
    return takes_two(role, has_roll=False)


def _lacking(request: HttpRequest) -> dict[str, object]:
    """New estates come from the command line: here is where their code is asked for."""
    found = estates_lacking_organiser(request.user)
    return {"lacking": found[:SHOWN], "lacking_more": max(0, found.count() - SHOWN)}


def _page(request: HttpRequest, template: str, context: dict[str, object]) -> HttpResponse:
    form = context["form"]
    status = 400 if getattr(form, "errors", None) else 200
    return render(request, template, {**context, "section": "people"}, status=status)
