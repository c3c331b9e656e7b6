"""依法保全: what is not deleted however old it is, for whoever runs the platform."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.selectors import hold_for, holds_for
from accounts.services.holds import lift_hold, set_hold
from core.errors import RuleViolation
from portal.forms import ReasonForm, add_reasons
from portal.hold_forms import HoldForm
from portal.retention import TABLE
from portal.views.common import posted, user_of


@require_http_methods(["GET", "HEAD", "POST"])
def holds(request: HttpRequest) -> HttpResponse:
    """Every hold, a form for another, and what is kept for how long where there is none."""
    found = holds_for(request.user)
    form = HoldForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            set_hold(
                estate=form.estate,
                session_code=form.cleaned_data["session_code"],
                reason=form.cleaned_data["reason"],
                until=form.cleaned_data["until"],
                actor=f"user:{user_of(request).pk}",
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("保全已生效：从现在起不会自动删除。"))
            return redirect("staff:holds")
    context = {"holds": found, "form": form, "table": TABLE, "section": "holds"}
    return render(request, "staff/holds.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def lift(request: HttpRequest, pk: int) -> HttpResponse:
    """The usual periods apply again, by another operator than the one who set it."""
    hold = hold_for(request.user, pk)
    form = ReasonForm(posted(request))
    actor = f"user:{user_of(request).pk}"
    if request.method == "POST" and form.is_valid():
        try:
            lift_hold(
                hold_id=hold.pk,
                reason=form.cleaned_data["reason"],
                actor=actor,
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("保全已解除。"))
            return redirect("staff:holds")
    own = hold.set_by == actor
    context = {"hold": hold, "form": form, "own": own, "section": "holds"}
    return render(request, "staff/lift_hold.html", context, status=400 if form.errors else 200)
