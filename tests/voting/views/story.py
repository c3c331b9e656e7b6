"""A small estate with one announced vote, for driving the owners' pages.

People are invented: document numbers use the reserved region 999999, phones the unassigned
prefix 100.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from registry.fields import keyed_hash
from registry.models import Authority, Building, Division, Estate, Owner, Ownership, Unit
from voting.models import Motion, Party, Session
from voting.services.drafting import add_attachment, create_session, save_motion
from voting.services.freezing import freeze_session
from voting.spool import read_spool

PHONE = "10000000001"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
WANG = "1幢2单元301室"
OUYANG = "1幢1单元101室"
LI = "2幢1单元502室"


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
    """The announced session and its letters, by the label of a unit."""

    session: Session
    letters: dict[str, Letter]

    @property
    def code(self) -> str:
        return self.session.code

    def url(self, tail: str) -> str:
        return f"/vote/{self.code}/{tail}"


def make_vote(
    *,
    opens_in: timedelta = timedelta(days=-1),
    closes_in: timedelta = timedelta(days=5, hours=3, minutes=30),
    **changes: Any,
) -> Vote:
    """Announce a vote of two motions, twenty days ago; the window is relative to now."""
    now = timezone.now()
    estate = _estate(now)
    announced = now + opens_in - timedelta(days=20)
    act: dict[str, Any] = {"actor": "test", "at": announced}
    session = create_session(
        estate_id=estate.pk,
        title="2026年第一次业主大会会议",
        organiser_kind="owners_committee",
        organiser="示范花园业主委员会",
        contact_phone="0556-0000000",
        notice_on=timezone.localdate(announced),
        opens_at=now + opens_in,
        closes_at=now + closes_in,
        **changes,
        **act,
    )
    lift = save_motion(
        session_id=session.pk,
        matter=5,
        title="是否同意使用维修资金更换1幢、2幢电梯？",
        text="现有电梯已用18年，2026年检验三次不合格。\n\n拟更换4台，由三家报价中最低的一家施工。",
        cost_fen=18_640_000,
        **act,
    )
    save_motion(
        session_id=session.pk,
        matter=9,
        title="是否同意小区西门夜间关闭？",
        text="每天22:30至次日5:30关闭西门，行人走南门。",
        **act,
    )
    add_attachment(motion_id=lift.pk, name="更换方案和报价单.pdf", content=PDF, **act)
    freeze_session(session_id=session.pk, share_tables={lift.pk: _shares}, **act)
    session.refresh_from_db()
    secrets = read_spool(session.code) or {}
    letters = {
        unit.label: Letter(party, *_printed(secrets[party.number]))
        for party in session.parties.prefetch_related("units")
        for unit in party.units.all()
    }
    return Vote(session, letters)


def _printed(secret: Any) -> tuple[str, str]:
    return secret.code, secret.token


def _shares(parties: Any) -> list[int]:
    return [party.area * 15 for party in parties]


def _estate(now: datetime) -> Estate:
    division, _ = Division.objects.get_or_create(
        code="999999001001", defaults={"name": "试验社区", "level": 5}
    )
    authority = Authority.objects.create(
        name="试验社区居民委员会",
        kind="residents_committee",
        division=division,
        valid_from="2020-01-01",
    )
    estate = Estate.objects.create(
        code=f"T{Estate.objects.count():07}",
        name="示范花园",
        division=division,
        authority=authority,
    )
    buildings = {
        name: Building.objects.create(estate=estate, name=name) for name in ("1幢", "2幢")
    }
    wang = _owner(estate, "王小明", 1, phone=PHONE)
    ouyang = _owner(estate, "欧阳梅", 2)
    joint = [_owner(estate, "李甲", 3, phone="10000000003"), _owner(estate, "李乙", 4)]
    _unit(buildings["1幢"], "1", 1, "101", 9_000, [ouyang])
    _unit(buildings["1幢"], "1", 2, "201", 9_000, [ouyang])
    _unit(buildings["1幢"], "1", 3, "301", 8_840, [ouyang])
    _unit(buildings["1幢"], "2", 3, "301", 8_932, [wang])
    _unit(buildings["2幢"], "1", 5, "502", 12_050, joint)
    _unit(buildings["2幢"], "1", 6, "602", 12_050, [], status="unsold")
    return estate


def _owner(estate: Estate, name: str, number: int, phone: str = "") -> Owner:
    document = f"999999198001010{number:02}X"
    return Owner.objects.create(
        estate=estate,
        name=name,
        document_kind="居民身份证",
        document_number=document,
        document_hash=keyed_hash(document, purpose="document"),
        phone=phone,
        phone_hash=keyed_hash(phone, purpose="phone") if phone else "",
    )


def _unit(
    building: Building,
    entrance: str,
    floor: int,
    room: str,
    area: int,
    owners: list[Owner],
    status: str = "delivered",
) -> Unit:
    unit = Unit.objects.create(
        estate=building.estate,
        building=building,
        entrance=entrance,
        floor=floor,
        room=room,
        label=f"{building.name}{entrance}单元{room}室",
        use="residential",
        area=area,
        area_source="register",
        status=status,
    )
    for position, owner in enumerate(owners):
        Ownership.objects.create(
            unit=unit, owner=owner, is_voter=position == 0, valid_from="2020-01-01"
        )
    return unit


def titles(vote: Vote) -> list[str]:
    return list(Motion.objects.filter(session=vote.session).values_list("title", flat=True))
