"""Invitations, roles, leaving: nobody decides about the own rights."""

import json
from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts.models import Message, RoleGrant, User
from accounts.permissions import Permission, estates_for, has_permission
from accounts.services.grants import grant_role, revoke_role
from accounts.services.people import deactivate_user, invite_user
from core.errors import RuleViolation
from logbook.models import Entry
from tests.factories import make_estate
from tests.town import grant, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(town):
    return town.person("operator")


def entries(log):
    return [
        (entry.kind, json.loads(bytes(entry.line))["body"])
        for entry in Entry.objects.filter(log__name=log)
    ]


def give(user, role, place, actor, **dates):
    return grant_role(
        user=user,
        role=role,
        place=place,
        actor=actor,
        at=timezone.now(),
        **{"valid_from": timezone.localdate(), "valid_to": None, **dates},
    )


def test_an_invited_person_has_no_password_and_no_rights(boss):
    user = invite_user(
        username="li", display_name="李主任", phone="１００ 0000-0009", actor=boss,
        at=timezone.now(),
    )  # fmt: skip
    assert user.phone == "10000000009"
    assert not user.has_usable_password()
    assert not estates_for(user, Permission.VIEW_SESSION).exists()
    [(kind, body)] = entries("platform")
    assert (kind, body["user"], body["actor"]) == ("invite_user", user.pk, f"user:{boss.pk}")
    assert "10000000009" not in json.dumps(body)


@pytest.mark.parametrize(
    ("username", "phone", "code"),
    [
        ("operator", "10000000009", "user.username_taken"),
        ("li", "10000000001", "user.phone_taken"),
        ("li", "12345", "phone.invalid"),
        ("li", "", "phone.missing"),
    ],
)
def test_an_account_needs_its_own_name_and_phone(boss, username, phone, code):
    invite_user(
        username="first", display_name="", phone="10000000001", actor=boss, at=timezone.now()
    )
    with pytest.raises(RuleViolation) as refused:
        invite_user(
            username=username, display_name="", phone=phone, actor=boss, at=timezone.now()
        )
    assert refused.value.code == code
    assert User.objects.filter(username="li").count() == 0


def test_a_grant_works_is_logged_and_told(town, boss):
    user = town.person("stranger")
    user.phone = "10000000009"
    user.save()
    give(user, "organiser", town.there.estate, boss)
    assert has_permission(user, Permission.MANAGE_SESSION)
    [(kind, body)] = entries(f"estate/{town.there.estate.code}")
    assert (kind, body["role"], body["user"]) == ("grant_role", "organiser", user.pk)
    assert Message.objects.get().template == "invited"


def test_a_revoked_grant_ends_at_once_and_stays_readable(town, boss):
    user = town.person("stranger")
    grant = give(user, "organiser", town.there.estate, boss)
    revoke_role(grant=grant, reason="换届", actor=boss, at=timezone.now())
    assert not has_permission(user, Permission.MANAGE_SESSION)
    assert RoleGrant.objects.filter(user=user).count() == 1
    assert [kind for kind, _body in entries(f"estate/{town.there.estate.code}")] == [
        "grant_role",
        "revoke_role",
    ]
    with pytest.raises(RuleViolation) as refused:
        revoke_role(grant=grant, reason="再来", actor=boss, at=timezone.now())
    assert refused.value.code == "grant.over"


def test_nobody_grants_to_oneself(town, boss):
    with pytest.raises(RuleViolation) as refused:
        give(boss, "organiser", town.here.estate, boss)
    assert refused.value.facts["reasons"]
    assert not has_permission(boss, Permission.MANAGE_SESSION)


def test_all_reasons_come_at_once(town, boss):
    user = town.person("stranger")
    with pytest.raises(RuleViolation) as refused:
        give(
            user,
            "street_office",
            town.here.committee,
            boss,
            valid_from=date(2026, 2, 1),
            valid_to=date(2026, 1, 1),
        )
    assert len(refused.value.facts["reasons"]) == 2


@pytest.mark.parametrize(
    ("role", "place"),
    [
        ("organiser", "street"),
        ("organiser", None),
        ("street_office", "estate"),
        ("street_office", "district"),
        ("bureau", "street"),
        ("residents_committee", "street"),
        ("operator", "estate"),
    ],
)
def test_every_role_has_its_kind_of_place(town, boss, role, place):
    where = getattr(town.here, place) if place else None
    with pytest.raises(RuleViolation):
        give(town.person("stranger"), role, where, boss)


def test_the_organiser_does_not_supervise_the_own_count(town, boss):
    organiser = town.person("organiser")
    with pytest.raises(RuleViolation) as refused:
        give(organiser, "supervisor", town.here.estate, boss)
    assert "监票人" in str(refused.value)
    give(organiser, "supervisor", town.there.estate, boss)


@pytest.mark.parametrize("role", ["organiser", "supervisor"])
@pytest.mark.parametrize("manager_first", [True, False])
def test_the_property_manager_has_no_other_role_there(town, boss, role, manager_first):
    first, second = ("property_manager", role) if manager_first else (role, "property_manager")
    person = town.person(first)
    with pytest.raises(RuleViolation, match="既当物业又有别的角色"):
        give(person, second, town.here.estate, boss)
    give(person, second, town.there.estate, boss)


@pytest.mark.parametrize("role", ["organiser", "supervisor", "residents_committee", "bureau"])
def test_an_operator_sees_no_owners_by_another_role(town, boss, role):
    second = make_user("second operator")
    grant(second, "operator", None)
    with pytest.raises(RuleViolation, match="看得到业主姓名"):
        give(second, role, town.here.of(role), boss)
    with pytest.raises(RuleViolation, match="看得到业主姓名"):
        give(town.person(role), "operator", None, boss)


def test_the_same_grant_twice_is_refused_unless_the_first_is_over(town, boss):
    user = town.person("stranger")
    today = timezone.localdate()
    give(user, "organiser", town.here.estate, boss, valid_to=today)
    with pytest.raises(RuleViolation):
        give(user, "organiser", town.here.estate, boss)
    give(user, "organiser", town.here.estate, boss, valid_from=today + timedelta(days=1))


def test_the_page_says_how_many_estates_without_an_organiser_it_leaves_out(boss, client):
    for number in range(20):
        make_estate(f"新苑{number}")
    client.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    for address in ("/staff/people/", f"/staff/people/{boss.pk}"):
        # Two of the town besides.
        assert "还有2个小区没有列出。" in client.get(address).content.decode()


def test_who_leaves_is_out_with_the_next_click(town, boss, client):
    organiser = town.person("organiser")
    client.force_login(organiser, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/staff/").status_code == 200
    deactivate_user(user=organiser, reason="离任", actor=boss, at=timezone.now())
    assert client.get("/staff/").status_code == 302
    with pytest.raises(RuleViolation):
        deactivate_user(user=boss, reason="离任", actor=boss, at=timezone.now())
