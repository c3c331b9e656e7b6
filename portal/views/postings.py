"""Papers on the wall: what has to hang, where it is missing, and the proof of each posting."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission, estate_for, permissions_at
from core.errors import RuleViolation
from documents.models import Posting, PostingPhoto
from documents.selectors import photo_bytes, places_to_post
from documents.services.posting import (
    add_photo,
    add_place,
    post_paper,
    retire_place,
    take_down,
)
from portal.forms import add_reasons
from portal.paper_forms import PhotoForm, PlaceForm, PostingForm, content_of
from portal.selectors import document_for, posting_for, session_for
from portal.views.common import actor_of, posted
from registry.models import Estate
from voting.models import Session
from voting.selectors import hanging, of_paper, posting_of

_P = Permission


@require_safe
def postings(request: HttpRequest, code: str) -> HttpResponse:
    """Which papers of a session have to hang, where they do and where not yet."""
    session = session_for(request.user, code, _P.SUPERVISE)
    if not session.manifest and posting_of(session) is None:
        raise Http404  # a draft of which nothing is on show yet
    now = timezone.now()
    context = _context(request, session.estate) | {
        "session": session,
        "now": now,
        "hanging": hanging(session, now),
        "places": places_to_post(session.estate_id),
    }
    return render(request, "staff/postings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def posting_new(request: HttpRequest, code: str, place: int) -> HttpResponse:
    """For whoever stands before the wall with a phone: it hangs."""
    document = document_for(request.user, code, _P.HANG_PAPERS)
    wall = next((one for one in places_to_post(document.walls.pk) if one.pk == place), None)
    if wall is None:
        raise Http404
    form = PostingForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        photo = content_of(form.cleaned_data["photo"])
        try:
            made = post_paper(
                document_id=document.pk,
                place_id=wall.pk,
                posted_by=form.cleaned_data["posted_by"],
                posted_at=form.cleaned_data["posted_at"],
                photos=[photo] if form.cleaned_data["photo"] else [],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已记下。"))
            return redirect("staff:posting", made.pk)
    context = _context(request, document.walls) | {
        "document": document,
        "place": wall,
        "form": form,
        "session": session_of(document.pk),
    }
    status = 400 if form.errors else 200
    return render(request, "staff/posting_new.html", context, status=status)


@require_safe
def posting(request: HttpRequest, pk: int) -> HttpResponse:
    """One posting with its photographs."""
    return _posting_page(request, posting_for(request.user, pk, _P.SUPERVISE))


@require_POST
def posting_photo_add(request: HttpRequest, pk: int) -> HttpResponse:
    """A photograph that was not taken at once."""
    found = posting_for(request.user, pk, _P.HANG_PAPERS)
    form = PhotoForm(request.POST, request.FILES)
    form.is_valid()
    try:
        add_photo(
            posting_id=found.pk,
            photo=content_of(form.cleaned_data.get("photo")),
            actor=actor_of(request),
            at=timezone.now(),
        )
    except RuleViolation as refused:
        add_reasons(form, refused)
        return _posting_page(request, found, photo=form)
    messages.success(request, _("照片已保存。"))
    return redirect("staff:posting", found.pk)


@require_POST
def posting_down(request: HttpRequest, pk: int) -> HttpResponse:
    """It was taken down."""
    found = posting_for(request.user, pk, _P.HANG_PAPERS)
    form = PostingForm(request.POST, request.FILES)
    if not form.is_valid():
        return _posting_page(request, found, down=form)
    photo = form.cleaned_data["photo"]
    try:
        take_down(
            posting_id=found.pk,
            taken_down_by=form.cleaned_data["posted_by"],
            taken_down_at=form.cleaned_data["posted_at"],
            photos=[content_of(photo)] if photo else [],
            actor=actor_of(request),
            at=timezone.now(),
        )
    except RuleViolation as refused:
        add_reasons(form, refused)
        return _posting_page(request, found, down=form)
    messages.success(request, _("已记下取下的时间。"))
    return redirect("staff:posting", found.pk)


@require_safe
def posting_photo(request: HttpRequest, pk: int, photo: int) -> HttpResponse:
    """A photograph as kept."""
    found = posting_for(request.user, pk, _P.SUPERVISE)
    picture = PostingPhoto.objects.filter(posting=found, pk=photo).first()
    if picture is None:
        raise Http404
    return HttpResponse(photo_bytes(picture), content_type="image/jpeg")


@require_http_methods(["GET", "HEAD", "POST"])
def places(request: HttpRequest, code: str) -> HttpResponse:
    """Where the papers of an estate have to hang."""
    estate = estate_for(request.user, code, _P.HANG_PAPERS)
    form = PlaceForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            add_place(
                estate_id=estate.pk,
                name=form.cleaned_data["name"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            return redirect("staff:posting_places", estate.code)
    context = _context(request, estate) | {"form": form, "places": places_to_post(estate.pk)}
    status = 400 if form.errors else 200
    return render(request, "staff/posting_places.html", context, status=status)


@require_POST
def place_retire(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Nothing has to hang there any more."""
    estate = estate_for(request.user, code, _P.HANG_PAPERS)
    if pk not in {one.pk for one in places_to_post(estate.pk)}:
        raise Http404
    retire_place(place_id=pk, actor=actor_of(request), at=timezone.now())
    return redirect("staff:posting_places", estate.code)


def session_of(document_id: int) -> Session | None:
    """The session whose paper it is, to lead back to."""
    return Session.objects.filter(of_paper(document_id)).only("code", "title").first()


def _posting_page(
    request: HttpRequest,
    found: Posting,
    *,
    photo: PhotoForm | None = None,
    down: PostingForm | None = None,
) -> HttpResponse:
    context = _context(request, found.document.walls) | {
        "posting": found,
        "document": found.document,
        "session": session_of(found.document_id),
        "photo": photo or PhotoForm(),
        "down": down or PostingForm(),
    }
    wrong = (photo is not None and photo.errors) or (down is not None and down.errors)
    return render(request, "staff/posting.html", context, status=400 if wrong else 200)


def _context(request: HttpRequest, estate: Estate) -> dict[str, Any]:
    may = permissions_at(request.user, estate)
    return {"estate": estate, "may": {permission.value: True for permission in may}}
