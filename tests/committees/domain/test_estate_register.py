"""Annex 1 as printed, and what people fill in."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from committees.domain.estate_register import (
    FIELDS,
    FORMED,
    HEADER,
    PARTY,
    SERVICES,
    RegisterRow,
    cells,
    notes,
    parse,
    rate_words,
    words,
)
from core.tables import CellFault, Merged, Row, Table, read_table

# The header as it stands in the paper, tabs between the columns.
PRINTED = (
    "序号\t物业管理区域名称\t小区名称\t所在市县(区)、街道、社区\t四至范围\t物业服务形态\t"
    "业主委员会组建情况\t党的工作覆盖情况\t物业服务企业及项目负责人\t物业费收缴率"
)
# The notes below it, as copied from the paper.
PRINTED_NOTES = (
    "填表说明: 物业服务形态主要包括以下几种: 1. 专业化物业服务, 2. 社区统管, 3. 单位代管, "
    "4. 居民自管, 5. 无物管, 6. 其它形态; 2 业主委员会组建情况: 1. 业主委员会, "
    "2 物业管理委员会, 3. 未成立; 3 党的工作覆盖情况: 1. 党委, 2. 党总支。3. 党支部, "
    "4. 党的工作小组, 5. 未成立; 以上可直接填写数字。"
)


def table(*rows: tuple[str, ...], header: tuple[str, ...] = HEADER, **more: object) -> Table:
    return Table(
        1, header, [Row(number, cells) for number, cells in enumerate(rows, 2)], **more
    )  # type: ignore[arg-type]


def filled(**changes: str) -> tuple[str, ...]:
    row = dict(
        zip(
            HEADER,
            ("1", "东区物业管理区域", "东苑、西苑", "大观区、德宽路街道", "东至一路", "1", "3",
             "5", "样例物业，样例经理", "85.3%"),
            strict=True,
        )
    )  # fmt: skip
    names = {"name": 1, "small": 2, "place": 3, "service": 5, "formed": 6, "party": 7,
             "manager": 8, "rate": 9}  # fmt: skip
    values = list(row.values())
    for key, text in changes.items():
        values[names[key]] = text
    return tuple(values)


def test_the_header_is_the_papers() -> None:
    assert "\t".join(HEADER) == PRINTED
    assert notes() == PRINTED_NOTES.translate(str.maketrans(":,;", "：，；")).replace(
        "： ", "："
    ).replace("， ", "，").replace("； ", "；")
    assert (len(SERVICES), len(FORMED), len(PARTY)) == (6, 3, 5)


def test_a_row() -> None:
    rows, faults = parse(table(filled()))
    assert faults == []
    assert rows == [
        RegisterRow(2, "东区物业管理区域", "东苑、西苑", "大观区、德宽路街道", "东至一路", 1, 3,
                    5, "样例物业，样例经理", 8530)
    ]  # fmt: skip
    assert tuple(map(str, cells(1, rows[0]))) == filled()


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("85.3%", 8530), ("85.3％", 8530), ("85.3", 8530), ("100%", 10_000), ("100", 10_000),
        ("0", 0), ("0.0", 0), ("0%", 0), ("0.5%", 50), ("1%", 100), ("1.5", 150), ("", None),
        ("—", None), ("未统计", None), (" 90 % ", 9000),
    ],
)  # fmt: skip
@pytest.mark.parametrize("sheet", ["", "台账"])
def test_rates_as_people_and_spreadsheets_write_them(
    text: str, rate: int | None, sheet: str
) -> None:
    rows, faults = parse(table(filled(rate=text), sheet=sheet))
    assert faults == []
    assert rows[0].fee_rate == rate


@pytest.mark.parametrize(
    ("text", "rate", "either"),
    [
        ("0.853", 8530, "85.3% 或者 0.85%"), (".8532", 8532, "85.32% 或者 0.85%"),
        ("0.853279999", 8532, "85.32% 或者 0.85%"), ("1", 10_000, "100% 或者 1%"),
        ("0.85", 8500, "85% 或者 0.85%"), (".5", 5000, "50% 或者 0.5%"),
        ("1.0", 10_000, "100% 或者 1%"),
    ],
)  # fmt: skip
def test_a_bare_share_is_clear_in_a_workbook_alone(text: str, rate: int, either: str) -> None:
    """A cell that shows 85.3% holds 0.853; a person who types 0.85 may mean either."""
    rows, faults = parse(table(filled(rate=text), sheet="台账"))
    assert (rows[0].fee_rate, faults) == (rate, [])
    rows, faults = parse(table(filled(rate=text)))
    assert rows[0].fee_rate is None
    assert [tuple(fault) for fault in faults] == [(2, 9, f"“{text}”请写成 {either}")]


@pytest.mark.parametrize("text", ["101%", "八成", "-5%", "85.333%", "=1+1", "1e2", "85,3"])
def test_rates_that_are_none(text: str) -> None:
    _rows, faults = parse(table(filled(rate=text)))
    assert [(fault.row, fault.column) for fault in faults] == [(2, 9)]


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("service", "5", 5), ("service", "无物管", 5), ("service", "其他形态", 6),
        ("service", "１", 1), ("service", "2.", 2), ("service", "", None),
        ("formed", "物业管理委员会", 2), ("formed", "3", 3), ("party", "党支部", 3),
    ],
)  # fmt: skip
def test_codes_by_number_or_words(column: str, text: str, code: int | None) -> None:
    rows, faults = parse(table(filled(**{column: text})))
    assert faults == []
    assert getattr(rows[0], column) == code


@pytest.mark.parametrize(
    ("column", "text", "place"),
    [
        ("service", "7", 5), ("service", "0", 5), ("service", "物管", 5), ("formed", "4", 6),
        ("formed", "有", 6), ("party", "6", 7), ("party", "²", 7), ("party", "9" * 30, 7),
    ],
)  # fmt: skip
def test_codes_outside_the_list(column: str, text: str, place: int) -> None:
    _rows, faults = parse(table(filled(**{column: text})))
    assert [(fault.row, fault.column) for fault in faults] == [(2, place)]
    assert "不在代码表里" in faults[0].reason


def test_every_fault_of_every_row_at_once() -> None:
    rows, faults = parse(
        table(
            filled(name="", service="9"), filled(place="", rate="x"), filled(name="长" * 81),
            faults=(CellFault(3, 4, "错误值"),),
        )
    )  # fmt: skip
    assert len(rows) == 3
    found = {(fault.row, fault.column) for fault in faults}
    assert found == {(2, 1), (2, 5), (3, 3), (3, 9), (4, 1), (3, 4)}


def test_a_changed_header_is_named_column_by_column() -> None:
    header = (*HEADER[:4], "范围", *HEADER[5:9])
    _rows, faults = parse(table(filled()[:9], header=header))
    assert [(fault.column, fault.row) for fault in faults] == [(4, 1), (9, 1)]
    assert faults[0].reason == "第5列应为“四至范围”，文件里是“范围”"
    assert faults[1].reason == "缺少第10列“物业费收缴率”"
    _rows, faults = parse(table((*filled(), ""), header=(*HEADER, "备注")))
    assert [fault.reason for fault in faults] == ["多出一列“备注”，请删去"]
    # Blanks, line breaks and full-width brackets are no change.
    loose = tuple(name.replace("(区)", "（区） ") for name in HEADER)
    assert parse(table(filled(), header=loose))[1] == []


def test_cells_merged_over_rows_are_repeated() -> None:
    rows, faults = parse(table(filled(), filled(place=""), merged=(Merged(2, 3, 3, 3),)))
    assert faults == []
    assert rows[1].place == rows[0].place


def test_a_name_merged_over_rows_is_said_so() -> None:
    rows, faults = parse(
        table(filled(), filled(name=""), filled(name="", service="9"), filled(name="西区"),
              merged=(Merged(2, 1, 4, 1),))
    )  # fmt: skip
    assert [row.row for row in rows] == [2, 5]
    assert [tuple(fault)[:2] for fault in faults] == [(2, 1), (4, 5)]
    assert faults[0].reason == "B2:B4 是合并的单元格，“物业管理区域名称”要一行填一个"
    # Merged across, and the notes merged over two rows, are nothing of the kind.
    for rows_of, merged in (
        ((filled(), filled(name="西区")), Merged(2, 1, 2, 2)),
        ((filled(), (notes(), *[""] * 9)), Merged(3, 0, 4, 9)),
    ):
        assert parse(table(*rows_of, merged=(merged,)))[1] == []


def test_the_notes_below_the_table_are_no_estate() -> None:
    rows, faults = parse(table(filled(), (notes(), *[""] * 9)))
    assert (len(rows), faults) == (1, [])
    assert [fault.reason for fault in parse(table())[1]] == ["表头下面没有内容"]


def test_from_a_spreadsheet_with_a_title_above() -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(["住宅物业管理区域信息台账"])
    sheet.append(list(HEADER))
    sheet.append([1, "东区", "东苑", "大观区", "", 1, 2, 5, "", 0.853])
    sheet.append([2, "西区", "", "大观区", "", "=1+1", 2, 5, "", ""])
    out = io.BytesIO()
    book.save(out)
    rows, _faults = parse(read_table(out.getvalue(), "台账.xlsx"))
    assert [row.row for row in rows] == [3, 4]
    assert (rows[0].formed, rows[0].fee_rate) == (2, 8530)


@given(
    st.builds(
        RegisterRow,
        row=st.just(2),
        name=st.text("东西南北区苑", min_size=1, max_size=80),
        small_names=st.lists(st.text("东西苑", min_size=1, max_size=6), max_size=4).map(
            "、".join
        ),
        place=st.text("大观区街道", min_size=1, max_size=20),
        boundaries=st.text("东至路", max_size=20),
        service=st.none() | st.sampled_from(list(SERVICES)),
        formed=st.none() | st.sampled_from(list(FORMED)),
        party=st.none() | st.sampled_from(list(PARTY)),
        manager=st.text("物业，张", max_size=20),
        fee_rate=st.none() | st.integers(0, 10_000),
        blank=st.just(()),
    )
)
def test_what_is_exported_is_read_again(row: RegisterRow) -> None:
    rows, faults = parse(table(tuple(map(str, cells(7, row)))))
    assert faults == []
    assert [one._replace(blank=()) for one in rows] == [row]
    empty = tuple(name for name in FIELDS.values() if getattr(row, name) in ("", None))
    assert rows[0].blank == empty


@pytest.mark.parametrize(
    ("rate", "words"), [(8530, "85.3%"), (10_000, "100%"), (5, "0.05%"), (0, "0%"), (None, "")]
)
def test_rates_as_printed(rate: int | None, words: str) -> None:
    assert rate_words(rate) == words


@pytest.mark.parametrize(
    ("field", "said"),
    [("service", "专业化物业服务"), ("formed", "未成立"), ("party", "未成立"),
     ("fee_rate", "85.3%"), ("manager", "样例物业，样例经理")],
)  # fmt: skip
def test_a_field_in_words(field: str, said: str) -> None:
    (row,), _faults = parse(table(filled()))
    assert words(row, field) == said
    empty = row._replace(service=None, formed=None, party=None, fee_rate=None, manager="")
    assert words(empty, field) == ""


@pytest.mark.parametrize(
    ("column", "letter", "said"),
    [
        (2, "C", "小区名称"), (5, "F", "物业服务形态"), (6, "G", "业主委员会组建情况"),
        (7, "H", "党的工作覆盖情况"), (9, "J", "物业费收缴率"),
    ],
)  # fmt: skip
def test_what_each_estate_has_to_say_is_not_merged(column: int, letter: str, said: str) -> None:
    three = (filled(name="甲"), filled(name="乙"), filled(name="丙"))
    _rows, faults = parse(table(*three, merged=(Merged(2, column, 4, column),)))
    assert [(one.row, one.column, one.reason) for one in faults] == [
        (2, column, f"{letter}2:{letter}4 是合并的单元格，“{said}”要一行填一个")
    ]
    # A block is named column by column; the place within it may be shared.
    _rows, faults = parse(table(*three, merged=(Merged(2, 3, 4, 5),)))
    assert [one.column for one in faults] == [4, 5]
    # Within one row nothing is shared.
    assert parse(table(*three, merged=(Merged(2, 5, 2, 7),)))[1] == []
