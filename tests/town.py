"""A town for tests of the staff pages: two districts, and a person for every role in each.

`here` has the small estate of tests.factories under its residents' committee, street
office and district bureau; `there` has an estate of its own, to which nobody here has
anything to say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from http.cookies import SimpleCookie
from itertools import count as counter

import pytest
from django.utils import timezone

from accounts.models import RoleGrant, User
from accounts.phones import phone_hash
from funds.domain.apportionment import share_table
from registry.models import Authority, Estate
from tests.factories import make_estate, small_estate
from voting.models import Session
from voting.services.drafting import create_session, save_motion
from voting.services.freezing import freeze_session

LONG_AGO = date(2020, 1, 1)
PASSWORD = "correct horse battery"

# Far from the small numbers that fixtures name their actors by ("user:10"): who signs in is
# nobody of those.
_numbers = counter(50_001)
ESTATE_ROLES = ("organiser", "supervisor", "property_manager")


@dataclass
class Place:
    """One side of the town."""

    estate: Estate
    district: Authority
    street: Authority
    committee: Authority

    def of(self, role: str) -> Estate | Authority:
        """Where a role is granted."""
        if role in ESTATE_ROLES:
            return self.estate
        return {
            "residents_committee": self.committee,
            "street_office": self.street,
            "bureau": self.district,
            "auditor": self.district,
        }[role]


@dataclass
class Town:
    """Both sides, the city above them, and the people."""

    city: Authority
    here: Place
    there: Place
    people: dict[str, User] = field(default_factory=dict)
    cookies: dict[str, SimpleCookie] = field(default_factory=dict)  # of whoever signed in

    def person(self, name: str) -> User:
        """A role ("organiser") here, "other organiser" there, "operator" or "stranger"."""
        if name not in self.people:
            self.people[name] = self._make(name)
        return self.people[name]

    def _make(self, name: str) -> User:
        user = make_user(name.replace(" ", "_"))
        if name == "operator":
            grant(user, "operator", None)
        elif name != "stranger":
            role = name.removeprefix("other ")
            side = self.there if name.startswith("other ") else self.here
            grant(user, role, side.of(role))
        return user


def make_user(username: str, *, phone: str = "", password: str = PASSWORD) -> User:
    user = User(
        pk=next(_numbers),
        username=username,
        display_name=username,
        phone=phone,
        phone_hash=phone_hash(phone),
        phone_verified=bool(phone),
    )
    user.set_password(password)
    user.save()
    return user


def grant(user: User, role: str, place: Estate | Authority | None) -> RoleGrant:
    return RoleGrant.objects.create(
        user=user,
        role=role,
        estate=place if isinstance(place, Estate) else None,
        authority=place if isinstance(place, Authority) else None,
        valid_from=LONG_AGO,
        granted_by="test",
    )


def make_town() -> Town:
    def authority(name: str, kind: str, parent: Authority | None = None) -> Authority:
        return Authority.objects.create(
            name=name, kind=kind, parent=parent, valid_from=LONG_AGO
        )

    city = authority("样例市住建局", "city_bureau")

    def side(name: str, estate: Estate) -> Place:
        district = authority(f"{name}区住建局", "district_bureau", city)
        street = authority(f"{name}街道", "street_office", district)
        committee = authority(f"{name}社区居委会", "residents_committee", street)
        estate.authority = committee
        estate.save()
        return Place(estate, district, street, committee)

    return Town(city, side("东", small_estate()), side("西", make_estate("西苑")))


def draft(
    estate: Estate,
    *,
    at: datetime | None = None,
    days: int = 17,
    paper: bool = False,
    **fields: str,
) -> Session:
    """A draft with a costed motion, ready to be announced at `at` (now), open in `days`."""
    now = at or timezone.now()
    session = create_session(
        estate_id=estate.pk,
        title="2026年第一次业主大会会议",
        organiser_kind="owners_committee",
        organiser="样例花园业主委员会",
        contact_phone="0000-0000000",
        contact_place="物业服务中心门口票箱",
        notice_on=timezone.localdate(now),
        opens_at=now + timedelta(days=days),
        closes_at=now + timedelta(days=days + 10),
        paper=paper,
        actor="user:1",
        at=now,
        **fields,
    )
    save_motion(
        session_id=session.pk,
        matter=5,
        title="使用维修资金更换1号电梯钢丝绳",
        text="是否同意使用维修资金更换1号电梯的钢丝绳？",
        cost_fen=1_000_000,
        actor="user:1",
        at=now,
    )
    return session


def announced(
    estate: Estate, *, days_ago: int = 0, paper: bool = False, **fields: str
) -> Session:
    """A session announced some days ago: open from the 17th day on, closed from the 27th."""
    at = timezone.now() - timedelta(days=days_ago)
    session = draft(estate, at=at, paper=paper, **fields)
    tables = {motion.pk: share_table(motion.cost_fen) for motion in session.motions.all()}
    freeze_session(session_id=session.pk, share_tables=tables, actor="user:1", at=at)
    session.refresh_from_db()
    return session


@pytest.fixture
def town(db: None) -> Town:
    return make_town()
