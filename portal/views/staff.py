"""The worklist, the estates, and the progress of long work."""

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.factors import Level, level_of
from accounts.permissions import (
    Permission,
    estate_for,
    has_permission,
    permissions_at,
    places_of,
)
from core.errors import RuleViolation
from portal.paper_forms import OfficePhoneForm
from portal.selectors import estates_page, worklist_for
from portal.views.common import actor_of, posted, searched, user_of
from registry.selectors import guiding_authority
from registry.services.places import set_authority_phone
from voting.selectors import sessions_of

ESTATES_A_PAGE = 50
# A city has hundreds; the most urgent come first.
TASKS_SHOWN = 100


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Whose desk a thing lies on, and until when."""
    tasks = worklist_for(request.user, timezone.now())
    others = [task for task in tasks if not task.mine]
    places = places_of(request.user).count()
    context = {
        "mine": [task for task in tasks if task.mine],
        "others": others[:TASKS_SHOWN],
        "hidden": max(0, len(others) - TASKS_SHOWN),
        "places": places,
        # A property manager has no business in any vote, and repairs all the same.
        "applies": not places and has_permission(request.user, Permission.VIEW_REPAIR),
        "manages_people": has_permission(request.user, Permission.MANAGE_GRANTS),
        "audits": has_permission(request.user, Permission.EXPORT_LOG),
        "section": "home",
        # Where the gate does not insist (development), the page asks.
        "lacks_factor": level_of(request.user) is Level.OFFICIAL
        and not is_mfa_enabled(user_of(request)),
        "now": timezone.now(),
    }
    return render(request, "staff/home.html", context)


@require_safe
def estates(request: HttpRequest) -> HttpResponse:
    """The estates this person has business with."""
    search = searched(request)
    page = Paginator(estates_page(request.user, search), ESTATES_A_PAGE).get_page(
        request.GET.get("page")
    )
    context = {"page": page, "search": search, "section": "estates"}
    return render(request, "staff/estates.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def office_phone(request: HttpRequest, code: str) -> HttpResponse:
    """The phone of the street office that stands on an estate's papers."""
    place = estate_for(request.user, code, Permission.REVIEW)
    office = guiding_authority(place)
    form = OfficePhoneForm(posted(request), initial={"phone": office.phone})
    if request.method == "POST" and form.is_valid():
        try:
            set_authority_phone(
                authority_id=office.pk,
                phone=form.cleaned_data["phone"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            form.add_error("phone", str(refused))
        else:
            messages.success(request, _("已保存。已经出具的文件不变。"))
            return redirect("staff:estate", place.code)
    context = {"estate": place, "office": office, "form": form}
    status = 400 if form.errors else 200
    return render(request, "staff/office_phone.html", context, status=status)


@require_safe
def estate(request: HttpRequest, code: str) -> HttpResponse:
    """One estate: its roll and its sessions."""
    place = estate_for(request.user, code, Permission.VIEW_SESSION)
    held = permissions_at(request.user, place)
    sessions = sessions_of(place.pk)
    if Permission.VIEW_DRAFT not in held:
        sessions = sessions.exclude(state="draft").exclude(manifest=b"")
    context = {
        "estate": place,
        "office": guiding_authority(place),
        "sessions": sessions,
        "rooms": place.units.filter(is_active=True).count(),
        "findings": place.findings.filter(state="open").count(),
        "may": {permission.value: True for permission in held},
    }
    return render(request, "staff/estate.html", context)
