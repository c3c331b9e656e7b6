"""Open an .xlsx or .xls file safely: every limit holds before the parser allocates.

Only `core.tables` uses this; everybody else reads tables through it.
"""

import io
import json
import posixpath
import re
import resource
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple, TypeVar
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

MAX_ROWS = 149_999
MAX_UNFOLDED = 256 * 2**20
_MAX_PARTS = 2_000
# Cells of a spreadsheet unfold 10 to 60 times; small files may do what they like.
_MAX_RATIO, _RATIO_FROM = 120, 20 * 2**20

_CHILD_BYTES, _CHILD_SECONDS = 2 * 2**30, 60

# A cell beyond column BZ or row 149,999. The parser allocates the whole rectangle up to
# the last cell, so two cells could ask for all memory there is.
_FAR_COLUMN = re.compile(rb' r="(?:[A-Z]{3,}|[C-Z][A-Z])[0-9]')
_FAR_ROW = re.compile(rb' r="[A-Z]*(?:[0-9]{7,}|[2-9][0-9]{5}|1[5-9][0-9]{4})"')
# A formula whose result was never stored: written by a program, not saved by a
# spreadsheet. (A stored empty text has t="str".)
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


class CellFault(NamedTuple):
    """A cell (column counted from 0), or a whole row (column None), read in doubt."""

    row: int
    column: int | None
    reason: str


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


def read_sheet(content: bytes, *, zipped: bool) -> Sheet:
    """The first visible sheet of an .xlsx (zipped) or .xls file, or a RuleViolation."""
    if zipped:
        return _parsed_sheet(content, _checked_archive(content))
    return _from_child(content)


def _parsed_sheet(content: bytes, archive: zipfile.ZipFile | None) -> Sheet:
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
    rows = list(_texts(sheet, faults))
    merged = [
        Merged(top[0] + 1, top[1], bottom[0] + 1, bottom[1])
        for top, bottom in sheet.merged_cell_ranges or ()
    ]
    return Sheet(names[0], tuple(names[1:]), rows, faults, merged)


def refusal(code: str, sentence: str) -> RuleViolation:
    return RuleViolation(f"table.{code}", sentence)


def too_many_rows(limit: int = MAX_ROWS) -> RuleViolation:
    return refusal("too_many_rows", f"表格超过 {limit} 行，请分成几个文件")


def _broken() -> RuleViolation:
    return refusal("broken", "文件已损坏或不完整，请用表格软件打开，另存为 .xlsx 再试")


def _parsed(call: Callable[[], T]) -> T:
    try:
        return call()
    except PasswordError:
        raise refusal("password", "文件加了密码，请去掉密码再试") from None
    except BaseException as error:
        # The parser is Rust; a panic there is a BaseException of its own.
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise _broken() from None
        raise


# --- .xls in a process of its own --------------------------------------------------


def _from_child(content: bytes) -> Sheet:
    """One wrong byte in an .xls can make the parser ask for terabytes.

    That aborts its process, so the process must not be ours; nor can its size be told
    beforehand as an .xlsx's can. It costs a tenth of a second.
    """
    try:
        child = subprocess.run(
            [sys.executable, "-m", "core.workbooks"],
            cwd=Path(__file__).parent.parent,
            input=content,
            capture_output=True,
            timeout=_CHILD_SECONDS,
            check=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        raise _broken() from None
    answer = json.loads(child.stdout)
    if "code" in answer:
        raise RuleViolation(answer["code"], answer["sentence"])
    name, others, rows, faults, merged = answer["sheet"]
    return Sheet(
        name,
        tuple(others),
        rows,
        [CellFault(*fault) for fault in faults],
        [Merged(*range_) for range_ in merged],
    )


def _as_child() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_CHILD_BYTES, _CHILD_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer: dict[str, object] = {"sheet": _parsed_sheet(sys.stdin.buffer.read(), None)}
    except RuleViolation as violation:
        answer = {"code": violation.code, "sentence": str(violation)}
    json.dump(answer, sys.stdout)


# --- .xlsx is a zip archive of XML parts -------------------------------------------


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
        raise _broken() from None
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
        raise _broken() from None


def _without_dtd(xml: bytes) -> bytes:
    if b"<!DOCTYPE" in xml:
        raise ValueError("a document type has no place in a spreadsheet")
    return xml


def _faults_of_part(xml: bytes) -> list[CellFault]:
    """Formulas without a result; RuleViolation where the sheet is larger than we read."""
    if _FAR_ROW.search(xml):
        raise too_many_rows()
    if _FAR_COLUMN.search(xml):
        raise refusal("too_many_columns", "表格超过 78 列，请删去右边用不到的列")
    if b"<f" not in xml and b":f" not in xml:
        return []
    return [
        CellFault(
            int(row), _column(letters), "公式没有保存结果，请用表格软件打开文件，保存一次"
        )
        for letters, row in _UNCOMPUTED.findall(xml)
    ]


def _column(letters: bytes) -> int:
    """A is 0, B is 1, AA is 26."""
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index - 1


# --- cells -------------------------------------------------------------------------


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


if __name__ == "__main__":
    _as_child()
