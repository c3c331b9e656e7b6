"""C1 with all its rules: checklist red, fixed point by point, the street's guidance between,
green, and only then an announcement. The roll hangs out meanwhile, and an owner finds the room.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import expect

from tests.factories import make_profile
from tests.town import Town, draft, make_town
from voting.models import Review, RollPosting, Session

from .conftest import Open, shoot
from .test_staff_journeys import DESK, PDF, PHONE, moment, no_sideways, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RULES = {
    "organiser.basis": True,
    "supervisors.least": 2,
    "materials.matters": [5],
    "street_review_before_open": True,
    "street_review_days": 5,
    "roll_posting_days": 7,
}


@pytest.fixture
def here(erasable: None, settings, tmp_path) -> Town:
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True
    cache.clear()
    town = make_town()
    make_profile("lawful", **RULES)
    town.here.estate.profile_code = "lawful"
    town.here.estate.save()
    for role in ("organiser", "street_office"):
        town.person(role)
    return town


def pdf(name: str):
    return {"name": name, "mimeType": "application/pdf", "buffer": PDF}


def test_red_fixed_guided_green_announced(open_page: Open, here: Town) -> None:
    session = draft(here.here.estate, days=40)
    address = f"/staff/sessions/{session.code}/"
    page = sign_in(open_page(**DESK), "organiser")
    page.goto(address)
    for reason in (
        "备案证明",
        "监票人至少要有2位",
        "要附材料",
        "还没有公示",
        "还没有送街道指导",
    ):
        expect(page.locator(".checks")).to_contain_text(reason)
    expect(page.get_by_role("link", name="去公告")).to_have_count(0)
    shoot(page, "staff-convening-red")

    # The street is not asked before the rest is right.
    page.get_by_role("link", name="街道指导").click()
    page.get_by_role("button", name="送街道指导").click()
    expect(page.locator("main")).to_contain_text("备案证明")
    assert not Review.objects.exists()

    page.goto(address)
    page.get_by_role("link", name="依据文件").click()
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".errors")).to_contain_text("请填写文件名称")
    page.get_by_label(re.compile("文件名称")).fill("样例花园业主委员会备案证明")
    page.get_by_label(re.compile("文件日期")).fill("2026-01-05")
    page.get_by_label("文件", exact=True).set_input_files(pdf("备案证明.pdf"))
    page.get_by_role("button", name="保存").click()
    page.get_by_role("link", name="登记监票人").click()
    for n, name in ((1, "监票甲"), (2, "监票乙")):
        page.get_by_label(re.compile(f"第{n}位的姓名")).fill(name)
        page.get_by_label(re.compile(f"第{n}位代表哪一方")).select_option("owner")
    page.get_by_label("本人书面同意公开姓名").first.check()
    shoot(page, "staff-convening-supervisors")
    page.get_by_role("button", name="保存").click()
    page.get_by_role("link", name="修改、加附件").click()
    page.get_by_label("附件").set_input_files(pdf("方案.pdf"))
    page.get_by_role("button", name="加附件").click()

    # The roll hangs out; an owner with an old phone finds the own room, and no name.
    page.goto(address)
    page.get_by_role("link", name="名册公示").click()
    page.get_by_role("button", name="公示名册").click()
    expect(page.locator("main")).to_contain_text("6人")
    no_sideways(page)
    shoot(page, "staff-convening-posting")
    phone = open_page(js=False, width=320)
    phone.goto(f"/s/{session.code}/roll/?q=201")
    expect(phone.locator("main")).to_contain_text("1幢1单元201室")
    expect(phone.locator("main")).to_contain_text("和另外1套是同一业主")
    expect(phone.locator("main")).not_to_contain_text("1幢1单元101室")
    no_sideways(phone)
    shoot(phone, "owner-posted-roll")

    # The street reads it on its own desk, and can only speak with an article.
    page.goto(f"{address}review")
    page.get_by_role("button", name="送街道指导").click()
    expect(page.locator("main")).to_contain_text("还有5个工作日")
    street = sign_in(open_page(**PHONE), "street_office")
    street.get_by_role("link", name=re.compile("看草稿，只提法律意见")).click()
    street.get_by_label("意见").fill("预算请列明单价")
    street.get_by_role("button", name="提出").click()
    expect(street.locator(".errors")).to_contain_text("只能提法律上的意见")
    street.get_by_label("依据哪一条").select_option("regs-53")
    street.get_by_role("button", name="提出").click()
    no_sideways(street)
    shoot(street, "staff-convening-review-phone")
    street.get_by_role("button", name="看完了，没有更多意见").click()

    # Unanswered it stays red; answered, and with the periods over, it is green.
    page.goto(address)
    expect(page.locator(".checks")).to_contain_text("1条意见还没有答复")
    page.goto(f"{address}review")
    page.get_by_label("已答复").check()
    page.get_by_label("答复", exact=True).fill("预算附件第二页列有单价")
    page.get_by_role("button", name="答复").click()
    page.goto(address)
    expect(page.locator(".checks .no")).to_have_count(1)
    expect(page.locator(".checks .no")).to_contain_text("名册公示的期限没有到")
    expect(page.get_by_role("link", name="去公告")).to_have_count(0)
    shoot(page, "staff-convening-almost")
    # Seven days later, as far as this roll is concerned.
    RollPosting.objects.update(ends_at=timezone.now())
    page.goto(address)
    expect(page.locator(".checks .no")).to_have_count(0)
    expect(page.locator(".checks")).to_contain_text("街道提了1条意见，都已答复")
    page.get_by_role("link", name="去公告").click()
    page.get_by_label(re.compile("我已核对")).check()
    page.get_by_role("button", name="公告，以后不能再改").click()
    assert Session.objects.get(pk=session.pk).state == "frozen"


def test_green_opens_the_way_and_extension_has_its_page(open_page: Open, here: Town) -> None:
    make_profile("lawful", max_extension_days=10)  # nothing else is asked for
    session = draft(here.here.estate)
    page = sign_in(open_page(**DESK), "organiser")
    page.goto(f"/staff/sessions/{session.code}/")
    expect(page.locator(".checks .no")).to_have_count(0)
    expect(page.locator(".checks")).to_contain_text("最多10天")
    shoot(page, "staff-convening-green")
    page.get_by_role("link", name="去公告").click()
    page.get_by_label(re.compile("我已核对")).check()
    page.get_by_role("button", name="公告，以后不能再改").click()

    page.goto(f"/staff/sessions/{session.code}/extension")
    expect(page.locator("main")).to_contain_text("还没有开始投票")
    now = timezone.now()
    Session.objects.filter(pk=session.pk).update(opens_at=now - timedelta(minutes=30))
    page.reload()
    page.get_by_label("延到什么时候截止").fill(moment(60))
    page.get_by_role("button", name="延期，生成公告").click()
    expect(page.locator(".errors")).to_contain_text("请先勾选")
    page.get_by_label(re.compile("我知道只能延期一次")).check()
    page.get_by_role("button", name="延期，生成公告").click()
    expect(page.locator(".errors")).to_contain_text("最多延10天")
    no_sideways(page)
    shoot(page, "staff-convening-extension")
