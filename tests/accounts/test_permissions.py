"""Grants reach what lies at or below an authority, and nothing else."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.utils import timezone

from accounts.factors import Level, level_of
from accounts.models import RoleGrant, User
from accounts.permissions import (
    Permission,
    estate_for,
    estates_for,
    has_permission,
    permissions_at,
    places_of,
    require,
)
from registry.models import Authority, Division, Estate

pytestmark = pytest.mark.django_db
LONG_AGO = date(2020, 1, 1)


@pytest.fixture
def place():
    """City → two districts → streets → committees, with an estate under each committee."""
    division = Division.objects.create(code="999999000000", name="样例区", level=3)

    def authority(name, kind, parent=None):
        return Authority.objects.create(
            name=name, kind=kind, parent=parent, valid_from=LONG_AGO
        )

    city = authority("市局", "city_bureau")
    made = {"city": city}
    for side in ("east", "west"):
        district = authority(f"{side}区局", "district_bureau", city)
        street = authority(f"{side}街道", "street_office", district)
        committee = authority(f"{side}居委会", "residents_committee", street)
        estate = Estate.objects.create(
            code=side.upper(), name=f"{side}花园", division=division, authority=committee
        )
        made[side] = {
            "district": district,
            "street": street,
            "committee": committee,
            "estate": estate,
        }
    return made


def grant(role, *, estate=None, authority=None, start=LONG_AGO, end=None):
    user = User.objects.create(username=f"u{User.objects.count()}")
    RoleGrant.objects.create(
        user=user,
        role=role,
        estate=estate,
        authority=authority,
        valid_from=start,
        valid_to=end,
        granted_by="test",
    )
    return user


def codes(user, permission=Permission.VIEW_SESSION):
    return set(estates_for(user, permission).values_list("code", flat=True))


def test_an_estate_grant_reaches_that_estate_alone(place):
    user = grant("organiser", estate=place["east"]["estate"])
    assert codes(user, Permission.MANAGE_SESSION) == {"EAST"}
    assert estate_for(user, "EAST", Permission.PRINT_LETTERS) == place["east"]["estate"]
    with pytest.raises(Http404):
        estate_for(user, "WEST", Permission.VIEW_SESSION)


@pytest.mark.parametrize("level", ["district", "street", "committee"])
def test_an_authority_grant_reaches_everything_below_it(place, level):
    user = grant("street_office", authority=place["east"][level])
    assert codes(user) == {"EAST"}


def test_the_city_sees_all_and_a_role_gives_only_its_own_row(place):
    user = grant("bureau", authority=place["city"])
    assert codes(user) == {"EAST", "WEST"}
    assert codes(user, Permission.VIEW_TURNOUT) == set()
    with pytest.raises(Http404):
        estate_for(user, "EAST", Permission.MANAGE_SESSION)


def test_a_grant_below_does_not_reach_up(place):
    user = grant("residents_committee", authority=place["east"]["committee"])
    place["west"]["estate"].authority = place["east"]["street"]
    place["west"]["estate"].save()
    assert codes(user) == {"EAST"}


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0, None, {"EAST"}), (1, None, set()), (-9, 0, {"EAST"}), (-9, -1, set())],
)
def test_dates_of_a_grant_include_both_ends(place, start, end, expected):
    now = timezone.localdate()
    user = grant(
        "organiser",
        estate=place["east"]["estate"],
        start=now + timedelta(days=start),
        end=None if end is None else now + timedelta(days=end),
    )
    assert codes(user) == expected
    assert bool(permissions_at(user, place["east"]["estate"])) is bool(expected)


def test_an_authority_that_ended_hands_nothing_down(place):
    user = grant("bureau", authority=place["east"]["district"])
    street = place["east"]["street"]
    street.valid_to = timezone.localdate() - timedelta(days=1)
    street.save()
    assert codes(user) == set()
    assert permissions_at(user, Estate.objects.get(code="EAST")) == frozenset()


def test_inactive_anonymous_and_ungranted_people_get_nothing(place):
    left = grant("organiser", estate=place["east"]["estate"])
    left.is_active = False
    left.save()
    stranger = User.objects.create(username="stranger")
    for user in (left, stranger, AnonymousUser()):
        assert not places_of(user).exists()
        assert not has_permission(user, Permission.MANAGE_SESSION)
        with pytest.raises(Http404):
            estate_for(user, "EAST", Permission.VIEW_SESSION)
        with pytest.raises(Http404):
            require(user, Permission.MANAGE_GRANTS)


def test_a_grant_for_no_place_opens_no_estate(place):
    """Only the operator's grant names no place, and the operator sees no estate."""
    for role in ("operator", "organiser", "bureau"):
        assert not places_of(grant(role)).exists()
    require(grant("operator"), Permission.MANAGE_GRANTS)


def test_the_same_estate_appears_once_however_many_grants_reach_it(place):
    user = grant("organiser", estate=place["east"]["estate"])
    for level in ("street", "district"):
        RoleGrant.objects.create(
            user=user,
            role="street_office",
            authority=place["east"][level],
            valid_from=LONG_AGO,
            granted_by="test",
        )
    assert list(places_of(user)) == [place["east"]["estate"]]
    assert level_of(user) is Level.OFFICIAL


def test_permission_checks_cost_few_queries(place, django_assert_num_queries):
    user = grant("street_office", authority=place["east"]["street"])
    with django_assert_num_queries(2):  # the grants, then the estate
        estate = estate_for(user, "EAST", Permission.SUPERVISE)
    with django_assert_num_queries(1):
        assert Permission.SUPERVISE in permissions_at(user, estate)
    assert Permission.MANAGE_SESSION not in permissions_at(user, estate)
