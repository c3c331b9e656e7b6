"""The estate register: a file handed in, or one estate reported by hand.

handed_in = preview_register(authority_id=…, day=…, file_name=…, content=…, …)
plan_of(handed_in)              # selectors: new, changed, same, every fault of every row
confirm_register(import_id=…)   # or drop_register(…)
"""

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, NamedTuple

from django.db import transaction

from committees.models import Committee, EstateRecord, RegisterImport
from committees.selectors.register import KIND_CODES, ROWS, Plan, Step, plan_of
from core.codes import new_code
from core.deadlines import local_day
from core.errors import RuleViolation
from core.tables import read_table
from logbook.steps import record_act
from registry.collector import paused_collector
from registry.models import Authority, Estate
from registry.roll_files import sealed_table
from registry.services.places import CODE_LENGTH, profile_codes, profile_of

# Rows per statement, far below SQLite's limit of variables.
CHUNK = 500
_KINDS = {code: kind for kind, code in KIND_CODES.items()}


class Told(NamedTuple):
    """What an import wrote."""

    new: int
    changed: int
    same: int


@paused_collector()
def preview_register(
    *,
    authority_id: int,
    day: date,
    reporter: str,
    file_name: str,
    content: bytes,
    actor: str,
    at: datetime,
) -> RegisterImport:
    """Keep a register and say what it would change; nothing is written yet.

    `day`: on which things stood so, not after today. RuleViolation table.* where the file
    cannot be read, "register.day", "register.reporter".
    """
    if not date(2000, 1, 1) <= day <= local_day(at):
        raise RuleViolation("register.day", "台账的日期不能晚于今天，也不能早于2000年")
    if not reporter.strip() or len(reporter) > 80 or not reporter.isprintable():
        raise RuleViolation("register.reporter", "请写明填报单位（最多80个字）")
    table = read_table(content, file_name)
    with transaction.atomic(durable=True):
        handed_in = RegisterImport.objects.create(
            authority_id=authority_id,
            day=day,
            reporter=reporter.strip(),
            file_name=file_name[-200:],
            file_sha256=hashlib.sha256(content).hexdigest(),
            rows=sealed_table(table, purpose=ROWS),
            actor=actor,
            created_at=at,
        )
        _note(handed_in, "register-handed-in", {"rows": len(table.rows)}, actor, at)
    return handed_in


@paused_collector()
@transaction.atomic(durable=True)
def confirm_register(*, import_id: int, actor: str, at: datetime) -> Told:
    """Write a register whole or not at all; what it leaves out stays as it is.

    RuleViolation "register.state", "register.faults".
    """
    handed_in = _waiting(import_id)
    # One register at a time below an authority: two may found the same estate.
    Authority.objects.select_for_update(no_key=True).get(pk=handed_in.authority_id)
    plan = plan_of(handed_in)
    if plan.faults:
        raise RuleViolation("register.faults", "台账里还有错误，改好以后重新上传")
    _found(plan)
    _write(plan, handed_in, actor, at)
    told = Told(len(plan.new), len(plan.changes), plan.same)
    handed_in.state, handed_in.confirmed_at = "confirmed", at
    handed_in.summary = {**told._asdict(), "absent": plan.absent}
    handed_in.save(update_fields=["state", "confirmed_at", "summary"])
    _note(handed_in, "register-written", told._asdict(), actor, at)
    return told


@transaction.atomic(durable=True)
def drop_register(*, import_id: int, actor: str, at: datetime) -> None:
    """Give a file up. RuleViolation "register.state"."""
    handed_in = _waiting(import_id)
    handed_in.state = "dropped"
    handed_in.save(update_fields=["state"])
    _note(handed_in, "register-dropped", {}, actor, at)


def _waiting(import_id: int) -> RegisterImport:
    handed_in = (
        RegisterImport.objects.select_for_update(of=("self",), no_key=True)
        .select_related("authority")
        .get(pk=import_id)
    )
    if handed_in.state != "previewed":
        raise RuleViolation("register.state", "这份台账已经写入或者放弃，请重新上传")
    return handed_in


def _found(plan: Plan) -> None:
    """The new estates, without records yet."""
    profiles = profile_codes()
    for steps in _chunks(plan.new):
        Estate.objects.bulk_create(
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


def _write(plan: Plan, handed_in: RegisterImport, actor: str, at: datetime) -> None:
    founded = {
        (one.division_id, one.name, one.small_names): one
        for one in Estate.objects.filter(
            division__in={step.division for step in plan.new}, records__isnull=True
        )
    }
    records, committees, renamed = [], [], []
    for step in (*plan.new, *plan.changes):
        row = step.row
        if step.known is None:
            estate = founded[step.division, row.name, row.small_names]
        else:
            estate = step.known.estate
            if estate.small_names != row.small_names:
                estate.small_names = row.small_names
                renamed.append(estate)
        records.append(_record(estate, step, handed_in, actor, at))
        committees += _committee(estate, step, handed_in, actor, at)
    Estate.objects.bulk_update(renamed, ["small_names"], batch_size=CHUNK)
    for some in _chunks(records):
        EstateRecord.objects.bulk_create(some)
    for living in _chunks(committees):
        Committee.objects.bulk_create(living)


def _record(
    estate: Estate, step: Step, handed_in: RegisterImport, actor: str, at: datetime
) -> EstateRecord:
    row = step.row
    before = step.known.record if step.known else None
    same_rate = before is not None and before.fee_rate == row.fee_rate
    return EstateRecord(
        estate=estate,
        day=handed_in.day,
        boundaries=row.boundaries,
        service=row.service,
        party=row.party,
        manager=row.manager,
        fee_rate=row.fee_rate,
        # Reported with its amounts before, it keeps them where the rate is the same.
        fee_paid_fen=before.fee_paid_fen if before and same_rate else None,
        fee_due_fen=before.fee_due_fen if before and same_rate else None,
        fee_day=handed_in.day if row.fee_rate is not None else None,
        reporter=handed_in.reporter,
        batch=handed_in,
        recorded_by=actor,
        recorded_at=at,
    )


def _committee(
    estate: Estate, step: Step, handed_in: RegisterImport, actor: str, at: datetime
) -> list[Committee]:
    """The committee to be written down, after one known from a register alone is ended."""
    known = step.known.committee if step.known else None
    wanted = _KINDS.get(step.row.formed or 0)
    if known is not None and (known.kind == wanted or step.row.formed is None):
        return []
    if known is not None:
        known.ended_on, known.ended_why = max(handed_in.day, known.formed_on), "台账改报"
        known.ended_by, known.ended_at = actor, at
        known.save(update_fields=["ended_on", "ended_why", "ended_by", "ended_at"])
    if wanted is None:
        return []
    return [
        Committee(
            estate=estate,
            kind=wanted,
            source="register",
            formed_on=handed_in.day,
            recorded_by=actor,
            recorded_at=at,
        )
    ]


def _chunks(rows: Sequence[Any]) -> Iterator[list[Any]]:
    every = iter(rows)
    while some := list(islice(every, CHUNK)):
        yield some


def _note(
    handed_in: RegisterImport, act: str, facts: dict[str, object], actor: str, at: datetime
) -> None:
    body = {"import": handed_in.pk, "sha256": handed_in.file_sha256, **facts}
    record_act(f"authority/{handed_in.authority_id}", act, body, actor=actor, at=at)
