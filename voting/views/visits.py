"""An owner on the way through a vote: whose letter was opened, and the answers so far.

The web session knows the party and which checks it passed. Answers given on the server's
pages are never kept by the server: they travel in a cookie that only the server can read.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, wraps
from secrets import token_urlsafe
from typing import Any

from cryptography.exceptions import InvalidTag
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import RuleViolation
from registry.fields import open_bytes, seal_bytes
from voting.models import LetterCode, Party, Proxy
from voting.protocol import board
from voting.services.casting import Helper
from voting.views.addresses import see_other

IDLE_SECONDS = 30 * 60
_SEEN_STEP = 60  # the session row is written at most once a minute
_KEY = "visits"
_DRAFT = f"{settings.COOKIE_PREFIX}draft"


@dataclass(frozen=True, slots=True)
class Visit:
    """What the web session holds, per session code."""

    party: int
    session: int
    by_letter: str = ""  # the public key the browser proved to hold; "" for the code
    letter: int = 0  # the issue of the letter whose code was shown; 0 where there was none
    proxy: int = 0  # the authority an agent votes by
    assistance: int = 0  # somebody else operates the device
    checked: bool = False
    seen: int = 0
    goal: str = ""  # "not_mine": where to go after the check
    only_object: bool = False  # came by a receipt, which many may know: may object, not vote


def begin_visit(request: HttpRequest, code: str, visit: Visit) -> None:
    """Start over with this party's letter; a passed check of the same party is kept."""
    old = current_visit(request, code)
    same = old is not None and _who(old) == _who(visit)
    checked = old is not None and same and old.checked
    # Who passed the check on the way to an objection has not shown the letter.
    checked = checked and old is not None and (visit.only_object or not old.only_object)
    request.session.cycle_key()
    _save(request, code, replace(visit, checked=checked))


def go_on_after_voiding(request: HttpRequest, code: str, visit: Visit) -> None:
    """This visit outlives the letter that its owner has just made void."""
    request.session.cycle_key()
    _save(request, code, replace(visit, by_letter="", letter=0, goal=""))


def _who(visit: Visit) -> tuple[int, int, int]:
    return visit.party, visit.proxy, visit.assistance


def end_visit(request: HttpRequest, code: str) -> None:
    """Forget this session's visit: the device goes back to whoever lent it."""
    visits = request.session.get(_KEY, {})
    visits.pop(code, None)
    request.session[_KEY] = visits
    request.session.cycle_key()


def pass_check(request: HttpRequest, code: str, visit: Visit) -> None:
    """The second check is passed: a new session key, as after any sign-in."""
    request.session.cycle_key()
    _save(request, code, replace(visit, checked=True))


def current_visit(request: HttpRequest, code: str) -> Visit | None:
    """The visit under way, unless it lay idle too long."""
    kept = request.session.get(_KEY, {}).get(code)
    if kept is None:
        return None
    visit = Visit(**kept)
    idle = _now() - visit.seen
    if idle > IDLE_SECONDS:
        return None
    if idle > _SEEN_STEP:
        _save(request, code, visit)
    return visit


def _save(request: HttpRequest, code: str, visit: Visit) -> None:
    visits = request.session.get(_KEY, {})
    visits[code] = asdict(replace(visit, seen=_now()))
    request.session[_KEY] = visits


def _now() -> int:
    return int(timezone.now().timestamp())


@dataclass(frozen=True)
class Walk:
    """What every page behind the letter gets: the visit, and its party for who asks."""

    code: str
    visit: Visit

    @cached_property
    def party(self) -> Party:
        """The party with its session and estate; recording a ballot does without."""
        return Party.objects.select_related("session__estate").get(pk=self.visit.party)

    @cached_property
    def proxy(self) -> Proxy | None:
        """The authority, where an agent walks here."""
        if not self.visit.proxy:
            return None
        found = Proxy.objects.defer("content").select_related("party")
        return found.get(pk=self.visit.proxy, party=self.visit.party)

    @property
    def helper(self) -> Helper | None:
        """Who casts for the owner; None for the owner."""
        if self.visit.proxy:
            return Helper(board.PROXY, self.visit.proxy)
        if self.visit.assistance:
            return Helper(board.ASSISTED, self.visit.assistance)
        return None

    def demand_valid(self) -> None:
        """RuleViolation where the letter was reissued since it was opened here."""
        letter = self.visit.letter
        if letter and LetterCode.objects.filter(pk=letter, voided_at__isnull=False).exists():
            raise RuleViolation(
                "letter.void", _("这封通知书已经补发或者改发，请用最新的一封重新扫码。")
            )


View = Callable[..., HttpResponseBase]


def with_visit(
    *, checked: bool, owner_only: bool = False, objecting: bool = False
) -> Callable[[View], View]:
    """Give the view its `Walk`; without one (or without the check) ask to scan again.

    `owner_only`: neither for an agent nor for who operates the device. `objecting`: also for
    who came by a receipt.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(
            request: HttpRequest, code: str, *args: Any, **kwargs: Any
        ) -> HttpResponseBase:
            visit = current_visit(request, code)
            helped = visit is not None and bool(visit.proxy or visit.assistance)
            if visit is None or (checked and not visit.checked) or (owner_only and helped):
                return render(request, "voting/owner/scan_again.html", status=403)
            if checked and not objecting and visit.only_object:
                return see_other("voting:not_mine", code)
            return view(request, Walk(code, visit), *args, **kwargs)

        return wrapped

    return decorate


@dataclass(frozen=True, slots=True)
class Draft:
    """The answers so far on the server's pages, by motion index, and the form's own number."""

    submission: str = field(default_factory=lambda: token_urlsafe(24))
    answers: dict[str, str] = field(default_factory=dict)

    def with_answer(self, index: int, answer: str) -> "Draft":
        return replace(self, answers=self.answers | {str(index): answer})


def read_draft(request: HttpRequest, walk: Walk) -> Draft:
    """The cookie's draft; an empty one where there is none, or none of this party."""
    try:
        sealed = urlsafe_b64decode(request.COOKIES.get(_DRAFT, ""))
        return Draft(**json.loads(open_bytes(sealed, purpose=_purpose(walk.visit))))
    except (ValueError, InvalidTag):
        return Draft()


def write_draft(response: HttpResponse, request: HttpRequest, walk: Walk, draft: Draft) -> None:
    """Hand the draft to the browser, encrypted and bound to this party."""
    sealed = seal_bytes(json.dumps(asdict(draft)).encode(), purpose=_purpose(walk.visit))
    response.set_cookie(
        _DRAFT,
        urlsafe_b64encode(sealed).decode(),
        max_age=IDLE_SECONDS,
        path=_path(walk),
        secure=settings.SESSION_COOKIE_SECURE or request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def drop_draft(response: HttpResponse, walk: Walk) -> None:
    response.delete_cookie(_DRAFT, path=_path(walk), samesite="Lax")


def _purpose(visit: Visit) -> str:
    return f"draft/{visit.session}/{visit.party}/{visit.proxy}/{visit.assistance}"


def _path(walk: Walk) -> str:
    return f"/vote/{walk.code}/"
