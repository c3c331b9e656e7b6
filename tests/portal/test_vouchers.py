"""Vouchers and reconciliation, through HTTP, by two people."""

import hashlib
import re

import pytest
from django.urls import reverse

from documents.authority import development_identity
from funds.models import BankMatch, FundFile, SpecialAccount, StatementLine, Voucher, YearPaper
from funds.selectors import check_books
from tests.funds.books import AT, note_owed_of
from tests.funds.services.test_files import csv
from tests.funds.services.test_vouchers import rows
from tests.portal.test_funds import new_special, upload
from tests.town import grant, make_user

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
STATEMENT = ["流水号", "交易日期", "金额", "余额"]
SAID = {"dated_on": "2026-01-02", "text": "首期交存", "paper": "回单7"}


@pytest.fixture
def bureau(client, town):
    client.force_login(town.person("bureau"), backend=BACKEND)
    return client


@pytest.fixture
def special(bureau, town):
    return new_special(bureau, town, mode="record")


@pytest.fixture
def second(town):
    found = make_user("second clerk")
    grant(found, "bureau", town.here.district)
    return found


def at(name, special, *more):
    return reverse(f"staff:fund_{name}", args=[special.code, *more])


def page(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def deposited(client, special, content=None, **said):
    """A table uploaded and confirmed: the draft."""
    fields = {"kind": "deposit", **SAID, **said, "file": upload(content or rows("10", "20"))}
    answer = client.post(at("amounts_new", special), fields)
    assert answer.status_code == 302, answer.content.decode()
    file = FundFile.objects.latest("pk")
    look = page(client, answer.headers["Location"])
    assert not file.voucher
    answer = client.post(at("amounts_confirm", special, file.pk))
    assert answer.status_code == 302
    return Voucher.objects.latest("pk"), look


def test_a_table_of_deposits_sealed_by_another_and_matched(bureau, special, second):
    voucher, look = deposited(bureau, special)
    assert "30.00" in look
    assert "1幢1单元101室" in look
    mine = page(bureau, at("voucher", special, voucher.pk))
    assert "要由另一个人复核入账" in mine
    assert at("voucher_seal", special, voucher.pk) not in mine
    answer = bureau.post(at("voucher_seal", special, voucher.pk))
    assert answer.status_code == 400
    assert "制单的人不能自己复核" in answer.content.decode()
    bureau.force_login(second, backend=BACKEND)
    assert at("voucher_seal", special, voucher.pk) in page(
        bureau, at("voucher", special, voucher.pk)
    )
    assert bureau.post(at("voucher_seal", special, voucher.pk)).status_code == 302
    done = page(bureau, at("voucher", special, voucher.pk))
    assert "1号" in done
    assert "second clerk" in done
    bureau.post(
        at("file_new", special),
        {"file": upload(csv(STATEMENT, ("S1", "2026-01-03", "30", "30")))},
    )
    bureau.post(at("file_confirm", special, FundFile.objects.latest("pk").pk))
    shown = page(bureau, at("reconcile", special))
    assert "可能是同一笔" in shown
    line = StatementLine.objects.get()
    answer = bureau.post(at("match", special), {"line": line.pk, "voucher": voucher.pk})
    assert answer.status_code == 302
    assert "账上和银行完全一致" in page(bureau, at("reconcile", special))
    assert list(check_books()) == []
    assert "S1" in page(bureau, at("voucher", special, voucher.pk))
    match = BankMatch.objects.get()
    assert bureau.post(at("match_undo", special, match.pk), {"reason": ""}).status_code == 400
    assert bureau.post(at("match_undo", special, match.pk), {"reason": "错"}).status_code == 302
    assert "second clerk" in page(bureau, at("matches", special))
    assert {one.code for one in check_books()} == {"bank.unbooked", "bank.unseen"}


def test_a_table_with_faults_cannot_become_a_voucher(bureau, special):
    fields = {"kind": "deposit", **SAID, "file": upload(rows("1", "x", "-3"))}
    answer = bureau.post(at("amounts_new", special), fields)
    look = page(bureau, answer.headers["Location"])
    assert "有2处错误" in look
    assert "确认制单" not in look
    file = FundFile.objects.get()
    answer = bureau.post(at("amounts_confirm", special, file.pk))
    assert answer.status_code == 400
    assert "还有 2 处错误没有改正" in answer.content.decode()
    assert bureau.post(at("amounts_drop", special, file.pk)).status_code == 302
    assert bytes(FundFile.objects.get().content) == b""
    assert bureau.get(at("file", special, file.pk)).status_code == 404


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"amount": "1.234"}, "金额最多两位小数"),
        ({"amount": "0"}, "金额不能为零"),
        ({"amount": ""}, "没有填金额"),
        ({"amount": "10000000000"}, "金额过大"),
        ({"room": "9-9-999"}, "没有这一户"),
        ({"room": "x" * 81}, "80"),
        ({"dated_on": "2099-01-01"}, "不能晚于今天"),
        ({"dated_on": "x"}, "日期"),
        ({"text": ""}, "请填写摘要"),
        ({"kind": "loan"}, "不在可以选的里面"),
    ],
)
def test_bad_input_for_a_unit(bureau, special, changed, sentence):
    fields = {"kind": "deposit", "estate": "", "room": "1-1-101", "amount": "5", **SAID}
    answer = bureau.post(at("unit_new", special), {**fields, **changed})
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not Voucher.objects.exists()


