"""Read one table from an .xlsx, .xls or .csv file that somebody else made.

    table = read_table(content, "业主名册.xlsx")     # bytes and the file's name
    table.header_row         # 1: row number of the header in the spreadsheet
    table.header             # ("房号", "建筑面积", …): half-width, blanks around trimmed
    for row in table.rows:   # blank rows are left out
        row.number           # 2, 3, …: row number in the spreadsheet, as people see it
        row.cells            # one text per header cell, as written
    table.faults             # what may not be what was meant: CellFault(row, column, reason)
    table.merged             # merged ranges; fill_merged(table) repeats their value
    table.sheet, table.other_sheets

The header is the first row with at least two filled cells (titles above it are passed
over). Numbers come as the text one would type ("101", "89.5"). Dates come as ISO text
with a fault beside it, because a spreadsheet makes a date of a room written 1-11-1.
A formula comes as its stored result, an error such as #N/A as an empty cell with a fault
beside it (an .xls does not tell its errors from empty cells).

A file that cannot be read is a RuleViolation with a code table.* and a sentence saying
what to do; nothing is guessed. At most 30 MB, 149,999 rows and, in a workbook, 78
columns, 4 million cells and 256 MB unfolded.
"""

import csv
import io
from collections.abc import Collection, Sequence
from pathlib import Path, PurePath
from typing import NamedTuple

from core.errors import RuleViolation
from core.text import half_width
from core.workbooks import (
    ERROR_VALUE,
    ERROR_VALUES,
    MAX_ROWS,
    CellFault,
    Merged,
    read_sheet,
    refusal,
    too_many_rows,
)

__all__ = [
    "MAX_BYTES",
    "MAX_ROWS",
    "CellFault",
    "Merged",
    "Row",
    "Table",
    "content_of",
    "fill_merged",
    "half_width",
    "read_table",
]

MAX_BYTES = 30 * 2**20
_HEADER_WITHIN = 30


class Row(NamedTuple):
    """One row: its number in the spreadsheet and a text for every header cell."""

    number: int
    cells: tuple[str, ...]


class Table(NamedTuple):
    """What `read_table` found; the module's example says how to use it."""

    header_row: int
    header: tuple[str, ...]
    rows: list[Row]
    faults: tuple[CellFault, ...] = ()
    merged: tuple[Merged, ...] = ()
    sheet: str = ""
    other_sheets: tuple[str, ...] = ()


def content_of(path: str) -> bytes:
    """The bytes of a file on disk, at most MAX_BYTES; RuleViolation file.* saying why not."""
    try:
        found = Path(path)
        if not found.is_file():
            raise RuleViolation("file.missing", "文件不存在，或者不是一个文件")
        if found.stat().st_size > MAX_BYTES:
            raise RuleViolation(
                "file.too_large", f"文件超过 {MAX_BYTES // 2**20} MB，请分成几个文件"
            )
        return found.read_bytes()
    except (OSError, ValueError):  # a NUL in the path is a ValueError
        raise RuleViolation("file.unreadable", "文件无法读取，请检查路径和权限") from None


def read_table(content: bytes, filename: str, *, max_rows: int = MAX_ROWS) -> Table:
    """The first visible sheet of a file, or a RuleViolation saying why not.

    `max_rows` may allow a .csv more rows; a workbook's limit stays.
    """
    extension = PurePath(filename).suffix.lower()
    if extension not in {".xlsx", ".xls", ".csv"}:
        raise refusal("extension", "只能读取 .xlsx、.xls、.csv 表格，请另存为其中一种再试")
    if not content.strip():
        raise refusal("empty", "文件是空的")
    if len(content) > MAX_BYTES:
        raise refusal("too_large", f"文件超过 {MAX_BYTES // 2**20} MB，请分成几个文件")
    kind = _kind(content)
    if kind != extension:
        what = {
            ".xlsx": "是 .xlsx 表格",
            ".xls": "是旧版 .xls 表格，或者加了密码",
            ".csv": "不是这种表格",
        }[kind]
        raise refusal(
            "mismatch",
            f"文件名以 {extension} 结尾，内容却{what}；请用表格软件打开，另存为 .xlsx 再试",
        )
    if kind == ".csv":
        return _read_csv(content, max_rows)
    sheet = read_sheet(content)
    table = _table(sheet.rows)
    return table._replace(
        faults=tuple(
            fault
            for fault in sheet.faults
            if fault.row > table.header_row and (fault.column or 0) < len(table.header)
        ),
        merged=tuple(merged for merged in sheet.merged if merged.last_row > table.header_row),
        sheet=sheet.name,
        other_sheets=sheet.others,
    )


