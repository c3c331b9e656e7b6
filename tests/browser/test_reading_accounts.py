"""An owner reads the public accounts, asks, and sees the answer: on a cheap phone without
JavaScript, with the largest letters, and at a desk."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.gateways import MemoryGateway
from core.deadlines import local_day
from disclosures.models import Duty, Question
from disclosures.services.questions import answer
from disclosures.services.sources import answer_report
from registry.models import Estate, Ownership
from tests.disclosures.accounts import (
    AT,
    COMMITTEE,
    accounts_estate,
    booked,
    can_sign,
    contracted,
    open_books,
    published,
    quarter,
    recorded_source,
    reversed_entry,
    voucher,
)

from .conftest import Open, shoot
from .test_owner_journeys import in_thread
from .test_staff_journeys import no_sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SPRING = (date(2026, 4, 1), datetime(2026, 7, 10, 2, 0, tzinfo=UTC))
CORRECTED = datetime(2026, 10, 20, 2, 0, tzinfo=UTC)


@pytest.fixture
def estate(erasable: None, settings: Any, tmp_path: Path) -> Estate:
    can_sign(settings, tmp_path)
    return in_thread(made_public)


def made_public() -> Estate:
    """Two quarters and a correction, a committee's expenses, something late."""
    estate = accounts_estate()
    book = open_books(estate, opening=213_456_78, since=SPRING[0])
    ad = contracted(recorded_source(estate), fen=6_000_00)
    contracted(
        recorded_source(estate, "parking", "东门内道路两侧"),
        fen=150_00,
        payer="业主",
        payer_kind="persons",
        outsider=False,
        last=None,
    )
    recorded_source(estate, "locker", "北门岗亭旁")
    booked(book, "parking", 61_000_00, on=date(2026, 5, 6), party="业主", text="月租车位")
    booked(book, "advertising", 18_000_00, on=date(2026, 5, 7), contract=ad)
    booked(book, "upkeep", 7_000_00, on=date(2026, 6, 1), party="样例供电公司", text="电费")
    published(book, SPRING[0], at=SPRING[1])
    entries = quarter(book)
    ad_paid = booked(
        book,
        "advertising",
        18_000_00,
        on=date(2026, 9, 29),
        contract=ad,
        text="1至3幢电梯广告，七月到九月",
        kept=("tax", 1_080_00),
    )
    published(book)
    reversed_entry(entries[4], at=CORRECTED)
    booked(
        book,
        "interest",
        93_17,
        on=date(2026, 9, 21),
        party="样例银行",
        text="结息",
        at=CORRECTED,
    )
    published(book, correction="利息少记了10.00元，冲正后重记", at=CORRECTED)
    assert ad_paid.number == 13
    expenses = open_books(estate, "expenses")
    booked(
        expenses, "from_revenue", 6_000_00, on=date(2026, 9, 25), party="公共收益", text="拨付"
    )
    booked(expenses, "office", 812_40, on=date(2026, 9, 26), party="样例文具店", text="打印")
    published(expenses)
    today = local_day(timezone.now())
    Duty.objects.create(
        estate=estate,
        kind="fund",
        first=date(2025, 1, 1),
        last=date(2025, 12, 31),
        due_on=today - timedelta(days=30),
        late_on=today - timedelta(days=14),
    )
    return estate


def phone(estate: Estate) -> str:
    """Of somebody who owns a flat and a bay."""
    title = Ownership.objects.get(unit__estate=estate, unit__label="1幢1单元101室")
    return str(title.owner.phone)


def pass_check(page: Page, number: str) -> None:
    expect(page.locator("h1")).to_have_text("先核对手机号")
    page.get_by_label("手机号").fill(number)
    page.get_by_role("button", name="发送验证码").click()
    found = re.search(r"\d{6}", MemoryGateway.sent[-1][1])
    assert found
    page.get_by_label("验证码").fill(f"{found.group()[:3]} {found.group()[3:]}")
    page.get_by_role("button", name="下一步").click()


def sane(page: Page) -> None:
    """What a screen reader needs, and nothing that leaves the screen at the side."""
    no_sideways(page)
    assert page.locator("h1").count() == 1
    levels = page.eval_on_selector_all(
        "h1, h2, h3", "all => all.map(one => Number(one.tagName[1]))"
    )
    steps = [after - before for before, after in pairwise(levels)]
    assert max(steps, default=0) <= 1, levels
    assert page.locator("img:not([alt]), img[alt='']").count() == 0
    assert page.locator("svg[role=img]:not([aria-labelledby])").count() == 0
    unnamed = page.eval_on_selector_all(
        "a, button",
        "all => all.filter(one => !one.textContent.trim() && !one.querySelector('img')).length",
    )
    assert unnamed == 0
    small = page.eval_on_selector_all(
        "main a:not(p a):not(dd a):not(.errors a), main button, main summary",
        "all => all.filter(one => one.getClientRects().length"
        " && one.getBoundingClientRect().height < 44).map(one => one.textContent)",
    )
    assert small == []


