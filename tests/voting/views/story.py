"""A small estate with one announced vote, open now, for driving the owners' pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from registry.models import Estate
from tests.factories import make_estate, make_owner, make_unit
from voting.models import Party, Session
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
    estate = _estate()
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


def _estate() -> Estate:
    estate = make_estate("示范花园")
    wang = make_owner(estate, "王小明", number=_document(1), phone=PHONE)
    ouyang = make_owner(estate, "欧阳梅", number=_document(2), phone="")
    joint = [
        make_owner(estate, name, number=_document(n)) for n, name in ((3, "李甲"), (4, "李乙"))
    ]
    developer = make_owner(estate, "示范建设有限公司", kind="company", phone="")
    for room, area in (("101", 90_00), ("201", 90_00), ("301", 88_40)):
        make_unit(estate, "1幢", room, area, [ouyang])
    make_unit(estate, "1幢", "301", 89_32, [wang], entrance="2单元")
    make_unit(estate, "2幢", "502", 120_50, joint, voter=joint[0])
    make_unit(estate, "2幢", "602", 120_50, [developer], status="unsold")
    return estate


def _document(number: int) -> str:
    return f"999999198001010{number:02}X"
