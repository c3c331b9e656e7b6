"""Formations for tests: an estate of the invented city, walked through its stages."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from committees.domain.pipeline import STAGES
from committees.formation_steps import Proof, Terms
from committees.models import Committee, Formation, Member
from committees.services.bodies import record_committee
from committees.services.formations import open_formation, report_stage
from committees.services.handovers import confirm_handover, open_handover, settle_item
from committees.services.members import add_member
from registry.models import Division, Estate
from registry.services.profiles import load_profiles
from tests.committees.city import AT, BY, authority, city

DUE = date(2026, 3, 2)
SECOND = "user:22"
PROOF = Proof("街道的通知，第3号，档案柜2")
STAGE_DAYS = {
    "due": 0, "group": 20, "roll": 30, "candidates": 32, "vetting": 40, "posted": 45,
    "elected": 70, "first_meeting": 75, "filed": 85, "seal": 90, "account": 95,
}  # fmt: skip
"""Days after DUE on which each stage is reached, all in time."""


def day_of(stage: str) -> date:
    return DUE + timedelta(days=STAGE_DAYS[stage])


def an_estate(name: str = "甲苑", community: str = "999901001001") -> Estate:
    """An estate without a register; the rules are the nation's."""
    if not Division.objects.filter(code="999900000000").exists():
        city()
        load_profiles(actor="test", at=AT)
    return Estate.objects.create(
        code=f"TEST{Estate.objects.count():04}",
        name=name,
        division_id=community,
        authority=authority(f"{community}居委会"),
        profile_code="national",
    )


def opened(kind: str = "owners_committee", estate: Estate | None = None) -> Formation:
    return open_formation(estate_id=(estate or an_estate()).pk, kind=kind, actor=BY, at=AT)


def report(formation: Formation, stage: str, day: date | None = None, **changes: object):  # type: ignore[no-untyped-def]
    fields = {
        "formation_id": formation.pk,
        "stage": stage,
        "day": day or day_of(stage),
        "proof": PROOF,
        "actor": BY,
        "at": AT,
    } | changes
    if stage == "elected":
        fields.setdefault("terms", Terms(5))
    return report_stage(**fields)  # type: ignore[arg-type]


def walked(formation: Formation, upto: str) -> Formation:
    """Every stage by hand, up to and with this one."""
    for stage in STAGES[formation.kind]:
        if stage.code in STAGE_DAYS:
            report(formation, stage.code)
        if stage.code == upto:
            break
    formation.refresh_from_db()
    return formation


def a_committee(
    estate: Estate | None = None, *, seats: int = 5, kind: str = "owners", at: datetime = AT
) -> Committee:
    return record_committee(
        estate_id=(estate or an_estate()).pk,
        kind=kind,
        formed_on=date(2025, 6, 1),
        terms=Terms(seats),
        proof=PROOF,
        actor=BY,
        at=at,
    )


def sit(committee: Committee, number: int, **changes: object) -> Member:
    fields = {
        "committee_id": committee.pk,
        "name": f"样例{number}",
        "office": "chair" if number == 1 else "member",
        "since": committee.formed_on,
        "actor": BY,
        "at": AT,
    } | changes
    return add_member(**fields)  # type: ignore[arg-type]


def handed_over(committee: Committee, *, missing: int = 1) -> int:
    """The list settled and confirmed by another person; its number."""
    handover = open_handover(
        committee_id=committee.pk, source="preparatory_group", actor=BY, at=AT
    )
    for item in handover.items.all():
        gone = item.position <= missing
        settle_item(
            item_id=item.pk,
            state="missing" if gone else "handed",
            day=committee.formed_on + timedelta(days=5),
            received_by="" if gone else "主任",
            note="建设单位已注销，无法提供" if gone else "",
            actor=BY,
            at=AT,
        )
    return confirm_handover(handover_id=handover.pk, actor=SECOND, at=AT).pk
