"""Signing in: password or SMS code, the same answer for every number, a second factor."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.gateways import MemoryGateway
from accounts.models import User
from tests.app_digits import app_digits
from tests.town import PASSWORD, make_user

pytestmark = pytest.mark.django_db
PHONE = "10000000008"


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


@pytest.fixture
def wang():
    return make_user("wang", phone=PHONE)


def ask_for_code(client, phone):
    return client.post(reverse("account_request_login_code"), {"phone": phone})


def confirm(client, code):
    return client.post(reverse("account_confirm_login_code"), {"code": code})


def sent_code():
    [(phone, text)] = MemoryGateway.sent
    return phone, re.search(r"\d{6}", text)[0]


def signed_in(client):
    return "_auth_user_id" in client.session


FULL_WIDTH = "１０００００００００８"


@pytest.mark.parametrize("typed", [PHONE, "100 0000 0008", "+86 100-0000-0008", FULL_WIDTH])
def test_a_code_to_the_phone_however_it_is_typed(client, wang, typed):
    assert ask_for_code(client, typed).status_code == 302
    phone, code = sent_code()
    assert phone == PHONE
    assert confirm(client, code).status_code == 302
    assert signed_in(client)


def test_three_wrong_codes_end_the_attempt(client, wang):
    ask_for_code(client, PHONE)
    _phone, code = sent_code()
    wrong = "000000" if code != "000000" else "111111"
    for _try in range(3):
        confirm(client, wrong)
    confirm(client, code)
    assert not signed_in(client)


def test_an_unknown_number_gets_the_same_answer_and_no_message(client, wang):
    known = ask_for_code(client, PHONE)
    unknown = ask_for_code(Client(), "10000000007")
    assert (known.status_code, known.headers["Location"]) == (
        unknown.status_code,
        unknown.headers["Location"],
    )
    assert [phone for phone, _text in MemoryGateway.sent] == [PHONE]


def test_a_person_who_left_gets_no_code(client, wang):
    User.objects.filter(pk=wang.pk).update(is_active=False)
    ask_for_code(client, PHONE)
    assert MemoryGateway.sent == []


def test_a_number_that_is_none_is_refused_in_words(client):
    page = ask_for_code(client, "12345")
    assert "手机号应为11位数字" in page.content.decode()
    assert 'value="12345"' in page.content.decode()


def test_the_daily_limit_looks_like_any_other_answer(client, wang, monkeypatch):
    monkeypatch.setattr("accounts.services.messages.CODES_A_DAY", 1)
    ask_for_code(client, PHONE)
    again = ask_for_code(Client(), PHONE)
    assert again.status_code == 302
    assert len(MemoryGateway.sent) == 1


@pytest.mark.parametrize("name", ["wang", PHONE])
def test_a_password_with_the_user_name_or_the_phone(client, wang, name):
    client.post(reverse("account_login"), {"login": name, "password": PASSWORD})
    assert signed_in(client)
    assert client.session.get_expire_at_browser_close()


def test_a_wrong_password_says_nothing_about_the_account(client, wang):
    def said(name):
        page = client.post(reverse("account_login"), {"login": name, "password": "wrong"})
        text = page.content.decode()
        return re.findall(r'class="errors".*?</div>', text, re.S)[0]

    assert said("wang") == said("nobody")
    assert not signed_in(client)


def test_nobody_signs_up(client):
    assert client.get("/accounts/signup/").status_code == 404


def test_the_wanted_page_follows_the_sign_in_but_no_foreign_one(client, wang):
    for target, expected in (
        ("/staff/estates/", "/staff/estates/"),
        ("//evil.example/", "/staff/"),
    ):
        client.logout()
        page = client.post(
            reverse("account_login"), {"login": "wang", "password": PASSWORD, "next": target}
        )
        assert page.headers["Location"] == expected


def test_secrets_of_authenticators_lie_encrypted(town):
    street = town.person("street_office")
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(street, secret)
    stored = Authenticator.objects.get(user=street)
    assert secret not in str(stored.data)
    code = app_digits(secret)
    assert totp.TOTP(stored).validate_code(code)


@pytest.mark.parametrize("typed", ["{0} {1}", " {0}{1} ", "{0}\u3000{1}", "full"])
def test_the_digits_however_they_are_typed(client, wang, typed):
    ask_for_code(client, PHONE)
    _phone, code = sent_code()
    wide = "".join(chr(ord(one) + 0xFEE0) for one in code)
    confirm(client, wide if typed == "full" else typed.format(code[:3], code[3:]))
    assert signed_in(client)
