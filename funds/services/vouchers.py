"""Vouchers composed from what a person says: a table, a unit, an amount, interest to allot.

Each is drafted here and sealed by somebody else (`services.books`).
"""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef

from core.deadlines import local_day
from core.errors import RuleViolation
from core.exact import format_yuan
from core.tables import read_table
from funds.domain.books import BANK, INTEREST, SUB, UNALLOCATED, Basis, Line, pays
from funds.models import FundFile, SpecialAccount, Voucher
from funds.selectors.balances import ledger_totals
from funds.selectors.files import (
    PURPOSE,
    Amount,
    first_deposit_reasons,
    look_at_amounts,
    opened_subs,
    sub_named,
)
from funds.selectors.interest import allotment_of, seen_digest
from funds.selectors.owed import still_owed_of
from funds.steps import learn_first_deposits, locked_special, note_payments, write_draft
from logbook.steps import record_act
from registry.fields import seal_bytes

# Kind of voucher → the ledger its money comes from.
FOR_UNITS = {"opening": BANK, "deposit": BANK, "allocation": UNALLOCATED}
NOT_YET_ALLOTTED = {"receipt": UNALLOCATED, "interest": INTEREST}


class UnitAmount(NamedTuple):
    """One unit as somebody typed it, and what it is credited in fen.

    `first_deposit`: all that was first paid in for it, where that is told.
    """

    estate: str
    room: str
    fen: int
    first_deposit: int | None = None


@transaction.atomic(durable=True)
def take_amounts(
    *,
    special_id: int,
    basis: Basis,
    settles: bool,
    file_name: str,
    content: bytes,
    actor: str,
    at: datetime,
) -> FundFile:
    """Keep a table of amounts to be looked at; no voucher is drafted yet.

    RuleViolation "voucher.invalid" with every reason, "books.elsewhere", table.*
    """
    special = locked_special(special_id)
    _demand_said(basis, at)
    read_table(content, file_name)
    file = FundFile.objects.create(
        special=special,
        kind=basis.kind,
        as_of=basis.dated_on,
        source=basis.paper.strip(),
        text=basis.text.strip(),
        settles=settles,
        file_name=file_name[-200:],
        file_sha256=hashlib.sha256(content).hexdigest(),
        content=seal_bytes(content, purpose=PURPOSE),
        actor=actor,
        created_at=at,
    )
    _log(file, "file.taken", actor, at)
    return file


@transaction.atomic(durable=True)
def draft_amounts(*, file_id: int, actor: str, at: datetime) -> Voucher:
    """Draft the voucher of a table, all of it or nothing; harmless where that was done.

    RuleViolation "file.dropped", "file.faults" with every fault, "file.kind".
    """
    special_id = FundFile.objects.values_list("special", flat=True).get(pk=file_id)
    special = locked_special(special_id)
    file = FundFile.objects.select_for_update(of=("self",), no_key=True).get(pk=file_id)
    file.special = special
    if file.voucher is not None:
        return file.voucher
    if file.state == "dropped":
        raise RuleViolation("file.dropped", "这个文件已经放弃，请重新上传")
    if file.kind not in FOR_UNITS or file.as_of is None:
        raise RuleViolation("file.kind", "这个文件不是各户的金额")
    look = look_at_amounts(file)
    if look.faults:
        count = len(look.faults)
        raise RuleViolation(
            "file.faults", f"还有 {count} 处错误没有改正，没有写入任何内容", faults=count
        )
    basis = Basis(file.kind, file.as_of, file.text, file.source, file.file_sha256)
    file.voucher = _credited(special, basis, look.amounts, actor=actor, at=at)
    file.state, file.settled_at, file.content = "confirmed", at, b""
    file.save(update_fields=["state", "settled_at", "content", "voucher"])
    _log(file, "file.confirmed", actor, at)
    return file.voucher


@transaction.atomic(durable=True)
def draft_unit(
    *,
    special_id: int,
    basis: Basis,
    unit: UnitAmount,
    settles: bool = False,
    actor: str,
    at: datetime,
) -> Voucher:
    """Draft what one unit is credited.

    RuleViolation "voucher.invalid" with every reason, "sub.unknown", "voucher.opened",
    "sub.first_deposit" where another first deposit is on record, "books.elsewhere".
    """
    special = locked_special(special_id)
    _demand_said(basis, at)
    sub = sub_named(special, unit.estate, unit.room)
    if reasons := first_deposit_reasons(sub, unit.first_deposit):
        raise RuleViolation("sub.first_deposit", reasons[0])
    if basis.kind == "opening" and sub.pk in opened_subs(special):
        raise RuleViolation("voucher.opened", "这一户已经有期初余额，要先冲正")
    _demand_held(special, basis.kind, unit.fen)
    _demand_new(special, basis, Line(SUB, sub.pk, -unit.fen))
    owed = [(one.pk, one.left) for one in still_owed_of([sub.pk])] if settles else []
    amount = Amount(sub, unit.fen, unit.first_deposit, pays(unit.fen, owed))
    return _credited(special, basis, [amount], actor=actor, at=at)


