"""Looking at a person's pages: begun with a reason, ended, and what was tried meanwhile."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.held import held_by
from accounts.models import Looking, User
from accounts.permissions import Permission, has_permission
from core.errors import RuleViolation
from logbook.steps import PLATFORM_LOG, record_act

LASTS = timedelta(minutes=30)
_SHORTEST = 4  # characters of a reason that says something


@transaction.atomic(durable=True)
def begin_looking(*, by: User, user: User, reason: str, at: datetime) -> Looking:
    """Let an operator see the pages of somebody who works here, for half an hour.

    Never of an owner: whoever holds no role has no pages to be seen, and ballots are cast
    without an account. RuleViolation looking.role, looking.person, looking.reason.
    """
    if not has_permission(by, Permission.LOOK_AS):
        raise RuleViolation("looking.role", _("只有平台管理员可以查看别人的页面"))
    roles = {one.role for one in held_by(user)}
    if user.pk == by.pk or not roles or "operator" in roles:
        raise RuleViolation(
            "looking.person",
            _("只能查看有授权的工作人员的页面；不能查看自己、业主和别的平台管理员的"),
        )
    if len(reason.strip()) < _SHORTEST:
        raise RuleViolation("looking.reason", _("请写明为什么要看（至少4个字）"))
    made = Looking.objects.create(
        user=user, by=by, reason=reason.strip(), began_at=at, until=at + LASTS
    )
    facts = {"looking": made.pk, "user": user.pk, "reason": made.reason}
    record_act(PLATFORM_LOG, "looking.began", facts, actor=f"user:{by.pk}", at=at)
    return made


@transaction.atomic(durable=True)
def end_looking(*, looking: Looking, at: datetime) -> None:
    """It is over; harmless where it was."""
    if Looking.objects.filter(pk=looking.pk, ended_at=None).update(ended_at=at):
        facts = {"looking": looking.pk}
        record_act(PLATFORM_LOG, "looking.ended", facts, actor=f"user:{looking.by_id}", at=at)


@transaction.atomic(durable=True)
def note_refused(*, looking: Looking, page: str, at: datetime) -> None:
    """Something was to be done meanwhile, and was not. `page`: the name of the address."""
    facts = {"looking": looking.pk, "page": page[:80]}
    record_act(PLATFORM_LOG, "looking.refused", facts, actor=f"user:{looking.by_id}", at=at)
