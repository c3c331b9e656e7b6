"""Amounts for units, as somebody lists them: 房号, 金额.

    rows, faults = read_amounts(read_table(content, name))

Columns: 小区 (where the special account serves several), 房号 (or 幢, 单元, 房号; or
不动产单元号, 房屋编码), 金额; 首期交存额 where it is known. A last row 合计 is a control total.
"""

from typing import NamedTuple

from core.errors import RuleViolation
from core.exact import format_yuan, parse_yuan
from core.tables import Row, Table
from core.text import half_width
from funds.domain.sheets import PLACE_HEADERS, Place, RowFault, Sheet, place_in, sheet_of

HEADERS = {
    **PLACE_HEADERS,
    "estate": "小区 小区名称 物业管理区域 项目名称",
    "amount": "金额 交存金额 交存额 缴存金额 缴存额 实交金额 期初余额 余额 分配金额",
    "first": "首期交存额 首期缴存额 首次交存额 应交存额 首期交存金额",
}
_TOTAL = {"合计", "总计", "总额"}


class AmountRow(NamedTuple):
    """What one unit is credited, in fen."""

    row: int
    estate: str
    place: Place
    fen: int
    first_deposit: int | None


def read_amounts(table: Table) -> tuple[list[AmountRow], list[RowFault]]:
    """The rows in the order of the file, and every fault; with a fault the rows are void."""
    sheet = sheet_of(table, HEADERS, ["amount"])
    faults = list(sheet.faults)
    if not {"room", "registry_number", "house_code"} & set(sheet.columns):
        faults.append(RowFault(table.header_row, "没有“房号”一列"))
    if faults:
        return [], faults
    rows: list[AmountRow] = []
    totals: list[tuple[int, int]] = []
    for row, damage in sheet.rows():
        reasons = list(damage)
        if reasons:
            pass
        elif _is_total(row):
            totals.append((row.number, _amount(sheet, row, "amount", "金额", reasons)))
        else:
            rows += _read(sheet, row, reasons)
        faults += [RowFault(row.number, reason) for reason in reasons]
    if not faults and not rows:
        faults.append(RowFault(0, "表格里没有一户"))
    if not faults:
        added = sum(one.fen for one in rows)
        faults += [
            RowFault(
                number,
                f"合计写的是 {format_yuan(stated)} 元，各户相加是 {format_yuan(added)} 元",
            )
            for number, stated in totals
            if stated != added
        ]
    return rows, faults


def _is_total(row: Row) -> bool:
    first = next((cell for cell in row.cells if cell.strip()), "")
    return half_width(first).strip() in _TOTAL


def _read(sheet: Sheet, row: Row, reasons: list[str]) -> list[AmountRow]:
    place = place_in(sheet, row)
    if place is None:
        reasons.append("看不出是哪一户：请写房号（如 1幢1单元101室）、不动产单元号或者房屋编码")
    fen = _amount(sheet, row, "amount", "金额", reasons)
    first = None
    if sheet.text(row, "first"):
        first = _amount(sheet, row, "first", "首期交存额", reasons)
    if place is None or reasons:
        return []
    return [AmountRow(row.number, sheet.text(row, "estate"), place, fen, first)]


def _amount(sheet: Sheet, row: Row, column: str, title: str, reasons: list[str]) -> int:
    try:
        return parse_yuan(sheet.text(row, column))
    except RuleViolation as refused:
        reasons.append(f"{title}：{refused}")
        return 0
