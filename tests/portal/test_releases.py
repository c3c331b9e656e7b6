"""Money of a repair, through HTTP: applied for, approved, paid by two people, settled."""

import io
import re

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from core.deadlines import local_day
from documents.authority import development_identity
from funds.models import Instalment, ReleaseList, RepairRequest, Settlement
from funds.services.accounts import open_account, open_special_account
from logbook.models import Entry
from tests.funds.books import deposit
from tests.funds.repairs import (
    AT,
    BUDGET,
    FIRM,
    PDF,
    apply_for,
    approve,
    approved_repair,
    emergency_repair,
)
from tests.town import grant, make_user

pytestmark = pytest.mark.django_db
ACCOUNT = "6222 0000 0000 0009"


@pytest.fixture(autouse=True)
def _signing(settings, tmp_path):
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)


def signed_in(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def account(town):
    special = open_special_account(
        authority=town.here.district, bank="样例银行", number="6222000000000001",
        ledger_mode="record", opened_on=local_day(AT), actor="user:1", at=AT,
    )  # fmt: skip
    found = open_account(special_id=special.pk, estate=town.here.estate, actor="user:1", at=AT)
    deposit(found, 2_000_00)
    return found


@pytest.fixture
def people(town):
    second = make_user("second official")
    grant(second, "bureau", town.here.district)
    return {
        "applicant": signed_in(town.person("organiser")),
        "bureau": signed_in(town.person("bureau")),
        "second": signed_in(second),
    }


def form(**changes):
    return {
        "amount": "9,000.00", "contract": "9000", "audited": "", "no_audit": "金额小按合同单价",
        "contract_firm": FIRM, "payee": FIRM, "payee_bank": "样例银行东区支行",
        "payee_account": ACCOUNT, "payee_reason": "",
        "kind_1": "start", "fen_1": "3600", "condition_1": "",
        "kind_2": "final", "fen_2": "5400", "condition_2": "",
        **{f"{name}_{n}": "" for n in range(3, 7) for name in ("kind", "fen", "condition")},
        **changes,
    }  # fmt: skip


def seen_asked():
    """What the page of whoever confirms a payment says about it."""
    asked_at = Instalment.objects.get(position=1).asked_at
    return {"seen": asked_at.isoformat() if asked_at else ""}


def seen_stated():
    """What the page of whoever confirms the final cost says about it."""
    return {"seen": Settlement.objects.get().stated_at.isoformat()}


def test_from_the_application_to_the_last_fen(account, people, town):
    case = emergency_repair(account)
    applicant, bureau, second = people["applicant"], people["bureau"], people["second"]

    def at(name, *args):
        return reverse(f"staff:{name}", args=[case.code, *args])

    page = applicant.get(at("fund_shares")).content.decode()
    assert "9,000.00" in page
    assert "1幢1单元101室" in page
    assert "王一" not in page
    answer = applicant.post(at("fund_apply"), form(fen_2="5400.001", amount="10^15"))
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "最多两位小数" in page
    assert "金额不是数字" in page
    answer = applicant.post(at("fund_apply"), form(fen_2="5399.99"))
    assert "一分不差" in answer.content.decode()
    # No owner voted on an emergency.
    over = applicant.post(at("fund_apply"), form(amount="99,000")).content.decode()
    assert "申请金额超过决定的预算" in over
    assert "业主决定" not in over
    assert applicant.post(at("fund_apply"), form()).status_code == 302
    page = applicant.get(at("fund_apply")).content.decode()
    assert 'value="5,400.00"' in page  # what was said is there to be changed
    answer = applicant.post(at("fund_file_in"))
    assert answer.status_code == 409
    assert "请上传施工合同" in answer.content.decode()
    for kind in ("contract", "acceptance", "settlement"):
        upload = SimpleUploadedFile(f"{kind}.pdf", PDF + kind.encode())
        answer = applicant.post(at("fund_paper"), {"kind": kind, "file": upload})
        assert answer.status_code == 302
    assert applicant.post(at("fund_file_in")).status_code == 302
    assert RepairRequest.objects.get().state == "review"
    approve(case)
    page = applicant.get(at("fund_money")).content.decode()
    assert "申请付款" in page
    assert "0009" in page
    assert "62220000" not in page
    assert applicant.post(at("fund_ask", 1)).status_code == 302
    # The applicant is of the committee, the custody the department's.
    assert applicant.post(at("fund_confirm", 1), seen_asked()).status_code == 409
    assert bureau.post(at("fund_confirm", 1)).status_code == 409  # what was asked was not seen
    assert bureau.post(at("fund_confirm", 1), seen_asked()).status_code == 302
    page = bureau.get(reverse("staff:fund_payments")).content.decode()
    assert "可以划转" in page
    one = Instalment.objects.get(position=1)
    answer = bureau.post(reverse("staff:fund_order"), {"pay": [one.pk, "x", 10**30]})
    assert answer.status_code == 302
    listed = answer.headers["Location"]
    assert "3,600.00" in bureau.get(listed).content.decode()
    answer = bureau.post(f"{listed}/file")
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.content)).active.values)
    assert rows[1][4] == "6222000000000009"
    assert Entry.objects.filter(kind="release.downloaded").count() == 1
    given = {"serial": "S1", "day": str(local_day(AT)), "fen": "3600", "account": ACCOUNT}
    Instalment.objects.update(state="ordered")
    _listed_on(AT)
    assert "请另一个人" in bureau.post(at("fund_receipt", 1), given).content.decode()
    wrong = second.post(at("fund_receipt", 1), {**given, "fen": "3600.01", "account": "1"})
    assert wrong.status_code == 400
    assert "金额和清单不一致" in wrong.content.decode()
    assert "收款账号和申请的不一致" in wrong.content.decode()
    upload = SimpleUploadedFile("回单.pdf", PDF)
    answer = second.post(at("fund_receipt", 1), {**given, "scan": upload})
    assert answer.status_code == 302
    Instalment.objects.filter(position=2).update(state="planned")
    cost = {"final": "8,000.00", "audited": "", "no_audit": "按合同单价结算", "remark": "",
            "accepted_on": str(local_day(AT)), "warranty_until": "2028-11-02"}  # fmt: skip
    assert "重新由业主决定" not in applicant.get(at("fund_settlement")).content.decode()
    over = applicant.post(at("fund_settlement"), {**cost, "final": "9000.01"})
    assert "超过批准的金额" in over.content.decode()
    assert applicant.post(at("fund_settlement"), cost).status_code == 302
    before = seen_stated()
    assert (
        applicant.post(at("fund_settlement"), {**cost, "final": "8,000.00"}).status_code == 302
    )
    answer = bureau.post(at("fund_settlement_confirm"), before)
    assert answer.status_code == 409
    assert "结算刚刚改过" in answer.content.decode()
    assert bureau.post(at("fund_settlement_confirm"), seen_stated()).status_code == 302
    page = applicant.get(at("fund_money")).content.decode()
    assert "4,400.00" in page  # what is left of the final cost
    assert "2028-11-02" in page


