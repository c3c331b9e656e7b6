"""What the commands about incidents share: the lock, the reasons, the trace."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from django.utils.translation import gettext as _

from accounts.masking import masked
from accounts.models import Incident, IncidentStep
from core.errors import RuleViolation
from core.reasons import LEAST_REASON, Reason, explains
from logbook.steps import PLATFORM_LOG, record_act
from registry.models import Estate

MOST_TEXT = 1000
EARLIEST = 2000  # a year before which nothing happened here: a slip of the keyboard


def message_key(incident: Incident, phone_hash: str) -> str:
    """What an incident's message to one number is known by."""
    return f"incident:{incident.pk}:{phone_hash}"


def locked_incident(incident_id: int) -> Incident:
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident_id)
    if incident.closed_at is not None:
        raise RuleViolation("incident.closed", _("这个事件的处置已经结束"))
    return incident


def put_step(
    incident: Incident,
    kind: str,
    estate: Estate | None,
    happened_at: datetime,
    text: str,
    actor: str,
    at: datetime,
) -> IncidentStep:
    step = incident.steps.create(
        kind=kind,
        estate=estate,
        happened_at=happened_at,
        text=text.strip(),
        taken_by=actor,
        taken_at=at,
    )
    facts = {"step": step.pk, "kind": kind, "sha256": digest_of(step.text)}
    note_incident(incident, "incident.step", facts, actor, at)
    return step


def time_reasons(given: datetime, at: datetime, field: str) -> list[Reason]:
    if given.year < EARLIEST:
        sentence = _("时间不能早于%(year)s年，请核对") % {"year": EARLIEST}
        return [Reason("incident.past", sentence, field)]
    if given > at:
        return [Reason("incident.future", _("时间不能晚于现在"), field)]
    return []


def text_reasons(field: str, text: str) -> list[Reason]:
    if not explains(text):
        sentence = _("请写清楚，至少%(n)s个字") % {"n": LEAST_REASON}
        return [Reason("incident.text", sentence, field)]
    if len(text) > MOST_TEXT:
        return [Reason("incident.long", _("最多%(n)s个字") % {"n": MOST_TEXT}, field)]
    if masked(text) != text:
        sentence = _("请不要写手机号、证件号码")
        return [Reason("incident.personal", sentence, field)]
    return []


def digest_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def note_incident(
    incident: Incident, act: str, facts: Mapping[str, object], actor: str, at: datetime
) -> None:
    record_act(PLATFORM_LOG, act, {"incident": incident.pk, **facts}, actor=actor, at=at)


def note_at(
    estate: Estate,
    incident: Incident,
    act: str,
    facts: Mapping[str, object],
    actor: str,
    at: datetime,
) -> None:
    body = {"incident": incident.pk, **facts}
    record_act(f"estate/{estate.code}", act, body, actor=actor, at=at)
