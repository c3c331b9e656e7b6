"""The pages of the keys in Chromium: they fit a desk and a phone, and take files."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.test_staff_journeys import DESK, PHONE, here, no_sideways, shoot, sign_in
from tests.factories import FOR, Vote
from tests.town import Town, draft
from tests.voting.services.test_trustees import Held
from voting.services.freezing import freeze_session
from voting.spool import read_spool
from voting.tasks import sweep_all

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
__all__ = ["here"]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["1366", "390"])
def test_keys_from_the_choice_to_the_last_share(
    open_page: Open, here: Town, size: dict[str, int]
) -> None:
    at = timezone.now() - timedelta(days=40)
    session = draft(here.here.estate, at=at)
    here.person("organiser")
    width = size["width"]
    page = sign_in(open_page(**size), "organiser")

    def look(name: str) -> None:
        no_sideways(page)
        shoot(page, f"staff-{name}-{width}")

    page.goto(f"/staff/sessions/{session.code}/")
    page.get_by_role("link", name="谁保管开票钥匙").first.click()
    look("keys-platform")
    page.get_by_role("link", name="3位保管，要2位才打得开").click()
    page.get_by_role("button", name="确定保管人").click()
    look("keys-holders")
    for number, name in enumerate("甲乙丙", start=1):
        page.get_by_label(f"第{number}位的称呼").fill(name)
        page.get_by_label(f"第{number}位属于哪一方").select_option("street_office")
    page.get_by_role("button", name="确定保管人").click()
    expect(page.locator("main")).to_contain_text("他们听命于同一方")
    page.locator(".notice").get_by_role("link", name="抽签产生业主保管人").click()
    page.get_by_label("种子从哪里来").fill("12月1日福彩3D和双色球")
    page.get_by_role("button", name="固定名单").click()
    page.get_by_label("种子（").fill("3D 123 双色球 05 11 17")
    page.get_by_role("button", name="抽签", exact=True).click()
    expect(page.locator("main")).to_contain_text("抽中的先后次序")
    look("keys-lot")
    page.goto(f"/staff/sessions/{session.code}/keys")
    held = Held.__new__(Held)
    held.session = session
    held.act = {"session_id": session.pk, "actor": "user:1", "at": at}
    held.begin()
    for round_ in range(3):
        for message in held.messages():
            file = {"name": "f.json", "mimeType": "application/json", "buffer": message}
            page.get_by_label("保管人交来的文件").set_input_files(files=[file])
            page.get_by_role("button", name="上传").click()
        if round_ == 0:
            page.get_by_label("保管人交来的文件").set_input_files(
                files=[{**file, "buffer": b"{}"}]
            )
            page.get_by_role("button", name="上传").click()
            expect(page.locator("main")).to_contain_text("不是开票钥匙仪式的文件")
            look("keys-round")
    look("keys-fingerprint")
    page.get_by_label("每位保管人都在自己的电脑上念了一遍").check()
    page.get_by_label("每位保管人的两份钥匙都当场试解通过").check()
    page.get_by_role("button", name="大家念的都一样").click()
    expect(page.locator("main")).to_contain_text("钥匙做好了")
    freeze_session(session_id=session.pk, actor="user:1", at=at)
    session.refresh_from_db()
    secrets = read_spool(session.code)
    assert secrets is not None
    Vote(session, secrets).cast(1, [FOR], at=session.opens_at)
    sweep_all(timezone.now())
    page.goto("/staff/")
    page.get_by_role("link", name="等待保管人开票").click()
    page.get_by_role("link", name="等待保管人开票").click()
    look("opening")
    for number in (1, 3):
        file = {"name": "s", "mimeType": "text/plain", "buffer": held.share(number)}
        page.get_by_label("开票份额文件").set_input_files(files=[file])
        page.get_by_role("button", name="上传").click()
    expect(page.locator("h1")).to_contain_text("保管人已经开票")
    look("opening-done")
