"""Paying for a repair in a real browser: application, payment, list, receipt, settlement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from core.deadlines import local_day
from documents.authority import development_identity
from funds.services.accounts import open_account, open_special_account
from tests.funds.books import deposit
from tests.funds.repairs import AT, FIRM, PDF, approve, emergency_repair, paper
from tests.town import Town, grant, make_user

from .conftest import Open, shoot
from .test_staff_journeys import DESK, here, sign_in

__all__ = ["here"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 360, "height": 780}


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["1366", "360"])
def test_a_repair_is_paid(
    open_page: Open, here: Town, tmp_path: Path, size: dict[str, int], settings: Any
) -> None:
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)
    special = open_special_account(
        authority=here.here.district, bank="样例银行", number="6222000000000001",
        ledger_mode="record", opened_on=local_day(AT), actor="user:1", at=AT,
    )  # fmt: skip
    account = open_account(
        special_id=special.pk, estate=here.here.estate, actor="user:1", at=AT
    )
    deposit(account, 2_000_00)
    case = emergency_repair(account)
    for kind in ("contract", "acceptance", "settlement"):
        paper(case, kind)
    here.person("organiser")
    here.person("bureau")
    grant(make_user("second"), "bureau", here.here.district)
    width = size["width"]
    base = f"/staff/repairs/money/{case.code}"

    page = sign_in(open_page(**size), "organiser")
    origin = page.url.split("/staff")[0]
    page.goto(f"{origin}{base}/shares")
    shoot(page, f"release-shares-{width}")
    page.goto(f"{origin}{base}")
    page.get_by_role("link", name="填写列支申请").click()
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".errors")).to_be_visible()
    shoot(page, f"release-apply-wrong-{width}")
    page.locator("[name=amount]").fill("9000")
    page.locator("[name=contract]").fill("9000")
    page.locator("[name=no_audit]").fill("金额小，按合同单价")
    page.locator("[name=contract_firm]").fill(FIRM)
    page.locator("[name=payee]").fill(FIRM)
    page.locator("[name=payee_bank]").fill("样例银行东区支行")
    page.locator("[name=payee_account]").fill("6222 0000 0000 0009")
    page.locator("[name=kind_1]").select_option("start")
    page.locator("[name=fen_1]").fill("3600")
    page.locator("[name=kind_2]").select_option("final")
    page.locator("[name=fen_2]").fill("5400")
    page.get_by_role("button", name="保存").click()
    page.get_by_role("button", name="提交审核").click()
    expect(page.locator("main")).to_contain_text("审核中")
    approve(case)
    page.goto(f"{origin}{base}")
    shoot(page, f"release-money-{width}")
    official = sign_in(open_page(**size), "bureau")
    second = sign_in(open_page(**size), "second")

    def order() -> None:
        """Asked for by the committee, confirmed and listed by the department."""
        page.goto(f"{origin}{base}")
        page.get_by_role("button", name="申请付款").last.click()
        expect(page.locator("main")).to_contain_text("等主管部门确认")
        official.goto(f"{origin}{base}")
        official.get_by_role("button", name="确认", exact=True).click()
        official.get_by_role("link", name="列入划转清单").click()
        shoot(official, f"release-payments-{width}")
        official.locator("[name=pay]").check()
        official.get_by_role("button", name="生成划转清单和通知").click()

    page.get_by_role("button", name="申请付款").first.click()
    expect(page.locator("main")).to_contain_text("等主管部门确认")
    official.goto(f"{origin}{base}")
    official.get_by_role("link", name="退回").click()
    official.locator("[name=reason]").fill("开工报告还没有看到")
    official.get_by_role("button", name="退回付款申请").click()
    page.goto(f"{origin}{base}")
    page.get_by_role("button", name="申请付款").first.click()
    official.goto(f"{origin}{base}")
    official.get_by_role("button", name="确认", exact=True).click()
    official.get_by_role("link", name="列入划转清单").click()
    official.locator("[name=pay]").check()
    official.get_by_role("button", name="生成划转清单和通知").click()
    expect(official.locator("h1")).to_contain_text("划转清单第1号")
    shoot(official, f"release-list-{width}")

    # The bank sends the first payment back; it is asked for again.
    second.goto(f"{origin}{base}")
    second.get_by_role("link", name="银行没有付").click()
    second.locator("[name=reason]").fill("户名和账号不一致，退汇")
    second.get_by_role("button", name="确认没有付").click()
    expect(second.locator(".errors")).to_be_visible()
    shoot(second, f"release-not-paid-{width}")
    second.locator("[name=file]").set_input_files(
        {"name": "退汇通知.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    second.get_by_role("button", name="确认没有付").click()
    expect(second.locator("main")).to_contain_text("银行没有付")
    page.goto(f"{origin}{base}")
    page.get_by_text("不能照原来的办下去").click()
    shoot(page, f"release-failed-{width}")
    order()
    expect(official.locator("h1")).to_contain_text("划转清单第2号")

    second.goto(f"{origin}{base}")
    second.get_by_role("link", name="录入银行回单").click()
    second.locator("[name=serial]").fill("S1")
    second.locator("[name=day]").fill(str(timezone.localdate()))
    second.locator("[name=fen]").fill("3600.01")
    second.locator("[name=account]").fill("6222000000000009")
    second.get_by_role("button", name="确认已付").click()
    expect(second.locator(".errors")).to_contain_text("金额和清单不一致")
    shoot(second, f"release-receipt-{width}")
    second.locator("[name=fen]").fill("3600")
    second.get_by_role("button", name="确认已付").click()
    expect(second.locator("main")).to_contain_text("已付")

    page.goto(f"{origin}{base}/settlement")
    page.locator("[name=final]").fill("8000")
    page.locator("[name=no_audit]").fill("按合同单价结算")
    page.locator("[name=accepted_on]").fill(str(timezone.localdate()))
    shoot(page, f"release-settlement-{width}")
    page.get_by_role("button", name="保存").click()
    second.goto(f"{origin}{base}")
    second.get_by_role("button", name="确认结算").click()
    expect(second.locator("main")).to_contain_text("4,400.00")
    shoot(second, f"release-settled-{width}")

    # Wrong after all, before anybody asked for the last payment: taken back and stated again.
    second.get_by_role("link", name="退回结算").click()
    second.locator("[name=reason]").fill("漏算了材料费")
    second.get_by_role("button", name="退回结算").click()
    expect(second.locator("main")).to_contain_text("等另一个人确认")
    page.goto(f"{origin}{base}/settlement")
    page.locator("[name=final]").fill("8500")
    page.locator("[name=no_audit]").fill("按合同单价结算")
    page.locator("[name=accepted_on]").fill(str(timezone.localdate()))
    page.get_by_role("button", name="保存").click()
    second.goto(f"{origin}{base}")
    second.get_by_role("button", name="确认结算").click()
    expect(second.locator("main")).to_contain_text("4,900.00")
