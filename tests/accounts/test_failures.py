"""What failed at the door is a line in the log that names nobody, and cannot flood it."""

import json
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.masking import masked
from accounts.services.attempts import count_attempt
from tests.accounts.entering import Browser
from tests.town import PASSWORD, grant, make_user

pytestmark = pytest.mark.django_db
PHONE = "10000000008"


@pytest.fixture
def zhao(town):
    cache.clear()
    user = make_user("zhao", phone=PHONE)
    grant(user, "street_office", town.here.street)
    return user


@pytest.fixture
def lines(caplog):
    """Reads what was logged since it was last asked, as a machine would."""

    def read():
        found = [
            json.loads(masked(record.getMessage()))
            for record in caplog.records
            if record.name == "accounts.failures"
        ]
        caplog.clear()
        for line in found:
            assert line.pop("at")
        return found

    return read


def sign_in(login, password="wrong words", address="203.0.113.77"):
    client = Client(REMOTE_ADDR=address)
    return client.post(reverse("account_login"), {"login": login, "password": password})


@pytest.mark.parametrize("login", ["zhao", PHONE])
def test_a_wrong_password_names_nobody_but_the_account(zhao, lines, caplog, login):
    sign_in(login)
    text = caplog.text
    assert not [
        secret for secret in ("zhao", PHONE, "wrong words", "203.0.113") if secret in text
    ]
    [line] = lines()
    assert line["event"] == "sign_in.failed"
    assert (line["way"], line["account"]) == ("password", zhao.pk)
    assert line["address"] == "203.0.*.*"
    sign_in(login)
    assert lines() == [line]  # the same name is known again


def test_a_name_nobody_has_is_no_account(zhao, lines):
    sign_in("zhau\n{}")
    sign_in("10000000007")
    one, other = lines()
    assert one["account"] is other["account"] is None
    assert one["typed"] != other["typed"] != ""


def test_who_gets_in_is_no_line(zhao, lines):
    sign_in("zhao", PASSWORD)
    assert lines() == []


def test_every_way_of_failing_is_told(zhao, lines):
    browser = Browser(zhao)
    browser.post("account_request_login_code", phone=PHONE)
    browser.post("account_confirm_login_code", code="12")
    Browser(zhao).passkey(verified=False)  # no finger, face or PIN was asked for
    browser = Browser(zhao)
    browser.has_app()
    browser.password()
    browser.post("mfa_authenticate", code="12")
    told = [(line["way"], line["account"]) for line in lines()]
    assert told == [("sms", zhao.pk), ("passkey", None), ("device", zhao.pk)]


def test_a_wrong_second_code_is_told(zhao, lines):
    browser = Browser(zhao)
    browser.password()
    browser.post("account_second_code", send="1")
    browser.post("account_second_code", code="12")
    [line] = lines()
    assert (line["way"], line["account"]) == ("second_sms", zhao.pk)


def test_guessing_on_is_one_line_more_and_not_one_a_try(zhao, lines):
    for _try in range(12):
        sign_in("zhao")
    told = lines()
    assert [line["event"] for line in told] == ["sign_in.failed"] * 5 + ["limit.reached"]
    assert told[-1]["limit"] == "sign_in"


def test_too_many_from_one_address_is_one_line_a_minute(zhao, lines):
    answers = [sign_in(f"name {number}").status_code for number in range(34)]
    assert answers[-1] == 429
    told = [line["limit"] for line in lines() if line["event"] == "limit.reached"]
    assert sorted(told) == ["account_login", "sign_in"]


def test_a_limit_of_ours_is_told_when_it_is_reached(lines):
    now = timezone.now()
    given = {"limit": 3, "window": timedelta(minutes=15)}
    allowed = [count_attempt("check:77", at=now, **given) for _try in range(6)]
    assert allowed == [True] * 3 + [False] * 3
    [line] = lines()
    assert (line["event"], line["limit"]) == ("limit.reached", "check")
    assert "77" not in (line["of"], line["limit"])
    for _try in range(4):  # the next window
        count_attempt("check:77", at=now + timedelta(hours=1), **given)
    assert lines() == [line]
