"""Reports of what the list prohibits: taken in, handled step by step, settled."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from accounts.permissions import Permission, roles_with
from committees.domain.breaches import PROHIBITED, demand_step
from committees.models import Breach
from committees.selectors.formation import in_office
from core.deadlines import local_day
from core.errors import RuleViolation
from core.reasons import Reason, demand_none
from disclosures.services.sources import MOST_OPEN, unit_reasons
from disclosures.services.sources import Said as Told
from disclosures.steps import By, locked_estate, next_number
from logbook.steps import record_act
from registry.models import Estate
from voting.domain.drafts import text_reasons

MOST_TEXT = 1000
REPEATED = timedelta(days=1)  # the same within it is a repetition
_OWNER = "owner"
_EARLIEST = date(2000, 1, 1)


class Reported(NamedTuple):
    """Which act of the list, on which day where that is known, and how it came to us."""

    act: int
    day: date | None
    source: str


@transaction.atomic(durable=True)
def report_breach(
    *, estate_id: int, reported: Reported, told: Told, by: By, at: datetime
) -> Breach:
    """Take a report in, from an owner or from an official who heard of it.

    The same submission is one. RuleViolation "breach.invalid" with every reason,
    "breach.role", "breach.too_many" of one household, "breach.again" with the key of the first
    where the same household, or the same official, said the same within a day.
    """
    if by.role != _OWNER and by.role not in roles_with(Permission.HANDLE_BREACH):
        raise RuleViolation("breach.role", "您的角色不能登记举报，请交给街道办事处登记")
    estate = locked_estate(estate_id)
    known = estate.breaches.filter(submission=told.submission).first()
    if known is not None:
        return known
    demand_none("breach.invalid", _reasons(estate, reported, told, by, local_day(at)))
    _demand_new(estate, reported, told, by, at)
    own = estate.breaches.filter(unit=told.unit, state="reported")
    if told.unit is not None and own.count() >= MOST_OPEN:
        raise RuleViolation(
            "breach.too_many", f"您家已经有{MOST_OPEN}件在等受理，请等受理以后再反映"
        )
    made = estate.breaches.create(
        committee=in_office().filter(estate=estate).first(),
        number=next_number(estate.breaches),
        act=reported.act,
        day=reported.day,
        text=told.text.strip(),
        source=reported.source,
        unit_id=told.unit,
        submission=told.submission,
        filed_by=by.actor,
        filed_at=at,
    )
    _note(made, "breach-reported", {"act": made.act, "source": made.source}, by, at)
    return made


@transaction.atomic(durable=True)
def take_step(*, breach_id: int, step: str, text: str, by: By, at: datetime) -> Breach:
    """Move a report on, saying what was done. Two people at once: the second is refused.

    RuleViolation "breach.step", "breach.invalid", "breach.role".
    """
    if by.role not in roles_with(Permission.HANDLE_BREACH):
        raise RuleViolation("breach.role", "您的角色不能登记举报，请交给街道办事处登记")
    rows = Breach.objects.select_for_update(of=("self",), no_key=True)
    breach: Breach = rows.select_related("estate").get(pk=breach_id)
    demand_step(breach.state, step)
    demand_none("breach.invalid", text_reasons("text", "办理情况", text, MOST_TEXT))
    breach.steps.create(
        number=breach.steps.count() + 1,
        kind=step,
        text=text.strip(),
        taken_by=by.actor,
        taken_role=by.role,
        taken_at=at,
    )
    breach.state = step
    breach.save(update_fields=["state"])
    _note(breach, f"breach-{step.replace('_', '-')}", {}, by, at)
    return breach


def _demand_new(estate: Estate, reported: Reported, told: Told, by: By, at: datetime) -> None:
    """A form that was gone back to and sent anew comes as another submission."""
    near = estate.breaches.filter(
        act=reported.act,
        day=reported.day,
        unit=told.unit,
        filed_by=by.actor,
        filed_at__gt=at - REPEATED,
    )
    # The text is encrypted: it is compared here.
    first = next((one for one in near if one.text == told.text.strip()), None)
    if first is not None:
        raise RuleViolation("breach.again", f"已经登记过：第{first.number}号", first=first.pk)


def _reasons(
    estate: Estate, reported: Reported, told: Told, by: By, today: date
) -> list[Reason]:
    found = text_reasons("text", "具体情况", told.text, MOST_TEXT)
    if reported.act not in PROHIBITED:
        found.append(Reason("breach.act", "请选择是负面清单里的哪一项", "act"))
    sources = {one for one, _title in Breach.SOURCES}
    # What an owner sends is known to be an owner's; nothing else is taken for it.
    if reported.source not in sources or (reported.source == _OWNER) != (by.role == _OWNER):
        found.append(Reason("breach.source", "请选择从哪里来的", "source"))
    if reported.day is not None and not _EARLIEST <= reported.day <= today:
        found.append(Reason("breach.day", "日期不能晚于今天，也不能早于2000年", "day"))
    return found + unit_reasons(estate, told)


def _note(breach: Breach, act: str, facts: dict[str, object], by: By, at: datetime) -> None:
    body = {"breach": breach.number, "role": by.role, **facts}
    record_act(f"estate/{breach.estate.code}", act, body, actor=by.actor, at=at)
