"""S3: the month's report from a district to the city, and the registers the city takes away.

Two people of the eastern district, one of the city; the western district does not report. It
is half an hour into 2 January: in UTC still the 1st, and December's report is due the day
after. Pictures go to var/screens/.
"""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from playwright.sync_api import Page, expect

from committees.services.snapshots import take_snapshot
from core.deadlines import SHANGHAI
from registry.models import Estate
from tests.committees.city import authority, city, line, write
from tests.committees.troubles import progressed, reported
from tests.disclosures.accounts import can_sign
from tests.factories import make_profile

from .conftest import Open, shoot
from .officials import Clock, seated, session_again, session_of
from .test_cabinet_journey import aside
from .test_staff_journeys import DESK, no_sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ENDED = date(2026, 12, 31)
EAST, WEST, CITY = "东区住建局", "西区住建局", "样例市住建局"
# 建物发〔2023〕300号, copied from the annexes as they are printed.
ANNEX_1 = (
    "序号|物业管理区域名称|小区名称|所在市县(区)、街道、社区|四至范围|物业服务形态|"
    "业主委员会组建情况|党的工作覆盖情况|物业服务企业及项目负责人|物业费收缴率"
)
ANNEX_2 = (
    "序号|项目名称|所在区县|物业服务企业|问题类别|问题内容|整改措施进展情况|责任单位 / 人|"
    "整改完成时限|是否销号|备注"
)
# Of the east: three estates, two of them formed; one problem found in December, still open.
NUMBERS = {
    "物业管理区域（个）": 3, "业主委员会（个）": 2, "物业管理委员会（个）": 0,
    "本期登记的问题（件）": 1, "本期登记销号的问题（件）": 0, "未销号的问题（件）": 1,
    "其中逾期（件）": 0,
}  # fmt: skip
TEXT = "新组建一个业主委员会。下个月走访还没有组建的小区。"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock(datetime(2027, 1, 2, 0, 30, tzinfo=SHANGHAI))
    monkeypatch.setattr(timezone, "now", made)
    return made


def _filled() -> list[str]:
    """December is on record; sessions of two in the east and of one in the city."""
    bureau, at = city(), timezone.now()
    make_profile("national", **{"reports.monthly_day": 3})
    rows = [line(f"东{n}苑", formed="1" if n < 2 else "3", rate="85.3%") for n in range(3)]
    write(bureau, *rows, line("西苑", "西区、西2街道、西22社区"), day=ENDED, at=at)
    estate, found = Estate.objects.get(name="东0苑"), date(2026, 12, 8)
    entered = at - timedelta(days=20)  # a problem counts in the month it is entered
    problem = reported(estate, found_on=found, deadline=date(2027, 1, 20), at=entered)
    progressed(problem, day=date(2026, 12, 10), at=entered)
    take_snapshot(day=ENDED, at=at)
    district = authority(EAST)
    return [
        session_of(district, "bureau", "ann"),
        session_of(district, "bureau", "ben"),
        session_of(bureau, "bureau", "top"),
    ]


def test_a_month_from_the_district_to_the_city(
    open_page: Open, live_server: Any, settings: Any, tmp_path: Path, clock: Clock
) -> None:
    can_sign(settings, tmp_path)
    sessions = aside(_filled)
    ann, ben, top = (seated(open_page(js=False, **DESK), one, live_server) for one in sessions)
    for page in (ann, ben, top):
        page.goto("/staff/registers/reports/")
    expect(top.locator(".notice.bad")).to_contain_text(f"还有2个没有报：{EAST}、{WEST}")
    drafted(ann)
    signed_and_handed_in(ben)
    received(top)
    clock.set(1, 5, 0, 30)
    later = aside(session_again, "top")
    late(seated(top, later, live_server))
    taken_away(top)
    on_a_phone(seated(open_page(js=False), later, live_server))


def drafted(page: Page) -> None:
    """Figures are the month's; only the text is written; the own draft is not signed off."""
    expect(page.locator("main")).to_contain_text("2027-01-03 以前报上一级。")
    page.get_by_role("link", name="填报", exact=True).click()
    expect(page.locator("main")).to_contain_text("2026-12-01 至 2026-12-31")
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".errors")).to_be_visible()
    page.get_by_label("工作进展").fill(TEXT)
    page.get_by_role("button", name="保存").click()
    expect(page.locator("main")).to_contain_text("请另一个人审签：自己填的自己不能审签。")
    assert page.get_by_role("button", name="审签，出具文件").count() == 0
    found = figures(page)
    assert {words: found[words] for words in NUMBERS} == {
        words: [str(number)] * 2 for words, number in NUMBERS.items()
    }
    shoot(page, "report-draft")


