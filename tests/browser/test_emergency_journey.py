"""An emergency in a browser without scripts: from the lift to the decision, and back."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from funds.domain.repairs import EXCLUSIONS
from funds.models import RepairRequest
from funds.services.emergencies import escalate
from tests.funds.emergencies import PDF, opened, picture, report
from tests.town import Town

from .conftest import Open, shoot
from .test_staff_journeys import DESK, file, here, no_sideways, sign_in

__all__ = ["here"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 360, "height": 740}


def photo(folder: Path) -> Path:
    one = picture()
    return file(folder, one.name, one.content)


def see(page: Page, name: str) -> None:
    no_sideways(page)
    shoot(page, name)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["1366", "360"])
def test_from_the_broken_lift_to_the_decision_and_back(
    open_page: Open, here: Town, tmp_path: Path, size: dict[str, int]
) -> None:
    opened(here)
    for who in ("property_manager", "residents_committee", "organiser"):
        here.person(who)
    width = size["width"]

    # In front of the lift; first with nothing filled in.
    page = sign_in(open_page(js=False, **size), "property_manager")
    page.goto("/staff/repairs/emergencies/")
    page.get_by_role("link", name=re.compile("上报：样例花园")).click()
    page.get_by_label("具体位置").fill("2幢1单元1号电梯")
    page.get_by_role("button", name="上报，开始计时").click()
    for word in ("请选择是哪一种紧急情况", "请至少上传一张现场照片", "请填写联系电话"):
        expect(page.locator(".errors")).to_contain_text(word)
    see(page, f"emergency-errors-{width}")
    expect(page.get_by_label("具体位置")).to_have_value("2幢1单元1号电梯")
    page.get_by_label(re.compile("电梯故障")).check()
    page.get_by_label("坏的是哪个部位").select_option("lift")
    page.get_by_label("坏成什么样，有什么危险").fill("电梯在6楼困人，钢丝绳断股")
    page.get_by_label("现场照片").set_input_files([photo(tmp_path), photo(tmp_path)])
    page.locator("#id_paper").set_input_files(file(tmp_path, "停用通知.pdf", PDF))
    page.get_by_label("这个部位的保修期到哪一天").fill("2015-01-01")
    for key in EXCLUSIONS:
        page.locator(f"input[name={key}][value=no]").check()
    page.get_by_label("申请人名称").fill("样例物业服务有限公司")
    page.get_by_label("联系电话").fill("0000-0000000")
    page.get_by_label("依据哪一条规定").fill("样例市物业管理条例第66条")
    page.get_by_label("大概要多少钱").fill("10000")
    page.get_by_role("button", name="上报，开始计时").click()
    expect(page.locator(".clock .left")).to_contain_text("还剩11小时")
    expect(page.locator(".clock")).to_contain_text("东社区居委会")
    see(page, f"emergency-reported-{width}")

    # Somebody else comes and looks.
    page = sign_in(open_page(js=False, **size), "residents_committee")
    page.goto("/staff/repairs/emergencies/")
    see(page, f"emergency-list-{width}")
    page.get_by_role("link", name="2幢1单元1号电梯应急维修").click()
    page.get_by_role("link", name="现场认定").click()
    page.get_by_label("在现场的什么位置").fill("1楼电梯厅")
    page.get_by_label("现场照片").set_input_files(photo(tmp_path))
    for party in ("业主代表", "物业服务企业", "居民委员会"):
        page.get_by_label(party).check()
    page.get_by_label("在场的人", exact=True).fill("王一，周某，刘某")
    page.get_by_label(re.compile(r"^\s*属于紧急情况")).check()
    page.get_by_label("理由").fill("钢丝绳断股，继续运行有坠落危险")
    see(page, f"emergency-find-{width}")
    page.get_by_role("button", name="记下认定").click()
    expect(page.locator("main")).to_contain_text("业委会决定")

    # A third person decides; too high an advance is refused, what was typed stays.
    page = sign_in(open_page(js=False, **size), "organiser")
    page.goto("/staff/repairs/emergencies/")
    page.get_by_role("link", name="2幢1单元1号电梯应急维修").click()
    page.get_by_role("link", name="作决定").click()
    page.get_by_label(re.compile(r"^\s*同意先行维修")).check()
    page.get_by_label("其中验收以前可以先付").fill("5000.01")
    page.get_by_label("理由").fill("不修不能恢复运行")
    page.get_by_role("button", name="决定", exact=True).click()
    expect(page.locator(".errors")).to_contain_text("先付的钱最多 5,000.00 元")
    see(page, f"emergency-decide-{width}")
    page.get_by_label("其中验收以前可以先付").fill("5000")
    page.get_by_role("button", name="决定", exact=True).click()
    expect(page.locator("main")).to_contain_text("同意先行维修，最多 10,000.00 元")
    see(page, f"emergency-decided-{width}")

    # And back to the owners, everything kept.
    page = sign_in(open_page(js=False, **size), "property_manager")
    request = RepairRequest.objects.get()
    page.goto(f"/staff/repairs/emergencies/{request.code}/")
    page.get_by_role("link", name="不再按应急办理，退回业主表决").click()
    page.get_by_label("为什么").fill("检验机构认为可以继续运行")
    page.get_by_role("button", name="退回业主表决").click()
    expect(page.locator(".notice.warn").first).to_contain_text("已退回一般维修")
    page.get_by_role("link", name=re.compile("可以接着办一般维修")).click()
    page.wait_for_url(f"**/requests/{request.code}/")
    page.go_back()
    see(page, f"emergency-back-{width}")
    request.refresh_from_db()
    assert (request.kind, request.state) == ("ordinary", "draft")
    assert request.files.count() == 4


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["1366", "360"])
def test_who_is_late_is_seen_at_once(open_page: Open, here: Town, size: dict[str, int]) -> None:
    here.person("street_office")
    now = timezone.now()
    late = report(here, at=now - timedelta(hours=30), place="2幢电梯")
    report(here, at=now, place="1幢电梯")
    escalate(code=late.code, at=now)
    page = sign_in(open_page(js=False, **size), "street_office")
    page.get_by_role("link", name="应急维修", exact=True).click()
    expect(page.locator("tbody tr").first).to_contain_text("已超时18小时")
    see(page, f"emergency-late-list-{size['width']}")
    page.get_by_role("link", name="2幢电梯应急维修").click()
    expect(page.locator(".clock.late")).to_contain_text("东街道也可以办")
    see(page, f"emergency-late-{size['width']}")
