"""What the pages of committees share: one form a page, with every complaint at once."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.permissions import permissions_at
from core.errors import RuleViolation
from portal.forms import add_reasons
from portal.views.common import user_of
from registry.models import Estate

FORM = "registers/act.html"


def forming(
    request: HttpRequest,
    form: forms.Form,
    act: Callable[[], object],
    context: dict[str, Any],
    *,
    done: str,
) -> HttpResponse:
    """A page that is one form: act on it and go back, or show it with what is wrong.

    `context`: estate, title, back (an address), perhaps lead and button.
    """
    if request.method == "POST" and form.is_valid():
        try:
            act()
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, done)
            return redirect(context["back"])
    status = 400 if request.method == "POST" else 200
    return page(request, FORM, {**context, "form": form}, status)


def page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page of the registers."""
    return render(request, template, {**context, "section": "registers"}, status=status)


def may_at(request: HttpRequest, estate: Estate) -> dict[str, bool]:
    """What the person signed in may do at an estate."""
    return {one.value: True for one in permissions_at(user_of(request), estate)}
