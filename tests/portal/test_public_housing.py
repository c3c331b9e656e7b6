"""Sold public housing on the pages: the seller is a row of its own, and no household."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from core.deadlines import local_day
from funds.models import FundAccount, SubAccount, Voucher
from funds.selectors.requests import units_now
from funds.services.accounts import open_account, open_special_account
from tests.funds.books import AT, deposit, pay_in
from tests.funds.filed import make_filed
from tests.funds.requests import scope_of, whole_request

pytestmark = pytest.mark.django_db
FIRST = "1幢售房单位（样例机械厂）"


@pytest.fixture
def account(town):
    special = open_special_account(
        authority=town.here.district, bank="样例银行", number="6222000000000001",
        ledger_mode="record", opened_on=local_day(AT), actor="user:1", at=AT,
    )  # fmt: skip
    found = open_account(
        special_id=special.pk, estate=town.here.estate, custody="public",
        selling_organisation="样例机械厂", actor="user:1", at=AT,
    )  # fmt: skip
    pay_in(found)
    return found


def signed_in(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def text(answer):
    plain = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", plain)


def test_an_account_is_opened_with_the_sellers(town):
    client = signed_in(town.person("bureau"))
    special = open_special_account(
        authority=town.here.district, bank="样例银行", number="6222000000000001",
        ledger_mode="record", opened_on=local_day(AT), actor="user:1", at=AT,
    )  # fmt: skip
    given = {"estate": town.here.estate.code, "building": "", "custody": "public",
             "selling_organisation": "样例机械厂"}  # fmt: skip
    answer = client.post(
        reverse("staff:fund_account_new", args=[special.code]), given, follow=True
    )
    assert "共9户分户账" in text(answer)
    assert re.search(r"样例机械厂 公房 9 0\.00", text(answer))
    assert FundAccount.objects.get().subs.filter(unit=None).count() == 2


def test_the_seller_pays_in_and_is_shown_on_its_voucher(account, town):
    client = signed_in(town.person("bureau"))
    given = {
        "kind": "deposit", "estate": "", "room": "1幢售房单位", "amount": "12,000.00",
        "first": "12,500.00", "dated_on": local_day(AT).isoformat(), "text": "售房款提取",
        "paper": "交存凭证1",
    }  # fmt: skip
    address = reverse("staff:fund_unit_new", args=[account.special.code])
    answer = client.post(address, {**given, "first": "11,000.00"})
    assert answer.status_code == 400
    assert "首期交存额与已登记的 12,000.00 元不一样" in text(answer)
    answer = client.post(address, given, follow=True)
    assert f"{FIRST} 12,000.00" in text(answer)
    assert Voucher.objects.get().postings.filter(sub__building__name="1幢").count() == 1
    assert SubAccount.objects.get(building__name="1幢").first_deposit_fen == 12_500_00


def test_the_preview_and_the_table_of_shares(account, town):
    deposit(account, 2_000_00)
    application = make_filed(town.here.estate, custody="public", budget=900_000)
    client = signed_in(town.person("organiser"))
    page = text(client.get(reverse("staff:fund_shares", args=[application.request.code])))
    assert "9,000.00 元分摊 8 户 900.00 平方米 3,750.00 元由售房单位承担" in page
    assert f"{FIRST} — 3,000.00 2,000.00 0.00 1,000.00" in page
    assert "1幢1单元101室 90.00 450.00 2,000.00 1,550.00 0.00" in page
    page = text(client.get(reverse("staff:repair", args=[application.request.code])))
    assert "共8户，合计 9,000.00 元" in page
    assert f"其中{FIRST}承担 3,000.00 元" in page
    csv = client.get(reverse("staff:fund_shares_csv", args=[application.request.code]))
    assert f"9,{FIRST},," in csv.content.decode()


def test_the_public_page_says_what_the_seller_bears(account, client, town):
    application = make_filed(
        town.here.estate, custody="public", budget=400_000,
        scope=scope_of(town.here.estate, "1幢"),
    )  # fmt: skip
    address = reverse("portal:repair", args=[application.request.code])
    page = text(client.get(address))
    assert "4户" in page
    assert f"{FIRST} 2,400.00 元" in page
    assert re.search(r"每平方米约 4\.00 元", page)  # 1 600.00 over 400 m²
    english = client.get(address, headers={"accept-language": "en"})
    assert "Selling organisation of 1幢 (样例机械厂) 2,400.00" in text(english)


def test_no_price_of_a_square_metre_where_there_is_not_one(account, client, town):
    # 2幢 has a unit that is not sold: no seller bears a part of it.
    application = make_filed(town.here.estate, custody="public", budget=400_000)
    page = text(client.get(reverse("portal:repair", args=[application.request.code])))
    assert "每平方米约" not in page
    assert FIRST in page


def test_a_draft_names_the_deposits_that_are_missing(account, town):
    SubAccount.objects.filter(unit__label="1幢1单元102室").update(first_deposit_fen=None)
    draft = whole_request(town.here.estate)
    assert len(units_now(draft, today=local_day(AT))) == 4
    client = signed_in(town.person("property_manager"))
    page = text(client.get(reverse("staff:repair", args=[draft.code])))
    assert "有1个分户账没有登记首期交存额" in page
    assert "1幢1单元102室" in page
    SubAccount.objects.filter(unit__label="1幢1单元102室").update(first_deposit_fen=2_200_00)
    page = text(client.get(reverse("staff:repair", args=[draft.code])))
    assert "没有登记首期交存额" not in page
    assert "共4户，合计 40,000.00 元。" in page
    assert "4户余额不够，差 16,000.00 元，要由业主补交" in page  # the seller's is not theirs
    assert f"其中{FIRST}承担 24,000.00 元。" in page
