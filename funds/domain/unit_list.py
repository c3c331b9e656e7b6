"""A list of units to share a cost among, as somebody typed it: 房号, 建筑面积.

A 房号 is an opaque key (half-width, trimmed, nothing else), so that 1-11-1 and 11-1-1 stay
two units. Every fault of every row is named at once; `row` counts the header as 1, 0 is the
file as a whole.
"""

from collections.abc import Sequence
from typing import NamedTuple

from core.errors import RuleViolation
from core.exact import parse_area
from core.tables import Table
from core.text import half_width
from funds.domain.sheets import RowFault

COLUMNS = ("房号", "建筑面积")


class UnitArea(NamedTuple):
    """One unit; `area` in 0.01 m²."""

    unit: str
    area: int


def read_units(table: Table) -> tuple[list[UnitArea], list[RowFault]]:
    """The units in the order of the file, and all faults; with a fault the units are void."""
    columns, faults = _columns(table)
    if faults:
        return [], faults
    damaged = {(fault.row, fault.column): fault.reason for fault in table.faults}
    units: list[UnitArea] = []
    first: dict[str, int] = {}
    for row in table.rows:
        reasons = [
            reason for place in (None, *columns) if (reason := damaged.get((row.number, place)))
        ]
        if not reasons:
            unit = half_width(row.cells[columns[0]]).strip()
            if not unit:
                reasons.append("没有填房号")
            elif first.setdefault(unit, row.number) != row.number:
                reasons.append(f"与第 {first[unit]} 行是同一房号")
            try:
                units.append(UnitArea(unit, parse_area(row.cells[columns[1]])))
            except RuleViolation as refused:
                reasons.append(str(refused))
        faults += [RowFault(row.number, reason) for reason in reasons]
    if not units and not faults:
        faults.append(RowFault(0, "表格里没有一套房屋"))
    return units, faults


def _columns(table: Table) -> tuple[Sequence[int], list[RowFault]]:
    faults = [
        RowFault(
            table.header_row, f"没有“{name}”一列" if not found else f"“{name}”一列出现了两次"
        )
        for name in COLUMNS
        if (found := table.header.count(name)) != 1
    ]
    return ([] if faults else [table.header.index(name) for name in COLUMNS]), faults
