"""What the persons concerned by an incident are told, and how it reaches them (PIPL 57).

Messages go out on the word of two operators; neither sees whom they go to. Each number gets
one, whatever is killed when: its key is the incident and the number's keyed hash.
"""

from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.incident_steps import (
    digest_of,
    locked_incident,
    message_key,
    note_at,
    note_incident,
    put_step,
    text_reasons,
)
from accounts.models import Incident, IncidentNotice, IncidentStep
from accounts.steps import queue_message
from core.errors import RuleViolation
from core.phones import PUBLIC_PHONE, is_public_phone
from core.reasons import Reason, demand_none
from registry.models import Estate, Owner

PORTION = 200  # owners of one transaction
PUBLIC = ("cause", "harm", "measures", "advice")


class Said(NamedTuple):
    """What the persons concerned are told (PIPL 57 (一) to (三)). Everybody can read it."""

    cause: str
    harm: str
    measures: str
    advice: str
    contact: str
    phone: str


@transaction.atomic(durable=True)
def propose_notice(*, incident_id: int, said: Said, actor: str, at: datetime) -> IncidentNotice:
    """Say what the persons concerned shall be told; another operator confirms.

    RuleViolation "incident.closed", "incident.notice", "incident.invalid".
    """
    incident = locked_incident(incident_id)
    if IncidentNotice.objects.filter(incident=incident).exists():
        raise RuleViolation("incident.notice", _("这个事件已经有一份通知，不能再写一份"))
    demand_none("incident.invalid", _notice_reasons(said))
    notice = IncidentNotice.objects.create(
        incident=incident,
        **{name: value.strip() for name, value in said._asdict().items()},
        proposed_by=actor,
        proposed_at=at,
    )
    facts = {"sha256": digest_of("\n".join(part.strip() for part in said))}
    note_incident(incident, "incident.notice_proposed", facts, actor, at)
    return notice


@transaction.atomic(durable=True)
def withdraw_notice(*, incident_id: int, actor: str, at: datetime) -> None:
    """Take a notice back that nobody confirmed. RuleViolation "incident.no_notice"."""
    incident = locked_incident(incident_id)
    notice = _waiting(incident)
    notice.delete()
    note_incident(incident, "incident.notice_withdrawn", {}, actor, at)


@transaction.atomic(durable=True)
def confirm_notice(*, incident_id: int, actor: str, at: datetime) -> IncidentNotice:
    """The second operator's word: the messages go out (`queue_messages`).

    RuleViolation "incident.no_notice", "incident.same_person".
    """
    incident = locked_incident(incident_id)
    notice = _waiting(incident)
    if actor == notice.proposed_by:
        raise RuleViolation("incident.same_person", _("写通知的人不能自己确认，请另一位管理员"))
    notice.confirmed_by, notice.confirmed_at = actor, at
    notice.save(update_fields=["confirmed_by", "confirmed_at"])
    note_incident(incident, "incident.notice_confirmed", {}, actor, at)
    return notice


def queue_messages(*, notice_id: int, at: datetime) -> int:
    """Put the messages of a confirmed notice into the outbox; how many owners were asked.

    Portion by portion: killed between two, the next run goes on where it was.
    """
    total = 0
    while done := _queue_portion(notice_id, at):
        total += done
    return total


@transaction.atomic(durable=True)
def _queue_portion(notice_id: int, at: datetime) -> int:
    rows = IncidentNotice.objects.select_for_update(of=("self",), no_key=True)
    notice = rows.select_related("incident").get(pk=notice_id)
    if notice.confirmed_at is None or notice.queued_at is not None:
        return 0
    incident = notice.incident
    owners = Owner.objects.filter(estate__in=incident.estates.all(), pk__gt=notice.done_to)
    portion = list(owners.select_related("estate").order_by("pk")[:PORTION])
    for owner in portion:
        if owner.phone_hash:
            queue_message(
                key=message_key(incident, owner.phone_hash),
                phone=owner.phone,
                template="incident",
                params={
                    "estate": owner.estate.name,
                    "url": f"{settings.PUBLIC_URL}/incident/{incident.code}",
                    "phone": notice.phone,
                },
                at=at,
            )
    if portion:
        notice.done_to = portion[-1].pk
    else:
        notice.queued_at = at
        note_incident(incident, "incident.notice_queued", {}, "system", at)
    notice.save(update_fields=["done_to", "queued_at"])
    return len(portion)


@transaction.atomic(durable=True)
def take_list(
    *, incident: Incident, estate: Estate, rows: int, actor: str, at: datetime
) -> None:
    """Write down that the list of those to be told by letter was taken away."""
    note_at(estate, incident, "incident.list_taken", {"rows": rows}, actor, at)


@transaction.atomic(durable=True)
def told_by_letter(
    *, incident_id: int, estate: Estate, households: int, text: str, actor: str, at: datetime
) -> IncidentStep:
    """Write down that so many households of an estate were told by letter.

    RuleViolation "incident.closed", "incident.invalid".
    """
    incident = locked_incident(incident_id)
    found = text_reasons("text", text)
    if households < 1:
        found.append(Reason("incident.households", _("请填通知了几户"), "households"))
    demand_none("incident.invalid", found)
    said = _("%(n)s户：%(text)s") % {"n": households, "text": text.strip()}
    step = put_step(incident, "letter", estate, at, said, actor, at)
    note_at(estate, incident, "incident.told_by_letter", {"households": households}, actor, at)
    return step


def _waiting(incident: Incident) -> IncidentNotice:
    notice = IncidentNotice.objects.filter(incident=incident, confirmed_at=None).first()
    if notice is None:
        raise RuleViolation("incident.no_notice", _("没有等待确认的通知，可能已经有人处理过"))
    return notice


def _notice_reasons(said: Said) -> list[Reason]:
    found = [reason for name in PUBLIC for reason in text_reasons(name, getattr(said, name))]
    if not said.contact.strip():
        found.append(Reason("incident.contact", _("请填处理者的名称"), "contact"))
    if not said.phone.strip():
        found.append(Reason("incident.phone", _("请填联系电话"), "phone"))
    elif not is_public_phone(said.phone):
        found.append(Reason("incident.phone", PUBLIC_PHONE, "phone"))
    return found
