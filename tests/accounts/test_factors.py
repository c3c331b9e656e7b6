"""Two factors, held at one gate: every way in × every role, and what is asked for next."""

from itertools import combinations

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.factors import (
    Account,
    Factor,
    Level,
    Step,
    is_enough,
    missing,
    missing_for_ending,
    missing_for_keys,
    proven,
)
from accounts.gateways import MemoryGateway
from accounts.models import Message
from accounts.services.people import invite_user
from accounts.texts import URGENT
from tests.accounts.entering import Browser, SoftKey, where
from tests.town import PASSWORD, grant, make_user

PHONE = "10000000008"
OFFICIALS = ["street_office", "bureau", "operator", "auditor"]
COMMITTEES = ["organiser", "supervisor", "residents_committee", "property_manager"]
P, C, D, K, S = (
    Factor.PASSWORD,
    Factor.CODE,
    Factor.DEVICE,
    Factor.PASSKEY,
    Factor.PROVIDER,
)  # fmt: skip


def subsets():
    return [frozenset(some) for n in range(6) for some in combinations(Factor, n)]


@pytest.mark.parametrize("shown", subsets(), ids=lambda some: "+".join(sorted(some)) or "none")
def test_what_is_enough(shown):
    """Said once more, in other words: two different kinds of thing, and which kinds count."""
    whole = K in shown or S in shown
    knows_and_has_device = P in shown and D in shown
    knows_and_has_phone = P in shown and C in shown
    assert is_enough(Level.OFFICIAL, shown) is (whole or knows_and_has_device)
    assert is_enough(Level.COMMITTEE, shown) is (
        whole or knows_and_has_device or knows_and_has_phone
    )
    assert is_enough(Level.NONE, shown)


@pytest.mark.parametrize("level", [Level.COMMITTEE, Level.OFFICIAL])
@pytest.mark.parametrize("password", [True, False])
@pytest.mark.parametrize("phone", [True, False])
@pytest.mark.parametrize("device", [True, False])
def test_the_steps_lead_in_and_never_in_circles(level, password, phone, device):
    """From whatever was proven at the door, each step is possible and the last one is in."""
    gives = {
        Step.SET_PASSWORD: P,
        Step.TYPE_PASSWORD: P,
        Step.PROVE_DEVICE: D,
        Step.ENTER_CODE: C,
        Step.SET_UP_DEVICE: D,
    }
    for begun in subsets():
        has = Account(password, phone, device)
        shown = begun if password else begun - {P}
        for _step in range(6):
            step = missing(level, shown, has)
            if step is None:
                break
            if step in (Step.SET_PASSWORD, Step.SET_UP_DEVICE):
                # Setting up a factor is itself behind a gate; that one must let pass.
                assert step is Step.SET_PASSWORD or missing_for_keys(shown, has) is None
                has = has._replace(
                    **{"password" if step is Step.SET_PASSWORD else "device": True}
                )
            assert step is not Step.PROVE_DEVICE or has.device
            assert step is not Step.ENTER_CODE or has.phone
            assert step is not Step.TYPE_PASSWORD or has.password
            assert gives[step] not in shown
            shown |= {gives[step]}
        else:
            pytest.fail(f"never in from {begun}")
        assert is_enough(level, shown)


@pytest.mark.parametrize("password", [True, False])
@pytest.mark.parametrize("phone", [True, False])
@pytest.mark.parametrize("device", [True, False])
def test_before_others_are_thrown_out_one_thing_is_proven_anew(password, phone, device):
    """Whatever an account has is asked for, and one step of it is enough."""
    gives = {Step.PROVE_DEVICE: D, Step.ENTER_CODE: C, Step.TYPE_PASSWORD: P}
    has = Account(password, phone, device)
    step = missing_for_ending(frozenset(), has)
    assert (step is Step.SIGN_IN_AGAIN) is not any(has)
    if step in gives:
        assert missing_for_ending(frozenset({gives[step]}), has) is None
    for strong in (K, S):
        assert missing_for_ending(frozenset({strong}), has) is None
    if device or phone:  # the browser may remember it
        assert missing_for_ending(frozenset({P}), has) is not None


