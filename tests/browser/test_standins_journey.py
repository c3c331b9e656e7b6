"""Journeys O5 and O7, assistance on a tablet, the door-to-door board, and a lost letter."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from django.core.cache import cache
from PIL import Image
from playwright.sync_api import Page, expect

from accounts.gateways import MemoryGateway
from tests.town import Town, announced, make_town
from tests.voting.views.story import LI, WANG, Vote, make_vote
from voting.models import Ballot, DeliveryEvidence, DeliveryMark
from voting.services.delivering import content_of

from .conftest import Open, shoot
from .test_owner_journeys import (
    pass_sms,
    scan,
    sms_digits,
    to_review,
    with_and_without,
)
from .test_staff_journeys import PHONE, no_sideways, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CARD = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")


@pytest.fixture
def vote() -> Vote:
    return make_vote()


@pytest.fixture
def here(erasable: None) -> Town:
    cache.clear()
    return make_town()


def submit(page: Page) -> None:
    page.get_by_role("button", name="提交", exact=True).click()
    page.wait_for_url("**/receipt/")


def authorise(page: Page, vote: Vote) -> str:
    """王 authorises 周七 for both items; the agent's code."""
    scan(page, vote.letters[WANG])
    page.locator("#start button").click()
    pass_sms(page)
    page.get_by_role("link", name="委托他人投票").click()
    page.get_by_role("button", name="委托", exact=True).click()
    expect(page.locator(".errors")).to_contain_text("请写明受托人姓名")
    expect(page.locator(".errors")).to_contain_text("由业主本人签名")
    shoot(page, "proxy-errors")
    page.get_by_label("受托人姓名").fill("周七")
    page.get_by_label("受托人手机号").fill("10000009999")
    for label in page.locator("label.choice", has_text=re.compile(r"^\s*\d\. ")).all():
        label.click()
    page.locator("label.choice", has_text="由受托人决定意见").click()
    page.locator("label.choice", has_text="我是业主本人").click()
    no_sideways(page)
    shoot(page, "proxy-form")
    page.get_by_role("button", name="委托", exact=True).click()
    expect(page.get_by_role("heading", name="已委托")).to_be_visible()
    shoot(page, "proxy-code")
    found = CARD.search(page.locator(".panel .code").inner_text())
    assert found
    return found.group()


@with_and_without
def test_o7_the_agent_votes_and_then_the_owner(open_page: Open, vote: Vote, js: bool) -> None:
    owner = open_page(js=js)
    code = authorise(owner, vote)
    agent = open_page(js=js)
    agent.goto("/q/")
    agent.get_by_label("12 位码").fill(code)
    agent.get_by_role("button", name="下一步").click()
    expect(agent.locator("main")).to_contain_text("这是受托人的码")
    agent.locator("#start button").click()
    expect(agent.get_by_role("heading", name="怎样核对您是受托人？")).to_be_visible()
    pass_sms(agent)
    assert MemoryGateway.sent[-1][0] == "10000009999"
    to_review(agent, js, "反对", "反对")
    submit(agent)
    expect(agent.locator("main")).to_contain_text("由受托人代为投票")
    shoot(agent, f"proxy-receipt-{'js' if js else 'plain'}")
    scan(owner, vote.letters[WANG])
    expect(owner.locator("main")).to_contain_text("这张票是受托人投的")
    expect(owner.locator("main")).not_to_contain_text("反对")
    owner.locator("#start button").click()
    to_review(owner, js, "同意", "同意")
    submit(owner)
    assert list(Ballot.objects.values_list("number", flat=True).order_by("pk")) == [1, 2]
    agent.reload()
    expect(agent.locator("main")).to_contain_text("业主已本人投票，这张票不再计入")
    agent.goto(f"/vote/{vote.code}/motions/")
    expect(agent.locator("main")).to_contain_text("不再计入")


def test_o5_a_joint_owner_comes_after_the_first(open_page: Open, vote: Vote) -> None:
    first = open_page()
    scan(first, vote.letters[LI])
    first.locator("#start button").click()
    pass_sms(first)
    to_review(first, True, "反对", "弃权")
    submit(first)
    second = open_page(js=False)
    scan(second, vote.letters[LI])
    expect(second.locator(".notice.good")).to_contain_text("投票")
    for word in ("反对", "弃权"):
        expect(second.locator("main")).not_to_contain_text(word)
    second.get_by_role("link", name="查看回执").click()
    expect(second.get_by_role("heading", name="这张票已记录")).to_be_visible()
    expect(second.locator("main")).not_to_contain_text("反对")
    shoot(second, "o5-joint-owner")