def test_what_the_bank_did_not_pay_and_the_ways_out(account, people):
    case = emergency_repair(account)
    apply_for(case)
    approve(case)
    applicant, bureau, second = people["applicant"], people["bureau"], people["second"]

    def at(name, *args):
        return reverse(f"staff:{name}", args=[case.code, *args])

    applicant.post(at("fund_ask", 1))
    bureau.post(at("fund_confirm", 1), seen_asked())
    one = Instalment.objects.get(position=1)
    bureau.post(reverse("staff:fund_order"), {"pay": [one.pk]})
    listed = reverse("staff:fund_list", args=[ReleaseList.objects.get().pk])
    for page in (at("fund_money"), listed):  # not for who made the list
        for form_of in (at("fund_receipt", 1), at("fund_not_paid", 1)):
            assert form_of not in bureau.get(page).content.decode()
            assert form_of in second.get(page).content.decode()
    assert "等另一个人录入回单" in bureau.get(listed).content.decode()
    assert second.get(at("fund_receipt", 1)).status_code == 200
    empty = second.post(at("fund_not_paid", 1), {"reason": "户名不符"})
    assert empty.status_code == 400
    for content, sentence in ((b"", "请上传银行没有付款的凭证"), (b"MZ\x90", "只收 PDF")):
        given = {"reason": "账号与户名不符", "file": SimpleUploadedFile("退汇.pdf", content)}
        answer = second.post(at("fund_not_paid", 1), given)
        assert answer.status_code == 400
        assert sentence in answer.content.decode()
    given = {"reason": "账号与户名不符", "file": SimpleUploadedFile("退汇.pdf", PDF)}
    assert second.post(at("fund_not_paid", 1), given).status_code == 302
    page = second.get(listed).content.decode()
    assert "银行已全部答复" in page  # it did not pay, so there is no receipt
    assert at("fund_receipt", 1) not in page
    page = applicant.get(at("fund_money")).content.decode()
    assert "银行没有付" in page
    assert at("fund_ask", 3) in page  # the second try
    assert at("fund_reapply") in page
    assert at("fund_end") not in page  # an emergency is withdrawn
    assert at("fund_reapply") not in bureau.get(at("fund_money")).content.decode()
    assert applicant.post(at("fund_reapply"), {"reason": " "}).status_code == 400
    answer = applicant.post(at("fund_reapply"), {"reason": "收款账号写错了"})
    assert answer.status_code == 302
    assert RepairRequest.objects.get().state == "returned"
    page = applicant.get(at("fund_apply")).content.decode()
    assert 'value="3,600.00"' in page  # what was said is there, the failed payment once
    assert page.count('value="3,600.00"') == 1


