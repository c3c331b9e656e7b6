"""From the decision to the last fen in a real browser: returned with all reasons, reviewed
by street and bureau (two people), paid in two instalments, settled; 自管 on a phone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from documents.authority import development_identity
from documents.models import Document
from documents.verification import check_offline
from funds.domain.repairs import EXCLUSIONS
from funds.domain.reviewing import CHECKS
from funds.models import RepairPublicity, RepairRequest
from funds.selectors.checks import check_books
from funds.services.accounts import open_account
from registry.models import Estate
from tests.funds.books import AT, DRAFTER, deposit, make_special
from tests.funds.repairs import FIRM, Case, voted_repair
from tests.town import Town, grant, make_user

from .conftest import Open, shoot
from .test_cabinet_journey import aside
from .test_emergency_journey import photo
from .test_staff_journeys import DESK, PHONE, file, here, sign_in

__all__ = ["here"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BUDGET = 60_000_00
PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture(autouse=True)
def _certificate(settings: Any, tmp_path: Path) -> None:
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True
    development_identity(settings.CA_DIR)


def make_case(town: Town, custody: str):
    """A repair the owners have decided on, and enough in every sub-account."""
    estate = town.here.estate
    special = make_special(estate, authority=town.here.district)
    account = open_account(
        special_id=special.pk, estate=estate, custody=custody, actor=DRAFTER, at=AT
    )
    deposit(account, 50_000_00)
    return voted_repair(
        account, custody=custody, budget_fen=BUDGET, applicant_kind="property_manager"
    )


def press(button: Locator) -> None:
    """Press and wait for the answer: the next person's page is asked for after it."""
    with button.page.expect_navigation():
        button.click()


def money(page: Page, code: str) -> Page:
    page.goto(f"/staff/repairs/money/{code}")
    return page


def upload(page: Page, code: str, kind: str, folder: Path) -> None:
    paper = folder / f"{kind}.pdf"
    paper.write_bytes(PDF + kind.encode())
    money(page, code).get_by_role("link", name="上传文件").click()
    page.locator("select[name=kind]").select_option(kind)
    page.locator("input[name=file]").set_input_files(paper)
    press(page.locator("main button[type=submit]"))


def answer(page: Page, code: str, *, wrong: dict[str, str] | None = None) -> None:
    """Fill the checklist in and press the button that follows from it."""
    page.goto(f"/staff/repairs/reviews/{code}")
    for check in CHECKS:
        bad = (wrong or {}).get(check.code)
        page.locator(f"input[name={check.code}][value={'no' if bad else 'yes'}]").check()
        if bad:
            page.locator(f"input[name={check.code}_note]").fill(bad)
    press(page.get_by_role("button", name="退回补正" if wrong else "全部符合，通过"))


def apply(page: Page, code: str, folder: Path, width: int, *, first: str = "start") -> None:
    upload(page, code, "contract", folder)
    money(page, code).get_by_role("link", name="填写列支申请").click()
    for name, text in (
        ("amount", "60000"), ("contract", "60000"), ("no_audit", "合同单价经招标确定"),
        ("contract_firm", FIRM), ("payee", FIRM), ("payee_bank", "样例银行东区支行"),
        ("payee_account", "6222000000000009"),
    ):  # fmt: skip
        page.locator(f"input[name={name}]").fill(text)
    page.locator("select[name=kind_1]").select_option(first)
    page.locator("input[name=fen_1]").fill("24000")
    page.locator("select[name=kind_2]").select_option("final")
    page.locator("input[name=fen_2]").fill("36000.01")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator(".errors")).to_be_visible()  # a fen too much
    page.locator("input[name=fen_2]").fill("36000")
    shoot(page, f"release-apply-{width}")
    page.get_by_role("button", name="保存", exact=True).click()
    press(page.get_by_role("button", name="提交审核"))


def pay(
    applicant: Page, payer: Page, second: Page, case: Any, position: int, yuan: str
) -> None:
    press(money(applicant, case.code).get_by_role("button", name="申请付款").first)
    press(money(payer, case.code).get_by_role("button", name="确认", exact=True))
    order(payer, yuan)
    # Who ordered it does not close it.
    expect(money(payer, case.code).locator("main")).to_contain_text("等另一个人录入回单")
    receipt(second, case, position, yuan)


def order(payer: Page, yuan: str) -> None:
    payer.goto("/staff/repairs/payments/")
    payer.get_by_label("选").check()
    press(payer.get_by_role("button", name="生成划转清单和通知"))
    expect(payer.locator("main")).to_contain_text(yuan)


def receipt(second: Page, case: Any, position: int, yuan: str) -> None:
    money(second, case.code).get_by_role("link", name="录入银行回单").click()
    second.locator("input[name=serial]").fill(f"B{position:06}")
    second.locator("input[name=day]").fill(timezone.localdate().isoformat())
    second.locator("input[name=fen]").fill("1.00")
    second.locator("input[name=account]").fill("6222000000000009")
    press(second.locator("main button[type=submit]"))
    expect(second.locator(".errors")).to_be_visible()
    second.locator("input[name=fen]").fill(yuan.replace(",", ""))
    press(second.locator("main button[type=submit]"))
    expect(second.locator("main")).to_contain_text("已付")


