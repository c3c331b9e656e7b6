"""Committees that were formed elsewhere, and the end of any."""

from datetime import date, datetime

from django.db import transaction

from committees.domain.wording import day_reasons, note_reasons
from committees.formation_steps import (
    Proof,
    Terms,
    close_committee,
    locked_committee,
    locked_estate,
    note_act,
    put_in_office,
)
from committees.models import Committee, Filed
from core.deadlines import local_day
from core.reasons import Reason, demand_none
from registry.models import Estate


def record_committee(
    *,
    estate_id: int,
    kind: str,
    formed_on: date | None,
    terms: Terms,
    proof: Proof,
    actor: str,
    at: datetime,
) -> Committee:
    """A committee in office by its filing; it takes the place of one known from a register.

    The same again is one. RuleViolation "committee.invalid": another with papers is in
    office, a formation is open, the number of seats, the term, the day.
    """
    scan = proof.scanned()
    with transaction.atomic(durable=True):
        estate = locked_estate(estate_id)
        known = estate.committees.filter(ended_on__isnull=True).first()
        if known and known.source == "filed" and _same(known, kind, formed_on, terms):
            return known
        found = _reasons(estate, kind, known)
        found += day_reasons("formed_on", "产生的日期", formed_on, local_day(at))
        found += note_reasons("note", "有什么备案材料、放在哪里", proof.note)
        demand_none("committee.invalid", found)
        if formed_on is None:
            raise ValueError("a day was demanded")
        committee = put_in_office(
            estate,
            kind=kind,
            source="filed",
            formed_on=formed_on,
            terms=terms,
            actor=actor,
            at=at,
        )
        Filed.objects.create(
            committee=committee,
            note=proof.note.strip(),
            evidence=scan.keep(estate, actor=actor, at=at) if scan else None,
            recorded_by=actor,
            recorded_at=at,
        )
        facts = {"committee": committee.pk, "seats": committee.seats}
        note_act(estate, "committee-recorded", facts, actor=actor, at=at)
    return committee


@transaction.atomic(durable=True)
def end_committee(
    *, committee_id: int, day: date | None, why: str, actor: str, at: datetime
) -> Committee:
    """A committee ends before a new one begins: dissolved, or recorded by mistake.

    Harmless where it ended. RuleViolation "committee.invalid".
    """
    committee = locked_committee(committee_id)
    if committee.ended_on is not None:
        return committee
    found = day_reasons("day", "终止的日期", day, local_day(at))
    if day is not None and day < committee.formed_on:
        told = f"终止不能早于产生的日期（{committee.formed_on}）"
        found.append(Reason("committee.order", told, "day"))
    # The column is read by officials everywhere: an office's words, no names.
    found += note_reasons("why", "终止的原因", why, most=200)
    demand_none("committee.invalid", found)
    if day is not None:
        close_committee(committee, day, why.strip(), actor=actor, at=at)
    facts = {"committee": committee.pk, "day": str(day)}
    note_act(committee.estate, "committee-ended", facts, actor=actor, at=at)
    return committee


def _same(known: Committee, kind: str, formed_on: date | None, terms: Terms) -> bool:
    return (known.kind, known.formed_on, known.seats) == (kind, formed_on, terms.seats)


def _reasons(estate: Estate, kind: str, known: Committee | None) -> list[Reason]:
    if kind not in dict(Committee.KINDS):
        return [Reason("committee.kind", "请选择是哪一种委员会", "kind")]
    if known is not None and known.source != "register":
        told = "这里已经登记有在任的委员会；换届的请开始换届，终止了的请先登记终止"
        return [Reason("committee.formed", told, "kind")]
    running = estate.formations.filter(ending="", committee__isnull=True).first()
    if running is not None and running.kind != "renewal":
        told = "这里有一次没有办完的组建，请在组建里登记选举这一步，或者先停办"
        return [Reason("committee.forming", told, "kind")]
    return []
