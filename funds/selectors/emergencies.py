"""Reads of emergencies: whose desk, who may act, what is late, what was spent."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import F, QuerySet

from accounts.models import RoleGrant
from funds.domain.apportionment import apportion
from funds.domain.emergencies import Deciders, Stage, deciders_of
from funds.domain.repairs import plain_place
from funds.models import (
    EmergencyDecision,
    EmergencyFinding,
    RepairObjection,
    RepairPublicity,
    RepairRequest,
    RepairVersion,
)
from funds.selectors.repairs import fund_rules
from registry.domain.rooms import natural
from registry.models import Authority, Estate
from registry.selectors import authority_chain

# An emergency that still runs: the same fault is not reported a second time.
RUNNING = ("reported", "found", "decided", "review", "returned", "approved")
# The desks with hours: what is late here goes up.
_TIMED = ("reported", "found", "review")


# --- authorities ---------------------------------------------------------------------------


def finding_authority(estate: Estate, on: date) -> Authority | None:
    """Whose desk a finding is: the residents' committee's, else the street office's."""
    chain = _line(estate, on)
    for kind in ("residents_committee", "street_office"):
        found = next((one for one in chain if one.kind == kind), None)
        if found is not None:
            return found
    return chain[0] if chain else None


def street_of(estate: Estate, on: date) -> Authority | None:
    """The street office above an estate; None where there is none."""
    return next((one for one in _line(estate, on) if one.kind == "street_office"), None)


def authority_above(request: RepairRequest, on: date) -> Authority | None:
    """Where a desk that overslept goes: the next above it; from the committee, the street."""
    chain = _line(request.estate, on)
    if request.desk_authority_id is None:
        return street_of(request.estate, on) or (chain[0] if chain else None)
    above = False
    for one in chain:
        if above:
            return one
        above = one.pk == request.desk_authority_id
    return None


def has_committee(estate: Estate, on: date) -> bool:
    """Whether anybody holds the committee's grant at the estate on a day."""
    held = RoleGrant.objects.standing(on).filter(estate=estate, role="organiser")
    return held.filter(user__is_active=True).exists()


def deciders_for(request: RepairRequest, on: date) -> Deciders:
    """Who decides on an emergency on a day, by the profile and by who exists."""
    return deciders_of(
        fund_rules(request.estate, on)["fund.emergency_deciders"].value,
        has_committee=has_committee(request.estate, on),
        escalated_to=request.escalated_to.name if request.escalated_to else "",
    )


def _line(estate: Estate, on: date) -> list[Authority]:
    return [
        one
        for one in authority_chain(estate)
        if one.valid_from <= on and (one.valid_to is None or one.valid_to >= on)
    ]


# --- the course of one ---------------------------------------------------------------------


def running_like(estate: Estate, part: str, place: str) -> RepairRequest | None:
    """An emergency that still runs for the same part at the same place."""
    wanted = plain_place(place)
    rows = RepairRequest.objects.filter(
        estate=estate, kind="emergency", part=part, state__in=RUNNING
    )
    return next((one for one in rows.order_by("pk") if plain_place(one.place) == wanted), None)


def last_finding(request: RepairRequest) -> EmergencyFinding | None:
    return request.findings.order_by("pk").last()


def last_decision(request: RepairRequest) -> EmergencyDecision | None:
    return request.emergency_decisions.order_by("pk").last()


def stages(request: RepairRequest) -> list[Stage]:
    """Each desk an emergency lay on since it was reported, the last one still there."""
    found: list[Stage] = []
    for step in request.steps.order_by("pk"):
        if step.kind == "emergency.escalated" or (found and found[-1].desk == step.desk):
            continue
        if not found and step.kind != "emergency.reported":
            continue
        if found:
            found[-1] = found[-1]._replace(until=step.at)
        due = step.data.get("due_at")
        found.append(
            Stage(step.desk, step.at, None, datetime.fromisoformat(due) if due else None)
        )
    if found and found[-1].until is None and found[-1].desk == request.desk:
        found[-1] = found[-1]._replace(due=request.desk_due_at)
    return found


def overslept(at: datetime) -> QuerySet[RepairRequest]:
    """Emergencies on a desk whose hours are over and that nobody above knows of."""
    return RepairRequest.objects.filter(
        kind="emergency",
        state__in=_TIMED,
        desk_due_at__lte=at,
        escalated_to=None,
    ).order_by("desk_due_at", "pk")


def open_emergencies(estates: Iterable[Estate] | QuerySet[Estate]) -> QuerySet[RepairRequest]:
    """Emergencies that still run, the earliest deadline first: so those late lead."""
    return (
        RepairRequest.objects.filter(estate__in=estates, kind="emergency", state__in=RUNNING)
        .select_related("estate", "emergency", "desk_authority", "escalated_to")
        .order_by(F("desk_due_at").asc(nulls_last=True), "pk")
    )


# --- publicity -----------------------------------------------------------------------------


class UnitShare(NamedTuple):
    """A unit of the scope and what it bears of the final cost.

    `is_seller`: no unit, the selling organisation of sold public housing.
    """

    room: str
    area: int
    fen: int
    is_seller: bool = False


def publicity_of(request: RepairRequest) -> RepairPublicity | None:
    """The newest 公示 of a repair."""
    return request.publicities.select_related("document").order_by("version").last()


def final_shares(version: RepairVersion, final_fen: int) -> list[UnitShare]:
    """What each unit bears of the final cost by the weights that were frozen, by room."""
    units = list(version.units.order_by("pk"))
    shares = apportion(final_fen, [(one.label, one.weight) for one in units])
    rows = [
        UnitShare(one.label, one.area, fen, one.unit_id is None)
        for one, fen in zip(units, shares, strict=True)
    ]
    return sorted(rows, key=lambda row: (row.is_seller, natural(row.room)))


def objections_to(request: RepairRequest) -> QuerySet[RepairObjection]:
    """Every objection to a repair, to whichever of its publicities."""
    return RepairObjection.objects.filter(publicity__request=request).select_related(
        "publicity"
    )


def upheld_since(request: RepairRequest, posted_at: datetime) -> QuerySet[RepairObjection]:
    """Those upheld after the newest publicity: what they say is not corrected yet."""
    return objections_to(request).filter(state="upheld", answered_at__gte=posted_at)


def on_show(units: Sequence[int], at: datetime) -> list[RepairPublicity]:
    """The publicities that bear on these units and can still be objected to."""
    newest: dict[int, RepairPublicity] = {}
    rows = RepairPublicity.objects.filter(
        until__gt=at, request__versions__units__unit__in=units
    ).select_related("request__emergency", "document")
    for one in rows.distinct().order_by("request", "version"):
        newest[one.request_id] = one
    return list(newest.values())
