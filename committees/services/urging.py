"""催办: an authority reminds of a formation that is past its deadline."""

from datetime import datetime, timedelta

from django.db import transaction

from committees.models import Formation, Urge
from committees.selectors.pipeline import case_of
from core.deadlines import local_day
from core.errors import RuleViolation
from logbook.steps import record_act

# An authority reminds of the same formation again after so many days.
PAUSE = timedelta(days=3)


@transaction.atomic(durable=True)
def urge_formation(*, formation_id: int, authority_id: int, actor: str, at: datetime) -> Urge:
    """Put it on the desk of whoever keeps the formation, by name of the authority.

    RuleViolation "urge.ended", "urge.in_time", "urge.soon".
    """
    formation = (
        Formation.objects.select_for_update(of=("self",), no_key=True)
        .select_related("estate__authority")
        .get(pk=formation_id)
    )
    if formation.ending:
        raise RuleViolation("urge.ended", "这次组建已经结束，不用催办")
    today = local_day(at)
    standing = case_of(formation, today).standing
    if not standing.late or standing.following is None:
        raise RuleViolation("urge.in_time", "没有超过期限，不用催办")
    recent = formation.urges.filter(authority=authority_id, day__gt=today - PAUSE)
    if recent.exists():
        raise RuleViolation("urge.soon", "三天以内已经催办过，过几天再催办")
    urge = Urge.objects.create(
        formation=formation,
        authority_id=authority_id,
        day=today,
        stage=standing.following.code,
        recorded_by=actor,
        recorded_at=at,
    )
    record_act(
        f"registry/{formation.estate.code}",
        "formation-urged",
        {"formation": formation.pk, "stage": urge.stage, "authority": authority_id},
        actor=actor,
        at=at,
    )
    return urge
