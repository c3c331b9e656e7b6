"""Those of an incident whom no message reaches: for the estate's organiser, who knows them."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.concerned import incidents_at, unreached
from accounts.models import Incident
from accounts.permissions import Permission, estate_for
from accounts.services.incident_notices import take_list, told_by_letter
from core.errors import RuleViolation
from portal.forms import add_reasons
from portal.incident_forms import LetterForm
from portal.views.common import actor_of, csv_answer, posted
from registry.models import Estate

_P = Permission.TELL_BY_LETTER


@require_http_methods(["GET", "HEAD", "POST"])
def letters_due(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """What is told, how many have to be told by letter, and that they were."""
    place, one = _found(request, code, pk)
    form = LetterForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            told_by_letter(
                incident_id=one.pk,
                estate=place,
                **form.cleaned_data,
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已登记。"))
            return redirect("staff:incident_letters", place.code, one.pk)
    context = {
        "estate": place,
        "incident": one,
        "notice": one.notice,
        "many": sum(1 for _one in unreached(one, place)),
        "told": one.steps.filter(kind="letter", estate=place),
        "form": form,
        "section": "estates",
    }
    status = 400 if form.errors else 200
    return render(request, "staff/incidents/letters.html", context, status=status)


@require_POST
def letters_list(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The list to take away; that it was taken is written down."""
    place, one = _found(request, code, pk)
    rows = [(who.rooms, who.name, _(who.why)) for who in unreached(one, place)]
    take_list(
        incident=one, estate=place, rows=len(rows), actor=actor_of(request), at=timezone.now()
    )
    answer = csv_answer(
        [_("房号"), _("姓名"), _("为什么要书面通知")],
        rows,
        f"letters-{place.code}-{one.pk}.csv",
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _found(request: HttpRequest, code: str, pk: int) -> tuple[Estate, Incident]:
    place = estate_for(request.user, code, _P)
    one = incidents_at(place).filter(pk=pk).first()
    if one is None:
        raise Http404
    return place, one
