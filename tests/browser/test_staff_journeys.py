"""Journeys of the people who run a vote (C1, C3, S2 of the acceptance list), in Chromium."""

from __future__ import annotations

import io
import random
import re
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from django.core.cache import cache
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from accounts.models import Job
from tests.app_digits import app_digits
from tests.factories import AGAINST, FOR, even_estate, frozen_vote
from tests.town import PASSWORD, Town, announced, draft, make_town
from voting.models import Party, Session
from voting.protocol import credential
from voting.protocol.shape import b64, unb64
from voting.selectors import terms
from voting.services import letters as printing

from .conftest import Open, shoot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESK = {"width": 1366, "height": 768, "device_scale_factor": 1}
PHONE = {"width": 390, "height": 844}
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture
def here(erasable: None) -> Town:
    cache.clear()
    return make_town()


def sign_in(page: Page, name: str) -> Page:
    page.goto("/staff/")
    page.get_by_label("用户名或手机号").fill(name)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url("**/staff/**")
    return page


def no_sideways(page: Page) -> None:
    page.wait_for_load_state()
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide"


def moment(days: int) -> str:
    return f"{timezone.localdate() + timedelta(days=days):%Y-%m-%d}T09:00"


def file(folder: Path, name: str, content: bytes) -> Path:
    """On the disk, as a person has it: 30 MB need not go through the browser's driver."""
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("js", [True, False], ids=["js", "no-js"])
def test_c1_from_nothing_to_an_announced_session(
    open_page: Open, here: Town, tmp_path: Path, js: bool
) -> None:
    here.person("organiser")
    estate = here.here.estate
    page = sign_in(open_page(js=js, **DESK), "organiser")
    page.goto(f"/staff/estates/{estate.code}/")
    page.get_by_role("link", name="新建会议").click()

    # Nothing is filled in: every reason at once, and what was typed stays.
    page.get_by_label("会议名称").fill("2026年第一次业主大会会议")
    page.get_by_role("button", name="保存草稿").click()
    summary = page.locator(".errors")
    for reason in ("请填写组织者", "请填写联系电话", "请选择组织者的类型", "请选择公布方式"):
        expect(summary).to_contain_text(reason)
    expect(page.get_by_label("会议名称")).to_have_value("2026年第一次业主大会会议")
    if js:
        shoot(page, "staff-c1-errors")
    page.get_by_label("由谁组织").select_option("owners_committee")
    page.get_by_label("组织者名称").fill("样例花园业主委员会")
    page.get_by_label("咨询电话").fill("0000-0000000")
    page.get_by_label(re.compile("只公布合计")).check()
    page.get_by_role("button", name="保存草稿").click()

    # A motion, with a cost; a matter must be chosen.
    page.get_by_label("事项标题").fill("使用维修资金更换1号电梯钢丝绳")
    page.get_by_label("要业主决定的内容").fill("是否同意使用维修资金更换1号电梯的钢丝绳？")
    page.get_by_label("要花多少钱（元）").fill("10,000.00")
    page.get_by_role("button", name="保存事项").click()
    expect(page.locator(".errors")).to_contain_text("九类事项之一")
    expect(page.get_by_label("要花多少钱（元）")).to_have_value("10,000.00")
    page.get_by_label(re.compile("使用建筑物及其附属设施的维修资金")).check()
    page.get_by_role("button", name="保存事项").click()
    expect(page.get_by_role("row", name=re.compile("合计6户"))).to_contain_text("10,000.00")

    # Attachments are told by their content.
    for upload, reason in (
        (file(tmp_path, "方案.pdf", b"MZ\x90\x00 not a pdf"), "不是其中任何一种"),
        (file(tmp_path, "空.pdf", b""), "空的"),
        (file(tmp_path, "大.pdf", b"%PDF-" + bytes(30 * 1024 * 1024)), "超过20 MB"),
    ):
        page.get_by_label("附件").set_input_files(upload)
        page.get_by_role("button", name="加附件").click()
        expect(page.locator(".errors")).to_contain_text(reason)
    page.get_by_label("附件").set_input_files(file(tmp_path, "方案.pdf", PDF))
    page.get_by_role("button", name="加附件").click()
    expect(page.get_by_role("link", name="方案.pdf")).to_be_visible()
    if js:
        shoot(page, "staff-c1-motion")
    page.get_by_role("link", name="返回草稿").click()

    # Red: the times are missing, and there is no way to announce.
    expect(page.locator(".checks .no")).to_contain_text("请填写公告张贴的日期")
    expect(page.locator(".checks .no p")).to_have_count(3)
    expect(page.get_by_role("link", name="去公告")).to_have_count(0)
    if js:
        shoot(page, "staff-c1-red")
    page.get_by_role("link", name="修改会议").click()
    page.get_by_label("哪天张贴公告").fill(f"{timezone.localdate():%Y-%m-%d}")
    page.get_by_label("什么时候开始投票").fill(moment(5))
    page.get_by_label("什么时候截止").fill(moment(25))
    page.get_by_role("button", name="保存草稿").click()
    expect(page.locator(".checks")).to_contain_text("公告与投票之间须有15个整天")
    page.get_by_role("link", name="修改会议").click()
    page.get_by_label("什么时候开始投票").fill(moment(16))
    page.get_by_role("button", name="保存草稿").click()
    expect(page.locator(".checks .no")).to_have_count(0)

    # Green: one last look, an explicit yes, and then nothing can be changed.
    page.get_by_role("link", name="去公告").click()
    page.get_by_role("button", name="公告，以后不能再改").click()
    expect(page.locator(".errors")).to_contain_text("请先勾选")
    page.get_by_label(re.compile("我已核对")).check()
    if js:
        shoot(page, "staff-c1-announce")
    page.get_by_role("button", name="公告，以后不能再改").click()
    expect(page.get_by_role("heading", name="通知书", exact=True)).to_be_visible()
    session = Session.objects.get()
    assert session.state == "frozen"
    assert session.parties.count() == 6
    assert sum(row.fen for row in session.motions.get().shares.all()) == 1_000_000
    page.goto(f"/staff/sessions/{session.code}/edit")
    expect(page.locator("main")).to_contain_text("不能再改")


