"""The balances a fund centre hands out: one row per sub-account (分户账).

    rows, faults = read_balances(read_table(content, name))

Columns: 小区 (where the special account serves several), 房号 (or 幢, 单元, 房号; or
不动产单元号, 房屋编码), 余额; 首期交存额 and 变动说明 where the centre gives them. A last row
合计 is a control total.
"""

from typing import NamedTuple

from core.errors import RuleViolation
from core.exact import format_yuan
from core.tables import Row, Table
from core.text import half_width
from funds.domain.sheets import (
    PLACE_HEADERS,
    Place,
    RowFault,
    Sheet,
    place_in,
    sheet_of,
    yuan_or_zero,
)

HEADERS = {
    **PLACE_HEADERS,
    "estate": "小区 小区名称 物业管理区域 项目名称",
    "balance": "余额 账户余额 分户余额 分户账余额 账面余额 期末余额 当前余额",
    "first": "首期交存额 首期缴存额 首次交存额 应交存额 首期交存金额",
    "reason": "变动说明 变动原因",
}
_TOTAL = {"合计", "总计", "总额"}
MOST_REASON = 60


class BalanceRow(NamedTuple):
    """One sub-account as the centre states it; money in fen."""

    row: int
    estate: str
    place: Place
    balance: int
    first_deposit: int | None
    reason: str


def read_balances(table: Table) -> tuple[list[BalanceRow], list[RowFault]]:
    """The rows in the order of the file, and every fault; with a fault the rows are void."""
    sheet = sheet_of(table, HEADERS, ["balance"])
    faults = list(sheet.faults)
    if not {"room", "registry_number", "house_code"} & set(sheet.columns):
        faults.append(RowFault(table.header_row, "没有“房号”一列"))
    if faults:
        return [], faults
    rows: list[BalanceRow] = []
    totals: list[tuple[int, int]] = []
    for row, damage in sheet.rows():
        reasons = list(damage)
        if _is_total(row):
            totals.append((row.number, _amount(sheet, row, "balance", reasons)))
        elif not reasons:
            found = _balance(sheet, row, reasons)
            if found is not None:
                rows.append(found)
        faults += [RowFault(row.number, reason) for reason in reasons]
    if not faults:
        faults += _of_the_whole(rows, totals)
    return rows, faults


def _is_total(row: Row) -> bool:
    first = next((cell for cell in row.cells if cell.strip()), "")
    return half_width(first).strip() in _TOTAL


def _balance(sheet: Sheet, row: Row, reasons: list[str]) -> BalanceRow | None:
    place = place_in(sheet, row)
    if place is None:
        reasons.append("看不出是哪一户：请写房号（如 1幢1单元101室）、不动产单元号或者房屋编码")
    balance = _amount(sheet, row, "balance", reasons)
    first = None
    if sheet.text(row, "first"):
        first = _amount(sheet, row, "first", reasons)
    reason = sheet.text(row, "reason")
    if len(reason) > MOST_REASON:
        reasons.append(f"变动说明最多{MOST_REASON}个字")
    if place is None or reasons:
        return None
    return BalanceRow(row.number, sheet.text(row, "estate"), place, balance, first, reason)


def _amount(sheet: Sheet, row: Row, column: str, reasons: list[str]) -> int:
    try:
        return yuan_or_zero(sheet.text(row, column))
    except RuleViolation as refused:
        title = {"balance": "余额", "first": "首期交存额"}[column]
        reasons.append(f"{title}：{refused}")
        return 0


def _of_the_whole(rows: list[BalanceRow], totals: list[tuple[int, int]]) -> list[RowFault]:
    if not rows:
        return [RowFault(0, "表格里没有一户")]
    added = sum(one.balance for one in rows)
    return [
        RowFault(
            number,
            f"合计写的是 {format_yuan(stated)} 元，各户相加是 {format_yuan(added)} 元",
        )
        for number, stated in totals
        if stated != added
    ]
