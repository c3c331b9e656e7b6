"""An ordinary repair in Chromium: drafted, submitted, announced, voted on, decided."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, expect

from funds.models import RepairRequest
from funds.tasks import settle_votes
from registry.models import Estate
from tests.documents.test_scans import photo
from tests.factories import Vote
from tests.funds.books import deposit
from tests.funds.requests import PDF, fund_of
from tests.portal.test_repairs import asked_owners
from tests.town import Town
from tests.voting.views.story import WANG
from voting.models import Session
from voting.services.casting import cast_plain
from voting.spool import read_spool
from voting.tasks import sweep_all

from .conftest import Open, shoot
from .test_owner_journeys import in_thread, pass_sms
from .test_staff_journeys import DESK, here, no_sideways, sign_in

__all__ = ["here"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NARROW = {"width": 360, "height": 740}


def fill_section(page: Page, title: str) -> None:
    page.get_by_role("link", name=re.compile(rf"填写\s*{title}")).click()


def save(page: Page) -> None:
    page.get_by_role("button", name="保存", exact=True).first.click()
    expect(page.locator(".notice.good")).to_contain_text("已保存")


def draft_whole(page: Page, folder: Path, width: int) -> None:
    """From the manager's home to a draft that lacks nothing."""
    page.get_by_role("link", name="维修", exact=True).first.click()
    page.get_by_role("link", name="申请维修").first.click()
    page.get_by_label("哪个共用部位、设施设备").select_option("roof")
    page.get_by_label("在哪里").fill("1幢屋面")
    page.get_by_label("坏成什么样").fill("顶层三户漏水，屋面防水层老化开裂。")
    page.get_by_label("给这项维修起个名称").fill("1幢屋顶防水")
    no_sideways(page)
    shoot(page, f"repair-new-{width}")
    page.get_by_role("button", name="保存，继续").click()
    shoot(page, f"repair-gaps-{width}")
    no_sideways(page)
    fill_section(page, "哪些房屋受益")
    page.get_by_label("1幢", exact=True).check()
    save(page)
    fill_section(page, "谁来申请")
    page.get_by_label("物业服务企业").check()
    page.get_by_label("申请人名称").fill("样例物业服务有限公司")
    page.get_by_label("联系电话").fill("0000-1111111")
    save(page)
    fill_section(page, "保修期")
    page.get_by_label("怎样核对的").fill("2006年竣工，防水保修五年早已届满。")
    save(page)
    fill_section(page, "不能列支的四种费用")
    for group in page.locator("fieldset").all():
        group.get_by_label("不是", exact=True).check()
    shoot(page, f"repair-exclusions-{width}")
    save(page)
    fill_section(page, "怎么修，花多少钱")
    page.get_by_label("怎么修").fill("铲除旧防水层，重做两道卷材，工期二十天，质保五年。")
    page.get_by_label("预算（元）").fill("40000")
    save(page)
    fill_section(page, "报价")
    for number, yuan in enumerate(("40000", "42000", "45000"), start=1):
        paper = folder / f"报价{number}.pdf"
        paper.write_bytes(PDF + str(number).encode())
        page.get_by_label("单位名称").fill(f"样例第{number}防水公司")
        page.get_by_label("报价（元）").fill(yuan)
        page.get_by_label("报价单").set_input_files(paper)
        page.get_by_role("button", name="加上这一家").click()
        expect(page.locator(".notice.good")).to_contain_text("报价已加上")
    page.get_by_role("button", name="选定这一家").first.click()
    no_sideways(page)
    shoot(page, f"repair-quotes-{width}")
    page.get_by_role("link", name="返回").click()
    fill_section(page, "照片和文件")
    picture = folder / "维修前.jpg"
    picture.write_bytes(photo())
    page.get_by_label("这是什么").select_option("photo_before")
    page.get_by_label("文件", exact=True).set_input_files(picture)
    page.get_by_label("可以公开").check()
    page.get_by_role("button", name="加上", exact=True).click()
    no_sideways(page)
    shoot(page, f"repair-files-{width}")
    page.get_by_role("link", name="返回").click()
    expect(page.locator("main")).to_contain_text("都填好了")
    shoot(page, f"repair-whole-{width}")


