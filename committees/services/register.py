"""The estate register: a file handed in, or one estate reported by hand.

handed_in = preview_register(authority_id=…, day=…, file_name=…, content=…, …)
plan_of(handed_in)              # selectors: new, changed, same, every fault of every row
confirm_register(import_id=…)   # or drop_register(…)
"""

import hashlib
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction

from committees.domain.estate_register import FIELDS, FORMED, HEADER, rate_words, read_rate
from committees.models import RegisterImport
from committees.register_steps import ByHand, Fees, write_plan
from committees.selectors.register import KIND_CODES, ROWS, Plan, plan_of
from core.deadlines import local_day
from core.errors import RuleViolation
from core.reasons import Reason, demand_none
from core.tables import Row, Table, read_table
from logbook.steps import record_act
from registry.collector import paused_collector
from registry.models import Authority
from registry.roll_files import sealed_table

_RATE = HEADER.index("物业费收缴率")


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
    _demand_head(day, reporter, at)
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
def confirm_register(
    *, import_id: int, ends: bool = False, seen: str | None = None, actor: str, at: datetime
) -> Told:
    """Write a register whole or not at all; what it leaves out stays as it is.

    `ends`: somebody looked at the committees that end with it, and says so. `seen`: the digest
    of the plan that was looked at; None where nobody looks. RuleViolation "register.state",
    "register.faults", "register.changed", "register.ends".
    """
    handed_in = _waiting(import_id)
    # One register at a time below an authority: two may found the same estate.
    Authority.objects.select_for_update(no_key=True).get(pk=handed_in.authority_id)
    plan = plan_of(handed_in)
    if plan.faults:
        raise RuleViolation("register.faults", "台账里还有错误，改好以后重新上传")
    if seen is not None and seen != plan.digest:
        raise RuleViolation(
            "register.changed",
            "您看过以后，台账有了别的改动，请刷新页面，再看一遍改动，然后写入",
        )
    if plan.ending and not ends:
        raise RuleViolation(
            "register.ends", "这份台账会终止已经登记的委员会，请逐个核对，勾选确认以后再写入"
        )
    write_plan(plan, handed_in, actor=actor, at=at)
    told = Told(len(plan.new), len(plan.changes), plan.same)
    handed_in.state, handed_in.confirmed_at = "confirmed", at
    handed_in.summary = {**told._asdict(), "absent": plan.absent}
    handed_in.save(update_fields=["state", "confirmed_at", "summary"])
    _note(handed_in, "register-written", told._asdict(), actor, at)
    return told


@transaction.atomic(durable=True)
def report_estate(
    *, authority_id: int, told: ByHand, day: date, reporter: str, actor: str, at: datetime
) -> int:
    """Report an estate on record by hand, by the rules of a register with one row; its key.

    RuleViolation "register.day", "register.reporter", "register.fees", "register.row" with
    every fault, among them a committee that would end without `told.ends`.
    """
    handed_in = _by_hand(authority_id, told, day, reporter, actor, at)
    plan = plan_of(handed_in)
    wrong = _faults(plan, told)
    if plan.new:
        wrong.append(_reason("没有找到这个物业管理区域，可能刚刚划转过，请刷新页面再填"))
    for step in plan.ending:
        if (ended := step.ended) and not told.ends:
            kind = FORMED[KIND_CODES[ended.kind]]
            sentence = (
                f"台账里登记有{kind}（{ended.formed_on}成立），确实已经没有了的，请勾选确认"
            )
            wrong.append(_reason(sentence, "ends"))
    demand_none("register.row", wrong)
    return _written(plan, handed_in, told, actor, at)


@transaction.atomic(durable=True)
def found_estate(
    *, authority_id: int, told: ByHand, day: date, reporter: str, actor: str, at: datetime
) -> int:
    """Put an estate on record that no register has named yet; its key.

    RuleViolation as `report_estate`; one whose name its 社区 has already is refused, so that a
    form sent twice, or a name two people came upon, empties nothing that was reported.
    """
    handed_in = _by_hand(authority_id, told, day, reporter, actor, at)
    plan = plan_of(handed_in)
    wrong = _faults(plan, told) + [
        _reason(f"这个社区已经有一个“{step.row.name}”，请到它的页面填报", "name")
        for step in plan.steps
        if step.known
    ]
    demand_none("register.row", wrong)
    return _written(plan, handed_in, told, actor, at)


