"""What bureaus take away, opened by another program than the one that wrote it."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from committees.domain.estate_register import HEADER
from committees.models import Report
from committees.services.snapshots import take_snapshot
from registry.models import Authority, Estate
from tests.committees.city import authority, city, line, write
from tests.committees.troubles import closed, place, progressed, reported
from tests.factories import make_profile
from tests.portal.test_registers import at_desk

pytestmark = [pytest.mark.django_db, pytest.mark.office]
Opened = Callable[[bytes], Worksheet]


def office(tmp_path: Path, kind: str, file: Path) -> None:
    """LibreOffice writes a file anew, into `out`."""
    subprocess.run(
        [
            shutil.which("soffice") or "soffice",
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--headless",
            "--convert-to",
            kind,
            "--outdir",
            str(tmp_path / "out"),
            str(file),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """The first sheet as LibreOffice reads it and writes it anew."""

    def convert(content: bytes) -> Worksheet:
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "file.xlsx").write_bytes(content)
        office(tmp_path, "xlsx:Calc MS Excel 2007 XML", tmp_path / "in" / "file.xlsx")
        sheet = load_workbook(io.BytesIO((tmp_path / "out" / "file.xlsx").read_bytes())).active
        assert isinstance(sheet, Worksheet)
        return sheet

    return convert


def rows(sheet: Worksheet) -> list[list[str]]:
    """Every cell as its text; empty ones as ""."""
    return [
        ["" if cell.value is None else str(cell.value) for cell in row]
        for row in sheet.iter_rows()
    ]


def taken(client: Client, name: str, *args: object, **asked: object) -> bytes:
    answer = client.get(reverse(f"staff:{name}", args=args), asked)
    assert answer.status_code == 200
    return answer.content


@pytest.fixture
def bureau() -> Authority:
    return city()


def test_annex_one_cell_by_cell(bureau: Authority, opened: Opened) -> None:
    write(
        bureau,
        line("东苑", small="东苑一期、东苑二期", formed="1", party="3", rate="85.3%"),
        line("=1+1", "西区、西2街道、西22社区", service="5", formed="2", manager="=2+2"),
        line("新城", "西区、高新区、高新社区", formed="3", rate="100%"),
    )
    found = rows(opened(taken(at_desk(bureau), "register_xlsx")))
    # As 建物发〔2023〕300号 annex 1 prints it, copied from the paper.
    assert found[1] == [
        "序号", "物业管理区域名称", "小区名称", "所在市县(区)、街道、社区", "四至范围",
        "物业服务形态", "业主委员会组建情况", "党的工作覆盖情况", "物业服务企业及项目负责人",
        "物业费收缴率",
    ] == list(HEADER)  # fmt: skip
    assert found[0][0] == "住宅物业管理区域信息台账"
    assert found[2:5] == [
        ["1", "东苑", "东苑一期、东苑二期", "样例市东区、东1街道、东11社区居委会", "东至一路",
         "1", "1", "3", "样例物业", "85.3%"],
        ["2", "=1+1", "", "样例市西区、西2街道、西22社区居委会", "东至一路",
         "5", "2", "5", "=2+2", ""],
        ["3", "新城", "", "样例市西区、高新区、高新社区居委会", "东至一路",
         "1", "3", "5", "样例物业", "100%"],
    ]  # fmt: skip
    assert "1. 专业化物业服务" in found[5][0] or "1. 专业化物业服务" in "".join(found[-1])


# Eleven columns of 建物发〔2023〕300号 annex 2, twelve of 枣住建房字〔2020〕15号 annex 2.
ANNEX_TWO = [
    "序号", "项目名称", "所在区县", "物业服务企业", "问题类别", "问题内容", "整改措施进展情况",
    "责任单位 / 人", "整改完成时限", "是否销号", "备注",
]  # fmt: skip
CAMPAIGN = [
    "序号", "项目名称", "物业服务企业", "服务标准", "存在问题", "整治措施", "完成时限",
    "责任人", "进展情况", "社区", "街道", "备注",
]  # fmt: skip
COMPANY, MEASURES = "样例物业有限公司", "每天早晚各清运一次"


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Half an hour into 1 January; in UTC the year before."""
    now = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)
    return now


def merged(sheet: Worksheet) -> set[str]:
    return {str(one) for one in sheet.merged_cells.ranges}


