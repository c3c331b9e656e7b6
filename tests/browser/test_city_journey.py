"""The bureau's journeys: from the number to the row, months that stay, one A4, no script.

B1, B3 and B4 of the journeys this project promises. Pictures go to var/screens/.
"""

from __future__ import annotations

import io
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from committees.selectors.months import last_ended
from committees.services.snapshots import take_snapshot
from registry.models import RuleProfile
from tests.browser.conftest import Open, shoot
from tests.browser.test_cabinet_journey import aside, file
from tests.committees.city import authority, city, line, workbook, write
from tests.town import grant, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BACKEND = "django.contrib.auth.backends.ModelBackend"
PLACES = {
    "东区、东1街道、东11社区": 7, "东区、东1街道、东12社区": 5, "东区、东2街道、东21社区": 6,
    "西区、西1街道、西11社区": 9, "西区、西2街道、西22社区": 4, "西区、高新区、高新社区": 3,
}  # fmt: skip


def stock(formed: int) -> list[list[str]]:
    """34 estates; of each 社区 the first `formed` have a committee."""
    return [
        line(f"{place[-4:]}{n}苑", place, formed="1" if n < formed else "3")
        for place, many in PLACES.items()
        for n in range(many)
    ]


def _filled() -> str:
    """The city with two months on record; the session of its bureau's head."""
    RuleProfile.objects.create(
        code="national", title="全国", valid_from="2021-01-01",
        values={
            "formation.target": {"value": [70, 100], "clause": "测试条款", "verified": True}
        },
    )  # fmt: skip
    bureau, now = city(), timezone.now()
    last = last_ended(timezone.localdate())
    for day, formed in ((last_ended(last), 2), (last, 3)):
        write(bureau, *stock(formed), day=day, at=now)
        take_snapshot(day=day, at=now)
    head = make_user("head")
    grant(head, "bureau", bureau)
    client = Client()
    client.force_login(head, backend=BACKEND)
    return str(client.cookies["sessionid"].value)


@pytest.fixture
def head(erasable: None, live_server: Any) -> dict[str, str]:
    return {"name": "sessionid", "value": aside(_filled), "url": live_server.url}


def numbers(page: Page) -> tuple[int, int]:
    """Formed and all, of the sentence at the top."""
    lead = page.locator("p.lead").inner_text()
    found = re.search(r"共 (\d+) 个物业管理区域，已组建 (\d+) 个", lead)
    assert found, lead
    return int(found.group(2)), int(found.group(1))


def table(page: Page) -> list[tuple[str, int, int, int]]:
    """Place, formed, all, missing."""
    rows = []
    for row in page.locator("main table").first.locator("tbody tr").all():
        cells = [cell.strip() for cell in row.locator("td").all_inner_texts()]
        if len(cells) >= 5:
            formed, total = cells[2].split("/")
            rows.append((cells[0], int(formed), int(total), int(cells[4])))
    return rows