def figures(page: Page) -> dict[str, list[str]]:
    """Words → the cells of that row: all places together, then each of them."""
    return {
        row.locator("th").inner_text().strip(): [
            cell.strip() for cell in row.locator("td").all_inner_texts()
        ]
        for row in page.locator("main table").first.locator("tbody tr").all()
    }


def signed_and_handed_in(page: Page) -> None:
    page.reload()
    page.get_by_role("link", name="我们的第1版").click()
    page.get_by_role("button", name="审签，出具文件").click()
    expect(page.locator("main")).to_contain_text("文件编号")
    address = page.get_by_role("link", name="签名文件（PDF）").get_attribute("href")
    paper = page.request.get(str(address))
    assert paper.body().startswith(b"%PDF-")
    page.get_by_role("button", name=f"报送{CITY}").click()
    expect(page.locator("h1")).to_contain_text("已报送")
    expect(page.get_by_role("status")).to_have_text(["已报送。"])  # said once
    # Nothing is left to be done on it here.
    for name in ("改文字", "放弃这份草稿", "审签，出具文件"):
        expect(page.get_by_text(name, exact=True)).to_have_count(0)


def received(page: Page) -> None:
    """The city sees who is missing, reads what came, and takes it in."""
    page.reload()
    expect(page.locator(".notice.bad")).to_contain_text(f"还有1个没有报：{WEST}")
    row = page.get_by_role("row").filter(has_text=EAST)
    expect(row).to_contain_text("2027年1月2日报送，按时")
    # 高新区 has no estate, and nothing to report of none.
    zone = page.get_by_role("row").filter(has_text="样例高新区管委会")
    expect(zone).to_contain_text("没有物业管理区域，不用报")
    shoot(page, "reports-city")
    row.get_by_role("link", name="第1版").click()
    expect(page.locator("main")).to_contain_text(TEXT)
    with page.expect_download() as download:
        page.get_by_role("link", name="同样的数字（Excel）").click()
    cells = rows(download.value.path())
    assert cells[1][:3] == ["项目", "合计", "东1街道办事处"]
    assert {row[0]: row[1] for row in cells if row[0] in NUMBERS} == NUMBERS
    page.get_by_role("button", name="接收", exact=True).click()
    expect(page.locator("h1")).to_contain_text("已接收")
    assert page.get_by_role("link", name="退回").count() == 0
    shoot(page, "report-received")


def late(page: Page) -> None:
    """Two days past the 3rd: who is late, and by how much."""
    page.goto("/staff/registers/reports/")
    west = page.get_by_role("row").filter(has_text=WEST)
    expect(west).to_contain_text("逾期2天")
    assert page.get_by_text("逾期").count() == 1


def taken_away(page: Page) -> None:
    """Both annexes from the city's page, headed as the paper prints them."""
    page.goto("/staff/registers/overview")
    found = {}
    for number in (1, 2):
        with page.expect_download() as download:
            page.get_by_role("link", name=f"导出附件{number}（Excel）").click()
        found[number] = rows(download.value.path())
    one, two = found[1], found[2]
    assert [one[0][0], two[0][0]] == [
        "住宅物业管理区域信息台账",
        "住宅物业服务问题整治工作台账",
    ]
    assert one[1] == ANNEX_1.split("|")
    assert two[1] == ANNEX_2.split("|")
    assert [row[1] for row in one[2:6]] == ["东0苑", "东1苑", "东2苑", "西苑"]
    assert [row[6] for row in one[2:6]] == [1, 1, 3, 3]
    assert [row[1:5] for row in two[2:3]] == [["东0苑", "东区", "样例物业有限公司", 1]]
    # What follows the rows are the annexes' own notes.
    assert str(two[3][0]).startswith("填表说明：")


def rows(path: Path) -> list[list[Any]]:
    """Every cell of a downloaded sheet."""
    sheet = load_workbook(io.BytesIO(path.read_bytes())).active
    assert isinstance(sheet, Worksheet)
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def on_a_phone(page: Page) -> None:
    """Who has not handed in is also read on the way."""
    page.goto("/staff/registers/reports/")
    no_sideways(page)
    shoot(page, "reports-phone")
    page.get_by_role("link", name="第1版").click()
    no_sideways(page)
    shoot(page, "report-phone")
