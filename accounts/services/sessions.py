"""Signed-in browsers: noted at the door, seen again, ended.

A session is ended by telling the session store to forget it, whatever store that is; the
next request of that browser is then a stranger's, and no page pays a query to find out.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import SignIn, User
from accounts.steps import end_sign_ins
from core.errors import RuleViolation
from logbook.steps import PLATFORM_LOG, record_act

# Network logs are kept six months (网络安全法 art. 21).
KEPT = timedelta(days=184)


@transaction.atomic
def note_sign_in(
    *, user: User, session_key: str, device: str, address: str, at: datetime
) -> SignIn:
    """A browser signed in. Not an act of office: nothing goes into the logbook."""
    SignIn.objects.filter(user=user, began_at__lt=at - KEPT).delete()
    return SignIn.objects.create(
        user=user,
        session=session_key,
        device=device,
        address=address,
        began_at=at,
        seen_at=at,
    )


def note_seen(*, pk: int, session_key: str, address: str, at: datetime) -> None:
    """The browser came again; its session may have got a new key in the meantime."""
    SignIn.objects.filter(pk=pk, ended_at=None).update(
        session=session_key, address=address, seen_at=at
    )


def note_sign_out(*, pk: int, at: datetime) -> None:
    """The browser signed out by itself."""
    SignIn.objects.filter(pk=pk, ended_at=None).update(session="", ended_at=at)


@transaction.atomic(durable=True)
def end_own(*, user: User, pk: int, at: datetime) -> None:
    """A person ends one browser of their own. RuleViolation session.over."""
    if not end_sign_ins(user, at=at, only=pk):
        raise RuleViolation("session.over", _("这个登录已经结束"))
    record_act(PLATFORM_LOG, "end_session", {"user": user.pk}, actor=f"user:{user.pk}", at=at)


@transaction.atomic(durable=True)
def end_others(*, user: User, keep: int, at: datetime) -> int:
    """A person ends all browsers but the one at hand; returns how many."""
    ended = end_sign_ins(user, at=at, keep=keep)
    if ended:
        facts = {"user": user.pk, "sessions": ended}
        record_act(PLATFORM_LOG, "end_sessions", facts, actor=f"user:{user.pk}", at=at)
    return ended
