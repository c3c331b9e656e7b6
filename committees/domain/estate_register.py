"""《住宅物业管理区域信息台账》: ten columns, three lists of codes, one row per 物业管理区域.

Anqing 建物发〔2023〕300号, annex 1; header, order and codes as printed there. Several 小区 may
lie in one 物业管理区域; those without any management are listed too.

    rows, faults = parse(read_table(content, name))   # every fault of every row at once
    cells(number, row)                                # the row as the annex prints it
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from core.tables import Merged, Table, fill_merged
from core.text import half_width

TITLE = "住宅物业管理区域信息台账"
HEADER = (
    "序号",
    "物业管理区域名称",
    "小区名称",
    "所在市县(区)、街道、社区",
    "四至范围",
    "物业服务形态",
    "业主委员会组建情况",
    "党的工作覆盖情况",
    "物业服务企业及项目负责人",
    "物业费收缴率",
)
# Column → the field of `RegisterRow` it is read into.
FIELDS: Mapping[int | None, str] = dict(
    enumerate(
        (
            "name",
            "small_names",
            "place",
            "boundaries",
            "service",
            "formed",
            "party",
            "manager",
            "fee_rate",
        ),
        1,
    )
)
SERVICES = {
    1: "专业化物业服务",
    2: "社区统管",
    3: "单位代管",
    4: "居民自管",
    5: "无物管",
    6: "其它形态",
}
FORMED = {1: "业主委员会", 2: "物业管理委员会", 3: "未成立"}
PARTY = {1: "党委", 2: "党总支", 3: "党支部", 4: "党的工作小组", 5: "未成立"}
OWNERS, MANAGEMENT, NONE = FORMED
_CODES = {"service": SERVICES, "formed": FORMED, "party": PARTY}
# The annex's own words, with its numbering and its full stop after 党总支; only the half-width
# ":", "," and ";" of the copy are written full-width, as Chinese papers print them.
_NOTES = (
    "填表说明：物业服务形态主要包括以下几种：1. 专业化物业服务，2. 社区统管，3. 单位代管，"
    "4. 居民自管，5. 无物管，6. 其它形态；2 业主委员会组建情况：1. 业主委员会，"
    "2 物业管理委员会，3. 未成立；3 党的工作覆盖情况：1. 党委，2. 党总支。3. 党支部，"
    "4. 党的工作小组，5. 未成立；以上可直接填写数字。"
)
_NAME = 1
# A place may be one cell over its estates, as paper registers have it. What else is merged over
# rows would be a statement about estates nobody made.
_SHARED = range(3, 4)
_MOST = {1: 80, 2: 200, 3: 120, 4: 300, 8: 120}
_PERCENT = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?%?")
_FRACTION = re.compile(r"0?\.\d{1,20}|1(?:\.0{1,20})?|0")
_NOBODY = {"", "-", "--", "—", "——", "/", "无", "空", "暂无", "未统计"}
_BETWEEN = re.compile(r"[、,，;；\s]+")


class Fault(NamedTuple):
    """What is wrong in a row; `column` counts from 0, None: the whole row."""

    row: int
    column: int | None
    reason: str


class RegisterRow(NamedTuple):
    """One row as reported. Codes are keys of `SERVICES`, `FORMED`, `PARTY`; None: left empty.

    `fee_rate`: hundredths of a percent, 0 to 10,000; None: not reported. `blank`: the fields
    whose cell was left empty; a word that says there is none ("无") is no empty cell.
    """

    row: int
    name: str
    small_names: str
    place: str
    boundaries: str
    service: int | None
    formed: int | None
    party: int | None
    manager: str
    fee_rate: int | None
    blank: tuple[str, ...] = ()  # in the order of columns: the row is compared as text

    def over(self, known: "RegisterRow") -> "RegisterRow":
        """With what is known where a cell was left empty: nothing was reported there."""
        return self._replace(**{name: getattr(known, name) for name in self.blank})


def notes() -> str:
    """The annex's notes for filling in."""
    return _NOTES


def parse(table: Table) -> tuple[list[RegisterRow], list[Fault]]:
    """The rows of a register somebody filled in, and everything that is wrong with it.

    A header that is not the annex's is one fault that names each column; rows are read all the
    same only where it is. A place merged over rows (a 社区 with ten estates) is repeated; any
    other cell merged over rows is a fault that names it, and of rows with one name only the
    first is returned: they would be one estate.
    """
    if wrong := _header_faults(table):
        return [], wrong
    found = [Fault(one.row, one.column, one.reason) for one in table.faults]
    below: set[int] = set()
    for one, columns in _merged(table):
        found += [_merged_fault(one, column) for column in columns]
        if _NAME in columns:
            below |= set(range(one.first_row + 1, one.last_row + 1))
    table = fill_merged(table, (_NAME, *_SHARED))
    rows = []
    for number, cells in table.rows:
        if _is_note(cells):
            continue
        row, faults = _row(number, cells, is_workbook=bool(table.sheet))
        if number not in below:
            rows.append(row)
        found += faults
    if not rows:
        found.append(Fault(table.header_row, None, "表头下面没有内容"))
    return rows, found


def cells(number: int, row: RegisterRow) -> tuple[str | int, ...]:
    """The row as the annex prints it; codes as numbers, the rate with its sign."""
    return (
        number,
        row.name,
        row.small_names,
        row.place,
        row.boundaries,
        "" if row.service is None else row.service,
        "" if row.formed is None else row.formed,
        "" if row.party is None else row.party,
        row.manager,
        rate_words(row.fee_rate),
    )


