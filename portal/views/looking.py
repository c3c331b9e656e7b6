"""An operator looks through somebody's eyes."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Permission, require
from accounts.selectors import person_for
from accounts.services.looking import begin_looking
from core.errors import RuleViolation
from portal.forms import ReasonForm, add_reasons
from portal.looking import start_looking, stop_looking
from portal.views.common import posted, user_of


@require_http_methods(["GET", "HEAD", "POST"])
def look_as(request: HttpRequest, pk: int) -> HttpResponse:
    """Say why, then see what this person sees."""
    require(request.user, Permission.LOOK_AS)
    someone = person_for(request.user, pk)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            looking = begin_looking(
                by=user_of(request),
                user=someone,
                reason=form.cleaned_data["reason"],
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            start_looking(request, looking)
            return redirect("staff:home")
    context = {"person": someone, "form": form, "section": "people"}
    return render(request, "staff/look_as.html", context, status=400 if form.errors else 200)


@require_POST
def look_away(request: HttpRequest) -> HttpResponse:
    """Back to one's own pages."""
    stop_looking(request)
    messages.success(request, _("查看已结束。"))
    return redirect("staff:people")
