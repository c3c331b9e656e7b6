"""A vote's papers in Chromium: on the wall by a phone, stamped and scanned back, in the
archive, filed with the street office."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from PIL import Image
from playwright.sync_api import expect

from documents.archives import check_archive
from documents.authority import certificates, development_identity
from tests.documents.test_scans import photo, scan
from tests.factories import FOR, Vote
from tests.town import Town, draft, make_town
from voting import tasks
from voting.services.drafting import save_motion
from voting.services.freezing import freeze_session
from voting.spool import read_spool

from .conftest import Open, shoot
from .test_staff_journeys import DESK, PDF, PHONE, no_sideways, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def here(erasable: None, settings: Any, tmp_path: Path) -> Town:
    cache.clear()
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)
    return make_town()


def announced_vote(town: Town) -> Vote:
    """Announced 28 days ago, its notice issued; a fund motion and a new covenant."""
    at = timezone.now() - timedelta(days=28)
    session = draft(town.here.estate, at=at)
    save_motion(
        session_id=session.pk,
        matter=2,
        title="修改管理规约",
        text="是否同意修改后的管理规约？",
        cost_fen=None,
        actor="user:1",
        at=at,
    )
    freeze_session(session_id=session.pk, actor="user:1", at=at)
    aside(tasks.notify_due, at)
    session.refresh_from_db()
    secrets = read_spool(session.code)
    assert secrets is not None
    return Vote(session, secrets)


def aside(act: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """Do it in a thread of its own, as a worker does: the browser's has a loop running."""

    def run() -> Any:
        try:
            return act(*given, **named)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


def file(name: str, content: bytes) -> Any:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def test_from_the_wall_to_the_cabinet(
    open_page: Open, here: Town, settings: Any, tmp_path: Path
) -> None:
    vote = announced_vote(here)
    session = vote.session
    assert session.opens_at is not None
    assert session.closes_at is not None
    for role in ("organiser", "supervisor", "street_office"):
        here.person(role)

    # On the wall, by whoever stands before it with a phone; no JavaScript needed.
    phone = sign_in(open_page(js=False, **PHONE), "organiser")
    phone.get_by_role("link", name=re.compile("张贴公告")).click()
    phone.get_by_role("link", name="去写明").click()
    phone.get_by_label(re.compile("张贴的地方")).fill("大门公告栏")
    phone.get_by_role("button", name="加上这一处").click()
    phone.goto(f"/staff/sessions/{session.code}/postings")
    expect(phone.locator("main")).to_contain_text("还没有张贴")
    no_sideways(phone)
    shoot(phone, "staff-postings-phone")
    phone.get_by_role("link", name="记下张贴").click()
    phone.get_by_label(re.compile("谁办的")).fill("王一")
    phone.get_by_label(re.compile("照片")).set_input_files(file("a.exe", b"MZ"))
    phone.get_by_role("button", name="记下：已经张贴").click()
    expect(phone.locator(".errors")).to_contain_text("只收 PNG、JPEG 文件")
    expect(phone.get_by_label(re.compile("谁办的"))).to_have_value("王一")
    phone.get_by_label(re.compile("照片")).set_input_files(file("a.jpg", photo()))
    no_sideways(phone)
    shoot(phone, "staff-posting-new-phone")
    phone.get_by_role("button", name="记下：已经张贴").click()
    expect(phone.locator("img")).to_be_visible()
    no_sideways(phone)
    shoot(phone, "staff-posting-phone")

    # Stamped, scanned back, seen by a second person, and on the public page.
    desk = sign_in(open_page(**DESK), "organiser")
    desk.goto(f"/staff/papers/{session.notice.code}/stamp")
    desk.get_by_label(re.compile("盖章以后的扫描件")).set_input_files(
        file("b.png", scan("0123456789AB"))
    )
    desk.get_by_role("button", name="上传").click()
    expect(desk.locator(".errors")).to_contain_text("另一份文件")
    desk.get_by_label(re.compile("盖章以后的扫描件")).set_input_files(
        file("a.png", scan(session.notice.code))
    )
    desk.get_by_role("button", name="上传").click()
    expect(desk.locator("main")).to_contain_text("要另一个人来确认")
    shoot(desk, "staff-stamp")
    second = sign_in(open_page(**DESK), "supervisor")
    second.goto(f"/staff/papers/{session.notice.code}/stamp")
    second.get_by_role("button", name="对，就是这份文件").click()
    expect(second.locator("main")).to_contain_text("已由第二人确认")
    anyone = open_page(js=False, **PHONE)
    anyone.goto(f"/v/{session.notice.code}")
    expect(anyone.get_by_role("img", name="盖章扫描件")).to_be_visible()
    served = anyone.request.get(
        anyone.get_by_role("img", name="盖章扫描件").get_attribute("src") or ""
    )
    assert Image.open(BytesIO(served.body())).format == "JPEG"
    no_sideways(anyone)
    shoot(anyone, "verify-stamped-phone")
    anyone.goto(f"/s/{session.code}/notice/")
    no_sideways(anyone)
    shoot(anyone, "notice-page-phone")

    # The vote takes its course.
    for number in range(1, 7):
        vote.cast(number, [FOR, FOR], at=session.opens_at)
    vote.count(at=session.closes_at + timedelta(days=2))
    now = timezone.now()
    for _again in range(2):
        aside(tasks.resolve_due, now)
        aside(tasks.open_filings_due, now)
    session.refresh_from_db()
    assert session.state == "resolved"

    # Into the cabinet.
    desk.goto(f"/staff/sessions/{session.code}/archive")
    desk.get_by_role("button", name="开始归档").click()
    aside(tasks.make_archives, now)
    desk.reload()
    shoot(desk, "staff-archive")
    with desk.expect_download() as download:
        desk.get_by_role("button", name="下载（记入操作记录）").click()
    bundle = tmp_path / "bundle.zip"
    download.value.save_as(bundle)
    roots = certificates((Path(settings.CA_DIR) / "ca.pem").read_bytes())
    assert aside(check_archive, bundle, trust_roots=roots).status == "whole"

    # To the street office and back with a receipt.
    desk.goto("/staff/")
    desk.get_by_role("link", name=re.compile("变更备案")).click()
    desk.get_by_label(re.compile("哪一种材料")).select_option("covenant")
    desk.get_by_label("文件", exact=True).set_input_files(file("规约.pdf", PDF))
    desk.get_by_role("button", name="加上").click()
    shoot(desk, "staff-filing")
    desk.get_by_role("button", name="提交给街道").click()
    street = sign_in(open_page(**DESK), "street_office")
    street.get_by_role("link", name=re.compile("变更备案")).click()
    street.get_by_role("button", name="退回补正").click()
    expect(street.locator(".errors").first).to_contain_text("请一次写明")
    street.get_by_label(re.compile("登记编号")).fill("备〔2026〕7号")
    shoot(street, "staff-filing-street")
    street.get_by_role("button", name="接收，出备案回执").click()
    aside(tasks.filing_receipts_due, timezone.now())
    desk.reload()
    desk.get_by_role("link", name=re.compile("备案〔")).click()
    expect(desk.locator("main")).to_contain_text("登记中有这份文件，现在有效")
