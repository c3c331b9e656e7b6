"""What owners ask about the own data; whoever keeps the roll answers (PIPL 45-50)."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.steps import queue_message
from core.deadlines import local_day
from core.errors import RuleViolation
from core.reasons import explains
from logbook.steps import record_act
from registry.models import DataRequest, Owner

# GB/T 35273-2020 8.7 gives thirty days; half of that is enough for a roll.
ANSWERED_WITHIN = timedelta(days=15)
MOST_OPEN, LONGEST = 5, 500
NOT_ALL = frozenset({"partly", "refused"})


@transaction.atomic(durable=True)
def ask(*, owner_id: int, kind: str, text: str, at: datetime) -> DataRequest:
    """An owner asks that the own data be corrected, erased or explained.

    The same words sent again are the same request. RuleViolation "request.kind",
    "request.empty", "request.long", "request.many".
    """
    plain = text.strip()
    if kind not in dict(DataRequest.KINDS):
        raise RuleViolation("request.kind", _("请选择您要办什么"))
    if not plain:
        raise RuleViolation("request.empty", _("请写明您要办的事"))
    if len(plain) > LONGEST:
        raise RuleViolation("request.long", _("最多写500个字"))
    owner = Owner.objects.select_for_update(of=("self",), no_key=True).get(pk=owner_id)
    waiting = list(owner.requests.filter(state="open"))
    same = [one for one in waiting if (one.kind, one.text) == (kind, plain)]
    if same:
        return same[0]
    if len(waiting) >= MOST_OPEN:
        raise RuleViolation(
            "request.many", _("您有五件还没有答复，请等答复以后再提，或者打电话")
        )
    made = owner.requests.create(
        kind=kind, text=plain, asked_at=at, due_on=local_day(at) + ANSWERED_WITHIN
    )
    _record(made, "request-made", "owner", at)
    return made


@transaction.atomic(durable=True)
def answer(
    *, request_id: int, outcome: str, text: str, actor: str, at: datetime
) -> DataRequest:
    """Answer it; the owner is told that there is an answer, on the page alone what it is.

    Who does not do all that was asked says why (PIPL 50). Harmless where the same was
    answered. RuleViolation "request.outcome", "request.empty", "request.reason",
    "request.long", "request.answered".
    """
    plain = text.strip()
    if outcome not in dict(DataRequest.STATES) or outcome == "open":
        raise RuleViolation("request.outcome", _("请选择怎样办的"))
    if not plain:
        raise RuleViolation("request.empty", _("请写明怎样办的；没有照办的，写明理由"))
    if outcome in NOT_ALL and not explains(plain):
        raise RuleViolation("request.reason", _("没有全部照办的，写明理由，至少四个字"))
    if len(plain) > LONGEST:
        raise RuleViolation("request.long", _("最多写500个字"))
    rows = DataRequest.objects.select_for_update(of=("self",), no_key=True)
    found = rows.select_related("owner__estate").get(pk=request_id)
    if (found.state, found.answer, found.answered_by) == (outcome, plain, actor):
        return found
    if found.state != "open":
        raise RuleViolation("request.answered", _("这一件已经有人答复了"))
    found.state, found.answer = outcome, plain
    found.answered_by, found.answered_at = actor, at
    found.save(update_fields=["state", "answer", "answered_by", "answered_at"])
    queue_message(
        key=f"data-request:{found.pk}:answered",
        phone=found.owner.phone,
        template="data_answered",
        params={
            "estate": found.owner.estate.name,
            "url": f"{settings.PUBLIC_URL}/my/data/",
        },
        at=at,
    )
    _record(found, "request-answered", actor, at)
    return found


def _record(request: DataRequest, act: str, actor: str, at: datetime) -> None:
    facts = {"request": request.pk, "kind": request.kind, "state": request.state}
    place = f"registry/{request.owner.estate.code}"
    record_act(place, act, facts, actor=actor, at=at)