def test_records_nobody_knows_prove_nothing():
    records = [
        {"method": "magic"},
        {"method": "mfa", "type": "sms"},
        {"method": "mfa"},
        {},
        {"method": None, "passwordless": True},
        {"method": "mfa", "type": "totp", "passwordless": True},
    ]
    assert proven(records) == {D}
    assert proven(records[:-1]) == frozenset()


# --- through the pages ------------------------------------------------------------------

IN = "in"
# What was done, in this order; where an official and where a committee member then stands.
TABLE = [
    # without an app
    ("password", "account_second_code", "account_second_code"),
    ("code", "account_reauthenticate", "account_reauthenticate"),
    ("password second_code", "mfa_activate_totp", IN),
    ("code password_again", "mfa_activate_totp", IN),
    ("passkey", IN, IN),
    # with an app (and recovery codes)
    ("+app password app", IN, IN),
    ("+app password recovery", IN, IN),
    ("+app code app", "account_reauthenticate", "account_reauthenticate"),
    ("+app code app password_again", IN, IN),
    ("+app password", "account_login", "account_login"),
    ("+app code", "account_login", "account_login"),
    ("+app passkey", IN, IN),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("ways", "official", "committee"), TABLE, ids=[r[0] for r in TABLE])
def test_every_way_in_for_every_role(town, settings, ways, official, committee):
    settings.REQUIRE_MFA = True
    wrong = []
    for number, role in enumerate([*OFFICIALS, *COMMITTEES]):
        cache.clear()
        user = make_user(f"{role}_x", phone=f"1000000010{number}")
        grant(user, role, None if role == "operator" else town.here.of(role))
        browser = Browser(user)
        for way in ways.split():
            if way == "+app":
                browser.has_app()
                browser.has_recovery_codes()
            else:
                browser.do(way)
        expected = official if role in OFFICIALS else committee
        if (got := browser.at_staff()) != expected:
            wrong.append((role, got, expected))
    assert wrong == []


@pytest.fixture
def official(town, settings):
    settings.REQUIRE_MFA = True
    cache.clear()
    user = make_user("zhao", phone=PHONE)
    grant(user, "street_office", town.here.street)
    return user


@pytest.mark.django_db
def test_from_an_invitation_to_the_first_page(town, settings, monkeypatch):
    """First sign-in by code; password, then an app; each page says what is missing."""
    settings.REQUIRE_MFA = True
    boss, now = town.person("operator"), timezone.now()
    user = invite_user(username="li", display_name="李", phone=PHONE, actor=boss, at=now)
    grant(user, "street_office", town.here.street)
    browser = Browser(user)
    browser.code()
    assert browser.at_staff() == "account_set_password"
    page = browser.client.get(reverse("account_set_password"))
    assert "只有短信验证码不够" in page.content.decode()
    browser.new_password()
    assert browser.at_staff() == "mfa_activate_totp"
    # Inside a test nothing is ever committed.
    monkeypatch.setattr("django.db.transaction.on_commit", lambda act, **_more: act())
    done = browser.set_up_app()
    assert where(done) == "mfa_view_recovery_codes"
    codes = browser.client.get(reverse("mfa_view_recovery_codes")).content.decode()
    assert f'href="{reverse("staff:home")}">收好了，去待办</a>' in codes
    assert browser.at_staff() == IN


@pytest.mark.django_db
def test_recovery_codes_are_called_one_thing(official, monkeypatch):
    browser = Browser(official)
    browser.password()
    browser.second_code()
    browser.password_again()
    # Inside a test nothing is ever committed.
    monkeypatch.setattr("django.db.transaction.on_commit", lambda act, **_more: act())
    browser.set_up_app()
    address = reverse("mfa_generate_recovery_codes")
    asked = browser.client.get(address).content.decode()
    made = browser.client.post(address, follow=True).content.decode()
    assert "恢复码" in asked
    assert "已生成新的恢复码，以前的作废。" in made
    assert "恢复代码" not in asked + made