def settle(page: Page, confirming: Page, code: str, folder: Path) -> None:
    for kind in ("acceptance", "settlement", "invoice"):
        upload(page, code, kind, folder)
    money(page, code).get_by_role("link", name="填写结算").click()
    page.locator("input[name=final]").fill("58,000.00")
    page.locator("input[name=no_audit]").fill("合同单价经招标确定")
    page.locator("input[name=accepted_on]").fill(timezone.localdate().isoformat())
    press(page.locator("main button[type=submit]"))
    press(money(confirming, code).get_by_role("button", name="确认结算"))


def test_agency_street_two_officials_two_payments(
    open_page: Open, here: Town, tmp_path: Path
) -> None:
    case = make_case(here, "agency")
    for name in ("property_manager", "street_office", "bureau"):
        here.person(name)
    grant(make_user("bureau_two"), "bureau", here.here.district)
    manager, street, bureau, second = (
        sign_in(open_page(**DESK), name)
        for name in ("property_manager", "street_office", "bureau", "bureau_two")
    )
    apply(manager, case.code, tmp_path, 1366)
    answer(street, case.code, wrong={"warranty": "没有竣工资料", "published": "没有公布照片"})
    # The applicant sees every reason, and what was typed.
    manager.goto(f"/staff/repairs/reviews/{case.code}")
    expect(manager.locator("main")).to_contain_text("没有竣工资料")
    expect(manager.locator("main")).to_contain_text("没有公布照片")
    money(manager, case.code).get_by_role("link", name="填写列支申请").click()
    expect(manager.locator("input[name=payee]")).to_have_value(FIRM)
    manager.get_by_role("button", name="保存", exact=True).click()
    press(manager.get_by_role("button", name="提交审核"))
    street.goto("/staff/repairs/reviews/")
    shoot(street, "release-worklist-1366")
    answer(street, case.code)
    bureau.goto(f"/staff/repairs/reviews/{case.code}")
    shoot(bureau, "release-review-1366")
    answer(bureau, case.code)
    # 60,000 yuan is above the amount of one: the same person cannot be the second.
    bureau.goto(f"/staff/repairs/reviews/{case.code}")
    answer(bureau, case.code)
    expect(bureau.locator(".errors")).to_contain_text("下一个环节要由别人来办")
    answer(second, case.code)
    paper = Document.objects.get(kind="fund_opinion")
    root = development_identity(tmp_path / "ca").certificate
    verdict = aside(check_offline, bytes(paper.pdf), trust_roots=[root])
    assert verdict.status == "genuine", verdict.reasons
    pay(manager, bureau, second, case, 1, "24,000.00")
    settle(manager, bureau, case.code, tmp_path)
    pay(manager, bureau, second, case, 2, "34,000.00")
    shoot(money(manager, case.code), "release-money-1366")
    assert RepairRequest.objects.get(code=case.code).state == "settled"
    assert list(check_books()) == []
    public = open_page()
    public.goto(f"/repair/{case.code}")
    expect(public.locator("main")).to_contain_text("58,000.00")
    shoot(public, "release-public-360")


def test_self_managed_on_a_phone(open_page: Open, here: Town, tmp_path: Path) -> None:
    case = make_case(here, "self")
    for name in ("property_manager", "organiser", "bureau"):
        here.person(name)
    grant(make_user("member_two"), "organiser", here.here.estate)
    manager, chair, member, bureau = (
        sign_in(open_page(**PHONE), name)
        for name in ("property_manager", "organiser", "member_two", "bureau")
    )
    apply(manager, case.code, tmp_path, 390)
    answer(chair, case.code)
    answer(member, case.code)
    assert Document.objects.get(kind="fund_opinion").title.startswith(
        "住宅专项维修资金使用决定书"
    )
    bureau.goto("/staff/repairs/reviews/filed")
    shoot(bureau, "release-filed-390")
    bureau.get_by_role("link", name="责令改正").click()
    bureau.get_by_label("说明").fill("补公示分摊清册")
    press(bureau.get_by_role("button", name="登记", exact=True))
    press(money(manager, case.code).get_by_role("button", name="申请付款").first)
    expect(manager.locator("main")).to_contain_text("补公示分摊清册")
    bureau.goto(f"/staff/repairs/reviews/{case.code}/correction")
    bureau.get_by_label("说明").fill("已经公示")
    press(bureau.get_by_role("button", name="登记", exact=True))
    pay(manager, chair, member, case, 1, "24,000.00")
    settle(manager, chair, case.code, tmp_path)
    pay(manager, chair, member, case, 2, "34,000.00")
    shoot(money(manager, case.code), "release-money-390")
    assert RepairRequest.objects.get(code=case.code).state == "settled"
    assert list(check_books()) == []


