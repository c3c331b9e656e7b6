"""A formation from its opening to its end; each stage with the day and what proves it."""

from datetime import date, datetime

from django.db import transaction

from committees.domain.kinds import COMMITTEES
from committees.domain.pipeline import FORMED, lacking
from committees.domain.wording import day_reasons, note_reasons
from committees.formation_steps import (
    Proof,
    Terms,
    keep_due,
    locked_estate,
    locked_formation,
    note_act,
    put_in_office,
    seat_members,
    size_reasons,
)
from committees.models import Committee, Formation, Reached
from committees.selectors.elected import winners_of
from committees.selectors.pipeline import case_of
from committees.selectors.refusals import (
    in_office_reasons,
    objection_reasons,
    opening_reasons,
    order_reasons,
    place_reasons,
)
from core.deadlines import local_day
from core.errors import RuleViolation
from core.reasons import Reason, demand_none


@transaction.atomic(durable=True)
def open_formation(
    *, estate_id: int, kind: str, seats: int | None = None, actor: str, at: datetime
) -> Formation:
    """Take up a formation or a renewal.

    RuleViolation "formation.invalid": another is open, there is a committee already, or none
    to be renewed, or so many seats are not allowed.
    """
    estate = locked_estate(estate_id)
    running = estate.formations.filter(ending="").first()
    found = opening_reasons(kind, running, estate.committees.filter(ended_on=None).first())
    if kind in COMMITTEES and seats is not None:
        found += size_reasons(estate, COMMITTEES[kind], seats, local_day(at))
    demand_none("formation.invalid", found)
    made = Formation.objects.create(
        estate=estate,
        kind=kind,
        seats=seats,
        opened_on=local_day(at),
        opened_by=actor,
        opened_at=at,
    )
    keep_due(made, at=at)
    facts = {"formation": made.pk, "kind": kind}
    note_act(estate, "formation-opened", facts, actor=actor, at=at)
    return made


def report_stage(
    *,
    formation_id: int,
    stage: str,
    day: date | None,
    proof: Proof,
    reason: str = "",
    terms: Terms | None = None,
    actor: str,
    at: datetime,
) -> Reached:
    """Report a stage reached elsewhere, with what proves it; the same again is one.

    Another day for a stage reported before needs a `reason`. `terms`: of the committee, where
    the stage is its election; it is in office from then on. Where a department objects, a stage
    that goes on with the candidates needs a reason in words (`proof.despite`), once.

    RuleViolation "stage.invalid" with every reason, "committee.invalid", "formation.ended",
    and those of a file that cannot be read.
    """
    scan = proof.scanned()
    with transaction.atomic(durable=True):
        formation = locked_formation(formation_id)
        case = case_of(formation, local_day(at))
        before = next((one.row for one in case.told if one.stage.code == stage), None)
        found = place_reasons(case, stage)
        same = before and (before.day, before.note) == (day, proof.note.strip())
        # Reported by hand, and then departments were asked: their replies go before it.
        if before and same and scan is None and "stage.rows" not in {one.code for one in found}:
            return before
        found += day_reasons("day", "日期", day, local_day(at))
        found += note_reasons("note", "有什么材料证明、放在哪里", proof.note)
        if before is not None and before.day is not None:
            found += note_reasons("reason", "更正的原因", reason)
        found += objection_reasons(case, stage, proof.despite)
        if day is not None and not found:
            found += order_reasons(case, stage, day)
        demand_none("stage.invalid", found)
        if stage == FORMED and day is not None:
            _form(formation, day, terms or Terms(), actor=actor, at=at)
        made = Reached.objects.create(
            formation=formation,
            stage=stage,
            day=day,
            note=proof.note.strip(),
            reason=reason.strip(),
            despite=proof.despite.strip() if case.stands_against(stage) else "",
            evidence=scan.keep(formation.estate, actor=actor, at=at) if scan else None,
            recorded_by=actor,
            recorded_at=at,
        )
        keep_due(formation, at=at)
        facts = {"formation": formation.pk, "stage": stage, "day": str(day)}
        note_act(formation.estate, "stage-reached", facts, actor=actor, at=at)
    return made


