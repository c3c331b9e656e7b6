"""Delivery of the letters: the door-to-door board, the sheets, the notice, the record."""

from io import BytesIO
from itertools import groupby
from secrets import token_urlsafe
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission, permissions_at
from core.errors import RuleViolation
from documents.uploads import UploadField, scanned
from portal.forms import add_reasons
from portal.selectors import session_for
from portal.views.common import posted, signer_of
from voting.domain.delivering import NOTICE_DAYS
from voting.models import DeliveryMark, Session
from voting.selectors import (
    Door,
    delivery_csv,
    doors,
    evidence_of,
    figures,
    party_of_serial,
    silence_counts,
)
from voting.services.delivering import (
    add_evidence,
    check_delivery,
    content_of,
    hand_out,
    mark_delivery,
    substitute_by_notice,
)

_P = Permission
_AT_THE_DOOR = ("signed", "household", "absent", "refused", "returned", "post", "electronic")


class NoticeForm(forms.Form):
    """When the list of rooms was posted, and its photograph."""

    may_be_empty = frozenset[str]()

    posted_on = forms.DateField(
        label=gettext_lazy("张贴日期"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": gettext_lazy("请填写张贴日期")},
    )
    days = forms.IntegerField(
        label=gettext_lazy("公告几天"),
        min_value=1,
        max_value=60,
        initial=NOTICE_DAYS,
        help_text=gettext_lazy("张贴当天不算。各地规定不同，没有规定的按七天。"),
    )
    content = UploadField(
        label=gettext_lazy("张贴的照片"),
        required=False,
        help_text=gettext_lazy("照片里的位置等信息会去掉，加密保存。"),
        allow_empty_file=True,
    )


@require_safe
def delivery(request: HttpRequest, code: str) -> HttpResponse:
    """How many letters are delivered, by entrance, and what must still be done."""
    session = _announced(request, code, _P.VIEW_TURNOUT)
    whole, *places = figures(doors(session, at=timezone.now()))
    context = _context(request, session) | {
        "whole": whole,
        "places": places,
        "strict": silence_counts(session),
        "kinds": _kinds(),
        "chosen": request.GET.get("kind", "signed"),
        "submission": token_urlsafe(16),
    }
    return render(request, "staff/delivery.html", context)


@require_safe
def door(request: HttpRequest, code: str) -> HttpResponse:
    """One entrance for the person at the door: tap a room."""
    session = _announced(request, code, _P.VIEW_TURNOUT)
    building, entrance = _place(request.GET)
    found = _doors_at(session, building, entrance)
    sheets = session.evidence.filter(kind="sheet", building=building, entrance=entrance)
    context = _context(request, session) | {
        "place": figures(found)[1],
        "building": building,
        "entrance": entrance,
        "floors": [
            (floor, list(some)) for floor, some in groupby(found, key=lambda one: one.floor)
        ],
        "sheets": sheets.defer("content").order_by("pk"),
    }
    return render(request, "staff/delivery_door.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def room(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """What happened to this letter?"""
    asked = _P.DELIVER if request.method == "POST" else _P.VIEW_TURNOUT
    session = _announced(request, code, asked)
    problem = ""
    if request.method == "POST":
        one = _door_of(session, number)
        try:
            _mark(request, session, one, request.POST.get("kind", ""))
        except RuleViolation as refused:
            problem = str(refused)
        else:
            return redirect(_door_url(session, one))
    one = _door_of(session, number)
    party = session.parties.get(number=number)
    context = _context(request, session) | {
        "one": one,
        "kinds": _kinds(),
        "history": party.deliveries.order_by("-pk"),
        "submission": token_urlsafe(16),
        "note": request.POST.get("note", ""),
        "problem": problem,
    }
    status = 409 if problem else 200
    return render(request, "staff/delivery_room.html", context, status=status)


@require_POST
def scan(request: HttpRequest, code: str) -> HttpResponse:
    """Mark the letter of a scanned serial; the page comes back ready for the next."""
    session = _announced(request, code, _P.DELIVER)
    party = party_of_serial(session, request.POST.get("serial", "").replace("\0", ""))
    kind = request.POST.get("kind", "")
    if party is None:
        messages.error(request, _("没有这个票号，请再扫一次。"))
    else:
        one = _door_of(session, party.number)
        try:
            _mark(request, session, one, kind)
        except RuleViolation as refused:
            messages.error(request, f"{one.label}：{refused}")
        else:
            messages.success(request, _("%(room)s 已记下。") % {"room": one.label})
    where = reverse("staff:delivery", args=[session.code])
    return redirect(f"{where}?{urlencode({'kind': kind})}")


@require_POST
def handed_out(request: HttpRequest, code: str) -> HttpResponse:
    """The letters of an entrance were given to who carries them round."""
    session = _announced(request, code, _P.DELIVER)
    building, entrance = _place(request.POST)
    count = hand_out(
        session_id=session.pk,
        building=building,
        entrance=entrance,
        signer=signer_of(request, session.estate, _P.DELIVER),
        at=timezone.now(),
    )
    messages.success(request, _("%(n)d 封记为已交给派送人。") % {"n": count})
    return redirect(_place_url(session, building, entrance))


@require_POST
def sheet(request: HttpRequest, code: str) -> HttpResponse:
    """The signed sheet of an entrance."""
    session = _announced(request, code, _P.DELIVER)
    place = _place(request.POST)
    _doors_at(session, *place)
    upload = scanned(request.FILES.get("content"))
    add_evidence(
        session_id=session.pk,
        kind="sheet",
        place=place,
        content=upload.read(settings.UPLOAD_MAX_BYTES + 1) if upload else b"",
        signer=signer_of(request, session.estate, _P.DELIVER),
        at=timezone.now(),
    )
    messages.success(request, _("签收表已保存。"))
    return redirect(_place_url(session, *place))


@require_POST
def check(request: HttpRequest, code: str) -> HttpResponse:
    """A second person compared the entrance's marks with sheet and photographs."""
    session = _announced(request, code, _P.CONFIRM_STANDIN)
    place = _place(request.POST)
    settled = [
        one.last.pk
        for one in _doors_at(session, *place)
        if one.last and one.state in ("delivered", "posted", "substituted") and not one.checked
    ]
    count = check_delivery(
        session_id=session.pk,
        mark_ids=settled,
        signer=signer_of(request, session.estate, _P.CONFIRM_STANDIN),
        at=timezone.now(),
    )
    messages.success(request, _("%(n)d 户已核对。") % {"n": count})
    return redirect(_place_url(session, *place))


@require_http_methods(["GET", "HEAD", "POST"])
def notice(request: HttpRequest, code: str) -> HttpResponse:
    """The rooms whose letters came back, to print and post; rooms only."""
    session = _announced(request, code, _P.DELIVER)
    rooms = [one for one in doors(session, at=timezone.now()) if one.state == "failed"]
    form = NoticeForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["content"]
        try:
            substitute_by_notice(
                session_id=session.pk,
                numbers=[one.number for one in rooms],
                posted_on=form.cleaned_data["posted_on"],
                days=form.cleaned_data["days"],
                content=upload.read(settings.UPLOAD_MAX_BYTES + 1) if upload else b"",
                signer=signer_of(request, session.estate, _P.DELIVER),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已记下公告送达，期满后算送达。"))
            return redirect("staff:delivery", session.code)
    context = _context(request, session) | {"rooms": rooms, "form": form}
    status = 400 if form.errors else 200
    return render(request, "staff/delivery_notice.html", context, status=status)


@require_safe
def evidence(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """A sheet or photograph, for who delivers and who compares."""
    session = _announced(request, code, _P.SUPERVISE)
    found = evidence_of(session, pk)
    if found is None:
        raise Http404
    response = HttpResponse(content_of(found), content_type=found.content_type)
    response.headers["Content-Disposition"] = f'inline; filename="{found.sha256[:12]}"'
    return response


@require_POST
def record(request: HttpRequest, code: str) -> HttpResponse:
    """The whole record with its evidence, for the archive."""
    session = _announced(request, code, _P.SUPERVISE)
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        archive.writestr("delivery.csv", delivery_csv(session))
        for found in session.evidence.order_by("pk").iterator(chunk_size=5):
            suffix = found.content_type.rsplit("/", 1)[-1]
            archive.writestr(f"evidence/{found.sha256}.{suffix}", content_of(found))
    response = HttpResponse(packed.getvalue(), content_type="application/zip")
    name = f"delivery-{session.code}.zip"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


# --- shared ------------------------------------------------------------------------------


def _mark(request: HttpRequest, session: Session, one: Door, kind: str) -> None:
    signer = signer_of(request, session.estate, _P.DELIVER)
    upload = scanned(request.FILES.get("content"))
    photo = None
    if upload:
        photo = add_evidence(
            session_id=session.pk,
            kind="photo",
            place=(one.building, one.entrance),
            content=upload.read(settings.UPLOAD_MAX_BYTES + 1),
            signer=signer,
            at=timezone.now(),
        )
    mark_delivery(
        party_id=session.parties.values_list("pk", flat=True).get(number=one.number),
        kind=kind,
        submission=request.POST.get("submission", "").replace("\0", ""),
        evidence_id=photo.pk if photo else None,
        note=request.POST.get("note", "").replace("\0", ""),
        signer=signer,
        at=timezone.now(),
    )


def _kinds() -> list[tuple[str, object]]:
    labels = dict(DeliveryMark.KINDS)
    return [(kind, labels[kind]) for kind in _AT_THE_DOOR]


def _place(sent: Any) -> tuple[str, str]:
    building = sent.get("building", "").replace("\0", "")
    return building, sent.get("entrance", "").replace("\0", "")


def _doors_at(session: Session, building: str, entrance: str) -> list[Door]:
    found = [
        one
        for one in (doors(session, at=timezone.now(), building=building) if building else [])
        if one.entrance == entrance
    ]
    if not found:
        raise Http404
    return found


def _door_of(session: Session, number: int) -> Door:
    found = next(
        (one for one in doors(session, at=timezone.now()) if one.number == number), None
    )
    if found is None:
        raise Http404
    return found


def _place_url(session: Session, building: str, entrance: str) -> str:
    where = reverse("staff:delivery_door", args=[session.code])
    return f"{where}?{urlencode({'building': building, 'entrance': entrance})}"


def _door_url(session: Session, one: Door) -> str:
    return _place_url(session, one.building, one.entrance)


def _announced(request: HttpRequest, code: str, permission: Permission) -> Session:
    session = session_for(request.user, code, permission)
    if not session.manifest:
        raise Http404
    return session


def _context(request: HttpRequest, session: Session) -> dict[str, Any]:
    may = permissions_at(request.user, session.estate)
    return {
        "session": session,
        "estate": session.estate,
        "may": {permission.value: True for permission in may},
    }
