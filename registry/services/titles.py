"""Single corrections of the roll: who owns, who votes, how large.

Steps: what a correction does once two people said so (`services.proposals`), or at the server.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import RuleViolation
from core.exact import parse_area
from logbook.steps import record_act
from registry.domain import documents
from registry.domain.rows import phone_digits
from registry.models import Estate, Owner, Ownership, Unit
from registry.selectors import document_key
from registry.services.imports import phone_hash
from registry.steps import await_numbers, examine_roll, note_titles


class NewOwner(NamedTuple):
    """An owner as a title document names them."""

    name: str
    document_number: str = ""
    document_kind: str = ""
    phone: str = ""
    share_text: str = ""


@transaction.atomic
def record_transfer(
    *,
    unit_id: int,
    owners: Sequence[NewOwner],
    basis: str,
    on: date,
    actor: str,
    at: datetime,
) -> list[Ownership]:
    """Title passes: present titles end on that day, the new owners' begin.

    Also how an undelivered unit is handed over: the unit is delivered from then on. `basis`
    is one of Ownership.BASES. A frozen roll is not reached by this.
    """
    estate, unit = _locked(unit_id)
    if on > timezone.localdate(at):
        raise RuleViolation("transfer.future", _("权属转移的日期还没有到"))
    if basis not in dict(Ownership.BASES):
        raise RuleViolation("transfer.basis", _("请选择权属依据"))
    people = [_checked(owner) for owner in owners]
    keys = [document_key(unit.label, one.name, one.document_number) for one in people]
    if not people or len(set(keys)) < len(keys):
        raise RuleViolation("transfer.owners", _("请填写新业主，同一人只填一次"))
    if _present(unit).filter(valid_from__gt=on).exists():
        raise RuleViolation("transfer.before", _("日期早于现在业主取得房屋的日期，请核对"))
    before = list(_present(unit).values_list("pk", "owner__document_hash"))
    known = Owner.objects.filter(estate=estate, document_hash__in=keys)
    known_ids = set(known.values_list("pk", flat=True))
    others = unit.ownerships.exclude(owner__document_hash__in=keys).exists()
    _present(unit).update(valid_to=on)
    # Whoever loses a title hears of it, so that nobody's unit is given away in silence.
    note_titles([pk for pk, key in before if key not in keys], kind="ended", at=at)
    titles = [
        Ownership.objects.create(
            unit=unit,
            owner=_owner(estate, key, one),
            basis=basis,
            share_text=one.share_text,
            valid_from=on,
        )
        for key, one in zip(keys, people, strict=True)
    ]
    if others:
        # Whoever takes an owner's place gets no vote by one person's word.
        new = [one.owner_id for one in titles if one.owner_id not in known_ids]
        await_numbers(new, actor=actor, at=at)
    if unit.status != "delivered":
        unit.status = "delivered"
        unit.save(update_fields=["status"])
    examine_roll(estate, at=at)
    facts = {"unit": unit.pk, "titles": [title.pk for title in titles], "basis": basis}
    record_act(f"registry/{estate.code}", "title-transferred", facts, actor=actor, at=at)
    return titles


@transaction.atomic
def choose_voter(*, unit_id: int, owner_id: int, actor: str, at: datetime) -> int:
    """Record whom the joint owners of a unit chose to vote (one head, one voter).

    Holds for every unit with the same joint owners, who are one party; returns how many
    units that is. SPC interpretation on condominium ownership (2020) art. 9.
    """
    estate, unit = _locked(unit_id)
    owners = set(_present(unit).values_list("owner_id", flat=True))
    if owner_id not in owners:
        raise RuleViolation("voter.not_owner", _("表决人应当是这套房屋的业主之一"))
    alike = [
        other
        for other in Unit.objects.filter(
            estate=estate,
            is_active=True,
            ownerships__owner_id=owner_id,
            ownerships__valid_to__isnull=True,
        ).distinct()
        if set(_present(other).values_list("owner_id", flat=True)) == owners
    ]
    for other in alike:
        _present(other).exclude(owner_id=owner_id).update(is_voter=False)
        _present(other).filter(owner_id=owner_id).update(is_voter=True)
    note_titles(_present(unit).values_list("pk", flat=True), kind="voter", at=at)
    examine_roll(estate, at=at)
    facts = {"units": [other.pk for other in alike], "owner": owner_id}
    record_act(f"registry/{estate.code}", "voter-chosen", facts, actor=actor, at=at)
    return len(alike)


@transaction.atomic
def set_area(*, unit_id: int, area: str, source: str, actor: str, at: datetime) -> Unit:
    """Write a unit's area and where it is recorded: register, survey or contract.

    SPC interpretation on condominium ownership (2020) art. 8, in this order.
    """
    estate, unit = _locked(unit_id)
    if source not in dict(Unit.SOURCES):
        raise RuleViolation("area.source", _("请选择面积来源：登记、实测或合同"))
    unit.area, unit.area_source = parse_area(area), source
    unit.save(update_fields=["area", "area_source"])
    examine_roll(estate, at=at)
    facts = {"unit": unit.pk, "area": unit.area, "source": source}
    record_act(f"registry/{estate.code}", "area-set", facts, actor=actor, at=at)
    return unit


def _locked(unit_id: int) -> tuple[Estate, Unit]:
    """The unit and its estate, whose row is what all changes of a roll lock first."""
    unit = Unit.objects.get(pk=unit_id, is_active=True)
    return Estate.objects.select_for_update(no_key=True).get(pk=unit.estate_id), unit


def _present(unit: Unit) -> QuerySet[Ownership]:
    return unit.ownerships.filter(valid_to__isnull=True)


def _checked(owner: NewOwner) -> NewOwner:
    number = documents.clean_number(owner.document_number)
    damage = documents.number_damage(number)
    if damage:
        raise RuleViolation("transfer.number", damage)
    if not owner.name.strip():
        raise RuleViolation("transfer.unnamed", _("请填写业主姓名"))
    return owner._replace(
        name=owner.name.strip(), document_number=number, phone=phone_digits(owner.phone)
    )


def _owner(estate: Estate, key: str, one: NewOwner) -> Owner:
    owner, made = Owner.objects.get_or_create(
        estate=estate,
        document_hash=key,
        defaults={
            "name": one.name,
            "kind": "company"
            if documents.is_company(one.name, one.document_kind)
            else "person",
            "document_kind": one.document_kind or documents.kind_of_number(one.document_number),
            "document_number": one.document_number,
            "phone": one.phone,
            "phone_hash": phone_hash(one.phone),
        },
    )
    if not made and owner.name != one.name:
        raise RuleViolation("transfer.name", _("这个证件号码在名册上是另一个姓名，请核对证件"))
    return owner