def test_c3_printing_goes_on_without_the_page(
    open_page: Open, here: Town, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    estate = even_estate(150)
    here.here.estate = estate
    session = announced(estate)
    here.person("organiser")
    page = sign_in(open_page(**DESK), "organiser")
    page.goto(f"/staff/sessions/{session.code}/letters")
    page.get_by_role("button", name="开始打印成文件").click()
    expect(page.locator("#job-line")).to_contain_text("排队中")
    address = page.url
    page.close()

    # Another browser, half-way: the work went on, and the page says how far it is.
    seen: list[str] = []
    real = printing.render_letters

    def watched(facts: Any, path: Path, *, progress: Any, **options: Any) -> Any:
        def tell(done: int, total: int) -> None:
            progress(done, total)
            if not seen and 0 < done < total:
                other = sign_in(open_page(js=False, **PHONE), "organiser")
                other.goto(address)
                seen.append(other.locator("#job-line").inner_text())
                assert "http-equiv" in other.content()
                shoot(other, "staff-c3-progress-390")
                other.close()

        return real(facts, path, progress=tell, **options)

    with monkeypatch.context() as patch:
        patch.setattr(printing, "render_letters", watched)
        printing.run_letters(Job.objects.get().pk)
    assert re.fullmatch(r"已完成\d+／150", seen[0])

    back = sign_in(open_page(**DESK), "organiser")
    back.goto(address)
    expect(back.locator(".notice")).to_contain_text("150封已经准备好")
    back.get_by_role("link", name="去下载").click()
    shoot(back, "staff-c3-ready")
    with back.expect_download() as started:
        back.get_by_role("button", name=re.compile("下载")).click()
    fetched = tmp_path / "letters.pdf"
    started.value.save_as(fetched)
    job = Job.objects.get()
    assert len(PdfReader(fetched).pages) == job.result["pages"] >= 2 * 150
    for party in random.Random(3).sample(list(session.parties.all()), 5):
        assert_letter_votes_for(party, session, fetched)
    back.reload()
    expect(back.locator(".notice")).to_contain_text("已有人下载过")

    # One household lost its letter.
    back.get_by_label("房号").fill("00101")
    back.get_by_role("button", name="查找").click()
    back.get_by_role("link", name="补发").click()
    shoot(back, "staff-c3-reissue")
    back.get_by_role("button", name="补发并下载").click()
    expect(back.locator(".errors")).to_contain_text("请写明补发的原因")
    back.get_by_label("补发的原因").fill("信件丢失")
    with back.expect_download() as started:
        back.get_by_role("button", name="补发并下载").click()
    started.value.save_as(fetched)
    first = session.parties.get(number=1)
    assert first.codes.filter(voided_at__isnull=False).count() == 1
    assert first.current_key != first.key
    assert_letter_votes_for(first, session, fetched)


def assert_letter_votes_for(party: Party, session: Session, path: Path) -> None:
    """The QR on the page of this party's room holds the key this party votes with."""
    label = party.units.get().label
    command = ["pdftotext", "-layout", str(path), "-"]
    told = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    scanned = [
        zxingcpp.read_barcodes(picture(path, number))
        for number, page in enumerate(told.split("\f"), start=1)
        if label in page
    ]
    letters = [code.text for codes in scanned for code in codes if "/q/" in code.text]
    [address] = set(letters)
    token = unb64(address.partition("#")[2])
    _secret, key = credential.derive(terms(session).suite, session.code, token)
    assert b64(key) == party.current_key


def picture(path: Path, page: int) -> Image.Image:
    command = ["pdftoppm", "-f", str(page), "-l", str(page), "-r", "120", "-png", str(path)]
    return Image.open(
        io.BytesIO(subprocess.run(command, capture_output=True, check=True).stdout)
    )


def test_s2_another_street_sees_nothing_and_cannot_tell(open_page: Open, here: Town) -> None:
    session = announced(here.here.estate)
    here.person("other street_office")
    page = sign_in(open_page(**DESK), "other_street_office")
    expect(page.locator("main")).not_to_contain_text("样例花园")
    for path in (
        f"/staff/estates/{here.here.estate.code}/",
        f"/staff/sessions/{session.code}/",
        f"/staff/sessions/{session.code}/turnout",
        f"/staff/sessions/{session.code}/heads.csv",
    ):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 404


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["1366", "390"])
def test_every_page_fits_and_stands(open_page: Open, here: Town, size: dict[str, int]) -> None:
    sketch = draft(here.here.estate)
    opened = announced(here.here.estate, days_ago=20)
    ended = frozen_vote(here.here.estate)
    for number, choice in ((1, FOR), (2, AGAINST), (3, FOR), (4, FOR), (5, FOR)):
        ended.cast(number, [choice])
    counted = ended.count()
    motion = sketch.motions.get()
    for name in ("organiser", "operator", "street_office"):
        here.person(name)
    width = size["width"]
    page = open_page(**size)
    page.goto("/accounts/login/")
    shoot(page, f"staff-login-{width}")
    page.goto("/accounts/login/code/")
    shoot(page, f"staff-login-code-{width}")
    sign_in(page, "organiser")
    pages = {
        "home": "/staff/",
        "estates": "/staff/estates/",
        "estate": f"/staff/estates/{here.here.estate.code}/",
        "session-new": f"/staff/estates/{here.here.estate.code}/sessions/new",
        "draft": f"/staff/sessions/{sketch.code}/",
        "motion": f"/staff/sessions/{sketch.code}/motions/{motion.pk}",
        "announce": f"/staff/sessions/{sketch.code}/announce",
        "cancel": f"/staff/sessions/{sketch.code}/cancel",
        "session": f"/staff/sessions/{opened.code}/",
        "letters": f"/staff/sessions/{opened.code}/letters?q=1",
        "turnout": f"/staff/sessions/{opened.code}/turnout",
        "missing": f"/staff/sessions/{opened.code}/missing",
        "heads": f"/staff/sessions/{opened.code}/heads",
        "result": f"/staff/sessions/{counted.code}/result",
        "security": "/accounts/2fa/",
        "totp": "/accounts/2fa/totp/activate/",
        "password": "/accounts/password/change/",
        "logout": "/accounts/logout/",
    }
    for name, path in pages.items():
        answer = page.goto(path)
        assert answer is not None
        assert answer.ok, path
        no_sideways(page)
        shoot(page, f"staff-{name}-{width}")
    page.context.clear_cookies()
    sign_in(page, "operator")
    people = {
        "operator-home": "/staff/",
        "people": "/staff/people/",
        "invite": "/staff/people/invite",
        "person": f"/staff/people/{here.person('organiser').pk}",
        "deactivate": f"/staff/people/{here.person('organiser').pk}/deactivate",
    }
    for name, path in people.items():
        page.goto(path)
        no_sideways(page)
        shoot(page, f"staff-{name}-{width}")