def test_a_unit_a_drop_and_a_reversal(bureau, special, second):
    fields = {"kind": "deposit", "estate": "", "room": "1-1-101", "amount": "5", **SAID}
    assert bureau.post(at("unit_new", special), fields).status_code == 302
    voucher = Voucher.objects.get()
    assert bureau.post(at("voucher_drop", special, voucher.pk)).status_code == 400
    answer = bureau.post(at("voucher_drop", special, voucher.pk), {"reason": "写错"})
    assert answer.status_code == 302
    assert bureau.post(at("unit_new", special), fields).status_code == 302
    voucher = Voucher.objects.latest("pk")
    answer = bureau.post(
        at("voucher_reverse", special, voucher.pk),
        {"reason": "错", "dated_on": "2026-01-03"},
    )
    assert answer.status_code == 400
    assert "已经入账的凭证才能冲正" in answer.content.decode()
    bureau.force_login(second, backend=BACKEND)
    bureau.post(at("voucher_seal", special, voucher.pk))
    answer = bureau.post(
        at("voucher_reverse", special, voucher.pk),
        {"reason": "错", "dated_on": "2026-01-03"},
    )
    assert answer.status_code == 302
    back = Voucher.objects.latest("pk")
    assert (back.kind, back.state, back.reverses_id) == ("reversal", "draft", voucher.pk)
    assert "冲正" in page(bureau, at("voucher", special, voucher.pk))


def test_the_list_is_filtered_and_searched(bureau, special):
    voucher, _look = deposited(bureau, special)
    address = at("vouchers", special)
    for query, there in (
        ("", True), ("?state=draft", True), ("?state=sealed", False), ("?state=bogus", True),
        ("?q=回单7", True), ("?q=77", False), ("?q=99999999999999999999", False),
        ("?page=9", True), ("?q=%00", True),
    ):  # fmt: skip
        found = at("voucher", special, voucher.pk) in page(bureau, address + query)
        assert found is there, query


