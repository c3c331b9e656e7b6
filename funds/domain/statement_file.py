"""A statement of the special account, as the bank exports it: one row per movement.

    lines, faults = read_statement(read_table(content, name), account="6222…")

Columns: 流水号, 交易日期, and 收入 with 支出 (or 贷方 with 借方: the bank credits what
comes in), or one signed 金额; 余额, 摘要 and 账号 where the bank gives them.
"""

import re
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from core.errors import RuleViolation
from core.exact import format_yuan
from core.tables import Row, Table
from core.text import half_width
from funds.domain.sheets import RowFault, Sheet, sheet_of, yuan_or_zero

HEADERS = {
    "serial": "流水号 交易流水号 银行流水号 核心流水号 凭证号",
    "day": "交易日期 日期 记账日期 入账日期",
    "paid_in": "收入 收入金额 贷方 贷方发生额 贷方金额",
    "paid_out": "支出 支出金额 借方 借方发生额 借方金额",
    "amount": "金额 交易金额 发生额",
    "balance": "余额 账户余额",
    "text": "摘要 用途 附言 备注",
    "account": "账号 本方账号 账户",
}
_DAY = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[ T].*)?")
_MOST = {"serial": 60, "text": 200}


class BankLine(NamedTuple):
    """One movement; money in fen, positive came in; `balance` after it, if stated."""

    row: int
    serial: str
    day: date
    fen: int
    balance: int | None
    text: str


def read_statement(table: Table, *, account: str) -> tuple[list[BankLine], list[RowFault]]:
    """The movements, the oldest first, and every fault; with one the lines are void.

    `account`: digits of the account whose statement this has to be, where the file says.
    """
    sheet = sheet_of(table, HEADERS, ["serial", "day"])
    faults = list(sheet.faults)
    if "amount" not in sheet.columns and not {"paid_in", "paid_out"} <= set(sheet.columns):
        faults.append(RowFault(table.header_row, "没有“金额”一列，也没有“收入”和“支出”两列"))
    if faults:
        return [], faults
    lines: list[BankLine] = []
    first: dict[str, int] = {}
    for row, damage in sheet.rows():
        reasons = list(damage)
        found = None if reasons else _line(sheet, row, account, reasons)
        if found is not None:
            if first.setdefault(found.serial, row.number) != row.number:
                reasons.append(f"流水号与第 {first[found.serial]} 行相同")
            lines.append(found)
        faults += [RowFault(row.number, reason) for reason in reasons]
    if not faults and not lines:
        faults.append(RowFault(0, "对账单里没有一笔"))
    if faults:
        return lines, faults
    # Some banks put the newest first.
    newest_first = bool(_chain(lines)) and not _chain(lines[::-1])
    return (lines[::-1], []) if newest_first else (lines, _chain(lines))


def _line(sheet: Sheet, row: Row, account: str, reasons: list[str]) -> BankLine | None:
    written = re.sub(r"[\s-]", "", half_width(sheet.text(row, "account")))
    if written and written != account:
        reasons.append("是另一个账号的对账单")
    serial = half_width(sheet.text(row, "serial"))
    if not serial:
        reasons.append("没有填流水号")
    for column, most in _MOST.items():
        if len(sheet.text(row, column)) > most:
            title = HEADERS[column].split()[0]
            reasons.append(f"{title}最多{most}个字")
    day = _day(sheet.text(row, "day"))
    if day is None:
        reasons.append("交易日期看不懂，请写成 2026-11-02")
    fen = _moved(sheet, row, reasons)
    stated = sheet.text(row, "balance")
    balance = _signed(stated, "余额", reasons) if stated else None
    if reasons or day is None:
        return None
    return BankLine(row.number, serial, day, fen, balance, sheet.text(row, "text"))


def _moved(sheet: Sheet, row: Row, reasons: list[str]) -> int:
    if "amount" in sheet.columns:
        fen = _signed(sheet.text(row, "amount"), "金额", reasons)
    else:
        paid_in, paid_out = (
            _signed(text, title, reasons) if (text := sheet.text(row, column)) else 0
            for column, title in (("paid_in", "收入"), ("paid_out", "支出"))
        )
        if paid_in < 0 or paid_out < 0:
            reasons.append("收入和支出不写负数")
        if paid_in and paid_out:
            reasons.append("收入和支出不能同时有金额")
        fen = paid_in - paid_out
    if not fen and not reasons:
        reasons.append("金额不能为零")
    return fen


def _signed(text: str, title: str, reasons: list[str]) -> int:
    plain = half_width(text).strip()
    sign = -1 if plain.startswith("-") else 1
    try:
        return sign * yuan_or_zero(plain.lstrip("+-") if plain[:1] in "+-" else plain)
    except RuleViolation as refused:
        reasons.append(f"{title}：{refused}")
        return 0


def _day(text: str) -> date | None:
    found = _DAY.fullmatch(half_width(text).strip())
    if not found:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def _chain(lines: list[BankLine]) -> list[RowFault]:
    """Balances that do not follow from one line to the next: a line is missing or altered."""
    found = []
    for before, one in pairwise(lines):
        if before.balance is None or one.balance is None:
            continue
        if before.balance + one.fen != one.balance:
            expected = format_yuan(before.balance + one.fen)
            found.append(
                RowFault(
                    one.row,
                    f"余额接不上：按上一行应为 {expected} 元，"
                    f"写的是 {format_yuan(one.balance)} 元，可能缺了一笔",
                )
            )
    return found
