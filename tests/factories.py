"""Invented estates, people and votes for tests. Nobody here is real.

Document numbers use the reserved region 999999, phones the unassigned prefix 100, so that
neither can belong to anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from registry.fields import keyed_hash
from registry.models import (
    Authority,
    Building,
    Division,
    Estate,
    Owner,
    Ownership,
    RuleProfile,
    Unit,
)
from voting.models import Party, Session
from voting.protocol import ballot, credential
from voting.protocol.shape import unb64
from voting.selectors import ballot_terms, terms
from voting.services.casting import cast_plain, cast_sealed
from voting.services.closing import close_session
from voting.services.counting import count_session
from voting.services.drafting import create_session, save_motion
from voting.services.freezing import freeze_session
from voting.spool import Secret, read_spool

ACTOR = "user:1"
FREEZE = datetime(2026, 3, 1, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai
OPEN = datetime(2026, 3, 17, 0, 0, tzinfo=UTC)
CLOSE = OPEN + timedelta(days=10)
FOR, AGAINST, ABSTAIN = [0], [1], [2]

_serial = count(1)


def make_estate(name: str = "样例花园", **fields: Any) -> Estate:
    """An estate with its division, authority and a profile in which all is verified."""
    division, _ = Division.objects.get_or_create(
        code="999999000000", defaults={"name": "样例社区", "level": 5}
    )
    authority, _ = Authority.objects.get_or_create(
        name="样例街道办事处",
        defaults={"kind": "street_office", "valid_from": date(2020, 1, 1)},
    )
    make_profile()
    return Estate.objects.create(
        **{
            "code": f"EST{next(_serial):05}",
            "name": name,
            "division": division,
            "authority": authority,
            "profile_code": "test",
            **fields,
        }
    )


def make_profile(code: str = "test", **changes: Any) -> RuleProfile:
    """A rule profile; `changes`: name → value, or None to leave a value out."""
    values = {
        "notice_days": 15,
        "window_days": [5, 60],
        "parking": "none",
        "silence": "not_participating",
        "blank_item": "not_participating",
        "proxy_max": 3,
        **changes,
    }
    stated = {
        name: {"value": value, "clause": "测试条款", "verified": True}
        for name, value in values.items()
        if value is not None
    }
    profile, _ = RuleProfile.objects.update_or_create(
        code=code,
        valid_from=date(2020, 1, 1),
        defaults={"title": "测试规则", "values": stated},
    )
    return profile


def make_owner(estate: Estate, name: str, **fields: Any) -> Owner:
    number = fields.pop("number", f"999999{next(_serial):012}")
    phone = fields.pop("phone", f"1000000{next(_serial) % 10_000:04}")
    return Owner.objects.create(
        **{
            "estate": estate,
            "name": name,
            "document_number": number,
            "document_hash": keyed_hash(number, purpose="document"),
            "phone": phone,
            "phone_hash": keyed_hash(phone, purpose="phone") if phone else "",
            **fields,
        }
    )


def make_unit(
    estate: Estate,
    building: str,
    room: str,
    area: int | None,
    owners: Sequence[Owner] = (),
    *,
    voter: Owner | None = None,
    **fields: Any,
) -> Unit:
    """A unit with its present owners; `voter`: chosen by joint owners."""
    where, _ = Building.objects.get_or_create(estate=estate, name=building)
    entrance = fields.setdefault("entrance", "1单元")
    unit = Unit.objects.create(
        **{
            "estate": estate,
            "building": where,
            "room": room,
            "label": f"{building}{entrance}{room}室",
            "floor": int(room[:-2]) if room[:-2].isdigit() else None,
            "use": "residential",
            "area": area,
            "area_source": "register",
            "status": "delivered",
            **fields,
        }
    )
    for owner in owners:
        Ownership.objects.create(
            unit=unit, owner=owner, is_voter=owner == voter, valid_from=date(2020, 1, 1)
        )
    return unit


def small_estate() -> Estate:
    """Six heads of 900.00 m²: see the comments. Parking is not counted by the profile."""
    estate = make_estate()
    wang = make_owner(estate, "王一")
    li = make_owner(estate, "李二", phone="")
    zhang = make_owner(estate, "张三")
    zhao, qian = make_owner(estate, "赵四"), make_owner(estate, "钱五")
    buyer = make_owner(estate, "孙六")
    builder = make_owner(estate, "样例建设有限公司", kind="company")
    make_unit(estate, "1幢", "101", 90_00, [wang])  # one_unit
    make_unit(estate, "1幢", "102", 110_00, [li])  # one_unit, no phone
    make_unit(estate, "1幢", "201", 90_00, [zhang])  # several_units, 200.00 together
    make_unit(estate, "1幢", "202", 110_00, [zhang])
    make_unit(estate, "2幢", "101", 100_00, [zhao, qian], voter=zhao)  # joint
    make_unit(estate, "2幢", "102", 100_00, [zhao])  # 赵四 alone: another party
    make_unit(estate, "2幢", "201", 150_00, [builder], status="unsold")  # developer
    make_unit(estate, "2幢", "202", 150_00, [buyer], status="undelivered")
    make_unit(estate, "地下", "001", 12_00, [wang], use="parking", entrance="")
    return estate


def even_estate(parties: int, area: Callable[[int], int] = lambda n: 80_00 + n) -> Estate:
    """One unit per party, party n with `area(n)`."""
    estate = make_estate()
    for number in range(1, parties + 1):
        owner = make_owner(estate, f"业主{number}")
        make_unit(estate, "1幢", f"{number:03}01", area(number), [owner], entrance="")
    return estate


def draft_session(estate: Estate, *, matters: Sequence[int] = (5,), **fields: Any) -> Session:
    """A draft with one motion per matter, ready to be frozen at FREEZE."""
    session = create_session(
        **{
            "estate_id": estate.pk,
            "title": "2026年第一次业主大会会议",
            "organiser_kind": "owners_committee",
            "organiser": "样例花园业主委员会",
            "contact_phone": "0000-0000000",
            "contact_place": "物业服务中心门口票箱",
            "notice_on": FREEZE.date(),
            "opens_at": OPEN,
            "closes_at": CLOSE,
            "actor": ACTOR,
            "at": FREEZE,
            **fields,
        }
    )
    for number, matter in enumerate(matters, start=1):
        save_motion(
            session_id=session.pk,
            motion_id=None,
            matter=matter,
            title=f"第{number}项",
            text="是否同意更换1号电梯的钢丝绳？",
            cost_fen=None,
            actor=ACTOR,
            at=FREEZE,
        )
    return session


@dataclass
class Vote:
    """A frozen session, with what the letters say."""

    session: Session
    secrets: dict[int, Secret]

    def party(self, number: int) -> Party:
        return Party.objects.select_related("session").get(session=self.session, number=number)

    def sealed(
        self, number: int, choices: Any, *, changes: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The next ballot of a party, as its browser would seal it by the letter's token.

        `changes`: arguments of `ballot.seal` that shall be others.
        """
        party = self.party(number)
        manifest = terms(self.session)
        token = unb64(self.secrets[number].token)
        secret, _key = credential.derive(manifest.suite, self.session.code, token)
        due = ballot_terms(party)
        return ballot.seal(
            manifest,
            **{
                "party": due.party,
                "key_secret": secret,
                "choices": choices,
                "number": due.number,
                "previous": due.previous,
                "encrypted_by": "browser",
                **(changes or {}),
            },
        )

    def cast(self, number: int, choices: Any, *, at: datetime = OPEN, plain: bool = False):
        """Cast by the letter (encrypted in the browser), or in plain by the server."""
        party = self.party(number)
        common = {
            "session_id": self.session.pk,
            "party_id": party.pk,
            "submission": f"s{next(_serial)}",
            "at": at,
        }
        if plain:
            return cast_plain(choices=choices, **common)
        return cast_sealed(ballot=self.sealed(number, choices), replacement_key=None, **common)

    def count(self, *, at: datetime = CLOSE) -> Session:
        """Close and count."""
        close_session(session_id=self.session.pk, at=at)
        self.session = count_session(session_id=self.session.pk, at=at)
        return self.session


def frozen_vote(estate: Estate | None = None, **fields: Any) -> Vote:
    """A frozen session of an estate (by default the small one)."""
    session = draft_session(estate or small_estate(), **fields)
    freeze_session(session_id=session.pk, actor=ACTOR, at=FREEZE)
    session.refresh_from_db()
    secrets = read_spool(session.code)
    assert secrets is not None
    return Vote(session, secrets)