def test_a_reason_too_short_is_told_how_long_it_has_to_be(account, people):
    """Said like one that is missing, "钱少" would be typed again and again."""
    case = emergency_repair(account)
    applicant, bureau = people["applicant"], people["bureau"]

    def answer(client, name, given, *args):
        url = reverse(f"staff:{name}", args=[case.code, *args])
        answer = client.post(url, given)
        assert answer.status_code == 400
        return answer.content.decode()

    given = form(
        no_audit="钱少", contract_firm="别的公司", payee="别的公司", payee_reason="便宜"
    )
    page = answer(applicant, "fund_apply", given)
    assert "没有做造价审核的要写明原因，至少4个字" in page
    assert "施工单位不是报价选定的单位，请写明原因，至少4个字" in page
    apply_for(case)
    assert "为什么撤回，至少4个字" in answer(applicant, "fund_withdraw", {"reason": "写错"})
    approve(case)
    for name in ("fund_anew", "fund_reapply"):
        assert "，至少4个字" in answer(applicant, name, {"reason": "写错"})
    applicant.post(reverse("staff:fund_ask", args=[case.code, 1]))
    assert "为什么不付，至少4个字" in answer(bureau, "fund_decline", {"reason": "不付"}, 1)
    cost = {"final": "8000", "no_audit": "钱少", "accepted_on": str(local_day(AT))}
    page = answer(applicant, "fund_settlement", cost)
    assert "没有做造价审核的要写明原因，至少4个字" in page


ELSEWHERE = "这项维修现在的状态不能办这一步"


