"""Spreadsheets we give out: text only, safe to open, whatever people typed into them."""

import io
from collections.abc import Collection, Iterable, Sequence

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font, PatternFill
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
    rows: Iterable[Sequence[str | int]],
    *,
    title: str = "",
    marked: Collection[tuple[int, int]] = (),
    widths: Sequence[int] = (),
    heading: str = "",
    notes: str = "",
) -> bytes:
    """An .xlsx of texts and whole numbers. `marked`: cells (row and column from 0) shown on red
    ground. `heading` stands above the header, `notes` below the last row.

    Every cell is stored as text and flagged so (quotePrefix): "=1+1" stays four
    characters, here and when a spreadsheet program saves the file again (CWE-1236).
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title or "Sheet1")
    sheet.freeze_panes = "A3" if heading else "A2"
    for place, width in enumerate(widths):
        sheet.column_dimensions[chr(ord("A") + place)].width = width
    if heading:
        sheet.append([_text(sheet, heading, font=_BOLD)])
    sheet.append([_text(sheet, cell, font=_BOLD) for cell in header])
    for number, row in enumerate(rows):
        cells = [
            WriteOnlyCell(sheet, cell) if isinstance(cell, int) else _text(sheet, cell)
            for cell in row
        ]
        for place, cell in enumerate(cells):
            if (number, place) in marked:
                cell.fill = _MARKED
        sheet.append(cells)
    if notes:
        sheet.append([_text(sheet, notes)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _text(sheet: Worksheet, text: str, *, font: Font | None = None) -> Cell:
    cell: Cell = WriteOnlyCell(sheet)
    plain = text.translate(_NOT_IN_XML)[:32_000]
    if plain:
        cell.value = plain
        # Assigning took "=…" for a formula and "#N/A" for an error.
        cell.data_type = "s"
        cell.quotePrefix = True
    if font is not None:
        cell.font = font
    return cell
