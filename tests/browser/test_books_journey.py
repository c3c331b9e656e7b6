"""Books kept here: deposits come in, a second person seals, the bank agrees, the owner sees."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from documents.authority import development_identity
from funds.models import Voucher
from funds.selectors import check_books
from funds.services.accounts import open_account
from tests.funds.books import AT, DRAFTER, make_special
from tests.funds.services.test_files import csv
from tests.town import grant, make_user
from tests.voting.views.story import OUYANG, make_vote

from .conftest import Open, shoot
from .test_owner_journeys import pass_document
from .test_staff_journeys import no_sideways, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def upload(page: Page, folder: Path, content: bytes) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / "表.csv"
    path.write_bytes(content)
    page.get_by_label("表格文件").set_input_files(path)
    page.get_by_role("button", name="上传并检查").click()


@pytest.mark.parametrize("width", [360, 1366])
def test_from_a_deposit_to_the_owner(
    open_page: Open, tmp_path: Path, width: int, settings
) -> None:
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)
    vote = make_vote()
    special = make_special(vote.session.estate)
    open_account(special_id=special.pk, estate=vote.session.estate, actor=DRAFTER, at=AT)
    for name in ("first", "second"):
        grant(make_user(name), "bureau", vote.session.estate.authority)
    day = timezone.localdate().replace(month=1, day=2) - timedelta(days=30)
    home = f"/staff/funds/{special.code}/"

    page = sign_in(open_page(width=width, height=800), "first")
    page.goto(home)
    page.get_by_role("link", name="凭证", exact=True).click()
    shoot(page, f"books-empty-{width}")
    page.get_by_role("link", name="上传各户金额").click()
    page.get_by_label("交存：钱已到专户").check()
    page.get_by_label("记账日期").fill(str(day))
    page.get_by_label("摘要").fill("首期交存")
    page.get_by_label("依据的单据").fill("银行回单12号")
    shoot(page, f"books-amounts-new-{width}")
    upload(page, tmp_path / "a", csv(["房号", "金额"], (OUYANG, "abc"), ("9幢1单元1室", "1")))
    expect(page.locator(".notice.bad")).to_contain_text("有2处错误")
    shoot(page, f"books-amounts-faults-{width}")
    no_sideways(page)
    page.get_by_role("link", name="重新上传").click()
    page.get_by_label("交存：钱已到专户").check()
    page.get_by_label("记账日期").fill(str(day))
    page.get_by_label("摘要").fill("首期交存")
    page.get_by_label("依据的单据").fill("银行回单12号")
    upload(page, tmp_path / "b", csv(["房号", "金额"], (OUYANG, "123.45"), ("合计", "123.45")))
    shoot(page, f"books-amounts-{width}")
    no_sideways(page)
    page.get_by_role("button", name="确认制单").click()
    expect(page.locator("main")).to_contain_text("要由另一个人复核入账")
    shoot(page, f"books-draft-{width}")
    no_sideways(page)
    voucher = Voucher.objects.get()

    other = sign_in(open_page(width=width, height=800), "second")
    other.goto(f"{home}vouchers/{voucher.pk}")
    other.get_by_role("button", name="复核入账").click()
    expect(other.locator("h1")).to_contain_text("1号")
    shoot(other, f"books-sealed-{width}")
    other.goto(f"{home}files/new")
    header = ["流水号", "交易日期", "金额", "余额", "摘要"]
    upload(other, tmp_path / "c", csv(header, ("S1", day, "123.45", "123.45", "欧阳 交存")))
    other.get_by_role("button", name="确认导入").click()
    other.get_by_role("link", name="银行对账", exact=True).click()
    shoot(other, f"books-reconcile-{width}")
    no_sideways(other)
    other.get_by_role("button", name="是同一笔").click()
    expect(other.locator("main")).to_contain_text("账上和银行完全一致")
    shoot(other, f"books-reconciled-{width}")
    other.get_by_role("link", name="已勾对的").click()
    shoot(other, f"books-matches-{width}")
    no_sideways(other)
    for part in ("vouchers/", "vouchers/allotment", "vouchers/unit", "owed", "reports"):
        other.goto(home + part)
        shoot(other, f"books-{part.strip('/').replace('/', '-')}-{width}")
        no_sideways(other)
    assert list(check_books()) == []

    owner = open_page(js=False, width=width, height=640)
    owner.goto(vote.letters[OUYANG].path)
    owner.get_by_role("button", name="开始").first.click()
    pass_document(owner, "欧阳", "01002X")
    owner.goto(f"/vote/{vote.code}/fund/")
    expect(owner.locator("main")).to_contain_text("+123.45 元 首期交存 银行回单12号")
    shoot(owner, f"books-owner-{width}")
    no_sideways(owner)
    with owner.expect_download() as download:
        owner.get_by_role("button", name=f"{day.year}年对账单").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
