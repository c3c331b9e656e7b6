"""C4 and C5: the manager's vouchers, one fen apart, the committee publishes, the wall and the
page say the same. At a desk and on a phone, in a real browser."""

from __future__ import annotations

import io
import re
import subprocess

import pillow_heif
import pytest
from django.utils import timezone
from PIL import Image, ImageDraw
from playwright.sync_api import expect
from pypdf import PdfReader

from disclosures.domain.periods import before, period_of
from disclosures.models import Book, Entry, Publication
from tests.disclosures.accounts import accounts_estate, can_sign
from tests.documents.test_scans import photo
from tests.documents.test_uploads import EICAR
from tests.town import make_town

from .conftest import shoot
from .test_staff_journeys import no_sideways, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def town(db, settings, tmp_path):
    can_sign(settings, tmp_path)
    made = make_town()
    accounts_estate(made.here.estate)
    for name in ("organiser", "property_manager"):
        made.person(name)
    return made


def seen_whole(page):
    """The picture of the voucher has arrived, in its full width."""
    picture = page.locator("main img").first
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("naturalWidth", 1200)


def receipt(mark):
    sheet = Image.new("RGB", (1200, 900), "white")
    ImageDraw.Draw(sheet).text((90, 90), mark, fill="black", font_size=60)
    return sheet


def heic(mark):
    out = io.BytesIO()
    pillow_heif.from_pillow(receipt(mark)).save(out)
    return out.getvalue()


