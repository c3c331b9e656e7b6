"""Spreadsheets we give out: text only, safe to open, whatever people typed into them."""

import io
from collections.abc import Collection, Iterable, Iterator, Sequence

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.worksheet import Worksheet

# What XML 1.0 cannot hold; openpyxl refuses it.
_NOT_IN_XML = {
    code: None for code in [*range(0x20), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)]
    if code not in (0x09, 0x0A, 0x0D)
}  # fmt: skip
_BOLD = Font(bold=True)
_MARKED = PatternFill("solid", fgColor="FFE5E5")


def workbook(
    header: Sequence[str],
    rows: Iterable[Sequence[str | int | None]],
    *,
    title: str = "",
    marked: Collection[tuple[int, int]] = (),
    widths: Sequence[int] = (),
    heading: str | Sequence[str] = (),
    notes: str | Sequence[str] = (),
) -> bytes:
    """An .xlsx of texts and whole numbers; a cell of None is one with the cell above it.

    `marked`: cells (row and column from 0) shown on red ground. `heading` stands above the
    header, `notes` below the last row, each of several lines in a row of its own.

    Every cell is stored as text and flagged so (quotePrefix): "=1+1" stays four
    characters, here and when a spreadsheet program saves the file again (CWE-1236).
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title or "Sheet1")
    # openpyxl takes each cell for a value first, and fails: half of the time of a large sheet.
    sheet._values_to_row = _placed
    above, below = _lines(heading), _lines(notes)
    sheet.freeze_panes = f"A{len(above) + 2}"
    for place, width in enumerate(widths):
        sheet.column_dimensions[chr(ord("A") + place)].width = width
    for line in above:
        sheet.append([_text(sheet, line, font=_BOLD)])
    sheet.append([_text(sheet, cell, font=_BOLD) for cell in header])
    joins = _Joins(len(above) + 2)
    for number, row in enumerate(rows):
        joins.see(number, row)
        cells = [
            WriteOnlyCell(sheet, cell) if isinstance(cell, int) else _text(sheet, cell or "")
            for cell in row
        ]
        for place, cell in enumerate(cells):
            if (number, place) in marked:
                cell.fill = _MARKED
        sheet.append(cells)
    for line in below:
        sheet.append([_text(sheet, line)])
    # Not by `add`, which looks at all of them each time.
    sheet.merged_cells.ranges.update(joins.ended())
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _placed(cells: Iterable[Cell], number: int) -> Iterator[Cell]:
    """The cells of a row, each at its place."""
    for column, cell in enumerate(cells, 1):
        cell.column, cell.row = column, number
        yield cell


class _Joins:
    """Runs of cells that are one with the cell above, as rows go by."""

    def __init__(self, first: int) -> None:
        self._first = first  # row of the sheet that the rows begin with
        self._tops: dict[int, int] = {}  # column → where its run begins
        self._last = -1
        self._found: list[CellRange] = []

    def see(self, number: int, row: Sequence[str | int | None]) -> None:
        for column, cell in enumerate(row):
            if cell is None and number:
                self._tops.setdefault(column, number - 1)
            else:
                self._end(column)
        self._last = number

    def ended(self) -> list[CellRange]:
        for column in list(self._tops):
            self._end(column)
        return self._found

    def _end(self, column: int) -> None:
        top = self._tops.pop(column, None)
        if top is not None:
            side, first = column + 1, self._first
            self._found.append(CellRange(None, side, first + top, side, first + self._last))


def _lines(text: str | Sequence[str]) -> Sequence[str]:
    if isinstance(text, str):
        return (text,) if text else ()
    return text


def _text(sheet: Worksheet, text: str, *, font: Font | None = None) -> Cell:
    cell: Cell = WriteOnlyCell(sheet)
    plain = text.translate(_NOT_IN_XML)[:32_000]
    if plain:
        # Past `value`, which takes "=…" for a formula and "#N/A" for an error, and looks at
        # every cell four times.
        cell._value, cell.data_type = plain, "s"  # type: ignore[attr-defined]
        cell.quotePrefix = True
    if font is not None:
        cell.font = font
    return cell
