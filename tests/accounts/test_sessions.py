"""Where a person is signed in: listed, ended, and ended by itself."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.devices import device_of, masked_address
from accounts.models import SignIn
from accounts.services.grants import revoke_role
from accounts.services.people import deactivate_user
from tests.accounts.entering import NEW, Browser, where
from tests.town import PASSWORD, grant, make_user

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Safari/537.36"
)


@pytest.mark.parametrize(
    ("agent", "shown"),
    [
        (CHROME, "Chrome · Windows"),
        (CHROME + " Edg/120.0", "Edge · Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) Version/17.0 Safari/604.1",
            "Safari · iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 9) Chrome/70 MicroMessenger/8.0", "WeChat · Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko Firefox/128.0", "Firefox · Linux"),
        ("", "? · ?"),
        ("<script>alert(1)</script>" * 50, "? · ?"),
    ],
)
def test_the_device_is_a_few_words(agent, shown):
    assert device_of(agent) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("203.0.113.77", "203.0.*.*"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:*"),
        ("::1", "0:0:*"),
        ("", ""),
        ("not one", ""),
    ],
)
def test_the_address_is_half_of_it(address, shown):
    assert masked_address(address) == shown


pytestmark = pytest.mark.django_db


@pytest.fixture
def zhao(town):
    cache.clear()
    user = make_user("zhao", phone="10000000008")
    grant(user, "organiser", town.here.estate)
    return user


def enter(user):
    browser = Browser(user)
    browser.client.defaults |= {"HTTP_USER_AGENT": CHROME, "REMOTE_ADDR": "203.0.113.77"}
    browser.password()
    return browser


def is_in(browser):
    return browser.client.get("/staff/").status_code == 200


def test_the_page_lists_them_and_ends_one(zhao):
    here, there = enter(zhao), enter(zhao)
    page = here.client.get(reverse("account_sessions"))
    text = page.content.decode()
    assert text.count("Chrome · Windows") == 2
    assert "203.0.*.*" in text
    assert "203.0.113" not in text
    [other] = [row for row in page.context["rows"] if row.pk != page.context["current"]]
    here.client.post(reverse("account_session_end", args=[other.pk]))
    assert is_in(here)
    assert not is_in(there)
    assert here.client.get(reverse("account_sessions")).content.decode().count("Chrome ·") == 1


def test_all_others_end_at_once(zhao):
    here, *others = [enter(zhao) for _n in range(3)]
    here.client.post(reverse("account_sessions_end"))
    assert is_in(here)
    assert not [one for one in others if is_in(one)]


def later(browser, seconds):
    """What was proven so far was proven so long ago."""
    session = browser.client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= seconds
    session.save()


def others_of(browser):
    page = browser.client.get(reverse("account_sessions"))
    return [row.pk for row in page.context["rows"] if row.pk != page.context["current"]]


def test_a_browser_left_open_throws_nobody_out(zhao, settings):
    """A committee's member: the code by SMS, as at the sign-in, and then it works."""
    settings.REQUIRE_MFA = True
    stolen, owners = enter(zhao), enter(zhao)
    for browser in (stolen, owners):
        browser.second_code()
    later(stolen, 301)
    [other] = others_of(stolen)
    for address in (
        reverse("account_sessions_end"),
        reverse("account_session_end", args=[other]),
    ):
        answer = stolen.client.post(address)
        assert where(answer) == "account_second_code"
        assert is_in(owners)
    stolen.password_again()  # which a browser remembers
    assert where(stolen.client.post(reverse("account_sessions_end"))) == "account_second_code"
    page = stolen.client.get(answer.headers["Location"])
    assert page.context["wanted"] == reverse("account_sessions")
    assert "再验证一次是您本人" in page.content.decode()
    stolen.second_code()
    stolen.client.post(reverse("account_sessions_end"))
    assert not is_in(owners)


def test_whoever_has_just_come_in_is_not_asked_again(zhao, settings):
    settings.REQUIRE_MFA = True
    here, there = enter(zhao), enter(zhao)
    here.second_code()
    there.second_code()
    later(here, 299)
    here.client.post(reverse("account_sessions_end"))
    assert not is_in(there)


