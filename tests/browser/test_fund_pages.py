"""The keeper of the fund in a real browser, at a desk and on a phone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import expect

from funds.services.accounts import open_account
from tests.funds.books import AT, DRAFTER, make_special
from tests.funds.services.test_files import whole
from tests.portal.test_own_fund import balances
from tests.town import Town
from tests.voting.views.story import OUYANG, make_vote

from .conftest import Open, shoot
from .test_owner_journeys import pass_document
from .test_staff_journeys import DESK, PHONE, here, no_sideways, sign_in

__all__ = ["here"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["1366", "390"])
def test_balances_come_in(
    open_page: Open, here: Town, tmp_path: Path, size: dict[str, int]
) -> None:
    here.person("bureau")
    width = size["width"]
    page = sign_in(open_page(**size), "bureau")
    page.get_by_role("link", name="维修资金", exact=True).click()
    page.get_by_role("link", name="登记专户").click()
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator(".errors")).to_be_visible()
    page.get_by_label("由哪个机构管理").select_option(str(here.here.district.pk))
    page.get_by_label("开户银行").fill("样例银行")
    page.get_by_label("银行账号").fill("6222000000000001")
    page.get_by_label("开户日期").fill("2020-01-01")
    shoot(page, f"fund-new-{width}")
    page.get_by_role("button", name="登记", exact=True).click()
    page.get_by_role("link", name="开立小区的账").click()
    page.get_by_label("小区代码").fill(here.here.estate.code)
    page.get_by_role("button", name="开立", exact=True).click()
    expect(page.locator("body")).to_contain_text("共9户分户账")

    page.get_by_role("link", name="导入各户余额").click()
    shoot(page, f"fund-file-new-{width}")
    page.get_by_label("余额截至哪一天").fill("2026-10-01")
    page.get_by_label("余额从哪里来").fill("样例市维修资金中心")
    wrong = tmp_path / "余额.csv"
    wrong.write_bytes(whole(["-1", *["100.00"] * 8]))
    page.get_by_label("表格文件").set_input_files(wrong)
    page.get_by_role("button", name="上传并检查").click()
    expect(page.locator(".notice.bad")).to_contain_text("有1处错误")
    shoot(page, f"fund-file-faults-{width}")
    page.get_by_role("link", name="重新上传").click()
    page.get_by_label("余额截至哪一天").fill("2026-10-01")
    page.get_by_label("余额从哪里来").fill("样例市维修资金中心")
    right = tmp_path / "余额2.csv"
    right.write_bytes(whole(["29.99", *["100.00"] * 8], first="100.00"))
    page.get_by_label("表格文件").set_input_files(right)
    page.get_by_role("button", name="上传并检查").click()
    shoot(page, f"fund-file-{width}")
    page.get_by_role("button", name="确认导入").click()
    expect(page.locator(".facts")).to_contain_text("829.99")
    shoot(page, f"fund-{width}")
    page.get_by_role("link", name="续交名单").click()
    expect(page.locator("main")).to_contain_text("1幢1单元101室")
    shoot(page, f"fund-replenish-{width}")
    page.get_by_role("link", name="维修资金", exact=True).first.click()
    shoot(page, f"fund-home-{width}")
    no_sideways(page)


@pytest.mark.parametrize("width", [320, 1366])
def test_the_owner_looks_at_the_own_balance(open_page: Open, width: int) -> None:
    vote = make_vote()
    special = make_special(vote.session.estate, mode="mirror")
    open_account(special_id=special.pk, estate=vote.session.estate, actor=DRAFTER, at=AT)
    balances(special, date(2026, 9, 30))
    balances(special, date(2026, 10, 31), {OUYANG: "112.34"}, "分配2026年利息")
    page = open_page(js=False, width=width, height=640)
    page.goto(vote.letters[OUYANG].path)
    page.get_by_role("button", name="开始").first.click()
    pass_document(page, "欧阳", "01002X")
    page.goto(f"/vote/{vote.code}/motions/?step=0")
    page.get_by_role("link", name="看您家的余额").click()
    expect(page.locator("h1")).to_have_text("您家的维修资金")
    expect(page.locator("main")).to_contain_text("余额 112.34 元")
    shoot(page, f"fund-own-{width}")
    no_sideways(page)
