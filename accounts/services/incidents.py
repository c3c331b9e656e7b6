"""个人信息安全事件: written down and handled step by step (PIPL 57)."""

from collections.abc import Collection
from datetime import datetime
from secrets import choice

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.incident_steps import (
    digest_of,
    locked_incident,
    note_incident,
    put_step,
    text_reasons,
    time_reasons,
)
from accounts.kinds import KINDS
from accounts.models import Incident, IncidentNotice, IncidentStep
from core.codes import LENGTH, new_code
from core.reasons import Reason, demand_none
from registry.models import Estate

# Written by an operator; a letter is noted by whoever sent it.
OPERATORS_STEPS = ("remedy", "authority", "found", "untold", "closed")


@transaction.atomic(durable=True)
def record_incident(
    *,
    nature: str,
    noticed_at: datetime,
    what: str,
    kinds: Collection[str],
    estates: Collection[Estate],
    actor: str,
    at: datetime,
) -> Incident:
    """Write an incident down. RuleViolation "incident.invalid" with every reason."""
    found = time_reasons(noticed_at, at, "noticed_at") + text_reasons("what", what)
    if nature not in dict(Incident.NATURES):
        found.append(Reason("incident.nature", _("请选择是泄露、篡改还是丢失"), "nature"))
    if not kinds or not set(kinds) <= KINDS.keys():
        found.append(Reason("incident.kinds", _("请选择涉及哪些个人信息"), "kinds"))
    if not estates:
        found.append(Reason("incident.estates", _("请填涉及的小区，至少一个"), "estates"))
    demand_none("incident.invalid", found)
    incident = Incident.objects.create(
        code=new_code(LENGTH, choice),
        nature=nature,
        noticed_at=noticed_at,
        what=what.strip(),
        kinds=[kind for kind in KINDS if kind in kinds],
        recorded_by=actor,
        recorded_at=at,
    )
    incident.estates.set(estates)
    facts = {
        "nature": nature,
        "kinds": incident.kinds,
        "estates": len(estates),
        "sha256": digest_of(incident.what),
    }
    note_incident(incident, "incident.recorded", facts, actor, at)
    return incident


@transaction.atomic(durable=True)
def add_step(
    *,
    incident_id: int,
    kind: str,
    happened_at: datetime,
    text: str,
    actor: str,
    at: datetime,
) -> IncidentStep:
    """Write down what was done. RuleViolation "incident.closed", "incident.invalid"."""
    incident = locked_incident(incident_id)
    found = time_reasons(happened_at, at, "happened_at") + text_reasons("text", text)
    if kind not in OPERATORS_STEPS:
        found.append(Reason("incident.kind", _("请选择做了什么"), "kind"))
    notice = IncidentNotice.objects.filter(incident=incident).first()
    if kind == "untold" and notice is not None:
        sentence = _("已经有发给个人的通知，不能再决定不通知")
        found.append(Reason("incident.told", sentence, "kind"))
    if kind == "closed":
        found += _open_ends(incident, notice)
    demand_none("incident.invalid", found)
    if kind == "closed":
        incident.closed_at = at
        incident.save(update_fields=["closed_at"])
    return put_step(incident, kind, None, happened_at, text, actor, at)


def _open_ends(incident: Incident, notice: IncidentNotice | None) -> list[Reason]:
    """What PIPL 57 asks for before the handling can be over."""
    done = set(incident.steps.values_list("kind", flat=True))
    found = []
    if "remedy" not in done:
        found.append(Reason("incident.remedy", _("还没有登记补救措施"), "kind"))
    if "authority" not in done:
        found.append(Reason("incident.authority", _("还没有登记报告主管部门"), "kind"))
    if notice is None and "untold" not in done:
        sentence = _("还没有通知个人，也没有登记不通知的决定和理由")
        found.append(Reason("incident.untold", sentence, "kind"))
    if notice is not None and notice.queued_at is None:
        found.append(Reason("incident.waits", _("给个人的通知还没有发完"), "kind"))
    return found
