"""Short messages to whose turn it is: a week before something is due, and the day after."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction

from accounts.permissions import Permission, roles_with
from accounts.steps import queue_message
from core.deadlines import local_day
from disclosures.domain.turns import role_of
from disclosures.models import Duty
from disclosures.selectors.due import people_with
from documents.wording import day
from registry.models import Estate

_KINDS = {kind: str(title) for kind, title in Duty.KINDS}


@transaction.atomic(durable=True)
def remind_of(*, duties: Sequence[Duty], body: str, at: datetime) -> int:
    """Tell whoever speaks for `body` at the estate; once before the day and once after it.

    Args:
        duties: of one estate, due on one day.
        body: a key of `domain.bodies.ROLES`.
    """
    keys = [one.pk for one in duties]
    rows = Duty.objects.select_for_update(of=("self",), no_key=True).filter(
        pk__in=keys, done_at=None
    )
    found = list(rows.order_by("pk"))
    if not found:
        return 0
    first = found[0]
    template = "accounts_late" if first.due_on < local_day(at) else "accounts_due"
    estate = duties[0].estate
    params = {
        "estate": estate.name,
        "what": "、".join(_KINDS[one.kind] for one in found),
        "day": day(first.due_on),
        "url": f"{settings.PUBLIC_URL}/staff/accounts/estates/{estate.code}/",
    }
    if template == "accounts_late":
        params["late"] = day(first.late_on)
    told = 0
    for person in people_with([role_of(body)], estate, local_day(at)):
        told += queue_message(
            key=f"duty:{first.pk}:{template}:user:{person.pk}",
            phone=person.phone,
            template=template,
            params=params,
            at=at,
        )
    Duty.objects.filter(pk__in=[one.pk for one in found]).update(reminded_at=at)
    return told


@transaction.atomic(durable=True)
def remind_to_answer(*, estate: Estate, many: int, at: datetime) -> int:
    """Tell who answers that so many questions have to be answered by tomorrow; once a day."""
    told = 0
    today = local_day(at)
    for person in people_with(roles_with(Permission.ANSWER_ACCOUNTS), estate, today):
        told += queue_message(
            key=f"answers:{estate.pk}:{today}:user:{person.pk}",
            phone=person.phone,
            template="answers_due",
            params={
                "estate": estate.name,
                "many": str(many),
                "url": f"{settings.PUBLIC_URL}/staff/accounts/estates/{estate.code}/",
            },
            at=at,
        )
    return told
