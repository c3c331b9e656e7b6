"""Papers about personal data: what the law wants in them, and that facts are the system's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from accounts.kinds import KINDS
from accounts.permissions import NAMES_PEOPLE, ROLE_PERMISSIONS
from core.deadlines import SHANGHAI
from portal.personal_data import CLEAR, HOLDINGS, sealed_holdings
from portal.privacy_facts import keys, people, roles_that_see_people, runs
from portal.privacy_rules import RISKS, rules
from portal.retention import TABLE
from registry.resealing import sealed_tables
from tests.factories import frozen_vote, make_estate, make_owner
from tests.town import Town, make_town
from voting.facts import letter_facts

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 20, 10, 0, tzinfo=SHANGHAI)


@pytest.fixture
def town() -> Town:
    return make_town()


def client_of(town: Town, who: str) -> Client:
    client = Client()
    client.force_login(town.person(who), backend="django.contrib.auth.backends.ModelBackend")
    return client


# --- what is said of tables ----------------------------------------------------------------


def test_every_encrypted_table_is_named() -> None:
    assert {table.label for table in sealed_tables()} == set(HOLDINGS)


def test_kinds_are_kinds() -> None:
    used = {kind for held in HOLDINGS.values() for kind in held.kinds}
    used |= {kind for _title, kinds, _why in CLEAR for kind in kinds}
    assert used == set(KINDS)


def test_columns_and_rows_are_the_models_own(town: Town) -> None:
    found = {one.title: one for one in sealed_holdings()}
    owners = found["业主"]
    assert owners.columns == ["name", "document_number", "phone"]
    assert owners.rows == apps.get_model("registry.owner").objects.count()
    assert owners.sensitive
    assert "平台的开票钥匙" not in found  # encrypted, but of no person


def test_a_person_on_two_rolls_is_one(town: Town) -> None:
    before = people().owners
    for side in (town.here, town.there):
        make_owner(side.estate, "甲", document_hash="a" * 64)
    assert people().owners == before + 1


def test_an_estate_without_a_roll_has_nobody_on_it(town: Town) -> None:
    before = people().estates
    empty = make_estate()
    assert people().estates == before
    make_owner(empty, "甲")
    assert people().estates == before + 1


def test_roles_are_read_from_the_table_of_permissions(town: Town) -> None:
    town.person("organiser")
    found = {role.title: role for role in roles_that_see_people(timezone.now())}
    assert found["组织者"].held == 1
    assert "平台管理员" in found
    for permissions in ROLE_PERMISSIONS.values():
        seen = permissions & NAMES_PEOPLE
        assert any(len(role.may) == len(seen) for role in found.values()) or not seen


def test_keys_and_runs(town: Town) -> None:
    said = keys()
    assert sum(count for _mark, count in said.counted) > 0
    assert all(mark == said.current for mark, _count in said.counted)
    assert [when for _what, when in runs()] == [None, None, None]


# --- the impact assessment (PIPL 55, 56) ---------------------------------------------------


def test_it_works(town: Town) -> None:
    page = client_of(town, "operator").get(reverse("staff:impact")).content.decode()
    for heading in (
        "处理目的、处理方式是否合法、正当、必要",  # 56 (一)
        "对个人权益的影响及安全风险",  # (二)
        "保护措施是否合法、有效并与风险程度相适应",  # (三)
        "至少保存三年",
    ):
        assert heading in page
    for rule in TABLE:
        assert str(rule.thing) in page
    for risk, _effect in RISKS:
        assert str(risk) in page
    assert page.count("待填") > 10
    for name in ("王一", "李二"):
        assert name not in page


def test_it_can_be_taken_away(town: Town) -> None:
    answer = client_of(town, "operator").post(reverse("staff:impact"))
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
    text = answer.content.decode()
    assert text.lstrip().startswith("<!doctype html>")
    assert "csrf" not in text
    assert "业主" in text


# --- the entrustment contract (PIPL 21) ----------------------------------------------------


def test_the_contract_has_what_article_21_asks_for(town: Town) -> None:
    estate = town.here.estate
    address = reverse("staff:entrustment", args=[estate.code])
    page = client_of(town, "organiser").get(address).content.decode()
    for part in (
        "委托处理的目的", "委托期限", "处理方式", "个人信息的种类", "保护措施",
        "甲方的权利和义务", "乙方的权利和义务", "进行监督", "不得转委托",
        "返还甲方或者予以删除，不得保留", estate.name, estate.code,
        "用12位码投的，或者设备不能加密的，由平台的服务器代为加密",
    ):  # fmt: skip
        assert part in page
    for code, kind in KINDS.items():
        assert (str(kind.words) in page) is (code != "account")


def test_an_organiser_has_the_own_estates_contract_only(town: Town) -> None:
    address = reverse("staff:entrustment", args=[town.there.estate.code])
    assert client_of(town, "organiser").get(address).status_code == 404
    assert client_of(town, "operator").get(address).status_code == 404


# --- the notice (PIPL 17) ------------------------------------------------------------------

# What article 17 asks for, by the section that has it; 30 for what is sensitive.
ASKED = {
    "who": "17（一）名称和联系方式",
    "purpose": "17（二）处理目的",
    "method": "17（二）处理方式",
    "kinds": "17（二）种类；30 敏感个人信息的必要性和影响",
    "kept": "17（二）保存期限",
    "rights": "17（三）行使权利的方式和程序",
}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("section", ASKED)
def test_the_page_says_all_of_article_17(language: str, section: str) -> None:
    with override(language):
        said = {rule.code: rule for rule in rules()}
    assert said[section].title
    assert all(said[section].texts)
    page = Client().get("/privacy", headers={"accept-language": language}).content.decode()
    assert f'<h2 id="{section}">' in page


def test_every_right_of_chapter_four_is_named() -> None:
    with override("zh-hans"):
        text = "".join(next(rule for rule in rules() if rule.code == "rights").texts)
    for right in ("查阅", "复制", "更正", "补充", "删除", "解释", "撤回", "近亲属", "起诉"):
        assert right in text


def test_periods_on_the_page_are_the_tables(client: Client) -> None:
    page = client.get("/privacy").content.decode()
    for rule in TABLE:
        assert str(rule.kept) in page


def test_the_page_is_a_click_away(client: Client) -> None:
    for page in ("/", "/help", "/my/"):
        assert "/privacy" in client.get(page).content.decode()


# The letter's notice: the same, as far as a sheet of paper has room for it.
ON_THE_LETTER = {
    "handler": ("业主委员会",),
    "contact": ("0000",),
    "purpose": ("表决", "存档", "加密保存", "到期删除"),  # and the method
    "kinds": ("姓名", "证件号码（敏感）", "手机号"),
    "retention": ("至决定公布后5年", "规则全文"),
    "rights": ("查阅、复制、更正、补充、删除", "当面、打电话、书面", "/my/data/", "/privacy"),
}


@pytest.mark.parametrize("part", ON_THE_LETTER)
def test_the_letter_says_all_of_article_17(part: str) -> None:
    vote = frozen_vote()
    told = letter_facts(vote.session, vote.secrets)[0].session.privacy
    for words in ON_THE_LETTER[part]:
        assert words in getattr(told, part)


@pytest.mark.parametrize(("stated", "told"), [("9", 9), ("3", 3), ("1", 3), (None, 3)])
def test_the_letter_and_what_is_done_agree_on_the_years(stated: str | None, told: int) -> None:
    vote = frozen_vote()
    vote.session.profile["retention.ballot_years"] = {"value": stated}
    said = letter_facts(vote.session, vote.secrets)[0].session.privacy.retention
    assert f"至决定公布后{told}年" in said


@pytest.mark.parametrize("phone", ["", "0000-0000001"])
def test_the_page_and_the_letter_agree_on_whom_to_call(settings: Any, phone: str) -> None:
    settings.HELP_PHONE = phone
    vote = frozen_vote()
    contact = letter_facts(vote.session, vote.secrets)[0].session.privacy.contact
    page = Client().get("/privacy").content.decode()
    assert vote.session.contact_phone in contact
    assert ("平台" in contact) == bool(phone) == ("平台的联系电话" in page)
    assert ("组织者的电话，由组织者转告" in page) == (not phone)
    assert phone in contact
    assert phone in page
    assert "选票至决定公布后5年" in page