def test_an_official_enrols_a_second_factor_and_signs_in_with_it(
    open_page: Open, here: Town, settings: Any
) -> None:
    settings.REQUIRE_MFA = True
    here.person("street_office")
    page = open_page(**DESK)
    page.goto("/staff/")
    page.get_by_label("用户名或手机号").fill("street_office")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.locator(".notice.warn")).to_contain_text("第二道验证")
    # The gate leads straight there; whoever found the page open is not enough.
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="确认").click()
    secret = page.locator("#authenticator_secret").input_value()
    shoot(page, "staff-totp-enrol")
    [scanned] = zxingcpp.read_barcodes(Image.open(io.BytesIO(page.screenshot())))
    assert f"secret={secret}" in scanned.text
    page.locator("input[name=code]").fill(app_digits(secret, left=10))
    page.get_by_role("button", name=re.compile("激活|启用")).click()
    shoot(page, "staff-recovery-codes")
    page.goto("/staff/")
    expect(page.get_by_role("heading", name="待办")).to_be_visible()

    page.get_by_role("button", name="退出").click()
    page.goto("/staff/")
    page.get_by_label("用户名或手机号").fill("street_office")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url("**/2fa/authenticate/**")
    shoot(page, "staff-second-factor")
    page.locator("input[name=code]").fill("000000")
    page.get_by_role("button", name="登录").first.click()
    expect(page.locator(".errors")).to_be_visible()
