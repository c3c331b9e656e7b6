"""The way in past the identity provider, which must stay open and must not stay quiet."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.selectors import operators_on
from accounts.steps import queue_message
from core.deadlines import SHANGHAI, local_day
from logbook.steps import PLATFORM_LOG, record_act


def other_operators(user: User, at: datetime) -> list[User]:
    """Everybody else who runs the platform today."""
    return list(operators_on(local_day(at)).exclude(pk=user.pk))


@transaction.atomic(durable=True)
def record_break_glass(*, user: User, at: datetime) -> int:
    """An operator signed in by a local account where single sign-on is the rule.

    Returns how many others are told; that text leaves the house at night too.
    """
    entry = record_act(
        PLATFORM_LOG, "break_glass", {"user": user.pk}, actor=f"user:{user.pk}", at=at
    )
    told = [
        queue_message(
            key=f"break-glass:{entry.pk}:{other.pk}",
            phone=other.phone,
            template="break_glass",
            params={"who": str(user), "time": _clock(at)},
            at=at,
        )
        for other in other_operators(user, at)
    ]
    return sum(told)


def _clock(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%m-%d %H:%M")
