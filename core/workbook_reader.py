"""Parse one .xlsx or .xls: `core.workbooks` has this done in a process of its own.

One wrong byte can make the parser ask for terabytes, which aborts its process. The checks
before parsing give the common reasons in words.
"""

import encodings.cp437  # noqa: F401 (names inside archives; nothing can be imported later)
import io
import json
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from xml.etree import ElementTree

from python_calamine import (
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from core.errors import RuleViolation
from core.exact import number_text
from core.workbooks import (
    ERROR_VALUE,
    MAX_CELLS,
    MAX_ROWS,
    CellFault,
    Merged,
    Sheet,
    broken,
    refusal,
    too_many_rows,
)

MAX_UNFOLDED = 256 * 2**20
_MAX_PARTS = 2_000
# Cells of a spreadsheet unfold 10 to 60 times; small files may do what they like.
_MAX_RATIO, _RATIO_FROM = 120, 20 * 2**20

# A cell beyond column BZ or row 149,999. The parser allocates the whole rectangle up to
# the last cell, so two cells could ask for all memory there is.
_FAR_COLUMN = re.compile(rb' r="(?:[A-Z]{3,}|[C-Z][A-Z])[0-9]')
_FAR_ROW = re.compile(rb' r="[A-Z]*(?:[0-9]{7,}|[2-9][0-9]{5}|1[5-9][0-9]{4})"')
# A formula whose result was never stored: written by a program, not saved by a
# spreadsheet. (A stored empty text has t="str".)
_ERROR = re.compile(rb'<(?:\w+:)?c(?=[^>]* r="([A-Z]+)([0-9]+)")(?=[^>]* t="e")[^>]*>')
_UNCOMPUTED = re.compile(
    rb'<(?:\w+:)?c(?=[^>]* r="([A-Z]+)([0-9]+)")(?![^>]* t="str")[^>]*>\s*'
    rb"<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</|</(?:\w+:)?c>)"
)

# What zipfile raises, undocumented, for what no archive should hold.
_BAD_ARCHIVE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)

Cell = str | int | float | bool | date | datetime | time | timedelta
T = TypeVar("T")


def answer(content: bytes) -> bytes:
    """The first visible sheet as JSON; RuleViolation."""
    text = json.dumps(_first_sheet(content), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def _first_sheet(content: bytes) -> Sheet:
    archive = _checked_archive(content) if content.startswith(b"PK") else None
    workbook = _parsed(lambda: CalamineWorkbook.from_filelike(io.BytesIO(content)))
    names = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]
    if not names:
        raise refusal("no_sheet", "文件里没有可见的工作表")
    faults = _faults_of_part(_sheet_part(archive, names[0])) if archive else []
    sheet = _parsed(lambda: workbook.get_sheet_by_name(names[0]))
    if sheet.total_height > MAX_ROWS:
        raise too_many_rows()
    if sheet.total_height * sheet.total_width > MAX_CELLS:
        raise refusal("too_many_cells", "表格的行和列太多，请删去用不到的列或分成几个文件")
    rows = list(_texts(sheet, faults))
    return Sheet(names[0], tuple(names[1:]), rows, faults, _merged(sheet, rows))


def _parsed(call: Callable[[], T]) -> T:
    try:
        return call()
    except PasswordError:
        raise refusal("password", "文件加了密码，请去掉密码再试") from None
    except BaseException as error:
        # The parser is Rust; a panic there is a BaseException of its own.
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise broken() from None
        raise


