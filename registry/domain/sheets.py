"""Spreadsheets we give out: text only, safe to open, whatever people typed into them.

They come out of a printer as the annexes look: A4 across, all columns on one page's width,
the header on every page, ruled, nothing cut off.
"""

import io
from collections.abc import Collection, Iterable, Sequence
from math import ceil
from unicodedata import east_asian_width

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.cell_style import StyleArray
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

# What XML 1.0 cannot hold; openpyxl refuses it.
_NOT_IN_XML = {
    code: None for code in [*range(0x20), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)]
    if code not in (0x09, 0x0A, 0x0D)
}  # fmt: skip
_A4 = 9  # of ECMA-376, 18.3.1.63
_LINE = 17  # points of a line of text: fonts with Chinese are taller than others
_LOOSE = 1.1  # a line ends before it is full
_TALLEST = 409  # points of a row, at most
_NARROW, _WIDE = 12, 40  # characters of a column whose width nobody says
_BOLD = Font(bold=True)
_MARKED = PatternFill("solid", fgColor="FFE5E5")
_THIN = Side("thin")
_RULED = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)


class _Styles:
    """The looks of cells, made once: thousands of cells share one."""

    def __init__(self, sheet: Worksheet) -> None:
        self._sheet = sheet
        self.title = self._made(font=Font(bold=True, size=14), alignment=_laid("center"))
        self.above = self._made(font=_BOLD, alignment=_laid())
        self.header = self._made(font=_BOLD, alignment=_laid("center"), border=_RULED)
        self.text = self._made(alignment=_laid(), border=_RULED)
        self.marked = self._made(alignment=_laid(), border=_RULED, fill=_MARKED)
        self.note = self._made(alignment=_laid())

    def _made(self, **looks: object) -> StyleArray:
        cell = WriteOnlyCell(self._sheet)
        for name, look in looks.items():
            setattr(cell, name, look)
        cell.quotePrefix = True
        made: StyleArray = cell._style  # type: ignore[attr-defined]
        return made


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
    header, its first line in the middle, `notes` below the last row; each line goes across
    all columns. `widths`: of the columns, in characters, two a Chinese one.

    Every cell is stored as text and flagged so (quotePrefix): "=1+1" stays four
    characters, here and when a spreadsheet program saves the file again (CWE-1236).
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title or "Sheet1")
    above, below = _lines(heading), _lines(notes)
    widths = [*widths, *map(_width, header[len(widths) :])]
    _lay_out(sheet, len(above) + 1, widths)
    styles = _Styles(sheet)
    across = _Across(sheet, widths)
    for number, line in enumerate(above, 1):
        across.put(number, line, styles.above if number > 1 else styles.title)
    _fit(sheet, len(above) + 1, header, widths)
    sheet.append([_cell(sheet, cell, styles.header) for cell in header])
    joins = _Joins(len(above) + 2)
    written = len(above) + 1
    for number, row in enumerate(rows):
        joins.see(number, row)
        cells = [_cell(sheet, cell, styles.text) for cell in row]
        for place in range(len(row)) if marked else ():
            if (number, place) in marked:
                cells[place] = _cell(sheet, row[place], styles.marked)
        written += 1
        _fit(sheet, written, row, widths)
        sheet.append(cells)
    for number, line in enumerate(below, written + 1):
        across.put(number, line, styles.note)
    # Not by `add`, which looks at all of them each time.
    sheet.merged_cells.ranges.update(joins.ended(), across.joined)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _lay_out(sheet: Worksheet, header: int, widths: Sequence[int]) -> None:
    """The page, before anything is written on it. `header`: the row of the header."""
    sheet.freeze_panes = f"A{header + 1}"
    sheet.print_title_rows = f"{header}:{header}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = _A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.5, bottom=0.5)
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    for place, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width


def _fit(
    sheet: Worksheet, number: int, row: Sequence[str | int | None], widths: Sequence[int]
) -> None:
    """Make a row, before it is written, as high as its texts are: not every program does."""
    most = 1
    for said, width in zip(row, widths, strict=False):
        # Most cells hold little, and measuring each sign of them takes its time.
        if isinstance(said, str) and (2 * len(said) > width or "\n" in said):
            lines = (ceil(_long(line) * _LOOSE / width) for line in said.split("\n"))
            most = max(most, sum(max(one, 1) for one in lines))
    if most > 1:
        sheet.row_dimensions[number].height = min(_LINE * most + 3, _TALLEST)


class _Across:
    """Lines that go across all columns."""

    def __init__(self, sheet: Worksheet, widths: Sequence[int]) -> None:
        self._sheet, self._columns, self._width = sheet, len(widths), sum(widths)
        self.joined: list[CellRange] = []

    def put(self, number: int, text: str, style: StyleArray) -> None:
        """Write a line as the next row of the sheet, which is row `number`."""
        _fit(self._sheet, number, [text], [self._width])
        self._sheet.append([_cell(self._sheet, text, style)])
        if self._columns > 1:
            self.joined.append(CellRange(None, 1, number, self._columns, number))


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


def _cell(sheet: Worksheet, said: str | int | None, style: StyleArray) -> Cell:
    cell = Cell(sheet, row=1, column=1, style_array=style)
    if isinstance(said, int):
        cell._value, cell.data_type = said, "n"  # type: ignore[attr-defined]
    elif said and (plain := said.translate(_NOT_IN_XML)[:32_000]):
        # Past `value`, which takes "=…" for a formula and "#N/A" for an error, and looks at
        # every cell four times.
        cell._value, cell.data_type = plain, "s"  # type: ignore[attr-defined]
    return cell


def _laid(across: str | None = None) -> Alignment:
    return Alignment(horizontal=across, vertical="center", wrap_text=True)


def _width(word: str) -> int:
    return min(max(_long(word) + 2, _NARROW), _WIDE)


def _long(text: str) -> int:
    """How long a text is in characters of a column's width."""
    return sum(2 if east_asian_width(sign) in "FWA" else 1 for sign in text)
