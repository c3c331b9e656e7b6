"""Somebody outside makes the letters: from the choice to the announcement."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.test_staff_journeys import DESK, PHONE, here, no_sideways, shoot, sign_in
from tests.town import Town, draft
from voting.models import Session

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
__all__ = ["here"]
ROOT = Path(__file__).resolve().parents[2]


def tool(*arguments: object) -> subprocess.CompletedProcess[str]:
    """The maker's computer: another process, without settings."""
    command = [sys.executable, "-m", "voting.letterer", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["1366", "390"])
def test_letters_made_outside(
    open_page: Open, here: Town, size: dict[str, int], tmp_path: Path
) -> None:
    session = draft(here.here.estate, at=timezone.now(), days=17)
    here.person("organiser")
    page = sign_in(open_page(**size), "organiser")

    def look(name: str) -> None:
        no_sideways(page)
        shoot(page, f"staff-letters-{name}-{size['width']}")

    page.goto(f"/staff/sessions/{session.code}/")
    page.get_by_role("link", name="通知书由谁制作").click()
    look("platform")
    page.get_by_role("button", name="请他制作").click()
    expect(page.locator("main")).to_contain_text("请填制信人的名称")
    page.get_by_label("制信人是谁").select_option("notary")
    page.get_by_label("制信人的名称").fill("东门公证处")
    page.get_by_role("button", name="请他制作").click()
    look("chosen")
    with page.expect_download() as coming:
        page.get_by_role("button", name="下载制信名册").click()
    roll, letters, keys = (tmp_path / name for name in ("roll.json", "l.pdf", "keys.json"))
    coming.value.save_as(roll)
    done = tool("draw", roll, "--letters", letters, "--keys", keys)
    assert done.returncode == 0, done.stderr
    assert letters.read_bytes().startswith(b"%PDF")
    assert not roll.exists()
    upload = page.get_by_label("制信人交来的公钥文件")
    upload.set_input_files(files=[{"name": "x", "mimeType": "text/plain", "buffer": b"{}\n"}])
    page.get_by_role("button", name="上传").click()
    expect(page.locator("main")).to_contain_text("这不是制信人的公钥文件")
    page.get_by_label("制信人交来的公钥文件").set_input_files(keys)
    page.get_by_role("button", name="上传").click()
    shown = re.search(r"[0-9A-F]{4}( [0-9A-F]{4}){3}", done.stdout)
    assert shown is not None
    expect(page.locator("main")).to_contain_text(shown.group())
    look("delivered")
    page.goto(f"/staff/sessions/{session.code}/announce")
    for box in page.locator("main input[type=checkbox]").all():
        box.check()
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("main")).to_contain_text("东门公证处")
    look("announced")
    session = Session.objects.get(pk=session.pk)
    assert session.state == "frozen"
    page.goto(f"/staff/sessions/{session.code}/letters")
    expect(page.locator("main")).to_contain_text("平台没有信里的密钥")
    look("page")
    public = open_page(width=360)
    public.goto(f"/s/{session.code}/")
    expect(public.locator("main")).to_contain_text("通知书由东门公证处在平台以外制作")
