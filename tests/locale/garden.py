"""An estate whose every name is ASCII: what is Chinese on its English pages is ours."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import User
from registry.models import Authority, Division, Estate
from tests.factories import make_estate, make_owner, make_unit
from tests.town import LONG_AGO, grant, make_user
from voting.models import Party, Session
from voting.services.drafting import add_attachment, create_session, save_motion
from voting.services.freezing import freeze_session
from voting.spool import read_spool

PHONE = "10000000001"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
# Ideographs, their punctuation, and full-width letters and signs.
CHINESE = re.compile(r"[\u2e80-\u303f\u3400-\u9fff\uff00-\uffef]+")


def reader() -> Client:
    """Somebody who chose English."""
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


def chinese_in(response: Any, *data: str) -> list[str]:
    """What is left in Chinese on a page, with the words before it; `data` may be Chinese."""
    if response.status_code in (302, 303):
        return []  # no page at all
    page = response.content.decode()
    assert '<html lang="en"' in page, f"{response.status_code} is no English page"
    page = page.replace('lang="zh-hans">中文</button>', "")
    for text in sorted(data, key=len, reverse=True):
        page = page.replace(text, "")
    return [
        page[max(0, found.start() - 60) : found.end() + 20] for found in CHINESE.finditer(page)
    ]


@dataclass(frozen=True)
class Letter:
    """What is printed on one letter."""

    party: Party
    code: str
    token: str

    @property
    def path(self) -> str:
        return f"/q/{self.code}"


@dataclass
class Vote:
    """A session and its letters, by the label of a unit."""

    session: Session
    letters: dict[str, Letter]

    def url(self, tail: str) -> str:
        return f"/vote/{self.session.code}/{tail}"


def garden() -> Estate:
    """Five parties: one with a phone, one with three units, joint owners, a developer."""
    division, _ = Division.objects.get_or_create(
        code="999999000001", defaults={"name": "Community", "level": 5}
    )
    authority = Authority.objects.create(
        name="Street Office", kind="street_office", valid_from=LONG_AGO
    )
    estate = make_estate("Garden", division=division, authority=authority)
    Authority.objects.exclude(pk=authority.pk).delete()
    smith = make_owner(estate, "Smith", number="99999919800101001X", phone=PHONE)
    jones = make_owner(estate, "Jones", number="99999919800101002X", phone="")
    pair = [make_owner(estate, name) for name in ("Brown", "Green")]
    builder = make_owner(estate, "Builder Ltd", kind="company", phone="")
    for room, area, owners, more in (
        ("101", 90_00, [jones], {}),
        ("201", 90_00, [jones], {}),
        ("301", 88_40, [jones], {}),
        ("302", 89_32, [smith], {}),
        ("502", 120_50, pair, {"voter": pair[0]}),
        ("602", 120_50, [builder], {"status": "unsold"}),
    ):
        make_unit(
            estate, "Block A", room, area, owners, label=f"Flat {room}", entrance="", **more
        )
    return estate


def drafted(
    estate: Estate, *, opens_in: timedelta, lasting: timedelta, **changes: Any
) -> Session:
    """A draft of two motions, written twenty days before it opens."""
    opens_at = timezone.now() + opens_in
    act: dict[str, Any] = {"actor": "test", "at": opens_at - timedelta(days=20)}
    session = create_session(
        **{
            "estate_id": estate.pk,
            "title": "First session",
            "organiser_kind": "owners_committee",
            "organiser": "Garden Committee",
            "contact_phone": "0556-0000000",
            "contact_place": "Gate",
            "notice_on": timezone.localdate(act["at"]),
            "opens_at": opens_at,
            "closes_at": opens_at + lasting,
            **act,
            **changes,
        }
    )
    lift = save_motion(
        session_id=session.pk,
        matter=5,
        title="Replace the lift?",
        text="It is 18 years old.",
        cost_fen=18_640_000,
        **act,
    )
    save_motion(
        session_id=session.pk, matter=8, title="Let the roof?", text="To a shop.", **act
    )
    add_attachment(motion_id=lift.pk, name="plan.pdf", content=PDF, **act)
    return session


def vote_in(
    estate: Estate,
    *,
    opens_in: timedelta = timedelta(days=-2),
    lasting: timedelta = timedelta(days=7, hours=3),
    **changes: Any,
) -> Vote:
    """The same, announced."""
    session = drafted(estate, opens_in=opens_in, lasting=lasting, **changes)
    lift = session.motions.get(position=1)
    freeze_session(
        session_id=session.pk,
        share_tables={lift.pk: lambda parties: [party.area * 15 for party in parties]},
        actor="test",
        at=timezone.now() + opens_in - timedelta(days=20),
    )
    session.refresh_from_db()
    secrets = read_spool(session.code) or {}
    letters = {
        unit.label: Letter(party, secrets[party.number].code, secrets[party.number].token)
        for party in session.parties.prefetch_related("units")
        for unit in party.units.all()
    }
    return Vote(session, letters)


def official(role: str, estate: Estate) -> User:
    """Somebody with this role for this estate, or for the platform."""
    user = make_user(f"{role}_{User.objects.count()}")
    place = {"street_office": estate.authority, "operator": None}.get(role, estate)
    grant(user, role, place)
    return user


def signed_in(user: User) -> Client:
    client = reader()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client
