"""An exclusion in Chromium: a desk proposes, a phone decides, the page says what follows."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from tests.portal.test_rulings import closed_vote
from tests.town import Town, make_town

from .conftest import Open, shoot
from .test_staff_journeys import DESK, PDF, PHONE, no_sideways, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def here(erasable: None) -> Town:
    cache.clear()
    return make_town()


def test_one_proposes_another_decides(open_page: Open, here: Town) -> None:
    vote = closed_vote(here)
    for role in ("organiser", "supervisor"):
        here.person(role)
    desk = sign_in(open_page(**DESK), "organiser")
    desk.goto(f"/staff/sessions/{vote.session.code}/")
    desk.get_by_role("link", name="异议和裁定", exact=True).click()
    expect(desk.locator("main")).to_contain_text("此前不打开任何票")
    desk.get_by_label("房号").fill("00701")
    desk.get_by_role("button", name="查找").click()
    shoot(desk, "staff-rulings")
    desk.get_by_role("link", name="提出不计入").click()
    desk.get_by_role("button", name="提出", exact=True).click()
    expect(desk.locator(".errors")).to_contain_text("请填写理由")
    desk.get_by_label(re.compile("为什么不能计入")).fill("信被别人取走")
    desk.get_by_label(re.compile("依据的文件")).set_input_files(
        {"name": "笔录.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    desk.get_by_role("button", name="提出", exact=True).click()
    expect(desk.locator("main")).to_contain_text("等待另一个人决定")

    phone = sign_in(open_page(js=False, **PHONE), "supervisor")
    phone.get_by_role("link", name=re.compile("有裁定等第二人决定")).click()
    phone.get_by_role("link", name="异议和裁定", exact=True).click()
    phone.get_by_role("link", name=re.compile("00701")).click()
    no_sideways(phone)
    shoot(phone, "staff-ruling-phone")
    phone.get_by_role("button", name="同意，这一户的票不计入").click()
    expect(phone.locator("main")).to_contain_text("已裁定不计入")
    no_sideways(phone)