def test_an_official_proves_the_device_again(town, settings):
    settings.REQUIRE_MFA = True
    official = make_user("qian", phone="10000000009")
    grant(official, "street_office", town.here.street)
    here, there = Browser(official), Browser(official)
    here.has_app()
    there.secret = here.secret
    for browser in (here, there):
        browser.password()
        browser.app()
    later(here, 301)
    here.second_code()  # a phone is not enough where there is a device
    assert where(here.client.post(reverse("account_sessions_end"))) == "mfa_reauthenticate"
    answer = here.client.post(
        reverse("mfa_reauthenticate") + "?next=" + reverse("account_sessions"),
        {"code": here.app_digits()},
    )
    assert where(answer) == "account_sessions"
    here.client.post(reverse("account_sessions_end"))
    assert not is_in(there)


def test_nobody_ends_a_strangers(zhao, town):
    victim = enter(zhao)
    row = SignIn.objects.get(user=zhao)
    thief = enter(make_user("thief", phone="10000000009"))
    answer = thief.client.post(reverse("account_session_end", args=[row.pk]))
    assert answer.status_code == 404
    assert is_in(victim)


def test_a_new_password_ends_the_others_and_keeps_this_one(zhao):
    here, there = enter(zhao), enter(zhao)
    here.client.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW},
    )
    assert is_in(here)
    assert not is_in(there)
    assert SignIn.objects.filter(user=zhao, ended_at=None).count() == 1
    # The session's key changed with the password; ending it must still find it.
    last = Browser(zhao)
    last.post("account_login", login="zhao", password=NEW)
    last.client.post(reverse("account_sessions_end"))
    assert not is_in(here)


def test_a_closed_account_and_an_ended_role_end_them(zhao, town):
    boss, now = town.person("operator"), timezone.now()
    browser = enter(zhao)
    revoke_role(grant=zhao.grants.get(), reason="换届", actor=boss, at=now)
    assert not is_in(browser)
    again = enter(zhao)
    deactivate_user(user=zhao, reason="离任", actor=boss, at=now)
    assert not is_in(again)
    assert not SignIn.objects.filter(ended_at=None, user=zhao).exists()


def test_signing_out_takes_it_off_the_list(zhao):
    browser = enter(zhao)
    browser.client.post(reverse("account_logout"))
    assert SignIn.objects.get(user=zhao).ended_at is not None


def test_no_key_of_a_session_lies_readable_beside_it(zhao):
    browser = enter(zhao)
    key = browser.client.session.session_key
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_signin")
        assert key not in str(
            [[bytes(c) if isinstance(c, memoryview) else c for c in row] for row in cursor]
        )
    assert SignIn.objects.get(user=zhao).session == key


def back_in_time(browser, **seconds):
    session = browser.client.session
    for name, by in seconds.items():
        session[name] -= by
    session.save()


def test_an_officials_browser_left_alone_is_signed_out(town, zhao):
    official = make_user("qian", phone="10000000009")
    grant(official, "street_office", town.here.street)
    left, other = enter(official), enter(zhao)
    for browser in (left, other):
        back_in_time(browser, seen=29 * 60)
        assert is_in(browser)
        back_in_time(browser, seen=31 * 60)
    answer = left.client.get("/staff/estates/?page=2")
    assert (
        answer.headers["Location"] == "/accounts/login/?next=%2Fstaff%2Festates%2F%3Fpage%3D2"
    )
    assert "请重新登录" in left.client.get(reverse("account_login")).content.decode()
    assert is_in(other)  # of a committee: only the working day ends it
    back_in_time(other, began=8 * 3600 + 1)
    assert not is_in(other)


def test_being_seen_is_written_once_a_minute(zhao, django_assert_max_num_queries):
    browser = enter(zhao)
    is_in(browser)
    before = SignIn.objects.get(user=zhao).seen_at
    is_in(browser)
    assert SignIn.objects.get(user=zhao).seen_at == before
    back_in_time(browser, seen=61)
    is_in(browser)
    assert SignIn.objects.get(user=zhao).seen_at > before