def fill_merged(table: Table, columns: Collection[int] | None = None) -> Table:
    """The table with the value of each merged range repeated in all its cells.

    `columns` narrows this to some columns: a merged building number belongs to every
    row, a merged area must not be counted twice. Rows left out as blank stay out.
    """
    cells = {row.number: list(row.cells) for row in table.rows}
    for merged in table.merged:
        within = range(merged.first_column, min(merged.last_column + 1, len(table.header)))
        if merged.first_row not in cells or not within:
            continue
        value = cells[merged.first_row][merged.first_column]
        for number in range(merged.first_row, merged.last_row + 1):
            for column in within:
                if number in cells and (columns is None or column in columns):
                    cells[number][column] = value
    return table._replace(rows=[Row(number, tuple(row)) for number, row in cells.items()])


def _kind(content: bytes) -> str:
    if content.startswith(b"PK\x03\x04"):
        return ".xlsx"
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return ".xls"
    # An executable named .xlsx comes here too and is refused as a mismatch; one named
    # .csv is refused for its NUL bytes.
    return ".csv"


def _read_csv(content: bytes, max_rows: int) -> Table:
    rows: list[list[str]] = []
    # Strict: a quotation mark left open would otherwise swallow the rest of the file.
    reader = csv.reader(io.StringIO(_decoded(content), newline=""), strict=True)
    try:
        for row in reader:
            rows.append(row)
            if len(rows) > max_rows:
                raise too_many_rows(max_rows)
    except csv.Error:
        raise refusal(
            "quotes", f"第 {len(rows) + 1} 行的引号不成对，或者一格内容过长，无法分列"
        ) from None
    table = _table(rows)
    width = len(table.header)
    # A comma inside an unquoted cell shifts everything right of it.
    shifted = tuple(
        CellFault(number, None, f"这一行比表头多出内容（表头 {width} 列），可能多写了逗号")
        for number, row in enumerate(rows, 1)
        if number > table.header_row and any(cell.strip() for cell in row[width:])
    )
    errors = {
        (row.number, column)
        for row in table.rows
        for column, cell in enumerate(row.cells)
        if cell[:1] == "#" and cell.strip() in ERROR_VALUES
    }
    return table._replace(
        rows=[_without(errors, row) for row in table.rows] if errors else table.rows,
        faults=shifted + tuple(CellFault(*place, ERROR_VALUE) for place in sorted(errors)),
    )


def _without(errors: Collection[tuple[int, int]], row: Row) -> Row:
    cells = enumerate(row.cells)
    return row._replace(cells=tuple("" if (row.number, n) in errors else c for n, c in cells))


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content:
        raise refusal(
            "encoding", "文件里有不是文字的内容，或者是 UTF-16 编码；请另存为 .xlsx 再试"
        )
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise refusal("encoding", "文字编码既不是 UTF-8 也不是 GB18030；请另存为 .xlsx 再试")


def _table(rows: Sequence[list[str]]) -> Table:
    """Find the header, cut or fill every row to its width, leave blank rows out."""
    filled = [
        (number, sum(1 for cell in row if cell.strip()))
        for number, row in enumerate(rows[:_HEADER_WITHIN], 1)
    ]
    header_row = next(
        (number for number, count in filled if count > 1),
        next((number for number, count in filled if count), 0),
    )
    if not header_row:
        raise refusal("empty", "表格里没有内容")
    header = [half_width(cell).strip() for cell in rows[header_row - 1]]
    while not header[-1]:
        header.pop()
    width, padding = len(header), [""] * len(header)
    return Table(
        header_row,
        tuple(header),
        [
            Row(number, tuple((row + padding)[:width]))
            for number, row in enumerate(rows[header_row:], header_row + 1)
            if any(row) and any(cell.strip() for cell in row)
        ],
    )
