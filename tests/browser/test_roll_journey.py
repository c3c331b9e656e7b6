"""Journey C2 of the acceptance list: a roll with twenty planted faults, in a real Chromium."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from registry.models import Unit
from tests.registry.rolls import as_xlsx, line, roll_lines
from tests.town import make_town

from .conftest import Open, shoot
from .test_staff_journeys import DESK, no_sideways, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AREA = "建筑面积(㎡)"
# Row 2 is the first below the header. Twenty rows, each with one thing that cannot stand.
FAULTS = [
    {AREA: "0"},
    {AREA: "-89.50"},
    {AREA: "NaN"},
    {AREA: "89.505"},
    {AREA: "89.50+12.30"},
    {AREA: "99999999999"},
    {AREA: "八十九"},
    {AREA: "89.50平方米"},
    {AREA: "8 9.5.0"},
    {"状态": "空置"},
    {"状态": "？"},
    {"面积来源": "估算"},
    {"室号": ""},
    {"联系电话": "1OOOOOO"},
    {"权利人": "王?"},
    {"权利人": "王一、王二"},
    {"权利人": ""},
    {"证件号码": "1.23E+17"},
    {"联系电话": "电话未留"},
    {"状态": "装修中"},
]


def planted() -> list[tuple[str, ...]]:
    rows = []
    for index, fault in enumerate(FAULTS, start=1):
        whole = {"室号": f"{index}01", "证件号码": f"P{index:06}", "证件种类": "护照"}
        rows.append(line(**{**whole, **fault}))
    return rows


@pytest.mark.parametrize("js", [True, False], ids=["js", "no-js"])
def test_c2_twenty_faults_all_named_nothing_written_undone(
    open_page: Open, erasable: None, js: bool
) -> None:
    cache.clear()
    here = make_town()
    here.person("organiser")
    estate = here.here.estate
    before = set(Unit.objects.filter(estate=estate, is_active=True).values_list("label"))
    good = [
        line(室号=f"50{index}2", 证件号码=f"P9{index:05}", 证件种类="护照")
        for index in range(4)
    ]

    page = sign_in(open_page(js=js, **DESK), "organiser")
    page.goto(f"/staff/roll/{estate.code}/upload")
    upload = {"name": "名册.xlsx", "mimeType": "application/octet-stream"}
    page.locator("input[type=file]").set_input_files(
        {**upload, "buffer": as_xlsx([*planted(), *good])}
    )
    page.get_by_label(re.compile("一部分房屋")).check()
    page.get_by_role("button", name="上传并检查").click()

    expect(page.get_by_role("alert")).to_contain_text("有20处错误")
    named = page.locator("table.stack").first.locator("tbody td:first-child").all_inner_texts()
    assert [int(row) for row in named] == list(range(2, 22))
    assert page.get_by_role("button", name="确认导入").count() == 0
    no_sideways(page)
    shoot(page, f"c2-faults-{'js' if js else 'nojs'}")
    assert (
        set(Unit.objects.filter(estate=estate, is_active=True).values_list("label")) == before
    )

    with page.expect_download() as coming:
        page.get_by_role("link", name="下载带错误原因的表格").click()
    book = openpyxl.load_workbook(io.BytesIO(coming.value.path().read_bytes()))
    cells = list(book.worksheets[0].values)
    assert "原因" in str(cells[0][-1])
    assert ["错误" in (row[-1] or "") for row in cells[1:]] == [True] * 20 + [False] * 4

    page.goto(f"/staff/roll/{estate.code}/upload")
    page.locator("input[type=file]").set_input_files(
        {**upload, "buffer": as_xlsx(roll_lines(12))}
    )
    page.get_by_label(re.compile("一部分房屋")).check()
    page.get_by_role("button", name="上传并检查").click()
    # There is a roll: another person looks at it and confirms, and so does who undoes it.
    expect(page.locator("main")).to_contain_text("请没有经手的另一个人")
    kept = page.url
    here.person("supervisor")
    second = sign_in(open_page(js=js, **DESK), "supervisor")
    second.goto(kept)
    second.get_by_role("button", name="确认导入").click()
    expect(second.get_by_role("heading", level=1)).to_contain_text("等确认的更正")
    # Four of the twelve rooms were there already.
    assert Unit.objects.filter(estate=estate, is_active=True).count() == len(before) + 8
    page.goto(f"/staff/roll/{estate.code}/")
    page.get_by_role("link", name="名册.xlsx").first.click()
    expect(page.locator("main")).to_contain_text("撤销也要没有经手表格的另一个人来办")
    second.goto(kept)
    second.get_by_role("button", name="撤销这次导入").click()
    expect(second.get_by_text("已撤销，名册恢复到导入以前")).to_be_visible()
    assert (
        set(Unit.objects.filter(estate=estate, is_active=True).values_list("label")) == before
    )
