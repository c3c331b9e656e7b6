"""In Chromium: an incident is written down, told of by two operators, and those no message
reaches are told by the organiser; an auditor takes the log away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Incident, Message
from logbook.models import Entry
from portal.log_checking import check_export
from portal.tasks import tell_incidents
from registry.models import Owner
from tests.town import Town, grant, make_town, make_user

from .conftest import Open, shoot
from .test_staff_journeys import DESK, PHONE, no_sideways, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def here(erasable: None) -> Town:
    cache.clear()
    return make_town()


def written_down(page: Page, town: Town) -> None:
    page.get_by_role("link", name="信息安全事件").click()
    page.get_by_role("link", name="登记一个事件").click()
    page.get_by_label("泄露").check()
    page.get_by_role("textbox", name="情况").fill("一份备份介质不见了")
    page.get_by_label("手机号", exact=True).check()
    page.get_by_role("textbox", name="涉及的小区").fill("NOTHING1")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("main")).to_contain_text("没有这些小区，请核对：NOTHING1")
    page.get_by_role("textbox", name="涉及的小区").fill(town.here.estate.code)
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("main")).to_contain_text("事件第")


@pytest.mark.parametrize(
    ("js", "screen"), [(True, DESK), (False, PHONE)], ids=["desk", "phone-no-js"]
)
def test_an_incident_is_told_of_without_anybody_seeing_whom(
    open_page: Open, here: Town, js: bool, screen: dict[str, Any]
) -> None:
    here.person("operator")
    grant(make_user("second"), "operator", None)
    here.person("organiser")
    page = sign_in(open_page(js=js, **screen), "operator")
    written_down(page, here)
    incident = Incident.objects.get()
    address = page.url
    no_sideways(page)
    page.get_by_label("采取补救措施").check()
    page.get_by_role("textbox", name="说明").fill("换了钥匙，停了两个账号")
    page.get_by_role("button", name="登记，不能再改").click()
    expect(page.locator("main")).to_contain_text("换了钥匙，停了两个账号")
    page.get_by_role("link", name="写通知").click()
    page.get_by_role("button", name="交另一位管理员确认").click()
    expect(page.locator("main")).to_contain_text("请写清楚，至少4个字")
    for label, text in (
        ("原因", "备份介质遗失"),
        ("可能造成的危害", "可能收到诈骗电话"),
        ("已经采取的补救措施", "已换钥匙，已报告网信部门"),
        ("您可以采取的措施", "不要向来电的人提供验证码"),
        ("处理者的名称", "样例市业主表决平台"),
        ("联系电话", "0556-5550000"),
    ):
        page.get_by_label(label).fill(text)
    no_sideways(page)
    shoot(page, f"incident-notice-{screen['width']}")
    page.get_by_role("button", name="交另一位管理员确认").click()
    expect(page.locator("main")).to_contain_text("等另一位管理员确认")
    expect(page.get_by_role("button", name="确认，给")).to_have_count(0)

    other = sign_in(open_page(js=js, **screen), "second")
    other.goto(address)
    other.get_by_role("button", name="确认，给").click()
    expect(other.locator("main")).to_contain_text("还在排队")
    tell_incidents(timezone.now())
    other.reload()
    shown = other.locator("main").inner_text()
    with_phone = Owner.objects.exclude(phone_hash="").filter(estate=here.here.estate)
    assert Message.objects.count() == with_phone.values("phone_hash").distinct().count()
    for owner in Owner.objects.all():
        assert owner.name not in shown
    no_sideways(other)
    shoot(other, f"incident-{screen['width']}")

    public = open_page(js=js, **screen)
    public.goto(f"/incident/{incident.code}")
    expect(public.locator("main")).to_contain_text("不要向来电的人提供验证码")
    no_sideways(public)
    shoot(public, f"incident-public-{screen['width']}")
    public.get_by_role("link", name="个人信息处理规则").click()
    expect(public.locator("main")).to_contain_text("您的权利，怎样行使")
    no_sideways(public)
    shoot(public, f"privacy-{screen['width']}")

    desk = sign_in(open_page(js=js, **screen), "organiser")
    desk.get_by_role("link", name="个人信息安全事件：有业主要书面通知").click()
    expect(desk.locator("main")).to_contain_text("短信通知不到的业主1人")
    with desk.expect_download() as taken:
        desk.get_by_role("button", name="下载名单").click()
    assert "李二" in Path(taken.value.path()).read_text("utf-8-sig")
    desk.get_by_label("通知了几户").fill("1")
    desk.get_by_label("怎样通知的").fill("当面送达")
    desk.get_by_role("button", name="登记", exact=True).click()
    expect(desk.locator("main")).to_contain_text("1户：当面送达")
    no_sideways(desk)
    shoot(desk, f"incident-letters-{screen['width']}")
    desk.goto(f"/staff/estates/{here.here.estate.code}/entrustment")
    expect(desk.locator("main")).to_contain_text("委托处理个人信息协议")
    no_sideways(desk)
    shoot(desk, f"entrustment-{screen['width']}")


@pytest.mark.parametrize(
    ("js", "screen"), [(True, DESK), (False, PHONE)], ids=["desk", "phone-no-js"]
)
def test_an_auditor_takes_the_log_away_and_checks_it(
    open_page: Open, here: Town, js: bool, screen: dict[str, Any], tmp_path: Path
) -> None:
    grant(make_user("auditor"), "auditor", None)
    here.person("operator")
    page = sign_in(open_page(js=js, **screen), "operator")
    written_down(page, here)
    page.goto("/staff/incidents/impact")
    expect(page.locator("main")).to_contain_text("个人信息保护影响评估报告")
    no_sideways(page)
    shoot(page, f"impact-{screen['width']}")

    page = sign_in(open_page(js=js, **screen), "auditor")
    page.get_by_role("link", name="导出操作记录").click()
    page.get_by_role("button", name="导出，下载压缩文件").click()
    expect(page.locator("main")).to_contain_text("请写明原因")
    no_sideways(page)
    shoot(page, f"audit-{screen['width']}")
    page.get_by_role("textbox", name="原因").fill("年度内部审计")
    page.get_by_label("JSON").check()
    with page.expect_download() as taken:
        page.get_by_role("button", name="导出，下载压缩文件").click()
    file = tmp_path / "acts.zip"
    taken.value.save_as(file)
    said = check_export(str(file))
    assert said.faults == []
    with ZipFile(file) as packed:
        lines = packed.read("acts.jsonl").decode().splitlines()
    words = [json.loads(line)["words"] for line in lines]
    assert "登记个人信息安全事件" in words
    assert words[-1] == "导出操作记录，供审计"
    assert Entry.objects.filter(kind="log.exported").count() == 1
