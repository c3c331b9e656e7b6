"""What the roll doctor found: explained by name, or made away with by correcting the roll."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import RuleViolation
from core.reasons import explains
from logbook.steps import record_act
from registry.domain.rows import phone_digits
from registry.fields import keyed_hash
from registry.models import Estate, Finding, PropertyManagerStaff
from registry.services.imports import phone_hash
from registry.steps import examine_roll


@transaction.atomic(durable=True)
def waive_finding(*, finding_id: int, reason: str, actor: str, at: datetime) -> int:
    """Let one finding stand, by name and with a reason; see `waive_findings`."""
    estate_id = Finding.objects.values_list("estate_id", flat=True).get(pk=finding_id)
    return _waive(estate_id, [finding_id], reason, actor, at)


@transaction.atomic(durable=True)
def waive_findings(
    *, estate_id: int, finding_ids: Collection[int], reason: str, actor: str, at: datetime
) -> int:
    """Let findings of an estate stand, by name and with a reason; returns how many.

    A waiver holds for the facts it was given for: when they change, the doctor finds
    something new. Refused without a reason, and where one of them is no longer open.
    """
    return _waive(estate_id, finding_ids, reason, actor, at)


@transaction.atomic(durable=True)
def reexamine_roll(*, estate_id: int, actor: str, at: datetime) -> int:
    """Have the roll doctor look again, after the rules changed; returns what is open."""
    estate = Estate.objects.select_for_update(no_key=True).get(pk=estate_id)
    still_open = examine_roll(estate, at=at)
    record_act(
        f"registry/{estate.code}", "roll-examined", {"open": still_open}, actor=actor, at=at
    )
    return still_open


@transaction.atomic(durable=True)
def add_manager_staff(
    *, estate_id: int, name: str, phone: str, actor: str, at: datetime
) -> PropertyManagerStaff:
    """Note a person who works for the property manager, to find them among the owners."""
    estate = Estate.objects.select_for_update(no_key=True).get(pk=estate_id)
    if not name.strip():
        raise RuleViolation("staff.unnamed", _("请填写姓名"))
    staff, _made = PropertyManagerStaff.objects.get_or_create(
        estate=estate,
        name_hash=keyed_hash(name.strip(), purpose="registry.staff"),
        phone_hash=phone_hash(phone_digits(phone)),
        defaults={"name": name.strip(), "added_by": actor},
    )
    examine_roll(estate, at=at)
    record_act(
        f"registry/{estate.code}", "manager-staff-added", {"id": staff.pk}, actor=actor, at=at
    )
    return staff


@transaction.atomic(durable=True)
def remove_manager_staff(*, estate_id: int, staff_id: int, actor: str, at: datetime) -> None:
    """Forget a person who left the property manager."""
    estate = Estate.objects.select_for_update(no_key=True).get(pk=estate_id)
    estate.property_manager_staff.filter(pk=staff_id).delete()
    examine_roll(estate, at=at)
    record_act(
        f"registry/{estate.code}", "manager-staff-removed", {"id": staff_id}, actor=actor, at=at
    )


def _waive(
    estate_id: int, finding_ids: Collection[int], reason: str, actor: str, at: datetime
) -> int:
    estate = Estate.objects.select_for_update(no_key=True).get(pk=estate_id)
    if not explains(reason):
        raise RuleViolation(
            "finding.no_reason", _("请写明理由，至少四个字，日后有异议时要凭它说明")
        )
    if len(reason.strip()) > 300:
        raise RuleViolation("finding.reason_too_long", _("理由最多 300 个字"))
    found = list(estate.findings.filter(pk__in=finding_ids, state="open"))
    if not found or len(found) != len(set(finding_ids)):
        raise RuleViolation("finding.not_open", _("有的问题已经处理过了，请刷新后再选"))
    for one in found:
        one.state, one.reason = "waived", reason.strip()
        one.decided_by, one.decided_at = actor, at
    Finding.objects.bulk_update(
        found, ["state", "reason", "decided_by", "decided_at"], batch_size=500
    )
    facts = {
        "findings": [one.pk for one in found],
        "kinds": sorted({one.kind for one in found}),
    }
    record_act(f"registry/{estate.code}", "findings-waived", facts, actor=actor, at=at)
    return len(found)
