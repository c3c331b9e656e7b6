"""Candidates of an election that is held elsewhere: a list kept by hand."""

from datetime import datetime

from django.db import transaction

from committees.domain.kinds import COMMITTEES
from committees.domain.pipeline import FORMED
from committees.domain.wording import name_reasons
from committees.formation_steps import locked_formation, note_act, size_reasons
from committees.models import Formation, Nominee
from committees.selectors.pipeline import case_of
from core.deadlines import local_day
from core.reasons import Reason, demand_none

MOST = 30


@transaction.atomic(durable=True)
def plan_seats(*, formation_id: int, seats: int | None, actor: str, at: datetime) -> Formation:
    """How many are to be elected. RuleViolation "formation.invalid" with the clause."""
    formation = locked_formation(formation_id)
    kind = COMMITTEES[formation.kind]
    demand_none("formation.invalid", size_reasons(formation.estate, kind, seats, local_day(at)))
    if formation.seats != seats:
        formation.seats = seats
        formation.save(update_fields=["seats"])
        facts = {"formation": formation.pk, "seats": seats}
        note_act(formation.estate, "seats-planned", facts, actor=actor, at=at)
    return formation


@transaction.atomic(durable=True)
def add_nominee(*, formation_id: int, name: str, actor: str, at: datetime) -> Nominee:
    """Somebody stands. RuleViolation "nominee.invalid": the name is on the list, or whoever
    stood has been elected."""
    formation = locked_formation(formation_id)
    standing = [one for one in formation.nominees.all() if one.withdrawn_on is None]
    found = name_reasons("name", "候选人的姓名", name)
    if FORMED in case_of(formation, local_day(at)).reached:
        found.append(Reason("nominee.late", "选举已经办完，不能再加候选人"))
    if any(one.name == name.strip() for one in standing):
        told = "这个姓名已经在名单里；确实是两个人的，请在姓名后面加以区别"
        found.append(Reason("nominee.twice", told, "name"))
    if len(standing) >= MOST:
        found.append(Reason("nominee.many", f"名单最多{MOST}人", "name"))
    demand_none("nominee.invalid", found)
    made = Nominee.objects.create(
        formation=formation, name=name.strip(), recorded_by=actor, recorded_at=at
    )
    facts = {"formation": formation.pk, "nominee": made.pk}
    note_act(formation.estate, "nominee-added", facts, actor=actor, at=at)
    return made


@transaction.atomic(durable=True)
def withdraw_nominee(*, nominee_id: int, actor: str, at: datetime) -> None:
    """Somebody stands no longer; harmless where that was so."""
    formation_id = Nominee.objects.values_list("formation", flat=True).get(pk=nominee_id)
    formation = locked_formation(formation_id)
    nominee = Nominee.objects.get(pk=nominee_id)
    if nominee.withdrawn_on is not None:
        return
    nominee.withdrawn_on, nominee.withdrawn_by = local_day(at), actor
    nominee.save(update_fields=["withdrawn_on", "withdrawn_by"])
    facts = {"nominee": nominee.pk}
    note_act(formation.estate, "nominee-withdrawn", facts, actor=actor, at=at)