def file(name, content):
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def put(page, **fields):
    for name, value in fields.items():
        field = page.locator(f"main [name={name}]")
        if field.first.get_attribute("type") == "radio":
            page.locator(f"main [name={name}][value='{value}']").check()
        elif field.first.evaluate("one => one.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


@pytest.mark.parametrize("width", [360, 1280])
def test_from_a_photographed_voucher_to_the_wall(town, open_page, width):
    estate = town.here.estate
    last = before("quarterly", period_of("quarterly", timezone.localdate()))
    committee, manager = open_page(width=width), open_page(width=width)
    sign_in(committee, "organiser")
    sign_in(manager, "property_manager")

    # The committee begins the book.
    committee.goto(f"/staff/accounts/estates/{estate.code}/")
    committee.get_by_role("link", name="建账").first.click()
    put(
        committee, frequency="quarterly", opened_on=str(last.first), opening="1000",
        rests_on="6月30日的对账单", holder="property_manager", name="样例物业服务有限公司",
        apart="yes", bank="样例银行", number="6222000000000427",
    )  # fmt: skip
    shoot(committee, f"accounts-book-new-{width}")
    no_sideways(committee)
    press(committee, "保存")
    expect(committee.locator("main")).to_contain_text("1,000.00")
    book = Book.objects.get()

    # The manager enters: what is no voucher is told, what is typed stays.
    manager.goto(f"/staff/accounts/books/{book.pk}/")
    manager.get_by_role("link", name="记一笔").click()
    put(
        manager, heading="advertising", fen="500.00", dated_on=str(last.first),
        party="样例传媒公司", text="七月电梯广告费",
    )  # fmt: skip
    for name, content, told in (
        ("凭证.txt", EICAR, "只收照片"),
        ("凭证.jpg", b"", "0字节"),
        ("凭证.exe", b"MZ" + b"0" * 999, "只收照片"),
    ):
        manager.locator("main [name=papers]").set_input_files(file(name, content))
        press(manager, "保存")
        expect(manager.locator("main")).to_contain_text(told)
        assert manager.locator("main [name=text]").input_value() == "七月电梯广告费"
    shoot(manager, f"accounts-refused-{width}")
    no_sideways(manager)
    manager.locator("main [name=papers]").set_input_files(
        [file("IMG_0001.HEIC", heic("RECEIPT 1"))]
    )
    press(manager, "保存")
    expect(manager.locator("h1")).to_contain_text("待复核")
    shoot(manager, f"accounts-entry-{width}")
    no_sideways(manager)
    entry = Entry.objects.get()

    # The committee looks at the page, covers nothing, reviews.
    committee.goto(f"/staff/accounts/entries/{entry.pk}/")
    committee.get_by_role("link", name="IMG_0001.HEIC").click()
    seen_whole(committee)
    shoot(committee, f"accounts-paper-{width}")
    no_sideways(committee)
    press(committee, "每一页都看过，可以公开")
    press(committee, "复核入账")
    expect(committee.locator("h1")).to_contain_text("已复核")

    # One fen apart stops it; the right balance does not.
    address = f"/staff/accounts/books/{book.pk}/periods/{last.first}/"
    manager.goto(address)
    put(manager, bank_fen="1500.01")
    manager.locator("main [name=paper]").set_input_files(file("对账单.heic", heic("BANK")))
    press(manager, "提交，请另一个单位审核公布")
    expect(manager.locator("main")).to_contain_text("差 0.01 元")
    shoot(manager, f"accounts-one-fen-{width}")
    no_sideways(manager)
    put(manager, bank_fen="1500.00")
    manager.locator("main [name=paper]").set_input_files(file("对账单.heic", heic("BANK")))
    press(manager, "提交，请另一个单位审核公布")
    expect(manager.locator("h1")).to_contain_text("等待审核公布")

    # The committee publishes.
    committee.goto(address)
    committee.get_by_role("link", name="已提交，等另一个单位审核公布").click()
    put(committee, phone="0000-0000000")
    shoot(committee, f"accounts-closing-{width}")
    no_sideways(committee)
    press(committee, "审核无误，公布")
    expect(committee.locator(".notice.good")).to_contain_text("已公布，网上看得到了")
    out = Publication.objects.get()
    shoot(committee, f"accounts-published-{width}")
    no_sideways(committee)

    # It hangs: the place is named once, then photographed.
    committee.get_by_role("link", name="登记张贴的地方").click()
    committee.locator("main input[name=name]").fill("北门公告栏")
    press(committee, "加上这一处")
    expect(committee.locator("main")).to_contain_text("北门公告栏")
    committee.goto("/staff/")
    committee.get_by_role("link", name=re.compile("收支公告还没有张贴")).click()
    committee.get_by_role("link", name="公布的文件、网页和张贴").click()
    committee.get_by_role("link", name="贴好了，拍照记下").click()
    committee.locator("[name=photo]").set_input_files([file("wall.jpg", photo())])
    committee.locator("[name=posted_by]").fill("业委会样例")
    committee.locator("main form button[type=submit]").click()
    expect(committee.locator("h1")).to_contain_text("北门公告栏")
    committee.goto("/staff/")
    expect(committee.locator("main")).not_to_contain_text("收支公告还没有张贴")

    # The wall: one A3 sheet, and its figures are those of the page and of the table.
    pdf = bytes(out.document.pdf)
    [sheet] = PdfReader(io.BytesIO(pdf)).pages
    size = sorted(float(side) * 25.4 / 72 for side in sheet.mediabox[2:])
    assert [round(side) for side in size] == [297, 420]
    printed = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout.decode()
    owner = open_page(width=width)
    owner.goto(f"/e/{estate.code}/accounts/revenue/{last.first}/")
    shown = owner.locator("main").inner_text()
    table = bytes(out.csv).decode("utf-8-sig").replace(",", "")
    for amount in ("1,000.00", "500.00", "1,500.00"):
        assert amount in printed
        assert amount in shown
        assert amount.replace(",", "") in table
    assert "北门公告栏" in shown
    shoot(owner, f"accounts-public-{width}")
    no_sideways(owner)

    # A stranger sees the voucher as a picture and nothing more.
    owner.goto(f"/e/{estate.code}/accounts/revenue/{last.first}/lines/1/")
    seen_whole(owner)
    shoot(owner, f"accounts-line-{width}")
    no_sideways(owner)
