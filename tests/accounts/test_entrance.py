"""A lost phone: two operators let a person in again, and everybody concerned hears of it."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from accounts.gateways import MemoryGateway
from accounts.models import Message, Reset
from accounts.services.entrance import ask_reset, confirm_reset, withdraw_reset
from accounts.services.messages import send_due_messages
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