@pytest.mark.parametrize(
    ("page", "state", "opens"),
    [
        (page, state, state in states)
        for page, states in (
            ("fund_apply", ("decided", "returned")),
            ("fund_anew", ("decided", "returned", "approved")),
            ("fund_end", ("decided", "returned", "approved")),
            ("fund_reapply", ("approved",)),
        )
        for state in ("voting", "decided", "review", "returned", "approved", "settled")
    ],
)
def test_a_form_that_can_only_be_refused_does_not_open(account, people, page, state, opens):
    case = emergency_repair(account)
    apply_for(case)
    RepairRequest.objects.update(state=state)
    url = reverse(f"staff:{page}", args=[case.code])
    answer = people["applicant"].get(url, follow=True)
    money = reverse("staff:fund_money", args=[case.code])
    assert answer.redirect_chain == ([] if opens else [(money, 302)])
    assert (ELSEWHERE in answer.content.decode()) is not opens
    if not opens:  # what is posted is refused all the same
        given = form() if page == "fund_apply" else {"reason": "收款账号写错了"}
        refused = people["applicant"].post(url, given)
        assert refused.status_code == 400
        assert ELSEWHERE in refused.content.decode()


def test_the_last_payment_waits_for_the_final_cost(account, people):
    case = approved_repair(account=account)
    ask = reverse("staff:fund_ask", args=[case.code, 2])
    money = reverse("staff:fund_money", args=[case.code])
    Instalment.objects.filter(position=1).update(state="cancelled")

    def page():
        return people["applicant"].get(money).content.decode()

    assert ask not in page()
    assert "结算确认以后才能申请" in page()
    stated = Settlement.objects.create(
        request=case.request, final_fen=BUDGET, accepted_on=local_day(AT),
        stated_by="user:10", stated_at=AT,
    )  # fmt: skip
    assert ask not in page()
    stated.confirmed_by, stated.confirmed_at = "user:20", AT
    stated.save()
    assert ask in page()
    assert "结算确认以后才能申请" not in page()
    # And nothing leaves the way it is on any more.
    for name in ("fund_anew", "fund_reapply", "fund_end"):
        url = reverse(f"staff:{name}", args=[case.code])
        answer = people["applicant"].get(url, follow=True)
        assert answer.redirect_chain == [(money, 302)]
        assert "结算已经确认，不能再改" in answer.content.decode()


def _listed_on(moment):
    """The list was made today; the receipt of the test is older."""
    ReleaseList.objects.update(made_at=moment)
    Instalment.objects.filter(position=2).update(state="planned")


def test_tables_for_the_fund_centre_have_their_columns(account, people):
    case = emergency_repair(account)
    applicant = people["applicant"]

    def table(kind):
        return applicant.get(reverse("staff:fund_table", args=[case.code, kind]))

    assert table("application").status_code == 404
    assert table("votes").status_code == 404  # nobody voted
    assert table("x").status_code == 404
    applicant.post(reverse("staff:fund_apply", args=[case.code]), form())
    book = openpyxl.load_workbook(io.BytesIO(table("shares").content))
    rows = list(book.active.values)
    assert rows[0] == (
        "序号", "房号", "建筑面积（平方米）", "份额", "分摊金额（元）", "分摊前余额（元）",
        "分摊后余额（元）", "欠缴（元）",
    )  # fmt: skip
    cents = [round(float(row[4]) * 100) for row in rows[1:-1]]
    assert sum(cents) == BUDGET
    assert rows[-1][4] == "9000.00"
    said = dict(openpyxl.load_workbook(io.BytesIO(table("application").content)).active.values)
    assert said["申请金额（元）"] == "9000.00"
    assert said["收款账号"] == "****0009"
    text = applicant.get(reverse("staff:fund_shares_csv", args=[case.code]))
    lines = text.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + 8 + 1
    assert re.match(r"1,1幢1单元101室,90\.00,9000,900\.00,2000\.00,1100\.00,0\.00", lines[1])


def test_who_took_part_and_never_how():
    from funds.selectors.exports import votes_table
    from tests.funds.repairs import voted_repair

    case = voted_repair()
    rows = list(openpyxl.load_workbook(io.BytesIO(votes_table(case.request))).active.values)
    assert rows[0] == ("序号", "房号", "专有部分面积（平方米）", "参加表决")
    assert {row[3] for row in rows[1:9]} == {"已参加"}
    words = " ".join(str(cell) for row in rows for cell in row)
    assert not any(choice in words for choice in ("同意", "反对", "弃权"))
    assert rows[-1][1] == "通过"
