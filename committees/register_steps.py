"""Writing down what a register tells: joins the transaction of a command."""

import secrets
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, NamedTuple

from committees.models import Committee, EstateRecord, EstateSeen, RegisterImport
from committees.selectors.register import KIND_CODES, Plan, Step
from core.codes import new_code
from registry.models import Estate
from registry.services.places import CODE_LENGTH, profile_codes, profile_of

# Rows per statement, far below SQLite's limit of variables.
CHUNK = 500
_KINDS = {code: kind for kind, code in KIND_CODES.items()}


class Fees(NamedTuple):
    """What was collected of what was due, in fen."""

    paid: int
    due: int


class ByHand(NamedTuple):
    """One estate as somebody reports it: the ten columns as the annex has them.

    `fees`: the rate is reckoned from them, rounded down; one that is typed beside them must be
    the same. `ends`: the reporter says that the committee on record is no more.
    """

    row: tuple[str, ...]
    fees: Fees | None = None
    ends: bool = False


def write_plan(
    plan: Plan,
    handed_in: RegisterImport,
    *,
    actor: str,
    at: datetime,
    fees: Fees | None = None,
) -> list[int]:
    """New estates, changed rows, committees known from the register, and what was named at all;
    the keys of the estates.

    `fees`: of the plan's only row; with them it is a change even where the rate is the same.
    """
    by = (actor, at)
    new = list(zip(plan.new, _founded(plan), strict=True))
    kept = [(step, step.known.estate) for step in plan.steps if step.known]
    told = new + [(step, estate) for step, estate in kept if step.changed or fees]
    _rename(told)
    for some in _chunks([_record(one, step, handed_in, fees, by) for step, one in told]):
        EstateRecord.objects.bulk_create(some)
    for some in _chunks(
        [made for step, one in told for made in _formed(one, step, handed_in, by)]
    ):
        Committee.objects.bulk_create(some)
    named = [estate.pk for _step, estate in new + kept]
    _see(named, handed_in.day)
    return named


def _founded(plan: Plan) -> list[Estate]:
    """The new estates, in the plan's order."""
    profiles = profile_codes()
    made: list[Estate] = []
    for steps in _chunks(plan.new):
        made += Estate.objects.bulk_create(
            [
                Estate(
                    code=new_code(CODE_LENGTH, secrets.choice),
                    name=step.row.name,
                    small_names=step.row.small_names,
                    division_id=step.division,
                    authority_id=step.authority,
                    profile_code=profile_of(step.division, profiles),
                )
                for step in steps
            ]
        )
    return made


def _rename(told: Sequence[tuple[Step, Estate]]) -> None:
    renamed = []
    for step, estate in told:
        if estate.small_names != step.row.small_names:
            estate.small_names = step.row.small_names
            renamed.append(estate)
    Estate.objects.bulk_update(renamed, ["small_names"], batch_size=CHUNK)


def _see(estates: Sequence[int], day: date) -> None:
    """The newest day on which a register named each of them."""
    newer = set(EstateSeen.objects.filter(day__gte=day).values_list("estate", flat=True))
    for some in _chunks([pk for pk in estates if pk not in newer]):
        EstateSeen.objects.bulk_create(
            [EstateSeen(estate_id=pk, day=day) for pk in some],
            update_conflicts=True,
            unique_fields=["estate"],
            update_fields=["day"],
        )


def _record(
    estate: Estate,
    step: Step,
    handed_in: RegisterImport,
    fees: Fees | None,
    by: tuple[str, datetime],
) -> EstateRecord:
    row = step.row
    before = step.known.record if step.known else None
    fee_day = handed_in.day if row.fee_rate is not None else None
    if before is not None and "fee_rate" in row.blank:
        fee_day = before.fee_day
    if fees is None and before is not None and before.fee_rate == row.fee_rate:
        # Reported with its amounts before, it keeps them where the rate is the same.
        fees = _fees_of(before)
    return EstateRecord(
        estate=estate,
        day=handed_in.day,
        boundaries=row.boundaries,
        service=row.service,
        party=row.party,
        manager=row.manager,
        fee_rate=row.fee_rate,
        fee_paid_fen=fees.paid if fees else None,
        fee_due_fen=fees.due if fees else None,
        fee_day=fee_day,
        reporter=handed_in.reporter,
        batch=handed_in,
        recorded_by=by[0],
        recorded_at=by[1],
    )


def _fees_of(record: EstateRecord) -> Fees | None:
    if record.fee_paid_fen is None or record.fee_due_fen is None:
        return None
    return Fees(record.fee_paid_fen, record.fee_due_fen)


def _formed(
    estate: Estate, step: Step, handed_in: RegisterImport, by: tuple[str, datetime]
) -> list[Committee]:
    """The committee to be written down, after one known from a register alone is ended."""
    wanted = _KINDS.get(step.row.formed or 0)
    ended = step.ended
    if ended is not None:
        ended.ended_on, ended.ended_why = max(handed_in.day, ended.formed_on), "台账改报"
        ended.ended_by, ended.ended_at = by
        ended.save(update_fields=["ended_on", "ended_why", "ended_by", "ended_at"])
    if wanted is None or (ended is None and step.known and step.known.committee):
        return []
    return [
        Committee(
            estate=estate,
            kind=wanted,
            source="register",
            formed_on=handed_in.day,
            recorded_by=by[0],
            recorded_at=by[1],
        )
    ]


def _chunks(rows: Sequence[Any]) -> Iterator[list[Any]]:
    every = iter(rows)
    while some := list(islice(every, CHUNK)):
        yield some
