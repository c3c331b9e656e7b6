"""Below /my/: who came in by the phone on the roll, and where they wanted to go."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from cryptography.exceptions import InvalidTag
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _

from core.numbers import number_in
from funds.selectors.phones import (
    owners_by_document,
    owners_by_phone,
    units_by_document,
    units_by_phone,
)
from registry.fields import open_bytes, seal_bytes
from registry.models import Estate, Owner

# The hash of a document somebody vouched for; or of a number, and of the document of whom it
# says to be, of several who have that number.
_DOCUMENT, _AND = "document:", "+"
_PREFIX = settings.COOKIE_PREFIX
_COOKIE, _SALT, _SECONDS = f"{_PREFIX}own_fund", "portal.my_fund", 15 * 60
_DRAFT, _DRAFT_SALT = f"{_PREFIX}own_draft", "portal.my_draft"
_OWN_DATA = {
    "portal:my_data",
    "portal:my_seen",
    "portal:my_copy",
    "portal:my_phone",
    "portal:my_phone_remove",
    "portal:my_data_ask",
}
# Where somebody may be led on to, after the check.
_PAGES = _OWN_DATA | {
    "portal:my_fund",
    "portal:my_accounts",
    "portal:my_ask",
    "portal:my_report",
    "portal:my_breach",
}
# The number that a code was sent to: the own, and the new one.
ASKED, ASKED_NEW, ASKED_WHO = (
    f"{_PREFIX}{name}" for name in ("own_asked", "own_asked_new", "own_asked_who")
)
# What is kept of a form while somebody is checked again, and how much of each field.
_KEPT, _LONGEST = {"kind", "act", "text", "place", "unit"}, 500


def held_inside(request: HttpRequest) -> str:
    """What was proved and still holds: the hash of a number, or of a document; else ""."""
    cookie = request.COOKIES.get(_COOKIE, "")
    try:
        held = str(signing.loads(cookie, salt=_SALT, max_age=_SECONDS))
    except signing.BadSignature:
        return ""
    return "" if cache.get(_left(held, cookie)) else held


def _left(held: str, cookie: str) -> str:
    """Where it is noted that this check is over. By its time, which is signed: a signature can
    be written in more than one way."""
    return f"own-left:{held}:{cookie.split(':')[-2]}"


def units_inside(request: HttpRequest) -> list[int] | None:
    """The units to show, asked of the roll each time; None without a check that holds."""
    held = held_inside(request)
    if held.startswith(_DOCUMENT):
        return units_by_document(held.removeprefix(_DOCUMENT)) or None
    return units_by_phone(*_parts(held)) or None


def owners_inside(request: HttpRequest) -> list[Owner] | None:
    """Who it is that came in, at every estate; None without a check that holds."""
    held = held_inside(request)
    if held.startswith(_DOCUMENT):
        return owners_by_document(held.removeprefix(_DOCUMENT)) or None
    return owners_by_phone(*_parts(held)) or None


def phone_inside(request: HttpRequest) -> str:
    """The hash of the number that was proved; "" for whom a provider vouches for."""
    held = held_inside(request)
    return "" if held.startswith(_DOCUMENT) else _parts(held)[0]


def _parts(held: str) -> tuple[str, str]:
    phone, _between, document = held.partition(_AND)
    return phone, document


def let_in(request: HttpRequest, answer: HttpResponse, held: str) -> HttpResponse:
    """Open the door to whoever has the phone with this hash, for fifteen minutes."""
    return _set(request, answer, _COOKIE, signing.dumps(held, salt=_SALT))


def let_in_as(
    request: HttpRequest, answer: HttpResponse, phone: str, document: str
) -> HttpResponse:
    """Open it to whoever has the phone and says to be this one of those whose number it is."""
    return let_in(request, answer, phone + _AND + document)


def let_in_vouched(request: HttpRequest, answer: HttpResponse, held: str) -> HttpResponse:
    """Open it to whom a government identity provider vouches for: the person with this
    document, at every estate and by whatever phone."""
    return let_in(request, answer, _DOCUMENT + held)


def let_out(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """Close it again, also to whoever kept the cookie; what was being written goes too."""
    if held := held_inside(request):
        cache.set(_left(held, request.COOKIES[_COOKIE]), True, _SECONDS)
    for name in (_COOKIE, _DRAFT, ASKED, ASKED_NEW, ASKED_WHO):
        answer.delete_cookie(name, path="/my/")
    return answer


def to_start(request: HttpRequest, wanted: str = "") -> HttpResponse:
    """To the check, and to this page or another after it; what was written comes along."""
    answer = redirect(start_of(wanted or request.get_full_path()))
    said = {
        name: text[:_LONGEST]
        for name, text in request.POST.items()
        if isinstance(text, str) and name in _KEPT
    }
    if not said:
        return answer
    messages.warning(
        request, _("时间到了，请再核对一次手机号。您写的还在，核对以后再提交；照片要重新选。")
    )
    draft = signing.dumps([request.path, said], salt=_DRAFT_SALT, compress=True)
    return _set(request, answer, _DRAFT, draft)


def start_of(wanted: str) -> str:
    """The address of the check before a page."""
    following = f"?{urlencode({'next': wanted})}" if wanted else ""
    return f"{reverse('portal:my_start')}{following}"


def draft_of(request: HttpRequest) -> dict[str, Any]:
    """What was being written on this page when the time was over."""
    try:
        path, said = signing.loads(
            request.COOKIES.get(_DRAFT, ""), salt=_DRAFT_SALT, max_age=_SECONDS
        )
    except (signing.BadSignature, ValueError):
        return {}
    return dict(said) if path == request.path else {}


def drop_draft(answer: HttpResponse) -> HttpResponse:
    """It was sent."""
    answer.delete_cookie(_DRAFT, path="/my/")
    return answer


def onward(wanted: str) -> str:
    """A page of ours below /my/ that somebody wanted to see; "" for any other address."""
    try:
        parts = urlsplit(wanted)
        known = resolve(parts.path).view_name in _PAGES
    except (ValueError, Resolver404):
        return ""
    if parts.scheme or parts.netloc or not known:
        return ""
    return urlunsplit(("", "", parts.path, parts.query, ""))


def keep_asked(
    request: HttpRequest, answer: HttpResponse, name: str, said: dict[str, Any]
) -> HttpResponse:
    """Keep what a page asked (a number, sealed) for the page that asks for its code, so that
    going back, reloading or another language does not ask for it again."""
    sealed = seal_bytes(json.dumps(said).encode(), purpose=f"portal.{name}")
    return _set(
        request, answer, name, signing.dumps(urlsafe_b64encode(sealed).decode(), salt=name)
    )


def asked_of(request: HttpRequest, name: str) -> dict[str, Any]:
    """What `keep_asked` kept; empty where nothing was, or too long ago."""
    try:
        text = signing.loads(request.COOKIES.get(name, ""), salt=name, max_age=_SECONDS)
        sealed = urlsafe_b64decode(text)
        return dict(json.loads(open_bytes(sealed, purpose=f"portal.{name}")))
    except (signing.BadSignature, ValueError, InvalidTag):
        return {}


def drop_asked(answer: HttpResponse, name: str) -> HttpResponse:
    """Its code was right."""
    answer.delete_cookie(name, path="/my/")
    return answer


class Door(NamedTuple):
    """What the check is passed for: the text of the message, and the page left for it."""

    purpose: str
    back: str
    estate: Estate | None

    @property
    def asks(self) -> bool:
        """Whether it is for the accounts, and not for the own fund."""
        return self.purpose == "own_asking"

    @property
    def own_data(self) -> bool:
        """Whether it is for the own data."""
        return self.purpose == "own_data"


def door_to(wanted: str) -> Door:
    """How the check before a page of ours is told; "" stands for the own fund."""
    place = urlsplit(onward(wanted) or reverse("portal:my_fund"))
    found = resolve(place.path)
    if found.view_name == "portal:my_fund":
        return Door("own_fund", reverse("portal:home"), None)
    if found.view_name in _OWN_DATA:
        return Door("own_data", reverse("portal:home"), None)
    asked = {name: texts[0] for name, texts in parse_qs(place.query).items()}
    code = str(found.kwargs.get("code", asked.get("estate", "")))
    estate = Estate.objects.filter(code=code.upper()).first() if _is_code(code) else None
    if estate is None:
        return Door("own_asking", reverse("portal:home"), None)
    back = reverse("portal:accounts_home", args=[estate.code])
    if found.view_name == "portal:my_report":
        back = reverse("portal:sources", args=[estate.code])
    elif found.view_name == "portal:my_breach":
        back = reverse("portal:duties", args=[estate.code])
    elif found.view_name == "portal:my_ask":
        at = [estate.code, found.kwargs["kind"], found.kwargs["first"]]
        back = reverse("portal:accounts", args=at)
        line = asked.get("line", "")
        if number := number_in(line):
            back = reverse("portal:accounts_line", args=[*at, number])
    return Door("own_asking", back, estate)


def _is_code(text: str) -> bool:
    return text.isascii() and text.isalnum()


def _set(request: HttpRequest, answer: HttpResponse, name: str, value: str) -> HttpResponse:
    answer.set_cookie(
        name,
        value,
        max_age=_SECONDS,
        path="/my/",
        secure=settings.SESSION_COOKIE_SECURE or request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return answer
