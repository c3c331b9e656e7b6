"""Balances from a fund centre, statements from a bank: looked at, confirmed, or given up.

    file = take_file(special_id=…, kind="balances", …)   # nothing is booked
    look_at_balances(file)                               # selectors: all faults, all changes
    confirm_file(file_id=…, …)                           # all of it, in one transaction

What was confirmed never changes; a wrong balance is put right by the next day's.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Max

from accounts.holds import held_at, lock_holds
from core.deadlines import local_day
from core.errors import RuleViolation
from core.tables import read_table
from funds.domain.snapshot_file import MOST_REASON
from funds.domain.statement_file import BankLine
from funds.models import (
    FundAccount,
    FundFile,
    Snapshot,
    SnapshotLine,
    SpecialAccount,
    StatementLine,
)
from funds.selectors.files import (
    PURPOSE,
    BalancesLook,
    last_snapshot,
    look_at_balances,
    look_at_statement,
)
from funds.steps import learn_first_deposits
from logbook.steps import record_act
from registry.fields import seal_bytes

_CHUNK = 500


class Said(NamedTuple):
    """What a person says of balances: of which day, from whom, and why they changed."""

    as_of: date | None = None
    source: str = ""
    reason: str = ""


NOTHING = Said()


@transaction.atomic(durable=True)
def take_file(
    *,
    special_id: int,
    kind: str,
    file_name: str,
    content: bytes,
    actor: str,
    at: datetime,
    said: Said = NOTHING,
) -> FundFile:
    """Keep a file to be looked at; no balance and no movement is written.

    RuleViolation "file.kind", "file.mode", "balances.invalid" with every reason, and table.*
    where the file cannot be read.
    """
    special = SpecialAccount.objects.get(pk=special_id)
    if kind not in {"balances", "statement"}:
        raise RuleViolation("file.kind", "请选择是分户余额还是银行对账单")
    _demand_mode(special, kind)
    if kind == "balances":
        found = _said_reasons(special, said, at)
        if found:
            raise RuleViolation("balances.invalid", "；".join(found), reasons=found)
    read_table(content, file_name)
    file = FundFile.objects.create(
        special=special,
        kind=kind,
        as_of=said.as_of,
        source=said.source.strip(),
        reason=said.reason.strip(),
        file_name=file_name[-200:],
        file_sha256=hashlib.sha256(content).hexdigest(),
        content=seal_bytes(content, purpose=PURPOSE),
        actor=actor,
        created_at=at,
    )
    _log(file, "file.taken", actor, at)
    return file


@transaction.atomic(durable=True)
def confirm_file(*, file_id: int, actor: str, at: datetime) -> FundFile:
    """Write down what a file says, all of it or nothing; harmless where that was done.

    RuleViolation "file.dropped", "file.faults" with every fault, "balances.old" where other
    balances of the same day or a later one came in meanwhile.
    """
    special_id = FundFile.objects.values_list("special", flat=True).get(pk=file_id)
    special = SpecialAccount.objects.select_for_update(no_key=True).get(pk=special_id)
    file = FundFile.objects.select_for_update(no_key=True).get(pk=file_id)
    file.special = special
    if file.state == "confirmed":
        return file
    if file.state == "dropped":
        raise RuleViolation("file.dropped", "这个文件已经放弃，请重新上传")
    if file.kind not in {"balances", "statement"}:
        raise RuleViolation("file.kind", "这个文件要在凭证页面制单")
    if file.as_of is not None:
        _demand_newer(special, file.as_of)
        look = look_at_balances(file)
        _demand_whole(len(look.faults))
        file.snapshot = _snapshot(file, file.as_of, look, actor, at)
    else:
        found = look_at_statement(file)
        _demand_whole(len(found.faults))
        file.lines = _write_lines(file, found.lines, actor, at)
    file.state, file.settled_at, file.content = "confirmed", at, b""
    file.save(update_fields=["state", "settled_at", "content", "snapshot", "lines"])
    _log(file, "file.confirmed", actor, at)
    return file


@transaction.atomic(durable=True)
def drop_file(*, file_id: int, actor: str, at: datetime) -> FundFile:
    """Give a file up; what was kept of it is erased. RuleViolation "file.confirmed"."""
    return _drop(file_id, actor, at)


@transaction.atomic(durable=True)
def forget_file(*, file_id: int, at: datetime) -> FundFile | None:
    """Give a file up that nobody confirmed; not (None) while an estate of it is held by law."""
    lock_holds()
    accounts = FundAccount.objects.filter(special__files=file_id)
    estates = accounts.values_list("estate", flat=True)
    if any(map(held_at(at).keeps, [None, *estates])):
        return None
    return _drop(file_id, "system", at)


def _drop(file_id: int, actor: str, at: datetime) -> FundFile:
    file = FundFile.objects.select_for_update(of=("self",), no_key=True).get(pk=file_id)
    if file.state == "confirmed":
        raise RuleViolation("file.confirmed", "这个文件已经导入，不能放弃")
    if file.state == "previewed":
        file.state, file.settled_at, file.content = "dropped", at, b""
        file.save(update_fields=["state", "settled_at", "content"])
        _log(file, "file.dropped", actor, at)
    return file


def _demand_mode(special: SpecialAccount, kind: str) -> None:
    if kind == "balances" and special.ledger_mode != "mirror":
        raise RuleViolation("file.mode", "这个专户由本平台记账，余额由凭证算出，不能导入")
    if kind == "statement" and special.ledger_mode != "record":
        raise RuleViolation("file.mode", "这个专户由资金中心记账，对账单在中心核对")


def _said_reasons(special: SpecialAccount, said: Said, at: datetime) -> list[str]:
    found = []
    if said.as_of is None:
        found.append("请填写余额截至哪一天")
    elif said.as_of > local_day(at):
        found.append("截至的日期还没有到")
    else:
        last = last_snapshot(special)
        if last is not None and said.as_of <= last.as_of:
            found.append(f"已经有截至 {last.as_of} 的余额，只能导入以后的")
    if not said.source.strip():
        found.append("请填写余额从哪里来，例如市维修资金中心")
    elif len(said.source.strip()) > 120:
        found.append("余额的来源最多120个字")
    if len(said.reason.strip()) > MOST_REASON:
        found.append(f"变动说明最多{MOST_REASON}个字")
    return found


def _demand_newer(special: SpecialAccount, as_of: date) -> None:
    last = last_snapshot(special)
    if last is not None and as_of <= last.as_of:
        raise RuleViolation(
            "balances.old", f"已经有截至 {last.as_of} 的余额，这个文件更早，不能再导入"
        )


def _demand_whole(faults: int) -> None:
    if faults:
        raise RuleViolation(
            "file.faults", f"还有 {faults} 处错误没有改正，没有写入任何内容", faults=faults
        )


def _snapshot(
    file: FundFile, as_of: date, look: BalancesLook, actor: str, at: datetime
) -> Snapshot:
    made = Snapshot.objects.create(
        special=file.special,
        as_of=as_of,
        source=file.source,
        file_name=file.file_name,
        file_sha256=file.file_sha256,
        total_fen=look.total,
        imported_by=actor,
        imported_at=at,
    )
    changed = {one.sub.pk for one in look.changed}
    SnapshotLine.objects.bulk_create(
        [
            SnapshotLine(
                snapshot=made,
                sub=one.sub,
                fen=one.fen,
                reason=one.reason if one.sub.pk in changed else "",
            )
            for one in look.balances
        ],
        batch_size=_CHUNK,
    )
    learn_first_deposits([(one.sub, one.first_deposit) for one in look.balances])
    return made


def _write_lines(file: FundFile, lines: Sequence[BankLine], actor: str, at: datetime) -> int:
    last = file.special.statement_lines.aggregate(last=Max("position"))["last"] or 0
    StatementLine.objects.bulk_create(
        [
            StatementLine(
                special=file.special,
                serial=line.serial,
                dated_on=line.day,
                fen=line.fen,
                balance_fen=line.balance,
                position=position,
                text=line.text,
                imported_by=actor,
                imported_at=at,
            )
            for position, line in enumerate(lines, last + 1)
        ],
        batch_size=_CHUNK,
    )
    return len(lines)


def _log(file: FundFile, act: str, actor: str, at: datetime) -> None:
    facts = {"file": file.pk, "kind": file.kind, "sha256": file.file_sha256}
    record_act(file.special.log_name, act, facts, actor=actor, at=at)