def test_annex_two_cell_by_cell(bureau: Authority, opened: Opened, night: datetime) -> None:
    east, zone = place(), place("新城", "999902009001", authority=_zone())
    odd = reported(east, item=15, content="=cmd|' /C calc'!A0", remarks="+1")
    progressed(odd, "@SUM(A1)已经退回")
    done = reported(east, person="")
    progressed(done)
    closed(done)
    reported(zone, item=22, content="没有公示\n收支", measures="")
    sheet = opened(taken(at_desk(bureau), "problems_xlsx"))
    found = rows(sheet)
    assert found[0] == ["住宅物业服务问题整治工作台账", *[""] * 10]
    assert found[1] == ANNEX_TWO
    assert found[2:5] == [
        ["1", "东苑", "东区", COMPANY, "3", "=cmd|' /C calc'!A0",
         f"{MEASURES}\n2026-10-20 @SUM(A1)已经退回", f"{COMPANY} / 赵工", "2026-10-31", "否",
         "+1"],
        ["2", "东苑", "东区", COMPANY, "1", "北门垃圾桶满溢，三天没有清运",
         f"{MEASURES}\n2026-10-20 已经清运两次\n2026-10-25 验收销号", COMPANY, "2026-10-31",
         "是", ""],
        # A zone lies in a county by its code, in this annex as in the first.
        ["3", "新城", "西区", COMPANY, "5", "没有公示\n收支", "", f"{COMPANY} / 赵工",
         "2026-10-31", "否", ""],
    ]  # fmt: skip
    # A formula would have been reckoned: the types are LibreOffice's own.
    assert [sheet.cell(3, column).data_type for column in (1, 5, 6, 7, 11)] == list("nnsss")
    assert found[5][0].startswith("填表说明：问题类别按照以下五类问题予以分类")
    assert found[10][0].endswith("22. 有关单位、业委会履职不到位等。")
    assert found[11][0] == "各地可在“其他问题”的基础上增加问题类型。"
    assert len(found) == 12
    assert all(cells[1:] == [""] * 10 for cells in found[5:])
    assert merged(sheet) == {f"A{row}:K{row}" for row in (1, *range(6, 13))}


def test_a_campaign_cell_by_cell(bureau: Authority, opened: Opened, night: datetime) -> None:
    east = place()
    for number in (1, 2, 3):
        reported(east, campaign=1, content=f"问题{number}", standard="二级")
    west = place("西苑", "999902001001")
    progressed(reported(west, campaign=1, content="=1+1", person=""), "已经补种")
    sheet = opened(taken(at_desk(bureau), "campaign_xlsx", 1))
    found = rows(sheet)
    assert [cells[0] for cells in found[:3]] == [
        "环境卫生攻坚行动整治工作台账", "属地：样例市", "2027年1月1日",
    ]  # fmt: skip
    assert found[3] == CAMPAIGN
    street = ["东11社区居委会", "东1街道", ""]
    assert found[4:8] == [
        ["1", "东苑", COMPANY, "二级", "1. 问题1", MEASURES, "2026-10-31", "赵工", "", *street],
        ["", "", "", "", "2. 问题2", MEASURES, "2026-10-31", "赵工", "", "", "", ""],
        ["", "", "", "", "3. 问题3", MEASURES, "2026-10-31", "赵工", "", "", "", ""],
        ["2", "西苑", COMPANY, "", "1. =1+1", MEASURES, "2026-10-31", COMPANY,
         "2026-10-20 已经补种", "西11社区居委会", "西1街道", ""],
    ]  # fmt: skip
    # One cell a project in its own columns: 序号 项目名称 物业服务企业 服务标准 社区 街道.
    assert merged(sheet) == {f"{column}5:{column}7" for column in "ABCDJK"} | {
        f"A{row}:L{row}" for row in (1, 2, 3, 9)
    }
    assert found[8][0].startswith("注：1. 表格使用 Excel 类电子表格。")
    assert len(found) == 9


def test_the_months_report(bureau: Authority, opened: Opened, night: datetime) -> None:
    ended = date(2026, 12, 31)
    make_profile("national", **{"reports.monthly_day": 3})
    write(
        bureau,
        line("东苑", formed="1"),
        line("西苑", "西区、西2街道、西22社区"),
        line("新城", "西区、高新区、高新社区", formed="2"),
        day=ended,
        at=night,
    )
    take_snapshot(day=ended, at=night)
    client = at_desk(bureau)
    path = reverse("staff:report_to_draft", args=[bureau.pk, "monthly", ended])
    assert client.post(path, {"text": "汇总三个地方"}).status_code == 302
    sheet = opened(taken(client, "report_xlsx", Report.objects.get().pk))
    found = rows(sheet)
    assert found[0][0].startswith("样例市住建局2026年12月")
    # In the order of the authorities; the zone stands beside the districts, not in one.
    assert found[1] == ["项目", "合计", "样例高新区管委会", "东区住建局", "西区住建局"]
    assert found[2:5] == [
        ["物业管理区域（个）", "3", "1", "1", "1"],
        ["业主委员会（个）", "1", "0", "1", "0"],
        ["物业管理委员会（个）", "1", "1", "0", "0"],
    ]
    assert sheet.cell(3, 2).data_type == "n"
    assert merged(sheet) == {"A1:E1", f"A{len(found)}:E{len(found)}"}


@pytest.mark.parametrize("name", ["register_xlsx", "problems_xlsx"])
def test_seven_estates_are_printed_on_few_pages_across(
    bureau: Authority, tmp_path: Path, name: str
) -> None:
    write(bureau, *(line(f"东{n}", small="一期、二期、三期", formed="1") for n in range(7)))
    for estate in Estate.objects.all():
        reported(estate)
    content = taken(at_desk(bureau), name)
    (tmp_path / "file.xlsx").write_bytes(content)
    office(tmp_path, "pdf", tmp_path / "file.xlsx")
    said = subprocess.run(
        [shutil.which("pdfinfo") or "pdfinfo", str(tmp_path / "out" / "file.pdf")],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    told = dict(one.split(":", 1) for one in said.splitlines())
    assert int(told["Pages"]) <= 2
    across, down = map(float, told["Page size"].split()[:3:2])
    assert (round(across), round(down)) == (842, 595)  # A4, landscape


def _zone() -> Authority:
    return authority("样例高新区管委会")