@pytest.mark.parametrize(
    ("width", "text"), [(360, 18), (360, 30), (1366, 18)], ids=["phone", "big", "desk"]
)
def test_an_owner_reads_asks_and_sees_the_answer(
    open_page: Open, estate: Estate, width: int, text: int
) -> None:
    page = open_page(js=False, width=width, device_scale_factor=1)
    name = f"{width}-{text}"
    if text == 30:
        page.goto("/help")
        page.get_by_role("button", name="大字").click()
        page.get_by_role("button", name="大字").click()
    page.goto(f"/e/{estate.code}/accounts/")
    expect(page.locator(".notice.bad")).to_contain_text("维修资金使用")
    shoot(page, f"accounts-home-{name}")
    sane(page)
    page.get_by_role("link", name="2026年第三季度").first.click()
    expect(page.locator(".sums")).to_contain_text("还剩")
    expect(page.locator(".notice.warn")).to_contain_text("利息少记了10.00元")
    shoot(page, f"accounts-{name}")
    sane(page)
    page.get_by_text("图里的数字", exact=True).click()
    no_sideways(page)
    table = page.locator(".figures")
    assert table.evaluate("one => one.scrollWidth <= one.parentElement.clientWidth")
    if width == 360:  # nothing is cut: the three amounts of a heading stand below it
        assert "上期" in table.evaluate(
            "one => getComputedStyle(one.querySelectorAll('td')[1], '::before').content"
        )
    shoot(page, f"accounts-figures-{name}")
    page.get_by_role("link", name="第1版").click()
    expect(page.locator(".notice.bad")).to_contain_text("已被第2版取代")
    shoot(page, f"accounts-old-{name}")
    sane(page)
    page.get_by_role("link", name="看现在有效的一版").click()

    advert = page.locator(".lines li", has_text="1至3幢电梯广告")
    advert.get_by_role("link", name="单据1份").first.click()
    expect(page.locator("main")).to_contain_text("每月 6,000.00 元")
    picture = page.locator("main img")
    picture.scroll_into_view_if_needed()
    expect(picture).not_to_have_js_property("naturalWidth", 0)  # it is fetched when it is near
    shoot(page, f"accounts-line-{name}")
    sane(page)

    page.get_by_role("link", name="问一问这一笔").click()
    pass_check(page, phone(estate))
    expect(page.locator(".inset").first).to_contain_text("第13笔")
    page.get_by_role("button", name="提交").click()
    expect(page.locator(".errors")).to_contain_text("请填写问题")
    page.get_by_label("哪一户").select_option(index=1)
    page.get_by_label("写在这里").fill("合同每月六千，三个月为什么只到账一万六千九百二？")
    shoot(page, f"accounts-ask-{name}")
    sane(page)
    page.get_by_role("button", name="提交").click()
    expect(page.locator(".notice.good")).to_contain_text("收到了，是第1号提问")
    shoot(page, f"accounts-own-{name}")
    sane(page)

    page.goto(f"/e/{estate.code}/accounts/revenue/2026-07-01/")
    expect(page.locator("main")).to_contain_text("第1号，等待答复，应在")
    expect(page.locator("main")).not_to_contain_text("为什么只到账")
    answer(
        question_id=Question.objects.get().pk,
        upheld=False,
        text="对方代扣了税1,080.00元，收入和税分两行写，完税证明在单据里。",
        covered=[],
        by=COMMITTEE,
        at=timezone.now(),
    )
    page.reload()
    expect(page.locator("main")).to_contain_text("为什么只到账")
    expect(page.locator("main")).to_contain_text("业主委员会答：对方代扣了税")
    shoot(page, f"accounts-answered-{name}")
    page.goto("/my/accounts/")
    expect(page.locator("main")).to_contain_text("已答复")


@pytest.mark.parametrize("width", [360, 1366])
def test_an_owner_reports_a_missing_source(
    open_page: Open, estate: Estate, tmp_path: Path, width: int
) -> None:
    page = open_page(js=False, width=width, device_scale_factor=1)
    page.goto(f"/e/{estate.code}/sources/")
    expect(page.locator("main")).to_contain_text("现在没有合同")
    shoot(page, f"sources-{width}")
    sane(page)
    page.get_by_role("link", name="少了一处").click()
    pass_check(page, phone(estate))
    page.get_by_label("哪一户").select_option(index=1)
    page.get_by_label("在哪里").fill("2幢1单元门厅")
    page.get_by_label("是什么").fill("一块滚动广告牌")
    name, content = voucher("advertisement")
    (tmp_path / name).write_bytes(content)
    page.get_by_label("照片").set_input_files(tmp_path / name)
    shoot(page, f"sources-report-{width}")
    sane(page)
    page.get_by_role("button", name="提交").click()
    expect(page.locator(".notice.good")).to_contain_text("收到了，是线索第1号")
    answer_report(
        report_id=estate.source_reports.get().pk,
        answer="是物业2025年挂的，已补进登记册，正在补签合同。",
        covered=[],
        kind="lift_ad",
        by=COMMITTEE,
        at=AT,
    )
    page.goto(f"/e/{estate.code}/sources/")
    expect(page.locator("main")).to_contain_text("已经补进登记册")
    shoot(page, f"sources-answered-{width}")
    no_sideways(page)


def test_words_without_an_end_stay_on_a_narrow_phone(
    open_page: Open, erasable: None, settings: Any, tmp_path: Path
) -> None:
    can_sign(settings, tmp_path)

    def odd() -> Estate:
        estate = accounts_estate()
        book = open_books(estate)
        long = "Donaudampfschifffahrtsgesellschaft" * 2
        booked(book, "parking", 3_000_00, party=long, text=f"{long}😀👨‍👩‍👧")
        published(book)
        return estate

    estate = in_thread(odd)
    page = open_page(width=320)
    at = f"/e/{estate.code}/accounts/revenue/2026-07-01/"
    for tail in ("", "lines/", "lines/1/"):
        page.goto(at + tail)
        expect(page.locator("main")).to_contain_text("😀")
        shoot(page, f"accounts-long-words-{tail.replace('/', '-')}320")
        no_sideways(page)
