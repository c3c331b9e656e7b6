"""Single ballots in Chromium: a supervisor looks at one, a court's order opens another."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from tests.portal.test_openings import KEY_OF_COURT, resolved
from tests.town import Town, make_town
from voting.models import Look

from .conftest import Open, shoot
from .test_owner_journeys import in_thread
from .test_staff_journeys import DESK, PDF, PHONE, no_sideways, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def here(erasable: None, settings: Any, tmp_path: Path) -> Town:
    cache.clear()
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True  # the resolution's certificate
    return make_town()


def test_a_supervisor_looks_at_one_household(open_page: Open, here: Town) -> None:
    session = in_thread(lambda: resolved(here, "named"))
    for role in ("organiser", "supervisor"):
        here.person(role)
    phone = sign_in(open_page(**PHONE), "supervisor")
    phone.goto(f"/staff/sessions/{session.code}/")
    phone.get_by_role("link", name=re.compile("记名票")).click()
    phone.get_by_label("房号").fill("102")
    phone.get_by_role("button", name="查找").click()
    shoot(phone, "single-openings")
    no_sideways(phone)
    phone.get_by_role("link", name="写明理由，看这一户").first.click()
    phone.get_by_role("button", name="记下理由，看这一户").click()
    expect(phone.locator(".errors")).to_contain_text("请填写理由")
    phone.get_by_label(re.compile("为什么要看")).fill("核对签名异议")
    shoot(phone, "single-look-new")
    phone.get_by_role("button", name="记下理由，看这一户").click()
    expect(phone.locator("main dl")).to_contain_text("反对")
    shoot(phone, "single-look")
    no_sideways(phone)
    assert Look.objects.count() == 1
    desk = sign_in(open_page(**DESK), "organiser")
    desk.goto(f"/staff/sessions/{session.code}/openings/")
    expect(desk.locator("main")).to_contain_text("核对签名异议")
    expect(desk.locator("main")).not_to_contain_text("反对")
    shoot(desk, "single-openings-desk")


def test_a_court_order_is_entered_and_checked(open_page: Open, here: Town) -> None:
    session = in_thread(lambda: resolved(here, "secret"))
    for role in ("organiser", "supervisor"):
        here.person(role)
    desk = sign_in(open_page(**DESK), "organiser")
    desk.goto(f"/staff/sessions/{session.code}/court/?q=101")
    desk.get_by_role("link", name="登记法院文书").first.click()
    desk.get_by_role("button", name="登记", exact=True).click()
    expect(desk.locator(".errors")).to_contain_text("请选文书指明的那一张票")
    desk.get_by_label(re.compile("最后一次")).check()
    desk.get_by_label("法院名称").fill("测试区人民法院")
    desk.get_by_label(re.compile("文号")).fill("（2026）测0101民初1号")
    desk.get_by_label(re.compile("法院的公钥")).fill(KEY_OF_COURT)
    desk.get_by_label(re.compile("法院的文书")).set_input_files(
        {"name": "裁定.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    shoot(desk, "court-new")
    desk.get_by_role("button", name="登记", exact=True).click()
    expect(desk.locator("main")).to_contain_text("等待另一个人对照文书核对")
    phone = sign_in(open_page(**PHONE), "supervisor")
    phone.goto(desk.url)
    phone.get_by_label(re.compile("我看过文书原件")).check()
    shoot(phone, "court-check")
    no_sideways(phone)
    phone.get_by_role("button", name="一样，向法院打开这一张票").click()
    expect(phone.locator("main")).to_contain_text("平台封好的文件")
    shoot(phone, "court-opened")
    public = open_page(**PHONE)
    public.goto(f"/s/{session.code}/")
    expect(public.locator("main")).to_contain_text("依法院的要求打开的一共 1 张")
    shoot(public, "court-public")
    no_sideways(public)