@transaction.atomic(durable=True)
def take_stage_back(
    *, formation_id: int, stage: str, reason: str, actor: str, at: datetime
) -> None:
    """A stage was reported by mistake; harmless where it was taken back already.

    RuleViolation "stage.invalid": without a reason, or others rest on it.
    """
    formation = locked_formation(formation_id)
    case = case_of(formation, local_day(at))
    told = next((one for one in case.told if one.stage.code == stage), None)
    if told is None or told.row is None or told.row.day is None:
        return
    found = note_reasons("reason", "撤回的原因", reason)
    rest = {code: one for code, one in case.reached.items() if code != stage}
    standing_on_it = [
        one.stage.title
        for one in case.told
        if one.stage.code in rest
        and any(
            before.code == stage for before in lacking(formation.kind, one.stage.code, rest)
        )
    ]
    if told.act is None and standing_on_it:
        names = "、".join(standing_on_it)
        found.append(Reason("stage.rests", f"后面的“{names}”以它为前提，请先撤回后面的"))
    if stage == FORMED and formation.committee is not None:
        found += in_office_reasons(formation.committee)
    demand_none("stage.invalid", found)
    Reached.objects.create(
        formation=formation,
        stage=stage,
        day=None,
        reason=reason.strip(),
        recorded_by=actor,
        recorded_at=at,
    )
    keep_due(formation, at=at)
    facts = {"formation": formation.pk, "stage": stage}
    note_act(formation.estate, "stage-taken-back", facts, actor=actor, at=at)


@transaction.atomic(durable=True)
def seat_elected(*, formation_id: int, actor: str, at: datetime) -> Committee:
    """The committee that the owners elected here takes office, with its members. Once.

    RuleViolation "election.none" while no election has its resolution, "committee.invalid"
    where so many seats are not allowed.
    """
    formation = locked_formation(formation_id)
    if formation.committee is not None and formation.session is not None:
        return formation.committee
    if formation.committee is not None:
        demand_none("stage.invalid", in_office_reasons(formation.committee))
    won = winners_of(formation)
    if won is None:
        raise RuleViolation("election.none", "本系统里还没有选出委员会的业主大会决议")
    committee = put_in_office(
        formation.estate,
        kind=COMMITTEES[formation.kind],
        source="election",
        formed_on=won.day,
        terms=Terms(won.seats),
        actor=actor,
        at=at,
    )
    seat_members(committee, won.members(committee, actor=actor, at=at), at=at)
    formation.committee, formation.session = committee, won.session
    formation.save(update_fields=["committee", "session"])
    keep_due(formation, at=at)
    facts = {"formation": formation.pk, "committee": committee.pk, "seats": won.seats}
    note_act(formation.estate, "committee-elected", facts, actor=actor, at=at)
    return committee


@transaction.atomic(durable=True)
def end_formation(
    *, formation_id: int, ending: str, why: str = "", actor: str, at: datetime
) -> Formation:
    """All is done, or it is given up for a reason; harmless where it ended so.

    RuleViolation "formation.invalid", "formation.ended".
    """
    same = Formation.objects.filter(pk=formation_id, ending=ending).exclude(ending="").first()
    if same is not None:
        return same
    formation = locked_formation(formation_id)
    found = []
    following = case_of(formation, local_day(at)).standing.following
    if ending not in dict(Formation.ENDINGS):
        found.append(Reason("formation.ending", "请选择是办完了还是停办", "ending"))
    elif ending == "finished" and following is not None:
        told = f"还有“{following.title}”没有办，不能算办完"
        found.append(Reason("formation.open", told, "ending"))
    elif ending == "given_up":
        found += note_reasons("why", "停办的原因", why)
    demand_none("formation.invalid", found)
    formation.ending, formation.ended_on, formation.ended_why = (
        ending,
        local_day(at),
        why.strip(),
    )
    formation.ended_by, formation.ended_at = actor, at
    formation.save(update_fields=["ending", "ended_on", "ended_why", "ended_by", "ended_at"])
    facts = {"formation": formation.pk, "ending": ending}
    note_act(formation.estate, "formation-ended", facts, actor=actor, at=at)
    return formation


@transaction.atomic(durable=True)
def refresh_due(*, formation_id: int, at: datetime) -> Formation:
    """What happened here since, or another rule, may have moved the last day kept with it."""
    formation = locked_formation(formation_id)
    keep_due(formation, at=at)
    return formation


def _form(formation: Formation, day: date, terms: Terms, *, actor: str, at: datetime) -> None:
    formation.committee = put_in_office(
        formation.estate,
        kind=COMMITTEES[formation.kind],
        source="filed",
        formed_on=day,
        terms=terms,
        actor=actor,
        at=at,
    )
    formation.save(update_fields=["committee"])
