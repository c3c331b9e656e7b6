"""The SMS code as a second factor of somebody who is signed in with a password."""

import hmac
import secrets
from datetime import datetime, timedelta

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.failures import note_failed
from accounts.models import User
from accounts.services.attempts import attempts_left, count_attempt, forget_attempts
from core.errors import RuleViolation
from registry.fields import keyed_hash

_KEY = "second_code"
VALID = timedelta(minutes=10)
TRIES = 3  # of one code
WRONG_AN_HOUR = 10  # of one person, however many browsers and codes


def send_second_code(request: HttpRequest, user: User, *, at: datetime) -> None:
    """Send six digits to the phone on record; what was sent before stops working."""
    code = f"{secrets.randbelow(10**6):06}"
    request.session[_KEY] = {
        "hash": _hashed(user, code),
        "until": (at + VALID).timestamp(),
        "tries": 0,
    }
    get_adapter().send_verification_code_sms(user=user, phone=user.phone, code=code)


def is_sent(request: HttpRequest, at: datetime) -> bool:
    """Whether a code is on its way that can still be typed."""
    state = request.session.get(_KEY)
    return state is not None and at.timestamp() <= float(state["until"])


def take_second_code(request: HttpRequest, user: User, code: str, *, at: datetime) -> None:
    """Accept the code, once. RuleViolation code.wrong, code.over, code.locked."""
    counter = f"second-code:{user.pk}"
    hour = timedelta(hours=1)
    if not attempts_left(counter, limit=WRONG_AN_HOUR, window=hour, at=at):
        raise RuleViolation(
            "code.locked", _("输错的次数太多，请一小时以后再试，或请平台管理员协助")
        )
    if not is_sent(request, at):
        raise RuleViolation("code.over", _("验证码已经失效，请重新发送"))
    state = request.session.pop(_KEY)
    if not hmac.compare_digest(state["hash"], _hashed(user, code)):
        count_attempt(counter, limit=WRONG_AN_HOUR, window=hour, at=at)
        note_failed("second_sms", request=request, account=user.pk)
        state["tries"] += 1
        if state["tries"] >= TRIES:
            raise RuleViolation("code.over", _("验证码输错3次，已经失效，请重新发送"))
        request.session[_KEY] = state
        raise RuleViolation("code.wrong", _("验证码不对，请再看一次短信"))
    forget_attempts(counter)
    record_authentication(request, user, method="code")


def _hashed(user: User, code: str) -> str:
    # The session lies in the database: a code that still works must not lie there readable.
    return keyed_hash(f"{user.pk}:{code}", purpose="second-code")