@pytest.mark.django_db
def test_a_stolen_password_sets_up_no_app_of_the_thiefs(official):
    thief = Browser(official)
    thief.password()
    assert where(thief.set_up_app()) == "account_second_code"
    assert where(thief.client.get(reverse("account_change_password"))) == "account_second_code"
    assert where(thief.client.get(reverse("mfa_add_webauthn"))) == "account_second_code"
    thief.password_again()
    assert where(thief.set_up_app()) == "account_second_code"


@pytest.mark.django_db
def test_whoever_uses_sms_reads_its_risk_and_what_is_better(official):
    browser = Browser(official)
    browser.password()
    page = browser.client.get(reverse("account_second_code")).content.decode()
    assert "补办您手机卡的人、手机里的木马都看得到短信" in page
    assert "建议登录以后在“安全设置”里开启验证器应用" in page
    assert "所以建议开启" in browser.client.get(reverse("mfa_index")).content.decode()
    browser.has_app()
    assert "所以建议开启" not in browser.client.get(reverse("mfa_index")).content.decode()


@pytest.mark.django_db
def test_a_stolen_phone_sets_no_password_and_no_app(official):
    thief = Browser(official)
    thief.code()
    for name in ("mfa_activate_totp", "mfa_add_webauthn", "account_change_password"):
        assert where(thief.client.get(reverse(name))) == "account_reauthenticate"
    answer = thief.new_password()
    assert where(answer) == "account_change_password"
    page = thief.client.get(reverse("account_forgotten"))
    assert "重新设密码" not in page.content.decode()
    thief.post("account_forgotten")
    official.refresh_from_db()
    assert official.check_password(PASSWORD)


@pytest.mark.django_db
def test_an_older_session_does_not_see_recovery_codes_of_a_newer_app(official):
    older = Browser(official)
    older.password()
    older.second_code()
    Browser(official).has_app()
    assert where(older.client.get(reverse("mfa_view_recovery_codes"))) == "mfa_reauthenticate"


@pytest.mark.django_db
def test_a_key_that_did_not_ask_for_finger_or_pin_is_no_passkey(official):
    browser = Browser(official)
    browser.passkey(verified=False)
    assert "_auth_user_id" not in browser.client.session


@pytest.mark.django_db
def test_a_challenge_of_the_second_step_does_not_make_a_passkey_of_a_touched_key(official):
    """The thief has an account of their own, and somebody's key without its PIN."""
    own = make_user("thief", phone="10000000077")
    SoftKey(own)
    stolen = SoftKey(official)
    thief = Browser(own)
    thief.password()
    page = thief.client.get(reverse("mfa_authenticate"))
    challenge = page.context["js_data"]["request_options"]["publicKey"]["challenge"]
    thief.post("mfa_login_webauthn", credential=stolen.answer(challenge, verified=False))
    assert "_auth_user_id" not in thief.client.session


@pytest.mark.django_db
def test_phone_and_app_together_replace_a_forgotten_password(official):
    browser, elsewhere = Browser(official), Browser(official)
    elsewhere.has_app()
    browser.secret = elsewhere.secret
    browser.code()
    browser.app()
    assert browser.at_staff() == "account_reauthenticate"
    assert where(browser.post("account_forgotten")) == "account_set_password"
    browser.new_password()
    assert browser.at_staff() == IN
    official.refresh_from_db()
    assert not official.check_password(PASSWORD)


@pytest.mark.django_db
def test_what_one_person_proved_counts_for_nobody_else(official, town):
    """On one shared browser: a password of one, then a code of the other."""
    other = make_user("qian", phone="10000000009")
    grant(other, "organiser", town.here.estate)
    browser = Browser(official)
    browser.password()
    browser.client.post(reverse("account_logout"))
    second = Browser(other, browser.client)
    second.code()
    assert second.at_staff() == "account_reauthenticate"