def words(row: RegisterRow, field: str) -> str:
    """One field as people read it: a code by its meaning, the rate with its sign; empty where
    nothing was filled in."""
    value = getattr(row, field)
    if field == "fee_rate":
        return rate_words(value)
    if known := _CODES.get(field):
        return known.get(value, "")
    return str(value)


def rate_words(rate: int | None) -> str:
    """8530 is "85.3%", 10000 "100%"; empty where nothing was reported."""
    if rate is None:
        return ""
    whole, rest = divmod(rate, 100)
    decimals = f".{rest:02}".rstrip("0") if rest else ""
    return f"{whole}{decimals}%"


def _header_faults(table: Table) -> list[Fault]:
    wanted = [_squeezed(name) for name in HEADER]
    given = [_squeezed(name) for name in table.header]
    found = [
        Fault(
            table.header_row,
            place,
            f"第{place + 1}列应为“{HEADER[place]}”，文件里是“{table.header[place]}”"
            if place < len(given)
            else f"缺少第{place + 1}列“{HEADER[place]}”",
        )
        for place, name in enumerate(wanted)
        if place >= len(given) or given[place] != name
    ]
    found += [
        Fault(table.header_row, place, f"多出一列“{table.header[place]}”，请删去")
        for place in range(len(HEADER), len(given))
    ]
    return found


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", half_width(text))


def _is_note(row: Sequence[str]) -> bool:
    """The notes for filling in, where somebody left them below the table."""
    return any("填表说明" in cell for cell in row[:2])


def _merged(table: Table) -> Iterator[tuple[Merged, list[int]]]:
    """Cells merged over several rows, with the columns in which each row has to say its own."""
    cells = {row.number: row.cells for row in table.rows}
    for one in table.merged:
        columns = range(max(one.first_column, _NAME), min(one.last_column + 1, len(HEADER)))
        own = [column for column in columns if column not in _SHARED]
        first = cells.get(one.first_row, ())
        if one.first_row < one.last_row and own and any(first) and not _is_note(first):
            yield one, own


def _merged_fault(one: Merged, column: int) -> Fault:
    letter = "ABCDEFGHIJ"[column]
    where = f"{letter}{one.first_row}:{letter}{one.last_row}"
    told = f"{where} 是合并的单元格，“{HEADER[column]}”要一行填一个"
    return Fault(one.first_row, column, told)


def _row(
    number: int, given: Sequence[str], *, is_workbook: bool
) -> tuple[RegisterRow, list[Fault]]:
    texts = [" ".join(cell.split()) for cell in given]
    found = [
        Fault(number, place, f"“{HEADER[place]}”最多{most}个字")
        for place, most in _MOST.items()
        if len(texts[place]) > most
    ]
    for place in (1, 3):
        if not texts[place]:
            found.append(Fault(number, place, f"没有填“{HEADER[place]}”"))
    codes: list[int | None] = []
    for place, known in ((5, SERVICES), (6, FORMED), (7, PARTY)):
        code, wrong = _code(texts[place], known)
        codes.append(code)
        if wrong:
            found.append(Fault(number, place, wrong))
    rate, wrong = read_rate(texts[9], is_workbook)
    if wrong:
        found.append(Fault(number, 9, wrong))
    service, formed, party = codes
    small = "、".join(filter(None, _BETWEEN.split(texts[2])))
    manager = "" if texts[8] in _NOBODY else texts[8]
    blank = tuple(name for place, name in FIELDS.items() if not texts[place or 0])
    given_row = (number, texts[1], small, texts[3], texts[4], service, formed, party)
    return RegisterRow(*given_row, manager, rate, blank), found


def _code(text: str, known: Mapping[int, str]) -> tuple[int | None, str]:
    """A number of the list, or its words; (None, "") for an empty cell."""
    plain = half_width(text).strip().rstrip(".、")
    if not plain:
        return None, ""
    if plain.isascii() and plain.isdigit() and len(plain) < 4 and int(plain) in known:
        return int(plain), ""
    same = [code for code, words in known.items() if plain.replace("其他", "其它") == words]
    if same:
        return same[0], ""
    choices = "，".join(f"{code} {words}" for code, words in known.items())
    return None, f"“{text[:20]}”不在代码表里，请填：{choices}"


def read_rate(text: str, is_workbook: bool) -> tuple[int | None, str]:
    """Hundredths of a percent, None where nobody reported any; what is wrong with it, or "".

    A workbook stores a cell that shows 85.3% as 0.853 and its reader is not told the format,
    so there a number up to 1 is a share. Typed by a person, or in a .csv, it may be either.
    """
    plain = half_width(text).replace(" ", "")
    if plain in _NOBODY:
        return None, ""
    if _FRACTION.fullmatch(plain):
        whole, _dot, rest = plain.partition(".")
        share = int((whole or "0") + (rest + "0000")[:4])
        if is_workbook or not share:
            return share, ""
        either = f"{rate_words(share)} 或者 {rate_words(share // 100)}"
        return None, f"“{text[:20]}”请写成 {either}"
    if found := _PERCENT.fullmatch(plain):
        rate = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
        if rate <= 10_000:
            return rate, ""
        return None, "物业费收缴率不能超过百分之百"
    return None, f"“{text[:20]}”不是百分数，请写成 85.3 这样"
