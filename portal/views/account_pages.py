"""What the pages of the accounts share: who acts for which body, one form a page."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.permissions import ROLE_PERMISSIONS, Permission, permissions_at, roles_at
from core.errors import RuleViolation
from disclosures.domain.bodies import ROLES
from disclosures.models import Book
from disclosures.selectors.books import holding_of
from disclosures.steps import By, demand_holder
from portal.emergency_forms import uploads_of
from portal.forms import add_reasons
from portal.views.common import actor_of, user_of
from registry.models import Estate

_P = Permission


def acting(
    request: HttpRequest, estate: Estate, permission: Permission, *, prefer: str = ""
) -> By:
    """The person signed in, in a role that may; in this one where it is held."""
    roles = [
        role
        for role in roles_at(user_of(request), estate)
        if permission in ROLE_PERMISSIONS[role]
    ]
    if not roles:
        raise Http404
    return By(actor_of(request), prefer if prefer in roles else roles[0])


def keeping(request: HttpRequest, book: Book) -> By:
    """The person signed in as who holds the money of a book, where that is the role."""
    holding = holding_of(book)
    prefer = ROLES[holding.holder] if holding else ""
    return acting(request, book.estate, _P.KEEP_ACCOUNTS, prefer=prefer)


def demand_holding(request: HttpRequest, book: Book) -> None:
    """RuleViolation at once, before somebody else photographs and types in vain."""
    demand_holder(book, keeping(request, book))


def checking(
    request: HttpRequest,
    estate: Estate,
    than: str,
    *,
    permission: Permission = Permission.CHECK_ACCOUNTS,
) -> By:
    """The person signed in as a body other than this one, where such a role is held."""
    roles = [
        role
        for role in roles_at(user_of(request), estate)
        if role != than and permission in ROLE_PERMISSIONS[role]
    ]
    by = acting(request, estate, permission)
    return by._replace(role=roles[0]) if roles else by


def forming(
    request: HttpRequest,
    form: forms.Form,
    act: Callable[[dict[str, Any]], HttpResponse],
    context: dict[str, Any],
    *,
    template: str = "disclosures/staff/form.html",
) -> HttpResponse:
    """A page that is one form: act on it, or show it with every complaint."""
    if request.method == "POST" and form.is_valid():
        try:
            return act(form.cleaned_data)
        except RuleViolation as refused:
            add_reasons(form, refused)
            # The key of what was written down before, where this would be a repetition.
            context["again"] = refused.facts.get("first")
    status = 400 if request.method == "POST" else 200
    return answer(request, template, {**context, "form": form}, status)


def answer(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    return render(request, template, {"section": "accounts", **context}, status=status)


def may_at(request: HttpRequest, estate: Estate) -> dict[str, bool]:
    return {one.value: True for one in permissions_at(user_of(request), estate)}


def holds_money(request: HttpRequest, book: Book) -> bool:
    """Whether the person signed in enters for whoever holds the money."""
    holding = holding_of(book)
    if holding is None:
        return False
    return ROLES[holding.holder] in roles_at(user_of(request), book.estate)


def uploads(files: Any) -> list[tuple[str, bytes]]:
    return [(one.name, one.content) for one in uploads_of(file for file in files if file)]
