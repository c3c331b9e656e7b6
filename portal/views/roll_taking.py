"""The roll taken away as a spreadsheet: masked, or in full for a reason."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from core.errors import RuleViolation
from portal.forms import add_reasons
from portal.roll_forms import TakeForm
from portal.roll_taking import take_roll
from portal.views.common import actor_of, posted
from portal.views.roll import roll_estate, workbook_response


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def take(request: HttpRequest, code: str) -> HttpResponse:
    """Choose why, or masked; then the file."""
    estate = roll_estate(request, code)
    form = TakeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            taken = take_roll(
                estate_id=estate.pk,
                reason=form.cleaned_data["reason"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            name = f"roll-{estate.code}{'-masked' if taken.masked else ''}.xlsx"
            return workbook_response(taken.content, name)
    status = 400 if form.errors else 200
    context = {"estate": estate, "form": form}
    return render(request, "registry/take.html", context, status=status)