@pytest.mark.django_db
def test_a_second_code_is_tried_three_times_and_ten_times_an_hour(official):
    browser = Browser(official)
    browser.password()
    for _round in range(4):
        MemoryGateway.sent.clear()
        browser.post("account_second_code", send="1")
        [(_phone, text)] = MemoryGateway.sent
        right = text[3:9]
        wrong = "000000" if right != "000000" else "111111"
        for _try in range(3):
            browser.post("account_second_code", code=wrong)
    answer = browser.post("account_second_code", code=right)
    assert answer.status_code == 400
    browser.post("account_second_code", send="1")
    right = MemoryGateway.sent[-1][1][3:9]
    answer = browser.post("account_second_code", code=right)
    assert "一小时以后" in answer.content.decode()
    assert browser.at_staff() == "account_second_code"


@pytest.mark.django_db
def test_a_second_code_works_once_and_lies_nowhere_readable(official):
    browser = Browser(official)
    browser.password()
    browser.post("account_second_code", send="1")
    right = MemoryGateway.sent[-1][1][3:9]
    assert right not in str(dict(browser.client.session))
    assert (
        browser.post("account_second_code", code=f" {right[:3]} {right[3:]}").status_code == 302
    )
    assert browser.post("account_second_code", code=right).status_code == 400


@pytest.mark.django_db
def test_without_the_setting_a_password_is_enough(town, settings):
    settings.REQUIRE_MFA = False
    user = town.person("bureau")
    browser = Browser(user)
    browser.password()
    assert browser.at_staff() == IN


@pytest.mark.django_db
def test_the_gate_costs_one_query_at_most(official, town):
    """Session, person, and what the person holds: asked once, however often a page asks."""
    browser = Browser(official)
    browser.has_app()
    browser.password()
    browser.app()
    browser.client.get("/staff/estates/")
    for path in ("/staff/estates/", f"/staff/estates/{town.here.estate.code}/", "/staff/"):
        with CaptureQueriesContext(connection) as seen:
            assert browser.client.get(path).status_code == 200
        asked = [one["sql"] for one in seen if "accounts_rolegrant" in one["sql"]]
        assert len(asked) == 1
        assert (
            not [one for one in seen if "mfa_authenticator" in one["sql"]] or path == "/staff/"
        )


@pytest.mark.django_db
def test_a_promoted_member_is_stopped_at_the_next_click(town, settings):
    settings.REQUIRE_MFA = True
    cache.clear()
    user = make_user("sun", phone=PHONE)
    grant(user, "organiser", town.here.estate)
    browser = Browser(user)
    browser.password()
    browser.second_code()
    assert browser.at_staff() == IN
    grant(user, "street_office", town.here.street)
    assert browser.at_staff() == "mfa_activate_totp"


@pytest.mark.django_db
def test_once_an_app_is_there_every_sign_in_asks_for_it(official):
    browser = Browser(official)
    browser.has_app()
    browser.password()
    assert "_auth_user_id" not in browser.client.session
    browser.app()
    assert browser.at_staff() == IN


# --- who is told ----------------------------------------------------------------------------


def told():
    """What was told to whom."""
    found = Message.objects.filter(template="factor_changed").order_by("pk")
    return [(one.phone, one.params["what"]) for one in found]


@pytest.mark.django_db
def test_changes_of_the_ways_in_are_told_on_the_phone(official, monkeypatch):
    """A thief in front of the person's own browser leaves a trace on the person's phone."""
    browser = Browser(official)
    browser.password()
    browser.second_code()
    browser.password_again()
    # Inside a test nothing is ever committed.
    monkeypatch.setattr("django.db.transaction.on_commit", lambda act, **_more: act())
    for act, what in (
        (browser.set_up_app, "新增验证器应用"),
        (lambda: browser.post("mfa_generate_recovery_codes"), "恢复码已换新"),
        (lambda: browser.post("mfa_deactivate_totp"), "删除验证器应用"),
    ):
        act()
        assert told()[-1] == (official.phone, what)
    assert len(told()) == 3
    assert "factor_changed" in URGENT  # not left for the morning


@pytest.mark.django_db
def test_a_new_password_is_told(official):
    browser = Browser(official)
    browser.password()
    browser.second_code()
    browser.has_app()
    browser.app_again()
    new = "Kq7-entirely-new-words"
    browser.post("account_change_password", oldpassword=PASSWORD, password1=new, password2=new)
    assert told() == [(official.phone, "密码已修改")]