def lacking(formed: int, total: int) -> int:
    """ceil(0.7 · D) − n, as the paper has it, in whole numbers; nothing of nothing."""
    return max((7 * total + 9) // 10 - formed, 0)


@pytest.mark.parametrize("js", [True, False])
def test_from_the_number_to_the_row(open_page: Open, head: dict[str, str], js: bool) -> None:
    page = open_page(js=js, width=1366, height=768)
    page.context.add_cookies([head])
    page.goto("/staff/registers/overview")
    assert numbers(page) == (18, 34)
    assert "距年底 70% 还差 6 个" in page.locator("p.lead").inner_text()
    shoot(page, f"overview-{'js' if js else 'plain'}")
    for below in ("东区住建局", "东1街道办事处", "999901001001居委会"):
        rows = table(page)
        formed, total = numbers(page)
        assert (sum(row[1] for row in rows), sum(row[2] for row in rows)) == (formed, total)
        for _name, one, whole, missing in rows:
            assert missing == lacking(one, whole)
        page.get_by_role("link", name=below, exact=True).click()
        page.wait_for_load_state()
        assert numbers(page) == next(row[1:3] for row in rows if row[0] == below)
    page.get_by_role("link", name="看每一个物业管理区域").click()
    expect(page.get_by_text("共7个")).to_be_visible()
    page.get_by_role("link", name="11社区0苑", exact=True).click()
    expect(page.get_by_role("heading", name="11社区0苑")).to_be_visible()
    assert "业主委员会" in page.locator("main").inner_text()


def test_a_place_with_nothing_is_not_full(open_page: Open, head: dict[str, str]) -> None:
    empty = aside(authority, "西2街道办事处")
    page = open_page(width=1366, height=768)
    page.context.add_cookies([head])
    page.goto(f"/staff/registers/overview?at={empty.pk}")
    none = next(row for row in table(page) if row[2] == 0)
    assert none[1:] == (0, 0, 0)
    page.get_by_role("link", name=none[0], exact=True).click()
    expect(page.get_by_text("组建率不适用")).to_be_visible()
    assert "100" not in page.locator("main").inner_text()


@pytest.mark.parametrize("js", [True, False])
def test_it_prints_on_one_a4_and_says_the_same(
    open_page: Open, head: dict[str, str], js: bool, tmp_path: Path
) -> None:
    page = open_page(js=js, width=1366, height=768)
    page.context.add_cookies([head])
    page.goto("/staff/registers/overview")
    shown = table(page)
    for drawing in page.locator("main svg").all():
        assert drawing.locator("title").text_content()
    printed = page.pdf(path=tmp_path / "overview.pdf", prefer_css_page_size=True)
    (sheet,) = PdfReader(io.BytesIO(printed)).pages
    wide, high = float(sheet.mediabox.width), float(sheet.mediabox.height)
    assert (round(wide * 25.4 / 72), round(high * 25.4 / 72)) == (297, 210)
    # Fonts print some characters by their look-alikes among the radicals.
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", sheet.extract_text()))
    for name, formed, total, _missing in shown:
        assert name.replace(" ", "") in text
        assert f"{formed}/{total}" in text


def test_a_month_stays_what_it_was(open_page: Open, head: dict[str, str]) -> None:
    last = last_ended(timezone.localdate())
    page = open_page(width=1366, height=768)
    page.context.add_cookies([head])
    page.goto(f"/staff/registers/months?year={last.year}")
    row = page.locator("main tbody tr").last
    before = row.locator("td").all_inner_texts()
    assert before[0] == last.isoformat()
    assert before[-1] == "没有"
    # The committee of one estate was forgotten in that month's register.
    page.goto("/staff/registers/estates/new")
    page.get_by_label("数据截至").fill(last.isoformat())
    told = line("11社区5苑", "东区、东1街道、东11社区", formed="1")
    page.get_by_label("台账文件").or_(page.locator("input[type=file]")).first.set_input_files(
        file("更正.xlsx", workbook([told]))
    )
    page.get_by_role("button", name="上传，先看一看").click()
    page.get_by_role("button", name="确认，写入台账").click()
    expect(page.get_by_text("已写入：新增0个，变更1个，不变0个。")).to_be_visible()
    page.goto(f"/staff/registers/months?year={last.year}")
    after = page.locator("main tbody tr").last.locator("td").all_inner_texts()
    assert after[:-1] == before[:-1]
    assert "修正" in after[-1]
    assert "34个中组建了19个" in after[-1]
    shoot(page, "months-corrected")


def test_estates_are_handed_over_on_a_phone(open_page: Open, head: dict[str, str]) -> None:
    here = aside(authority, "999901001002居委会")
    page = open_page(width=360)
    page.context.add_cookies([head])
    page.goto(f"/staff/registers/places/{here.pk}/move")
    page.get_by_label("新的社区").fill("西区、西2街道、西22社区")
    page.get_by_label("从哪一天起").fill(timezone.localdate().replace(day=1).isoformat())
    page.get_by_label("依据").fill("样政发〔2026〕5号")
    shoot(page, "move-phone")
    page.get_by_role("button", name="确认划转").click()
    expect(page.get_by_text("已划转5个")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