def test_a_lost_letter(open_page: Open, vote: Vote) -> None:
    page = open_page(js=False)
    page.goto(f"/s/{vote.code}/")
    page.get_by_role("link", name="我没收到信").click()
    page.get_by_label("房号").fill("1幢2单元301")
    page.get_by_label("您登记的手机号").fill("10000000001")
    no_sideways(page)
    shoot(page, "lost")
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("heading", name="请核对您的身份")).to_be_visible()
    page.get_by_label("短信里的 6 位数字").fill(sms_digits())
    page.get_by_label("业主的姓").fill("王")
    page.get_by_label("证件号码的最后 6 位").fill("01001X")
    shoot(page, "lost-check")
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("heading", name="您的新码")).to_be_visible()
    shoot(page, "lost-code")
    page.get_by_role("link", name="现在投票").click()
    to_review(page, False, "同意", "同意")
    submit(page)


def test_assistance_on_a_tablet(open_page: Open, here: Town) -> None:
    session = announced(here.here.estate, days_ago=20)
    here.person("residents_committee")
    tablet = sign_in(open_page(**PHONE), "residents_committee")
    tablet.goto(f"/staff/sessions/{session.code}/standins/?q=1幢1单元101")
    tablet.get_by_role("link", name="代操作").click()
    tablet.get_by_role("button", name="下一步").click()
    expect(tablet.locator(".errors")).to_contain_text("两位不同的见证人")
    expect(tablet.locator(".errors")).to_contain_text("全程在场")
    tablet.get_by_text("在业主家里或者办公室").click()
    tablet.get_by_label("第一位见证人姓名").fill("冯一")
    tablet.get_by_label("第二位见证人姓名").fill("陈二")
    tablet.get_by_label(re.compile("两位见证人都在场")).check()
    no_sideways(tablet)
    shoot(tablet, "assist-form")
    tablet.get_by_role("button", name="下一步").click()
    shoot(tablet, "assist-script")
    tablet.get_by_role("button", name="业主同意，开始").click()
    expect(tablet.get_by_role("heading", name="请业主本人核对身份")).to_be_visible()
    expect(tablet.locator("main")).not_to_contain_text("证件号码")
    pass_sms(tablet)
    to_review(tablet, True, "同意")
    submit(tablet)
    expect(tablet.locator("main")).to_contain_text("由他人协助操作")
    shoot(tablet, "assist-receipt")
    tablet.get_by_role("link", name="交还平板").click()
    tablet.get_by_role("button", name="结束").click()
    tablet.goto(f"/vote/{session.code}/motions/")
    expect(tablet.get_by_role("heading", name="请重新扫")).to_be_visible()
    assert Ballot.objects.get().helped.assistance is not None


def test_door_to_door_on_a_phone_without_javascript(open_page: Open, here: Town) -> None:
    session = announced(here.here.estate)
    for role in ("residents_committee", "supervisor"):
        here.person(role)
    phone = sign_in(open_page(js=False, width=360), "residents_committee")
    phone.goto(f"/staff/sessions/{session.code}/delivery/")
    no_sideways(phone)
    shoot(phone, "delivery")
    phone.get_by_label("扫描或者输入信上的票号").fill(session.parties.get(number=2).serial)
    phone.get_by_role("button", name="记下").click()
    expect(phone.locator("main")).to_contain_text("通知书送达")
    phone.get_by_role("link", name="1幢1单元").click()
    no_sideways(phone)
    shoot(phone, "delivery-door")
    phone.locator("a.door", has_text="101").click()
    no_sideways(phone)
    shoot(phone, "delivery-room")
    picture = BytesIO()
    Image.new("RGB", (60, 40), "blue").save(picture, "JPEG")
    phone.locator("#photo").set_input_files(
        {"name": "门.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()}
    )
    phone.get_by_role("button", name="退回，找不到人").click()
    expect(phone.locator("a.door.failed")).to_contain_text("退回")
    assert content_of(DeliveryEvidence.objects.get()).startswith(b"\xff\xd8")
    phone.go_back()
    phone.get_by_role("button", name="退回，找不到人").click()  # the same form again
    assert DeliveryMark.objects.filter(kind="returned").count() == 1
    phone.goto(f"/staff/sessions/{session.code}/delivery/notice")
    expect(phone.locator(".rooms li")).to_have_count(1)
    shoot(phone, "delivery-notice")
    desk = sign_in(open_page(width=1366, height=768), "supervisor")
    desk.goto(f"/staff/sessions/{session.code}/delivery/")
    shoot(desk, "delivery-desk")
    desk.get_by_role("link", name="1幢1单元").click()
    shoot(desk, "delivery-door-desk")
