"""Roles: confirmed, declined, taken back; one's own, lent to a deputy."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.factors import OFFICIAL_ROLES
from accounts.models import RoleGrant
from accounts.permissions import ROLE_PERMISSIONS, takes_two
from accounts.selectors import grant_for, is_party_to, own_grants, people_named, takes_second
from accounts.services.grants import (
    appoint_deputy,
    confirm_grant,
    decline_grant,
    revoke_role,
)
from core.errors import RuleViolation
from portal.forms import DeputyForm, ReasonForm, add_reasons
from portal.permission_words import PERMISSION_WORDS
from portal.views.common import posted, user_of

LOOKED = 20  # of who saw one's pages, the newest
_form_page = require_http_methods(["GET", "HEAD", "POST"])


@_form_page
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End a grant, with a reason."""
    grant = grant_for(request.user, pk)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        act = decline_grant if grant.waits else revoke_role
        try:
            act(
                grant=grant,
                reason=form.cleaned_data["reason"],
                actor=user_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("授权已撤销，立即生效。"))
            return redirect("staff:person", grant.user_id)
    return _page(request, "staff/revoke.html", {"grant": grant, "form": form}, "people")


@_form_page
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at what another operator or a holder asks for, and let it hold."""
    grant = grant_for(request.user, pk)
    if request.method == "POST":
        confirm_grant(grant=grant, actor=user_of(request), at=timezone.now())
        said = _("已确认，从约定的那天起生效，并已发短信通知本人。")
        messages.success(request, said if grant.waits else _("已确认，名册导入以后继续有效。"))
        return redirect("staff:people")
    context = {
        "grant": grant,
        "open": takes_second(grant, timezone.localdate()),
        "mine": is_party_to(user_of(request), grant),
        "asked_by": people_named([grant.granted_by]).get(grant.granted_by, grant.granted_by),
    }
    return _page(request, "staff/confirm_grant.html", context, "people")


@require_safe
def roles(request: HttpRequest) -> HttpResponse:
    """Who may do what: the table the pages go by."""
    rows = [
        (PERMISSION_WORDS[one], [one in held for held in ROLE_PERMISSIONS.values()])
        for one in PERMISSION_WORDS
    ]
    columns = [
        (
            role,
            role in OFFICIAL_ROLES,
            takes_two(role, has_roll=False),
            takes_two(role, has_roll=True),
        )
        for role in ROLE_PERMISSIONS
    ]
    return _page(request, "staff/roles.html", {"rows": rows, "columns": columns}, "me")


@require_safe
def own(request: HttpRequest) -> HttpResponse:
    """What one holds, and who stands in."""
    today = timezone.localdate()
    grants = [
        (one, not one.waits and one.valid_from <= today) for one in own_grants(user_of(request))
    ]
    looked = user_of(request).looked_at.select_related("by")[:LOOKED]
    context: dict[str, object] = {"grants": grants, "looked": looked}
    return _page(request, "staff/own_roles.html", context, "me")


@_form_page
def lend(request: HttpRequest, pk: int) -> HttpResponse:
    """代理: ask that somebody else may do the same for a while."""
    grant = _own(request, pk)
    form = DeputyForm(posted(request), initial={"valid_from": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            appoint_deputy(
                grant=grant, **form.cleaned_data, actor=user_of(request), at=timezone.now()
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已提出，平台管理员确认以后生效。"))
            return redirect("staff:own_roles")
    return _page(request, "staff/lend_role.html", {"grant": grant, "form": form}, "me")


@_form_page
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """End what one lent."""
    deputy = RoleGrant.objects.filter(pk=pk).select_related("user", "estate", "authority")
    found = deputy.filter(deputy_of__user=user_of(request)).first()
    if found is None:
        raise Http404
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        revoke_role(
            grant=found,
            reason=form.cleaned_data["reason"],
            actor=user_of(request),
            at=timezone.now(),
        )
        messages.success(request, _("代理已结束，立即生效。"))
        return redirect("staff:own_roles")
    return _page(request, "staff/take_back.html", {"grant": found, "form": form}, "me")


def _own(request: HttpRequest, pk: int) -> RoleGrant:
    found = own_grants(user_of(request)).filter(pk=pk, deputy_of=None, waits=False).first()
    if found is None:
        raise Http404
    return found


def _page(
    request: HttpRequest, template: str, context: dict[str, object], section: str
) -> HttpResponse:
    form = context.get("form")
    status = 400 if getattr(form, "errors", None) else 200
    return render(request, template, {**context, "section": section}, status=status)
