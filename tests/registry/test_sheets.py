"""Spreadsheets as they are printed: the page, the rules, what is joined, how high rows are."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from registry.domain.sheets import workbook

HEADER = ["序号", "名称", "问题"]


def opened(*rows: list[str | int | None], **given: object) -> Worksheet:
    sheet = load_workbook(io.BytesIO(workbook(HEADER, rows, **given))).active
    assert isinstance(sheet, Worksheet)
    return sheet


def test_it_is_printed_across_on_one_pages_width_with_the_header_on_each():
    sheet = opened([1, "东苑", ""], heading=["台账", "属地：样例市"], notes="注")
    setup = sheet.page_setup
    assert (setup.orientation, int(setup.paperSize or 0)) == ("landscape", 9)
    assert (setup.fitToWidth, setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows == "$3:$3"
    assert sheet.freeze_panes == "A4"
    assert {str(one) for one in sheet.merged_cells.ranges} == {"A1:C1", "A2:C2", "A5:C5"}
    assert sheet["A1"].alignment.horizontal == "center"


def test_header_and_rows_are_ruled_and_wrapped_empty_cells_too():
    sheet = opened([1, "东苑", ""], ["", "西苑", "=1+1"], marked={(1, 1)})
    for row in sheet["A1:C3"]:
        for cell in row:
            sides = (getattr(cell.border, side).style for side in ("left", "right", "top"))
            assert set(sides) == {"thin"}
            assert cell.border.bottom.style == "thin"
            assert cell.alignment.wrap_text
    assert sheet["A1"].font.bold
    assert sheet["B3"].fill.fgColor.rgb == "00FFE5E5"
    assert sheet["B2"].fill.fill_type is None
    assert (sheet["C3"].value, sheet["C3"].data_type, sheet["C3"].quotePrefix) == (
        "=1+1", "s", True,
    )  # fmt: skip
    assert (sheet["A2"].value, sheet["A2"].data_type) == (1, "n")


@pytest.mark.parametrize(
    ("text", "lines"), [("短", 1), ("字" * 40, 5), ("一\n二\n三", 3), ("x" * 20, 2)]
)
def test_a_row_is_as_high_as_its_text(text: str, lines: int):
    sheet = opened([1, "东苑", text], widths=[6, 20, 20])
    height = sheet.row_dimensions[2].height
    # A line of a font with Chinese takes 16 points.
    assert height is None if lines == 1 else height >= 16 * lines


def test_columns_past_z_have_their_width():
    header = [f"列{n}" for n in range(30)]
    sheet = load_workbook(io.BytesIO(workbook(header, [], widths=[9] * 30))).active
    assert isinstance(sheet, Worksheet)
    assert sheet.column_dimensions["AD"].width == 9