def test_interest_is_looked_at_before_it_is_allotted(bureau, special, second):
    deposited(bureau, special)
    fields = {"kind": "interest", "amount": "0.10", **SAID}
    assert bureau.post(at("receipt_new", special), fields).status_code == 302
    bureau.force_login(second, backend=BACKEND)
    for one in Voucher.objects.all():
        bureau.post(at("voucher_seal", special, one.pk))
    fields = {"amount": "0.10", "since": "", "until": "2026-01-02", **SAID}
    address = at("allotment_new", special)
    look = bureau.post(address, {**fields, "look": "1"}).content.decode()
    assert "0.03" in look  # a third of 0.10
    assert "0.07" in look
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', look)[1]
    table = bureau.post(address, {**fields, "seen": seen, "table": "1"})
    assert table.content.decode("utf-8-sig").splitlines()[1:] == [
        "样例花园,1幢1单元101室,0.03",
        "样例花园,1幢1单元102室,0.07",
    ]
    before = Voucher.objects.count()
    wrong = bureau.post(address, {**fields, "seen": "0" * 64, "draft": "1"})
    assert "重新看各户分到多少" in wrong.content.decode()
    assert Voucher.objects.count() == before
    bad = bureau.post(address, {**fields, "since": "2026-02-01"})
    assert "起日不能晚于" in bad.content.decode()
    answer = bureau.post(address, {**fields, "seen": seen, "draft": "1"})
    assert answer.status_code == 302
    assert Voucher.objects.latest("pk").kind == "allotment"


def test_what_cannot_be_matched_says_why_and_what_was_ticked_stays(bureau, special):
    answer = bureau.post(at("match", special), {})
    assert answer.status_code == 400
    assert "请选一笔对账单和一张凭证" in answer.content.decode()
    for strange in ("x", "9" * 40, "-1", "１"):
        answer = bureau.post(at("match", special), {"line": strange, "voucher": "1"})
        assert answer.status_code == 400


def test_who_owes_with_a_table(bureau, special, second):
    voucher, _look = deposited(bureau, special)
    bureau.force_login(second, backend=BACKEND)
    note_owed_of(voucher, [(special.accounts.get().subs.order_by("pk").first().pk, 1_23)])
    bureau.post(at("voucher_seal", special, voucher.pk))
    assert "1.23" in page(bureau, at("owed", special))
    table = bureau.get(at("owed_list", special)).content.decode("utf-8-sig")
    assert table.splitlines()[1:] == ["样例花园,1幢1单元101室,1,2026-01-02,首期交存,1.23,1.23"]


def test_books_kept_elsewhere_have_no_vouchers(bureau, town):
    mirror = new_special(bureau, town)
    for name in ("vouchers", "unit_new", "amounts_new", "reconcile", "owed", "matches"):
        assert bureau.get(at(name, mirror)).status_code == 404


def test_another_special_accounts_voucher_is_not_found(bureau, special, town):
    voucher, _look = deposited(bureau, special)
    other = SpecialAccount.objects.create(
        code="ABCDEFGH2345", authority=town.here.district, bank="别的银行",
        number_hash="x" * 64, ledger_mode="record", opened_on=AT.date(),
    )  # fmt: skip
    assert bureau.get(at("voucher", other, voucher.pk)).status_code == 404
    assert bureau.post(at("voucher_seal", other, voucher.pk)).status_code == 404


def test_the_years_paper_is_issued_and_its_table_taken(
    client, bureau, special, second, settings, tmp_path
):
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)
    voucher, _look = deposited(bureau, special, dated_on="2025-03-01")
    bureau.force_login(second, backend=BACKEND)
    bureau.post(at("voucher_seal", special, voucher.pk))
    account = special.accounts.get()
    assert "出具" in page(bureau, at("reports", special))
    for _click in range(2):
        answer = bureau.post(at("report_issue", special, account.pk, 2025))
        assert answer.status_code == 302
    paper = YearPaper.objects.get()
    shown = page(bureau, at("reports", special))
    assert paper.document.number in shown
    table = bureau.get(at("report_table", special, paper.pk)).content
    assert hashlib.sha256(table).hexdigest() in bytes(paper.document.facts).decode()
    assert client.get(f"/v/{paper.document.code}/pdf").status_code == 200
    for account_pk, year, status in ((account.pk, 2099, 400), (account.pk + 99, 2025, 404)):
        answer = bureau.post(at("report_issue", special, account_pk, year))
        assert answer.status_code == status
