"""A lost phone: two operators let a person in again, and everybody concerned hears of it."""

import json
import threading
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.gateways import MemoryGateway
from accounts.models import Message, Reset
from accounts.oidc.groups import Given
from accounts.services.entrance import ask_reset, confirm_reset, withdraw_reset
from accounts.services.groups import settle_groups, welcome
from accounts.services.messages import send_due_messages
from accounts.services.people import deactivate_user, invite_user
from core.errors import RuleViolation
from logbook.models import Entry
from tests.accounts.entering import Browser
from tests.town import grant, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def zhao(town):
    cache.clear()
    user = make_user("zhao", phone="10000000008")
    grant(user, "street_office", town.here.street)
    return user


@pytest.fixture
def operators(town):
    made = [make_user(f"op{n}", phone=f"1000000001{n}") for n in range(2)]
    for one in made:
        grant(one, "operator", None)
    return made


def at_desk(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def refused(act, **said):
    with pytest.raises(RuleViolation) as why:
        act(**said, at=timezone.now())
    return why.value.code


def test_it_works(zhao, operators, town, settings):
    settings.REQUIRE_MFA = True
    one, two = operators
    browser = Browser(zhao)
    browser.has_app()
    browser.has_recovery_codes()
    browser.password()
    browser.app()
    assert browser.at_staff() == "in"
    for person, address, data in (
        (one, reverse("staff:reset", args=[zhao.pk]), {"reason": "手机丢了，当面核实"}),
        (two, None, {}),
    ):
        desk = Browser(person)
        desk.has_app()
        desk.password()
        desk.app()
        if address is None:
            page = desk.client.get(reverse("staff:person", args=[zhao.pk])).content.decode()
            assert "手机丢了，当面核实" in page
            address = reverse("staff:reset_confirm", args=[Reset.objects.get().pk])
            assert address in page
        assert desk.client.post(address, data).status_code == 302
    assert browser.at_staff() == "account_login"
    assert not Authenticator.objects.filter(user=zhao).exists()
    zhao.refresh_from_db()
    assert not zhao.has_usable_password()
    kinds = [entry.kind for entry in Entry.objects.filter(log__name="platform")]
    assert kinds[-2:] == ["ask_reset", "confirm_reset"]
    assert [m.phone for m in Message.objects.filter(template="let_in_again")] == [zhao.phone]
    assert [m.phone for m in Message.objects.filter(template="reset_asked")] == [two.phone]
    # And in again, from the beginning.
    again = Browser(zhao)
    again.code()
    assert again.at_staff() == "account_set_password"


def test_one_operator_alone_resets_nobody(zhao, operators):
    one, two = operators
    now = timezone.now()
    reset = ask_reset(user=zhao, reason="丢了", actor=one, at=now)
    assert refused(confirm_reset, reset=reset, actor=one) == "reset.same_person"
    assert refused(confirm_reset, reset=reset, actor=zhao) == "reset.self"
    assert refused(ask_reset, user=zhao, reason="丢了", actor=two) == "reset.open"
    zhao.refresh_from_db()
    assert zhao.has_usable_password()
    withdraw_reset(reset=reset, actor=two, at=now)
    assert refused(confirm_reset, reset=reset, actor=two) == "reset.over"


def test_a_wish_is_good_for_a_day(zhao, operators):
    one, two = operators
    old = ask_reset(user=zhao, reason="丢了", actor=one, at=timezone.now() - timedelta(days=1))
    assert refused(confirm_reset, reset=old, actor=two) == "reset.over"
    ask_reset(user=zhao, reason="又丢了", actor=two, at=timezone.now())


def test_who_cannot_be_let_in_so(zhao, operators):
    one, two = operators
    assert refused(ask_reset, user=one, reason="丢了", actor=one) == "reset.self"
    silent = make_user("silent")
    assert refused(ask_reset, user=silent, reason="丢了", actor=one) == "reset.no_phone"
    two.is_active = False
    two.save()
    assert refused(ask_reset, user=zhao, reason="丢了", actor=one) == "reset.alone"
    # The one operator who could confirm is the one who is to be reset.
    two.is_active = True
    two.save()
    assert refused(ask_reset, user=two, reason="丢了", actor=one) == "reset.alone"
    assert not Entry.objects.filter(kind="ask_reset").exists()


def test_what_cannot_wait_leaves_at_night(zhao, operators):
    night = timezone.localtime().replace(hour=23, minute=30)
    ask_reset(user=zhao, reason="丢了", actor=operators[0], at=night)
    Message.objects.create(
        key="later", phone=zhao.phone, template="invited",
        params={"inviter": "a", "role": "b", "url": "c"}, not_before=night, created_at=night,
    )  # fmt: skip
    MemoryGateway.sent.clear()
    assert send_due_messages(at=night) == 1
    assert [phone for phone, _text in MemoryGateway.sent] == [operators[1].phone]


def at_once(*acts):
    """Several threads, each one act, begun together; what each came to."""
    start, outcomes = threading.Barrier(len(acts)), []

    def work(act):
        start.wait()
        try:
            act()
            outcomes.append("done")
        except RuleViolation as found:
            outcomes.append(found.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


NEW = "10000000077"


def test_a_new_number_is_typed_by_two_and_the_old_one_is_told(zhao, operators):
    one, two = operators
    now, old = timezone.now(), zhao.phone
    reset = ask_reset(user=zhao, reason="换了号码", phone="100 0000 0077", actor=one, at=now)
    assert NEW not in str(next(iter(Reset.objects.values_list())))
    for typed in ("", "10000000078"):
        assert refused(confirm_reset, reset=reset, actor=two, phone=typed) == "reset.phone"
    assert refused(confirm_reset, reset=reset, actor=one, phone=NEW) == "reset.same_person"
    zhao.refresh_from_db()
    assert zhao.phone == old
    client = at_desk(two)
    page = client.get(reverse("staff:person", args=[zhao.pk])).content.decode()
    assert "新的手机号，再填一遍" in page
    answer = client.post(reverse("staff:reset_confirm", args=[reset.pk]), {"phone": NEW})
    assert answer.status_code == 302
    zhao.refresh_from_db()
    assert (zhao.phone, zhao.phone_verified, zhao.has_usable_password()) == (NEW, False, False)
    told = {one.phone: one for one in Message.objects.exclude(template="reset_asked")}
    assert {phone: one.template for phone, one in told.items()} == {
        old: "staff_phone", NEW: "let_in_again",
    }  # fmt: skip


def test_a_number_of_another_account_is_not_taken(zhao, operators):
    one, two = operators
    taken = {"user": zhao, "reason": "换了号码", "phone": two.phone, "actor": one}
    assert refused(ask_reset, **taken) == "user.phone_taken"
    page = at_desk(one).post(
        reverse("staff:reset", args=[zhao.pk]), {"reason": "换了号码", "phone": two.phone}
    )
    assert (page.status_code, "别的账号的" in page.content.decode()) == (400, True)
    asked = ask_reset(**taken | {"phone": NEW}, at=timezone.now())
    make_user("sun", phone=NEW)
    assert refused(confirm_reset, reset=asked, actor=two, phone=NEW) == "user.phone_taken"


def test_who_left_comes_back_by_two_operators_and_with_no_role(zhao, operators):
    """The number stays with the account, for papers name it: the way back is the account's."""
    one, two = operators
    now = timezone.now()
    deactivate_user(user=zhao, reason="离任", actor=one, at=now)
    with pytest.raises(RuleViolation, match=r"zhao.*重新启用"):
        invite_user(username="zhao2", display_name="赵", phone=zhao.phone, actor=one, at=now)
    client = at_desk(one)
    ask = reverse("staff:reset", args=[zhao.pk])
    assert ask in client.get(reverse("staff:person", args=[zhao.pk])).content.decode()
    assert "不会恢复" in client.get(ask).content.decode()
    client.post(ask, {"reason": "回来任职，当面核实"})
    confirm = reverse("staff:reset_confirm", args=[Reset.objects.get().pk])
    assert client.post(confirm).status_code == 409
    zhao.refresh_from_db()
    assert not zhao.is_active
    at_desk(two).post(confirm)
    zhao.refresh_from_db()
    assert (zhao.is_active, zhao.has_usable_password()) == (True, False)
    assert not zhao.grants.standing(timezone.localdate()).exists()
    body = json.loads(bytes(Entry.objects.filter(kind="confirm_reset").get().line))["body"]
    assert (body["returns"], body["number"]) == (True, False)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_reset_is_confirmed_or_withdrawn_never_both(zhao, operators):
    one, two = operators
    now = timezone.now()
    reset = ask_reset(user=zhao, reason="丢了", actor=one, at=now)
    outcomes = at_once(
        lambda: confirm_reset(reset=reset, actor=two, at=now),
        lambda: withdraw_reset(reset=reset, actor=one, at=now),
    )
    assert outcomes == ["done", "reset.over"]
    zhao.refresh_from_db()
    reset.refresh_from_db()
    assert zhao.has_usable_password() is not reset.done


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_operators_ask_at_once_and_one_wish_stands(zhao, operators):
    now = timezone.now()

    def ask(who):
        return lambda: ask_reset(user=zhao, reason="丢了", actor=who, at=now)

    assert at_once(*(ask(who) for who in operators)) == ["done", "reset.open"]
    assert Reset.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_tabs_settle_the_same_groups_once(zhao, town):
    given = [Given("street_office", None, town.there.street.pk)]
    now = timezone.now()

    def settle(groups):
        return lambda: settle_groups(
            user=zhao, given=groups, issuer="https://idp", keep=None, at=now
        )

    assert at_once(*[settle(given)] * 3) == ["done"] * 3
    assert zhao.grants.filter(granted_by="oidc:idp").count() == 1
    assert at_once(*[settle([])] * 2) == ["done"] * 2
    assert Entry.objects.filter(kind="revoke_role").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_tabs_welcome_one_person_once(town):
    def make():
        welcome(
            provider="oidc",
            person="a" * 64,
            display_name="吴",
            issuer="https://idp",
            at=timezone.now(),
        )

    assert at_once(make, make, make) == ["done"] * 3
    assert SocialAccount.objects.count() == 1
