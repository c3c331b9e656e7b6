"""The first sheet of an .xlsx or .xls file, parsed where it can do no harm.

Only `core.tables` uses this; everybody else reads tables through it.
"""

import json
from typing import NamedTuple

from core import limited
from core.errors import RuleViolation

MAX_ROWS = 149_999
MAX_CELLS = 4_000_000
_MEMORY, _SECONDS = 3 * 2**29, 60


class CellFault(NamedTuple):
    """A cell (column counted from 0), or a whole row (column None), read in doubt."""

    row: int
    column: int | None
    reason: str


# What a spreadsheet shows for a formula it could not compute; no content of any roll.
ERROR_VALUES = frozenset(
    {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#SPILL!", "#CALC!"}
)
ERROR_VALUE = "这一格是表格软件的错误值（如 #REF!、#N/A），请改成真正的内容"


class Merged(NamedTuple):
    """A merged range, both ends included; rows counted from 1, columns from 0."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


class Sheet(NamedTuple):
    """The first visible sheet: every row from 1 on, as text."""

    name: str
    others: tuple[str, ...]
    rows: list[list[str]]
    faults: list[CellFault]
    merged: list[Merged]


def read_sheet(content: bytes) -> Sheet:
    """The first visible sheet, or a RuleViolation saying why not.

    `core.workbook_reader` reads it in a process of its own, which costs some 50 ms.
    """
    try:
        said = limited.answer("core.workbook_reader", content, memory=_MEMORY, seconds=_SECONDS)
    except limited.Failed:
        raise broken() from None
    name, others, rows, faults, merged = json.loads(said.decode("utf-8", "surrogatepass"))
    return Sheet(
        name,
        tuple(others),
        rows,
        [CellFault(*fault) for fault in faults],
        [Merged(*one) for one in merged],
    )


def refusal(code: str, sentence: str) -> RuleViolation:
    return RuleViolation(f"table.{code}", sentence)


def too_many_rows(limit: int = MAX_ROWS) -> RuleViolation:
    return refusal(
        "too_many_rows", f"表格超过 {limit} 行（有格式的空行也算），请删去空行或分成几个文件"
    )


def broken() -> RuleViolation:
    return refusal("broken", "文件已损坏或不完整，请用表格软件打开，另存为 .xlsx 再试")
