"""The fund's pages, through HTTP: from a bank account to balances and who has to replenish."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from funds.models import FundAccount, FundFile, Snapshot, SpecialAccount, StatementLine
from tests.funds.services.test_files import HEADER, ROOMS, csv, whole
from tests.town import grant, make_user

pytestmark = pytest.mark.django_db


def upload(content, name="余额.csv"):
    return SimpleUploadedFile(name, content)


@pytest.fixture
def bureau(client, town):
    client.force_login(
        town.person("bureau"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def new_special(bureau, town, mode="mirror", number="6222 0000 0000 0001"):
    answer = bureau.post(
        reverse("staff:fund_new"),
        {
            "authority": town.here.district.pk, "bank": "样例银行", "number": number,
            "ledger_mode": mode, "opened_on": "2020-01-01",
        },
    )  # fmt: skip
    assert answer.status_code == 302
    special = SpecialAccount.objects.get()
    answer = bureau.post(
        reverse("staff:fund_account_new", args=[special.code]),
        {"estate": town.here.estate.code.lower(), "building": "", "custody": "agency"},
    )
    assert answer.status_code == 302
    return special


def send(bureau, special, content, **said):
    fields = {"as_of": "2026-10-01", "source": "样例市维修资金中心", "reason": "", **said}
    return bureau.post(
        reverse("staff:fund_file_new", args=[special.code]),
        {**fields, "file": upload(content)},
    )


def test_from_the_bank_account_to_who_must_replenish(bureau, town):
    special = new_special(bureau, town)
    assert FundAccount.objects.get().subs.count() == 9
    page = bureau.get(reverse("staff:fund", args=[special.code])).content.decode()
    assert "还没有余额" in page
    assert "6222" not in page  # of a number only the last four digits are shown
    # 30 % of 100.00 is 30.00: one fen less has to be replenished.
    amounts = ["30.00", "29.99", *["100.00"] * 7]
    answer = send(bureau, special, whole(amounts, first="100.00"))
    file = FundFile.objects.get()
    assert answer.headers["Location"].endswith(f"/files/{file.pk}")
    page = bureau.get(answer.headers["Location"]).content.decode()
    assert "759.99" in page
    assert not Snapshot.objects.exists()
    answer = bureau.post(reverse("staff:fund_file_confirm", args=[special.code, file.pk]))
    assert answer.status_code == 302
    page = bureau.get(reverse("staff:fund", args=[special.code])).content.decode()
    assert re.search(r"759\.99</b>元，截至2026-10-01", page)
    assert "<b>1</b>户要续交" in page
    page = bureau.get(reverse("staff:fund_replenish", args=[special.code])).content.decode()
    assert "1幢1单元102室" in page
    assert "1幢1单元101室" not in page
    table = bureau.get(reverse("staff:fund_replenish_list", args=[special.code]))
    assert table.content.decode("utf-8-sig").splitlines()[1:] == [
        "样例花园,1幢1单元102室,29.99,100.00"
    ]
    page = bureau.get(reverse("staff:funds")).content.decode()
    assert "759.99" in page


def test_every_reason_at_once_and_what_was_typed_stays(bureau, town):
    special = new_special(bureau, town)
    answer = send(bureau, special, whole(), as_of="2099-01-01", source="", reason="长" * 61)
    page = answer.content.decode()
    assert answer.status_code == 400
    for reason in ("截至的日期还没有到", "请填写余额从哪里来", "变动说明最多60个字"):
        assert reason in page
    assert 'value="2099-01-01"' in page
    assert not FundFile.objects.exists()


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "余额.csv", "文件是空的"),
        (b"MZ\x90\x00\x03", "余额.xlsx", "内容却不是这种表格"),
        (b"%PDF-1.7", "余额.pdf", "只能读取"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(bureau, town, content, name, sentence):
    special = new_special(bureau, town)
    answer = bureau.post(
        reverse("staff:fund_file_new", args=[special.code]),
        {"as_of": "2026-10-01", "source": "中心", "file": upload(content, name)},
    )
    assert answer.status_code == 400
    assert sentence in answer.content.decode()


def test_faults_are_listed_and_nothing_can_be_confirmed(bureau, town):
    special = new_special(bureau, town)
    rows = [(*room, "-1", "", "") for room in ROOMS]
    answer = send(bureau, special, csv(HEADER, *rows))
    page = bureau.get(answer.headers["Location"]).content.decode()
    assert "有9处错误" in page
    assert "余额：金额不能为负数" in page
    assert "确认导入" not in page
    file = FundFile.objects.get()
    answer = bureau.post(reverse("staff:fund_file_confirm", args=[special.code, file.pk]))
    assert answer.status_code == 400
    assert "还有 9 处错误没有改正" in answer.content.decode()
    bureau.post(reverse("staff:fund_file_drop", args=[special.code, file.pk]))
    answer = bureau.post(reverse("staff:fund_file_confirm", args=[special.code, file.pk]))
    assert answer.status_code == 400
    assert "已经放弃" in answer.content.decode()


def test_a_statement_of_books_kept_here(bureau, town):
    special = new_special(bureau, town, mode="record")
    content = csv(
        ("流水号", "交易日期", "收入", "支出", "余额", "摘要"),
        ("A1", "2026-10-01", "100.00", "", "100.00", "交存"),
    )
    answer = bureau.post(
        reverse("staff:fund_file_new", args=[special.code]),
        {"file": upload(content, "对账单.csv")},
    )
    page = bureau.get(answer.headers["Location"]).content.decode()
    assert "<b>1</b>笔是新的" in page
    file = FundFile.objects.get()
    for _click in range(2):
        bureau.post(reverse("staff:fund_file_confirm", args=[special.code, file.pk]))
    assert StatementLine.objects.count() == 1
    page = bureau.get(reverse("staff:fund", args=[special.code])).content.decode()
    assert "<b>1</b>笔对账单没有入账" in page


def test_an_estate_of_somewhere_else_has_no_account_here(bureau, town):
    special = new_special(bureau, town)
    for code, building, sentence in (
        (town.there.estate.code, "", "您管辖的范围里没有这个代码的小区"),
        ("", "", "您管辖的范围里没有这个代码的小区"),
        ("é1234567", "", "您管辖的范围里没有这个代码的小区"),
        (town.here.estate.code, "99幢", "这个小区没有这一幢"),
        (town.here.estate.code, "", "已经有账"),
    ):
        answer = bureau.post(
            reverse("staff:fund_account_new", args=[special.code]),
            {"estate": code, "building": building, "custody": "agency"},
        )
        assert answer.status_code == 400
        assert sentence in answer.content.decode()
    assert FundAccount.objects.count() == 1


def test_an_authority_of_somewhere_else_cannot_be_named(bureau, town):
    answer = bureau.post(
        reverse("staff:fund_new"),
        {
            "authority": town.there.district.pk, "bank": "样例银行", "number": "12345678",
            "ledger_mode": "mirror", "opened_on": "2020-01-01",
        },
    )  # fmt: skip
    assert answer.status_code == 400
    assert not SpecialAccount.objects.exists()


def test_the_city_sees_what_its_districts_keep(client, bureau, town):
    special = new_special(bureau, town)
    city = make_user("city")
    grant(city, "bureau", town.city)
    client.force_login(city, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("staff:fund", args=[special.code])).status_code == 200
    client.force_login(
        town.person("other bureau"), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert client.get(reverse("staff:fund", args=[special.code])).status_code == 404
    assert "样例银行" not in client.get(reverse("staff:funds")).content.decode()


def test_an_estate_of_another_district_is_not_in_this_account(client, bureau, town):
    """The city reaches both districts; the special account of one holds its own estates."""
    special = new_special(bureau, town)
    city = make_user("city")
    grant(city, "bureau", town.city)
    client.force_login(city, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(
        reverse("staff:fund_account_new", args=[special.code]),
        {"estate": town.there.estate.code, "building": "", "custody": "agency"},
    )
    assert answer.status_code == 400
    assert "不归管理这个专户的机构管辖" in answer.content.decode()
    assert FundAccount.objects.count() == 1
