"""The questions before a page of staff: still here, still in office, two factors shown?

Each answers with a page that leads on, or with None.
"""

import time
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from accounts.devices import address_of
from accounts.factors import (
    Account,
    Factor,
    Level,
    Step,
    is_enough,
    level_of,
    missing,
    missing_for_ending,
    missing_for_keys,
    proven,
)
from accounts.held import held_by, remember
from accounts.models import User
from accounts.oidc.adapters import refusal
from accounts.oidc.issuer import is_enabled
from accounts.oidc.standing import Standing, standing_of
from accounts.receivers import BEGAN, SEEN, SIGN_IN
from accounts.services.break_glass import record_break_glass
from accounts.services.sessions import note_seen

SEEN_EVERY = 60  # seconds; how often "last seen" is written
FRESH = 300  # seconds; how long a factor counts as just proven
_TOLD = "break_glass"
_WORDS: dict[Step, tuple[str, object]] = {
    Step.SET_PASSWORD: (
        "account_set_password",
        _("还差一步：您还没有密码。只有短信验证码不够，请先设一个密码。"),
    ),
    Step.TYPE_PASSWORD: (
        "account_reauthenticate",
        _("还差一步：请输入密码。您的角色不能只靠短信验证码登录。"),
    ),
    Step.PROVE_DEVICE: (
        "mfa_reauthenticate",
        _("还差一步：请用验证器应用、安全密钥或者恢复码再验证一次。"),
    ),
    Step.ENTER_CODE: (
        "account_second_code",
        _("还差一步：除了密码，还要输入发到您手机上的验证码。"),
    ),
    Step.SET_UP_DEVICE: (
        "mfa_activate_totp",
        _("您的角色需要第二道验证，请先设置，再使用工作页面。"),
    ),
    Step.SIGN_IN_AGAIN: ("account_login", _("请重新登录。")),
}


def factors_shown(request: HttpRequest) -> frozenset[Factor]:
    """What was proven in this session, for the person signed in."""
    user = request.user
    if not user.is_authenticated:
        return frozenset()
    shown = proven(get_authentication_records(request, user))
    # Given up in this very session ("forgotten"): it proves nothing any more.
    return shown if user.has_usable_password() else shown - {Factor.PASSWORD}


def outstayed(request: HttpRequest, user: User) -> HttpResponse | None:
    """Out, where the working day is over or an official's browser was left alone."""
    now = int(timezone.now().timestamp())
    began = request.session.setdefault(BEGAN, now)
    seen = request.session.setdefault(SEEN, now)
    idle = now - seen > settings.STAFF_IDLE_SECONDS and level_of(user) is Level.OFFICIAL
    if idle or now - began > settings.STAFF_SESSION_SECONDS:
        wanted = request.get_full_path()
        logout(request)
        messages.warning(request, _("太久没有操作，或者登录时间太长，请重新登录。"))
        return _to("account_login", wanted)
    if now - seen >= SEEN_EVERY:
        request.session[SEEN] = now
        if number := request.session.get(SIGN_IN):
            note_seen(
                pk=number,
                session_key=request.session.session_key or "",
                address=address_of(request),
                at=timezone.now(),
            )
    return None


def out_of_office(request: HttpRequest, user: User) -> HttpResponse | None:
    """A page, where the identity provider no longer vouches for the person."""
    standing = standing_of(request, user)
    if standing is Standing.GOOD:
        return None
    if standing is Standing.DOWN:
        return refusal(request, "down", status=503)
    logout(request)
    words = {Standing.ENDED: "ended", Standing.NO_ROLE: "no_role"}
    return refusal(request, words[standing], status=403)


def lacking(request: HttpRequest, user: User, *, keys: bool) -> HttpResponse | None:
    """The next step, where not enough was proven; `keys`: to change one's own factors."""
    shown = factors_shown(request)
    # Enough for the highest level is enough for any: no need to read the roles.
    if not keys and (is_enough(Level.OFFICIAL, shown) or is_enough(level_of(user), shown)):
        return None
    types, has = _account(user)
    step = missing_for_keys(shown, has) if keys else missing(level_of(user), shown, has)
    if step is None:
        return None
    messages.warning(request, str(_WORDS[step][1]))
    wanted = request.get_full_path() if request.method == "GET" else ""
    return _to(_page_of(step, types), wanted)


def not_fresh(request: HttpRequest, user: User) -> HttpResponse | None:
    """The next step, where nothing was proven lately; it leads back to the list of browsers."""
    since = time.time() - FRESH
    records = get_authentication_records(request, user)
    fresh = proven(one for one in records if one.get("at", 0) >= since)
    types, has = _account(user)
    step = missing_for_ending(fresh, has)
    if step is None:
        return None
    if step is Step.SIGN_IN_AGAIN:
        logout(request)
    messages.warning(
        request,
        _("让别的浏览器退出以前，请再验证一次是您本人，5分钟内有效；验证以后再点一次退出。"),
    )
    return _to(_page_of(step, types), reverse("account_sessions"))


def note_break_glass(request: HttpRequest, user: User) -> None:
    """An operator came in past the identity provider: once a session, all hear of it."""
    if not is_enabled() or _TOLD in request.session:
        return
    if Factor.PROVIDER in factors_shown(request):
        return
    request.session[_TOLD] = True
    if any(one.role == "operator" for one in held_by(user)):
        record_break_glass(user=user, at=timezone.now())


def begin(request: HttpRequest, user: User) -> bool:
    """Make room for what is read once a page; whether the session began at the provider."""
    there = Factor.PROVIDER in factors_shown(request)
    remember(user, at_provider=there)
    return there


def _account(user: User) -> tuple[set[str], Account]:
    types = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    return types, Account(user.has_usable_password(), bool(user.phone_hash), bool(types))


def _page_of(step: Step, types: set[str]) -> str:
    if step is Step.PROVE_DEVICE and types == {Authenticator.Type.WEBAUTHN}:
        return "mfa_reauthenticate_webauthn"
    return _WORDS[step][0]


def _to(page: str, wanted: str) -> HttpResponse:
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) if wanted else False
    query = urlencode({"next": wanted if safe else reverse("staff:home")})
    return redirect(f"{reverse(page)}?{query}")