def _checked_archive(content: bytes) -> zipfile.ZipFile:
    """The archive, once its parts are known to unfold to a bearable size.

    The sizes an archive states can lie, so every part is unfolded and counted.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        parts = archive.infolist()
        if len(parts) > _MAX_PARTS:
            raise _bomb()
        total = 0
        for part in parts:
            for size in _unfolding(content, part):
                total += size
                if total > MAX_UNFOLDED or total > max(_RATIO_FROM, _MAX_RATIO * len(content)):
                    raise _bomb()
    except _BAD_ARCHIVE:
        raise broken() from None
    return archive


def _bomb() -> RuleViolation:
    return refusal("bomb", "文件展开后异常巨大，已拒绝打开；请把数据复制到一个新表格再试")


def _unfolding(content: bytes, part: zipfile.ZipInfo) -> Iterator[int]:
    """Sizes of what one part unfolds to, piece by piece."""
    header = part.header_offset
    name_size = int.from_bytes(content[header + 26 : header + 28], "little")
    extra_size = int.from_bytes(content[header + 28 : header + 30], "little")
    start = header + 30 + name_size + extra_size
    packed = memoryview(content)[start : start + part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        yield len(packed)
        return
    if part.compress_type != zipfile.ZIP_DEFLATED or part.flag_bits & 1:
        raise ValueError("neither stored nor deflated")
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    for offset in range(0, len(packed), 16_384):
        yield len(inflater.decompress(packed[offset : offset + 16_384]))


def _sheet_part(archive: zipfile.ZipFile, sheet_name: str) -> bytes:
    """The XML of a sheet, found as the workbook's relationships say."""
    try:
        book = ElementTree.fromstring(_without_dtd(archive.read("xl/workbook.xml")))  # noqa: S314
        links = ElementTree.fromstring(  # noqa: S314
            _without_dtd(archive.read("xl/_rels/workbook.xml.rels"))
        )
        wanted = next(
            value
            for sheet in book.iterfind(".//{*}sheet")
            if sheet.get("name") == sheet_name
            for key, value in sheet.items()
            if key.endswith("}id")
        )
        target = next(link.get("Target", "") for link in links if link.get("Id") == wanted)
        return archive.read(posixpath.normpath(posixpath.join("/xl", target)).lstrip("/"))
    except (*_BAD_ARCHIVE, StopIteration, ElementTree.ParseError):
        raise broken() from None


def _without_dtd(xml: bytes) -> bytes:
    if b"<!DOCTYPE" in xml:
        raise ValueError("a document type has no place in a spreadsheet")
    return xml


def _faults_of_part(xml: bytes) -> list[CellFault]:
    """Error values, formulas without a result; RuleViolation where the sheet is too large."""
    if _FAR_ROW.search(xml):
        raise too_many_rows()
    if _FAR_COLUMN.search(xml):
        raise refusal("too_many_columns", "表格超过 78 列，请删去右边用不到的列")
    found = {
        (int(row), _column(letters)): ERROR_VALUE
        for letters, row in (_ERROR.findall(xml) if b' t="e"' in xml else ())
    }
    if b"<f" in xml or b":f" in xml:
        for letters, row in _UNCOMPUTED.findall(xml):
            found[int(row), _column(letters)] = (
                "公式没有保存结果，请用表格软件打开文件，保存一次"
            )
    return [CellFault(row, column, reason) for (row, column), reason in found.items()]


def _column(letters: bytes) -> int:
    """A is 0, B is 1, AA is 26."""
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index - 1


def _texts(sheet: CalamineSheet, faults: list[CellFault]) -> Iterator[list[str]]:
    # The parser starts at the first filled column, but at the first row.
    left = [""] * (sheet.start[1] if sheet.start else 0)
    for number, cells in enumerate(sheet.iter_rows(), 1):
        row = left.copy()
        for cell in cells:
            if type(cell) is str:
                row.append(cell)
                continue
            text, reason = _text(cell)
            if reason:
                faults.append(CellFault(number, len(row), reason))
            row.append(text)
        yield row


def _merged(sheet: CalamineSheet, rows: list[list[str]]) -> list[Merged]:
    """The merged ranges as far as there are rows; together no larger than the sheet."""
    height, width = len(rows), max(map(len, rows), default=0)
    ranges = [
        Merged(top[0] + 1, top[1], min(bottom[0] + 1, height), min(bottom[1], width - 1))
        for top, bottom in sheet.merged_cell_ranges or ()
        if top[0] < height and top[1] < width
    ]
    covered = sum(
        (one.last_row - one.first_row + 1) * (one.last_column - one.first_column + 1)
        for one in ranges
    )
    if covered > height * width:
        # Ranges of a spreadsheet never overlap; many that do would cost hours to fill.
        raise broken()
    return ranges


def _text(cell: Cell) -> tuple[str, str]:
    """A cell as text, and why that may not be what was meant."""
    if isinstance(cell, bool):
        return ("TRUE" if cell else "FALSE"), ""
    if isinstance(cell, int | float):
        if abs(cell) >= 1e15:
            return number_text(
                cell
            ), "超过15位的数字在表格里会丢失后几位，请把这一格设为文本重填"
        return number_text(cell), ""
    if isinstance(cell, date | time):
        return cell.isoformat(), "表格软件把这一格当成了日期或时间，请把它设为文本重填"
    return str(cell), "表格软件把这一格当成了时长，请把它设为文本重填"
