"""Pages that belong to no vote: home, help, checking a receipt, the size of letters."""

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.context import TEXT_COOKIE, TEXT_SIZES
from voting.forms.owner import LetterCodeForm, ReceiptForm, problems
from voting.views.receipts import recorded_receipt

_YEAR = 365 * 86400


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The one field most people come for."""
    return render(request, "portal/home.html", {"form": LetterCodeForm()})


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Questions owners ask."""
    return render(request, "portal/help.html")


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Check a receipt: in the browser where it can, else against our own record."""
    form = ReceiptForm(request.POST or None)
    context = {"form": form, "answered": False}
    if form.is_bound and form.is_valid():
        found = recorded_receipt(form.cleaned_data["receipt"])
        context |= {"answered": True, "ballot": found}
    context["errors"] = problems(form)
    status = 422 if context["errors"] else 200
    return render(request, "portal/check.html", context, status=status)


@require_POST
def text_size(request: HttpRequest) -> HttpResponse:
    """Remember the size of letters, and go back to the page."""
    size = request.POST.get("size", "")
    if size not in {str(step) for step in TEXT_SIZES}:
        raise BadRequest("no such size of letters")
    goal = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(goal, allowed_hosts={request.get_host()}):
        goal = "/"
    response = HttpResponse(status=303, headers={"Location": goal})
    response.set_cookie(
        TEXT_COOKIE, size, max_age=_YEAR, secure=request.is_secure(), samesite="Lax"
    )
    return response