def report(page: Page, estate: Estate, folder: Path) -> str:
    """The manager in front of the lift; the repair's code."""
    page.goto(f"/staff/repairs/emergencies/new/{estate.code}")
    page.get_by_label(re.compile("电梯故障")).check()
    page.get_by_label("坏的是哪个部位").select_option("lift")
    page.get_by_label("坏成什么样，有什么危险").fill("电梯在6楼困人，钢丝绳断股")
    page.get_by_label("具体位置").fill("1幢电梯")
    page.get_by_label("现场照片").set_input_files(photo(folder))
    page.locator("#id_paper").set_input_files(file(folder, "停用通知.pdf", PDF))
    page.get_by_label("这个部位的保修期到哪一天").fill("2015-01-01")
    for key in EXCLUSIONS:
        page.locator(f"input[name={key}][value=no]").check()
    page.get_by_label("申请人名称").fill("样例物业服务有限公司")
    page.get_by_label("联系电话").fill("0000-0000000")
    page.get_by_label("依据哪一条规定").fill("样例市物业管理条例第66条")
    page.get_by_label("大概要多少钱").fill("60000")
    page.get_by_role("button", name="上报，开始计时").click()
    expect(page.locator(".clock")).to_be_visible()
    return RepairRequest.objects.get().code


def find(page: Page, code: str, folder: Path) -> None:
    page.goto("/staff/")
    page.get_by_role("link", name=re.compile("应急维修：")).click()
    page.get_by_role("link", name="现场认定").click()
    page.get_by_label("在现场的什么位置").fill("1楼电梯厅")
    page.get_by_label("现场照片").set_input_files(photo(folder))
    for party in ("业主代表", "物业服务企业", "居民委员会"):
        page.get_by_label(party).check()
    page.get_by_label("在场的人", exact=True).fill("王一，周某，刘某")
    page.get_by_label(re.compile(r"^\s*属于紧急情况")).check()
    page.get_by_label("理由").fill("钢丝绳断股，继续运行有坠落危险")
    press(page.get_by_role("button", name="记下认定"))


def decide(page: Page, code: str) -> None:
    page.goto(f"/staff/repairs/emergencies/{code}/")
    page.get_by_role("link", name="作决定").click()
    page.get_by_label(re.compile(r"^\s*同意先行维修")).check()
    page.get_by_label("其中验收以前可以先付").fill("24000")
    page.get_by_label("理由").fill("不修不能恢复运行")
    press(page.get_by_role("button", name="决定", exact=True))
    expect(page.locator("main")).to_contain_text("同意先行维修")


def test_an_emergency_from_the_report_to_the_last_fen(
    open_page: Open, here: Town, tmp_path: Path
) -> None:
    estate = here.here.estate
    special = make_special(estate, authority=here.here.district)
    account = open_account(special_id=special.pk, estate=estate, actor=DRAFTER, at=AT)
    deposit(account, 50_000_00)
    for name in ("property_manager", "residents_committee", "organiser", "bureau"):
        here.person(name)
    grant(make_user("bureau_two"), "bureau", here.here.district)
    manager, residents, committee, bureau, second = (
        sign_in(open_page(**DESK), name)
        for name in (
            "property_manager", "residents_committee", "organiser", "bureau", "bureau_two"
        )
    )  # fmt: skip
    code = report(manager, estate, tmp_path)
    find(residents, code, tmp_path)
    decide(committee, code)
    apply(manager, code, tmp_path, 1366, first="advance")
    answer(bureau, code)  # found on site: the street does not look again
    answer(second, code)
    case = Case(account, code)
    pay(manager, bureau, second, case, 1, "24,000.00")
    settle(manager, bureau, code, tmp_path)
    # The owners were not asked before: no last payment before they were heard.
    press(money(manager, code).get_by_role("button", name="申请付款").first)
    press(money(bureau, code).get_by_role("button", name="确认", exact=True))
    expect(bureau.locator("main")).to_contain_text("还没有向业主公示")
    committee.goto(f"/staff/repairs/emergencies/{code}/publicity")
    committee.get_by_label("怎样修的").fill("更换钢丝绳四根，检验合格后恢复运行。")
    press(committee.get_by_role("button", name="签发公示"))
    press(money(bureau, code).get_by_role("button", name="确认", exact=True))
    expect(bureau.locator("main")).to_contain_text("公示期还没有结束")
    RepairPublicity.objects.update(until=timezone.now())  # seven days later
    press(money(bureau, code).get_by_role("button", name="确认", exact=True))
    order(bureau, "34,000.00")
    receipt(second, case, 2, "34,000.00")
    assert RepairRequest.objects.get(code=code).state == "settled"
    assert list(check_books()) == []
    public = open_page()
    public.goto(f"/repair/{code}")
    expect(public.locator("main")).to_contain_text("58,000.00")
    for milestone in ("上报应急维修", "现场认定", "应急决定", "付款", "公示费用和分摊", "结清"):
        expect(public.locator(".timeline")).to_contain_text(milestone)
    shoot(public, "emergency-public-360")
