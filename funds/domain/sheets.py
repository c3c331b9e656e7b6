"""Spreadsheets of a fund centre or a bank: which column is what, and every fault of a row.

A 房号 is a place here, not an opaque key: 1-1-101, 1幢1单元101室 and three columns of their
own name the same unit, as on the roll.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from core.errors import RuleViolation
from core.exact import parse_yuan
from core.tables import Row, Table
from funds.domain.public_housing import read_seller
from registry.domain.columns import plain_header
from registry.domain.rooms import building_name, entrance_name, folded, room_name, split_label


class RowFault(NamedTuple):
    """What is wrong, and in which row as the spreadsheet shows it; 0 is the whole file."""

    row: int
    reason: str


class Place(NamedTuple):
    """What a row says of a unit; empty where it says nothing.

    `seller`: the account of a selling organisation for a building (公房), by its name, "" where
    that is not written; None for a unit.
    """

    registry_number: str
    house_code: str
    building: str
    entrance: str
    room: str
    seller: str | None = None


class Sheet(NamedTuple):
    """A table whose columns are known: column of ours → its index."""

    table: Table
    columns: Mapping[str, int]
    faults: list[RowFault]

    def rows(self) -> Iterator[tuple[Row, list[str]]]:
        """Every row, and what the reading of the file already found wrong with it."""
        damaged: dict[int, list[str]] = {}
        wanted = {None, *self.columns.values()}
        for fault in self.table.faults:
            if fault.column in wanted:
                damaged.setdefault(fault.row, []).append(fault.reason)
        for row in self.table.rows:
            yield row, damaged.get(row.number, [])

    def text(self, row: Row, column: str) -> str:
        """A cell without blanks around; empty where the file has no such column."""
        index = self.columns.get(column)
        return "" if index is None else row.cells[index].strip()


def sheet_of(table: Table, headers: Mapping[str, str], needed: Sequence[str]) -> Sheet:
    """Find our columns by their headers (words separated by blanks, the first is the title).

    A column of ours found twice, or needed and not found, is a fault of the header's row.
    """
    known = {word: column for column, words in headers.items() for word in words.split()}
    found: dict[str, int] = {}
    faults = []
    for index, written in enumerate(table.header):
        column = known.get(plain_header(written))
        if column in found:
            title = headers[str(column)].split()[0]
            faults.append(RowFault(table.header_row, f"“{title}”一列出现了两次"))
        elif column:
            found[column] = index
    faults += [
        RowFault(table.header_row, f"没有“{headers[column].split()[0]}”一列")
        for column in needed
        if column not in found
    ]
    return Sheet(table, found, faults)


PLACE_HEADERS = {
    "registry_number": "不动产单元号 不动产单元代码",
    "house_code": "房屋编码 房屋编号 房屋代码",
    "building": "幢 幢号 楼栋 栋号 楼号",
    "entrance": "单元 单元号",
    "room": "房号 室号 房间号 户号 坐落 房屋坐落 房屋地址",
}


def place_in(sheet: Sheet, row: Row) -> Place | None:
    """The unit a row names, or None where it names none that can be understood."""
    number = folded(sheet.text(row, "registry_number"))
    code = folded(sheet.text(row, "house_code"))
    building, room = sheet.text(row, "building"), sheet.text(row, "room")
    seller = seller_place(room, building)
    if seller is not None:
        return seller
    if building and room:
        entrance = entrance_name(sheet.text(row, "entrance"))
        return Place(number, code, building_name(building), entrance, room_name(room))
    split = split_label(room)
    if split is not None:
        return Place(number, code, *split)
    return Place(number, code, "", "", "") if number or code else None


def seller_place(room: str, building: str = "") -> Place | None:
    """The account of a selling organisation, where a cell names one: 1幢售房单位（…）."""
    found = read_seller(room)
    if found is None:
        return None
    name = found.building or building
    place = building_name(name) if name else ""
    return Place("", "", place, "", "", folded(found.organisation))


def yuan_or_zero(text: str) -> int:
    """As `core.exact.parse_yuan`, where nothing at all is an amount too: 0.00."""
    try:
        return parse_yuan(text)
    except RuleViolation as refused:
        if refused.code == "money.zero":
            return 0
        raise
