"""Of those who run the platform, enough stay to confirm what the others do."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.selectors import operators_on
from core.deadlines import local_day
from core.errors import RuleViolation


@contextmanager
def two_operators_stay(at: datetime) -> Iterator[None]:
    """What is done inside takes no operator away below two: one alone confirms nothing.

    Who is operator is locked first of all, so that two cannot end each other at once. Whoever
    has the server's command line makes another at any time.
    RuleViolation grant.last_two.
    """
    day = local_day(at)
    list(operators_on(day).select_for_update(of=("self",), no_key=True))
    before = operators_on(day).count()
    yield
    if operators_on(day).count() < min(before, 2):
        raise RuleViolation(
            "grant.last_two",
            _(
                "这样平台管理员就不到两位，以后没有人能确认授权和通知。请先再授权一位，"
                "或者在服务器上用 manage.py make_operator 建立一位。"
            ),
        )