@transaction.atomic(durable=True)
def drop_register(*, import_id: int, actor: str, at: datetime) -> None:
    """Give a file up. RuleViolation "register.state"."""
    handed_in = _waiting(import_id)
    handed_in.state = "dropped"
    handed_in.save(update_fields=["state"])
    _note(handed_in, "register-dropped", {}, actor, at)


def _demand_head(day: date, reporter: str, at: datetime) -> None:
    if not date(2000, 1, 1) <= day <= local_day(at):
        raise RuleViolation("register.day", "台账的日期不能晚于今天，也不能早于2000年")
    if not reporter.strip() or len(reporter) > 80 or not reporter.isprintable():
        raise RuleViolation("register.reporter", "请写明填报单位（最多80个字）")


def _by_hand(
    authority_id: int, told: ByHand, day: date, reporter: str, actor: str, at: datetime
) -> RegisterImport:
    """A register with one row, one at a time below an authority."""
    _demand_head(day, reporter, at)
    cells = list(told.row)
    if told.fees is not None:
        cells[_RATE] = _exact(cells[_RATE], _reckoned(told.fees))
    table = Table(0, HEADER, [Row(1, tuple(cells))])
    handed_in = RegisterImport.objects.create(
        authority_id=authority_id,
        day=day,
        reporter=reporter.strip(),
        rows=sealed_table(table, purpose=ROWS),
        actor=actor,
        created_at=at,
    )
    Authority.objects.select_for_update(no_key=True).get(pk=authority_id)
    return handed_in


def _exact(typed: str, reckoned: int) -> str:
    """The reckoned rate where nothing was typed, or the same with fewer decimals."""
    rate, _wrong = read_rate(typed, is_workbook=False)
    same = rate in {reckoned - reckoned % coarse for coarse in (1, 10, 100)}
    return rate_words(reckoned) if same or not typed.strip() else typed


def _faults(plan: Plan, told: ByHand) -> list[Reason]:
    """Everything that is wrong with a row, each beside its field."""
    wrong = [_reason(one.reason, FIELDS.get(one.column, "")) for one in plan.faults]
    rate = _reckoned(told.fees) if told.fees is not None else None
    if rate is not None and any(step.row.fee_rate != rate for step in plan.steps):
        sentence = (
            "收缴率和实收、应收算出来的不一样"
            f"（算出来是 {rate_words(rate)}），请核对；不填的，自动算出"
        )
        wrong.append(_reason(sentence, "fee_rate"))
    return wrong


def _reason(sentence: str, field: str = "") -> Reason:
    return Reason("register.row", sentence, field)


def _written(
    plan: Plan, handed_in: RegisterImport, told: ByHand, actor: str, at: datetime
) -> int:
    facts: dict[str, object] = {"new": len(plan.new), "ended": len(plan.ending)}
    (estate,) = write_plan(plan, handed_in, actor=actor, at=at, fees=told.fees)
    handed_in.state, handed_in.confirmed_at = "confirmed", at
    handed_in.save(update_fields=["state", "confirmed_at"])
    _note(handed_in, "estate-reported", facts, actor, at)
    return estate


def _reckoned(fees: Fees) -> int:
    """Hundredths of a percent, rounded down; RuleViolation "register.fees"."""
    if fees.due <= 0 or not 0 <= fees.paid <= fees.due:
        raise RuleViolation(
            "register.fees", "实收的物业费不能超过应收的，应收的要大于零；没有应收的请不填"
        )
    return 10_000 * fees.paid // fees.due


def _waiting(import_id: int) -> RegisterImport:
    handed_in = (
        RegisterImport.objects.select_for_update(of=("self",), no_key=True)
        .select_related("authority")
        .get(pk=import_id)
    )
    if handed_in.state != "previewed":
        raise RuleViolation("register.state", "这份台账已经写入或者放弃，请重新上传")
    return handed_in


def _note(
    handed_in: RegisterImport, act: str, facts: dict[str, object], actor: str, at: datetime
) -> None:
    body = {"import": handed_in.pk, "sha256": handed_in.file_sha256, **facts}
    record_act(f"authority/{handed_in.authority_id}", act, body, actor=actor, at=at)