def announce(page: Page, estate: Estate) -> Session:
    """The organiser sets the times and announces."""
    page.get_by_role("link", name="完成草稿").click()
    expect(page.locator("main")).to_contain_text("由维修申请生成")
    shoot(page, "repair-session-1366")
    page.get_by_role("link", name="修改会议").click()
    now = timezone.localtime()
    page.get_by_label("哪天张贴公告").fill(now.strftime("%Y-%m-%d"))
    opens, closes = now + timedelta(days=17), now + timedelta(days=27)
    page.get_by_label("什么时候开始投票").fill(opens.strftime("%Y-%m-%dT09:00"))
    page.get_by_label("什么时候截止").fill(closes.strftime("%Y-%m-%dT09:00"))
    page.get_by_label("只公布合计").check()
    page.get_by_label("也收纸质票").uncheck()
    page.get_by_role("button", name="保存").click()
    page.get_by_role("link", name="去公告").click()
    page.get_by_label("我已核对").check()
    page.get_by_role("button", name="公告").click()
    expect(page.locator(".notice.good")).to_contain_text("已公告")
    return in_thread(lambda: Session.objects.get(estate=estate))


def decide(session: Session) -> None:
    """All three households are for it; the clock runs on to the resolution."""
    session.refresh_from_db()
    assert session.opens_at is not None
    assert session.closes_at is not None
    vote = Vote(session, read_spool(session.code) or {})
    for party in session.parties.all():
        cast_plain(
            session_id=session.pk,
            party_id=party.pk,
            submission=f"s{party.number}",
            choices=[[0]],
            at=session.opens_at,
        )
    vote.count(at=session.closes_at)
    sweep_all(session.closes_at + timedelta(days=30))
    assert settle_votes(session.closes_at + timedelta(days=30)) == 1


def test_from_the_draft_to_the_decision(
    open_page: Open, here: Town, tmp_path: Path, settings: Any
) -> None:
    settings.DEBUG, settings.CA_DIR = True, tmp_path / "ca"
    cache.clear()
    estate = here.here.estate
    deposit(fund_of(estate), 2_000_000)
    here.person("property_manager")
    here.person("organiser")
    page = sign_in(open_page(**DESK), "property_manager")
    shoot(page, "repair-home-1366")
    draft_whole(page, tmp_path, DESK["width"])
    page.get_by_role("link", name="核对并提交").click()
    # 90 of 400 m² of 40,000 yuan, of a balance of 20,000.
    row = page.get_by_role("row", name="1幢1单元101室")
    expect(row).to_contain_text("9,000.00")
    expect(row).to_contain_text("11,000.00")
    page.get_by_label("为这项维修新开一次会议").check()
    page.get_by_label("由谁组织表决").select_option("owners_committee")
    page.get_by_label("组织者名称").fill("样例花园业主委员会")
    page.get_by_label("咨询电话").fill("0000-0000000")
    page.get_by_label("我已核对方案").check()
    shoot(page, "repair-submit-1366")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("main")).to_contain_text("提交方案第1版，交业主表决")
    no_sideways(page)
    shoot(page, "repair-voting-1366")
    organiser = sign_in(open_page(**DESK), "organiser")
    session = announce(organiser, estate)
    in_thread(lambda: decide(session))
    request = in_thread(lambda: RepairRequest.objects.get())
    assert request.state == "decided"
    page.goto("/staff/")
    expect(page.locator("main")).to_contain_text("业主已同意，申请列支：1幢屋顶防水")
    page.get_by_role("link", name="业主已同意").click()
    expect(page.locator("main")).to_contain_text("业主表决通过")
    shoot(page, "repair-decided-1366")


def test_a_draft_on_a_phone(open_page: Open, here: Town, tmp_path: Path) -> None:
    cache.clear()
    fund_of(here.here.estate)
    here.person("property_manager")
    page = sign_in(open_page(**NARROW), "property_manager")
    draft_whole(page, tmp_path, NARROW["width"])
    page.get_by_role("link", name="核对并提交").click()
    no_sideways(page)
    shoot(page, "repair-submit-360")
    page.goto(f"/staff/repairs/estates/{here.here.estate.code}/plan/new")
    page.get_by_label("哪个共用部位、设施设备").select_option("lift")
    page.get_by_label("在哪里").fill("2幢电梯")
    page.get_by_label("现在的状况").fill("曳引机磨损")
    page.get_by_label("估算（元）").fill("86000")
    page.get_by_role("button", name="保存").click()
    no_sideways(page)
    shoot(page, "repair-plan-360")
    page.get_by_role("button", name="公布").click()
    page.get_by_role("link", name="业主看到的页面").click()
    expect(page.locator("main")).to_contain_text("曳引机磨损")
    no_sideways(page)
    shoot(page, "repair-public-plan-360")


def test_the_owner_sees_share_and_balance(open_page: Open) -> None:
    cache.clear()
    _request, vote = asked_owners(fen=1_000_000)
    page = open_page(js=False, width=360)
    page.goto(vote.letters[WANG].path)
    page.get_by_role("button", name="开始").first.click()
    pass_sms(page)
    page.goto(f"/vote/{vote.code}/motions/?step=0")
    expect(page.locator(".money")).to_contain_text("分摊以后还剩 12.30 元")
    no_sideways(page)
    shoot(page, "repair-ballot-360")
