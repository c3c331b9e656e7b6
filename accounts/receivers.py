"""What Django and allauth tell of, where they offer no other place to join in."""

from datetime import datetime
from typing import Any

from allauth.account import signals as account_signals
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa import signals as mfa_signals
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts.devices import address_of, device_of
from accounts.failures import note_failed
from accounts.models import User
from accounts.selectors import sole_words
from accounts.services.sessions import note_seen, note_sign_in, note_sign_out
from accounts.steps import end_sign_ins, queue_message
from core.deadlines import local_day
from core.errors import RuleViolation
from registry.models import Estate
from registry.signals import roll_comes

SIGN_IN = "sign_in"  # the number of the SignIn row
BEGAN, SEEN = "began", "seen"  # seconds since 1970
_FACTORS = {
    Authenticator.Type.TOTP: "验证器应用",
    Authenticator.Type.WEBAUTHN: "安全密钥",
}


def connect() -> None:
    """Once, when the application starts."""
    user_logged_in.connect(_signed_in, dispatch_uid="accounts.signed_in")
    user_logged_out.connect(_signed_out, dispatch_uid="accounts.signed_out")
    for signal in (account_signals.password_set, account_signals.password_changed):
        signal.connect(_new_password, dispatch_uid="accounts.new_password")
    mfa_signals.authenticator_added.connect(_new_factor, dispatch_uid="accounts.new_factor")
    mfa_signals.authenticator_removed.connect(_less_a_factor, dispatch_uid="accounts.less")
    mfa_signals.authentication_failed.connect(_wrong_factor, dispatch_uid="accounts.wrong")
    mfa_signals.authenticator_reset.connect(_new_codes, dispatch_uid="accounts.new_codes")
    roll_comes.connect(_roll_comes, dispatch_uid="accounts.roll_comes")


def _signed_in(request: HttpRequest, user: User, **_more: Any) -> None:
    now = timezone.now()
    if not request.session.session_key:
        request.session.create()
    row = note_sign_in(
        user=user,
        session_key=request.session.session_key or "",
        device=device_of(request.META.get("HTTP_USER_AGENT", "")),
        address=address_of(request),
        at=now,
    )
    request.session[SIGN_IN] = row.pk
    request.session[BEGAN] = request.session[SEEN] = int(now.timestamp())


def _signed_out(request: HttpRequest | None, **_more: Any) -> None:
    if request is not None and (number := request.session.get(SIGN_IN)):
        note_sign_out(pk=number, at=timezone.now())


def _wrong_factor(request: HttpRequest, user: User, **_more: Any) -> None:
    note_failed("device", request=request, account=user.pk)


def _new_password(request: HttpRequest, user: User, **_more: Any) -> None:
    """Who chose a password knows it; all other browsers are out."""
    record_authentication(request, user, "password", reauthenticated=True)
    now, number = timezone.now(), request.session.get(SIGN_IN)
    with transaction.atomic():
        end_sign_ins(user, at=now, keep=number)
    if number:  # changing it gave this session a new key
        note_seen(
            pk=number,
            session_key=request.session.session_key or "",
            address=address_of(request),
            at=now,
        )
    _tell(user, "密码已修改", f"password:{now.timestamp():.0f}")


def _new_factor(
    request: HttpRequest, user: User, authenticator: Authenticator, **_more: Any
) -> None:
    """Setting up an app or a key takes a code or a touch: it was proven. Recovery codes,
    made along with it, were only shown."""
    if authenticator.type in {Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN}:
        record_authentication(
            request, user, "mfa", id=authenticator.pk, type=str(authenticator.type)
        )
        what = _FACTORS[authenticator.type]
        _tell(user, f"新增{what}", f"added:{authenticator.pk}")


def _less_a_factor(user: User, authenticator: Authenticator, **_more: Any) -> None:
    # Its row is gone by now. Recovery codes go along with the last of the others.
    if what := _FACTORS.get(authenticator.type):
        now = timezone.now()
        _tell(user, f"删除{what}", f"removed:{authenticator.type}:{now.timestamp():.0f}")


def _new_codes(user: User, authenticator: Authenticator, **_more: Any) -> None:
    now = timezone.now()
    _tell(user, "恢复码已换新", f"reset:{authenticator.pk}:{now.timestamp():.0f}")


def _roll_comes(estate: Estate, at: datetime, **_more: Any) -> None:
    """Who was given a role alone by one operator while nobody was on the roll sees no owner
    before another operator has agreed (decisions/0122)."""
    if said := sole_words(estate, local_day(at)):
        raise RuleViolation("import.roles_wait", said)


def _tell(user: User, what: str, event: str) -> None:
    """Whoever's sign-in was changed is told at once, on the phone and not on the page."""
    with transaction.atomic():
        queue_message(
            key=f"factor:{user.pk}:{event}",
            phone=user.phone,
            template="factor_changed",
            params={"what": what},
            at=timezone.now(),
        )
