"""A named vote after its result: its ballots opened, one of them looked at, and who looked."""

from datetime import timedelta

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.labels import ROLE_TITLES
from accounts.permissions import Permission, roles_at
from core.errors import RuleViolation
from portal.forms import add_reasons
from portal.selectors import names_of, session_for
from portal.views.common import actor_of, posted, searched, user_of
from voting.forms.opened import LookForm, OpenedFileForm
from voting.models import Openings, Party, Session
from voting.selectors import parties_with_room
from voting.selectors.opened import (
    looks_of,
    opened_choices,
    openings_came,
    waits_for_openings,
)
from voting.services.openings import (
    MAX_SIZE,
    Looker,
    deliver_openings,
    look_at_ballot,
    may_look,
    opening_request,
)

_P = Permission
_SHOWN = 50  # rooms found by a search
_LOOKS_A_PAGE = 50
# A look is one look: shown so long to who asked, then it must be asked for again.
SHOWN_FOR = timedelta(minutes=15)


@require_http_methods(["GET", "HEAD", "POST"])
def openings(request: HttpRequest, code: str) -> HttpResponse:
    """Whether the ballots are opened, who has looked, and for trustees' files the way in."""
    session = _named(request, code, _P.SUPERVISE)
    waits = waits_for_openings(session)
    form = OpenedFileForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            content = form.cleaned_data["content"].read(MAX_SIZE + 1)
            deliver_openings(session_id=session.pk, content=content, at=timezone.now())
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            return redirect("staff:openings", session.code)
    search = searched(request)
    looker = may_look(roles_at(user_of(request), session.estate))
    done = Openings.objects.filter(session=session).first()
    came = openings_came(session) if waits else []
    looks = Paginator(looks_of(session), _LOOKS_A_PAGE).get_page(request.GET.get("page"))
    names = names_of(look.actor for look in looks)
    context = {
        "session": session,
        "estate": session.estate,
        "form": form,
        "waits": waits,
        "deliveries": came,
        "done": done,
        "looker": looker,
        "search": search,
        "found": parties_with_room(session, search)[:_SHOWN] if search and looker else [],
        "looks": [(one, names[one.actor], ROLE_TITLES[one.role]) for one in looks],
        "page": looks,
    }
    status = 400 if form.errors else 200
    return render(request, "staff/openings.html", context, status=status)


@require_safe
def request_file(request: HttpRequest, code: str) -> HttpResponse:
    """What trustees' tool needs to open the ballots; nothing in it is secret."""
    session = _named(request, code, _P.SUPERVISE)
    if not waits_for_openings(session):
        raise Http404
    response = HttpResponse(opening_request(session), content_type="application/json")
    name = f"openings-{session.code}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def look_new(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Ask to see one household's ballot, with the reason."""
    session = _named(request, code, _P.LOOK_AT_BALLOTS)
    party = _party(session, number)
    form = LookForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            look = look_at_ballot(
                session_id=session.pk,
                number=party.number,
                reason=form.cleaned_data["reason"],
                court=form.cleaned_data["court"],
                looker=Looker(actor_of(request), roles_at(request.user, session.estate)),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            return redirect("staff:look", session.code, look.pk)
    context = {
        "session": session,
        "estate": session.estate,
        "party": party,
        "form": form,
        "minutes": SHOWN_FOR.seconds // 60,
    }
    status = 400 if form.errors else 200
    return render(request, "staff/look_new.html", context, status=status)


@require_safe
def look(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """One household's ballot, to who asked for it and for a short while."""
    session = _named(request, code, _P.LOOK_AT_BALLOTS)
    asked = looks_of(session).filter(pk=pk, actor=actor_of(request)).first()
    if asked is None or not may_look(roles_at(request.user, session.estate)):
        raise Http404
    if timezone.now() - asked.looked_at > SHOWN_FOR:
        raise RuleViolation("look.over", _("显示的时间已经过了。还要看的，请重新写明理由"))
    context = {
        "session": session,
        "estate": session.estate,
        "look": asked,
        "party": asked.party,
        "choices": opened_choices(_party(session, asked.party.number)),
        "minutes": SHOWN_FOR.seconds // 60,
    }
    response = render(request, "staff/look.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


def _named(request: HttpRequest, code: str, permission: Permission) -> Session:
    session = session_for(request.user, code, permission)
    if session.opening_policy != "named" or session.state not in {"counted", "resolved"}:
        raise Http404
    return session


def _party(session: Session, number: int) -> Party:
    found = session.parties.filter(number=number, ballots__gt=0)
    party = found.select_related("session").prefetch_related("units").first()
    if party is None:
        raise Http404
    return party
