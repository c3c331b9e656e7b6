"""A city with two streets, one estate under each, and a person for every role."""

from datetime import date
from types import SimpleNamespace

import pytest

from accounts.models import RoleGrant, User
from registry.models import Authority, Division, Estate

LONG_AGO = date(2020, 1, 1)


@pytest.fixture
def town(db):
    division = Division.objects.create(code="999999000000", name="样例区", level=3)

    def authority(name, kind, parent=None):
        return Authority.objects.create(
            name=name, kind=kind, parent=parent, valid_from=LONG_AGO, division=division
        )

    city = authority("样例市住建局", "city_bureau")
    made = SimpleNamespace(division=division, city=city)
    for side, name in (("here", "东"), ("there", "西")):
        district = authority(f"{name}区住建局", "district_bureau", city)
        street = authority(f"{name}街道办事处", "street_office", district)
        committee = authority(f"{name}社区居委会", "residents_committee", street)
        estate = Estate.objects.create(
            code=f"E{side.upper()}", name=f"{name}苑", division=division, authority=committee
        )
        place = SimpleNamespace(
            estate=estate, district=district, street=street, committee=committee
        )
        setattr(made, side, place)
    return made


@pytest.fixture
def person(db):
    """Make a person with one grant; `place` is an estate, an authority or None."""

    def make(username, role=None, place=None, **fields):
        user = User(username=username, display_name=f"某{username}", **fields)
        user.set_password("correct horse battery")
        user.save()
        if role:
            RoleGrant.objects.create(
                user=user,
                role=role,
                estate=place if isinstance(place, Estate) else None,
                authority=place if isinstance(place, Authority) else None,
                valid_from=LONG_AGO,
                granted_by="test",
            )
        return user

    return make