@transaction.atomic(durable=True)
def draft_receipt(
    *, special_id: int, basis: Basis, fen: int, actor: str, at: datetime
) -> Voucher:
    """Draft money that came in and is nobody's yet: a deposit not told apart, or interest.

    RuleViolation "voucher.invalid" with every reason, "books.elsewhere".
    """
    special = locked_special(special_id)
    ledger = NOT_YET_ALLOTTED.get(basis.kind)
    if ledger is None:
        raise RuleViolation("voucher.invalid", "请选择凭证的种类")
    lines = [Line(BANK, None, fen), Line(ledger, None, -fen)]
    _demand_new(special, basis, lines[1])
    return write_draft(special, basis, lines, actor=actor, at=at)


@transaction.atomic(durable=True)
def draft_allotment(
    *,
    special_id: int,
    fen: int,
    since: date | None,
    until: date,
    basis: Basis,
    seen: str,
    actor: str,
    at: datetime,
) -> Voucher:
    """Draft the allotment of interest, as it was seen in the preview.

    `since` None: by balances at the end of `until`; else by balance and days between.
    RuleViolation "allot.nothing", "allot.changed", "voucher.overdrawn", "voucher.invalid".
    """
    special = locked_special(special_id)
    _demand_held(special, basis.kind, fen)
    lines = allotment_of(special, fen, since=since, until=until)
    if seen_digest(lines) != seen:
        raise RuleViolation("allot.changed", "看过以后余额有了变化，请重新看各户分到多少")
    whole = [Line(INTEREST, None, fen), *lines]
    return write_draft(special, basis, whole, actor=actor, at=at)


def _credited(
    special: SpecialAccount,
    basis: Basis,
    amounts: Sequence[Amount],
    *,
    actor: str,
    at: datetime,
) -> Voucher:
    lines = [
        Line(FOR_UNITS[basis.kind], None, sum(one.fen for one in amounts)),
        *(Line(SUB, one.sub.pk, -one.fen) for one in amounts),
    ]
    voucher = write_draft(special, basis, lines, actor=actor, at=at)
    note_payments(voucher, [paid for one in amounts for paid in one.paid])
    learn_first_deposits([(one.sub, one.first_deposit) for one in amounts])
    return voucher


def _demand_said(basis: Basis, at: datetime) -> None:
    """RuleViolation "voucher.invalid" with everything that is missing beside the amounts."""
    found = []
    if basis.kind not in FOR_UNITS:
        found.append("请选择凭证的种类")
    if basis.dated_on > local_day(at):
        found.append("记账日期不能晚于今天")
    for value, label, most in ((basis.text, "摘要", 200), (basis.paper, "依据的单据", 120)):
        if not value.strip():
            found.append(f"请填写{label}")
        elif len(value.strip()) > most:
            found.append(f"{label}最多{most}个字")
    if found:
        raise RuleViolation("voucher.invalid", "；".join(found), reasons=found)


def _demand_new(special: SpecialAccount, basis: Basis, line: Line) -> None:
    """RuleViolation "voucher.same" where the same paper of the same day was drafted already."""
    taken_back = Voucher.objects.filter(reverses=OuterRef("pk"), state="sealed")
    same = special.vouchers.filter(
        kind=basis.kind,
        dated_on=basis.dated_on,
        paper=basis.paper,
        state__in=["draft", "sealed"],
        postings__ledger=line.ledger,
        postings__sub=line.sub,
        postings__fen=line.fen,
    ).exclude(Exists(taken_back))
    if same.exists():
        raise RuleViolation(
            "voucher.same", "同一天、同一张单据、同样金额的凭证已经有了，请核对，不要重复制单"
        )


def _demand_held(special: SpecialAccount, kind: str, fen: int) -> None:
    """RuleViolation "voucher.overdrawn" where less is waiting to be allotted."""
    ledger = {"allocation": UNALLOCATED, "allotment": INTEREST}.get(kind)
    if ledger is None or (held := ledger_totals(special)[ledger]) >= fen:
        return
    title = "待分配利息" if ledger == INTEREST else "待分配交存"
    raise RuleViolation(
        "voucher.overdrawn", f"{title}只有 {format_yuan(held)} 元，不够这张凭证用"
    )


def _log(file: FundFile, act: str, actor: str, at: datetime) -> None:
    facts = {"file": file.pk, "kind": file.kind, "sha256": file.file_sha256}
    if file.voucher is not None:
        facts["draft"] = file.voucher.pk
    record_act(file.special.log_name, act, facts, actor=actor, at=at)
