"""An owner of 75 looks at what is kept about her, and takes another phone: on a cheap phone,
with and without JavaScript, with large letters; the desk and its second person beside it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.gateways import MemoryGateway
from accounts.services.messages import send_due_messages
from registry.models import Estate, Owner, PhoneChange
from registry.selectors import document_key
from tests.factories import make_estate, make_owner, make_unit
from voting.services.phones import apply_changes, tell_changes

from .conftest import Open, shoot
from .officials import seated, session_of
from .test_owner_journeys import in_thread
from .test_staff_journeys import no_sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE, NEW = "10000000001", "10088880001"
NUMBER = "99999919500101000X"


@pytest.fixture
def estate(erasable: None) -> Estate:
    return make_estate()


@pytest.fixture
def chen(estate: Estate) -> Owner:
    key = document_key("", "陈小兰", NUMBER)
    owner = make_owner(estate, "陈小兰", number=NUMBER, document_hash=key, phone=PHONE)
    make_unit(estate, "3幢", "502", 88_50, [owner])
    return owner


def enters(page: Page, phone: str = PHONE) -> None:
    page.goto("/my/data/")
    page.get_by_label("手机号").fill(phone)
    page.get_by_role("button", name="发送验证码").click()
    types_code(page)
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("heading", name="您的个人信息")).to_be_visible()


def types_code(page: Page) -> None:
    # Nothing is typed before the page that asks for it is there: the code is sent by then.
    page.get_by_label("验证码").wait_for()
    found = re.search(r"\d{6}", MemoryGateway.sent[-1][1])
    assert found
    page.get_by_label("验证码").fill(found.group())


@pytest.mark.parametrize("js", [False, True], ids=["plain", "script"])
def test_she_sees_what_is_kept_and_changes_her_phone(
    open_page: Open, chen: Owner, live_server: Any, js: bool
) -> None:
    desk = seated(open_page(width=1280), session_of(chen.estate, "organiser"), live_server)
    room = chen.ownerships.get().unit
    desk.goto(reverse("roll:unit", args=[chen.estate.code, room.pk]))
    expect(desk.get_by_text("陈**").first).to_be_visible()
    expect(desk.get_by_text("陈小兰")).to_have_count(0)
    desk.get_by_label("为什么要看完整的姓名和号码").select_option("contact")
    with desk.expect_navigation():
        desk.get_by_role("button", name="看完整的姓名和号码").click()
    expect(desk.get_by_text("陈小兰")).to_be_visible()
    shoot(desk, "own-data-shown")

    page = open_page(js=js, width=320)
    enters(page)
    no_sideways(page) if js else None
    expect(page.get_by_text("陈小兰")).to_have_count(0)
    shoot(page, f"own-data-{js}")
    page.get_by_role("link", name="看谁看过您的信息").click()
    expect(page.get_by_text("看了姓名、证件号码和手机号")).to_be_visible()
    expect(page.get_by_text("联系业主")).to_be_visible()
    shoot(page, f"own-data-seen-{js}")
    page.get_by_role("link", name="您的个人信息").click()

    page.get_by_role("link", name="换手机号").click()
    page.get_by_role("button", name="发送验证码").click()
    expect(page.get_by_text("请填写新的手机号").first).to_be_visible()
    page.get_by_label("新的手机号").fill("138")
    page.get_by_role("button", name="发送验证码").click()
    expect(page.get_by_text("手机号应为11位数字").first).to_be_visible()
    page.get_by_label("新的手机号").fill("100 8888 0001")
    page.get_by_role("button", name="发送验证码").click()
    types_code(page)
    shoot(page, f"own-data-code-{js}")
    page.get_by_role("button", name="申请换成这个号码").click()
    expect(page.get_by_text("手机号要换成100****0001")).to_be_visible()
    shoot(page, f"own-data-waits-{js}")

    day_passes()
    page.reload()
    # The old phone opens nothing any more.
    expect(page.get_by_role("button", name="发送验证码")).to_be_visible()


def day_passes() -> None:
    now = timezone.now()
    tell_changes(now)
    morning = PhoneChange.objects.get(state="held").takes_effect_at
    assert morning is not None
    in_thread(lambda: send_due_messages(at=morning - timedelta(hours=24)))
    assert PHONE in {phone for phone, _text, *_more in MemoryGateway.sent}
    assert apply_changes(morning + timedelta(minutes=1)) == 1


def test_a_change_that_is_not_hers_is_stopped(
    open_page: Open, chen: Owner, live_server: Any
) -> None:
    """The desk and a second person enter a number; the old phone is told and says no."""
    estate = chen.estate
    room = chen.ownerships.get().unit
    desk = seated(open_page(width=1280), session_of(estate, "organiser"), live_server)
    desk.goto(reverse("roll:unit", args=[estate.code, room.pk]))
    desk.get_by_role("link", name="换手机号").click()
    with desk.expect_navigation():
        desk.get_by_role("button", name="录入").click()
    expect(desk.get_by_text("请先看过身份证件和申请，再勾选").first).to_be_visible()
    shoot(desk, "own-phone-refused")
    desk.get_by_label("陈**").check()
    desk.get_by_label("新的手机号").fill(NEW)
    desk.get_by_label("我看过业主的身份证件和本人签字的申请").check()
    with desk.expect_navigation():
        desk.get_by_role("button", name="录入").click()
    expect(desk.get_by_text("等第二人确认")).to_be_visible()
    second = seated(open_page(width=390), session_of(estate, "supervisor"), live_server)
    second.goto("/staff/")
    second.get_by_role("link", name="1位业主换手机号，等第二人确认").click()
    expect(second.get_by_text(NEW)).to_be_visible()
    no_sideways(second)
    shoot(second, "own-phone-second")
    with second.expect_navigation():
        second.get_by_role("button", name="看过身份证件和申请，确认").click()
    expect(second.get_by_text("已确认")).to_be_visible()

    page = open_page(width=390)
    enters(page)
    expect(page.get_by_text("手机号要换成100****0001")).to_be_visible()
    with page.expect_navigation():
        page.get_by_role("button", name="停止，不换").click()
    expect(page.get_by_text("已停止，手机号不变")).to_be_visible()
    assert PhoneChange.objects.get().state == "stopped"


def test_she_takes_a_copy_and_asks_for_a_correction(open_page: Open, chen: Owner) -> None:
    page = open_page(width=390)
    enters(page)
    page.get_by_role("link", name="取一份副本").click()
    page.get_by_label("姓", exact=True).fill("陈")
    page.get_by_label("证件号码后六位").fill("000000")
    page.get_by_label("网页文件，能看能打印").check()
    with page.expect_navigation():
        page.get_by_role("button", name="下载").click()
    expect(page.get_by_text("姓或者证件号码后六位不对").first).to_be_visible()
    shoot(page, "own-copy-refused")
    page.get_by_label("证件号码后六位").fill("01000x")
    with page.expect_download() as got:
        page.get_by_role("button", name="下载").click()
    copy = got.value.path().read_text("utf-8")
    assert NUMBER in copy
    assert "陈小兰" in copy
    page.goto("/my/data/")
    page.get_by_role("link", name="要求更正、删除或者说明").click()
    with page.expect_navigation():
        page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("请选择您要办什么").first).to_be_visible()
    page.get_by_label("更正或者补充").check()
    page.get_by_label("写在这里").fill("名字里的“兰”应当是“岚”")
    shoot(page, "own-ask")
    with page.expect_navigation():
        page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("以前答复").first).to_be_visible()
    no_sideways(page)
    shoot(page, "own-data-asked")
