"""What a vote's papers say, from its rows: letters to the owners."""

from collections.abc import Iterator, Mapping
from typing import cast

from django.conf import settings
from django.db.models import Prefetch

from documents.papers import (
    LetterFacts,
    LetterMotion,
    LetterSession,
    OpeningPolicy,
    PrivacyNotice,
)
from voting.domain.thresholds import majority_for
from voting.models import MotionShare, Party, PartyUnit, Session
from voting.spool import Secret

_SUMMARY = 60  # characters of a motion's text on the letter; the rest is behind the QR
_SECRECY = (
    "您的选择会加密后保存，投票截止前谁也不能看到任何选择和票数。这次只有平台一把解密钥匙，"
    "平台按规定只解开合计数，不解开单张票，但技术上有能力看到。"
)


def letter_facts(
    session: Session, secrets: Mapping[int, Secret], *, reissue: int = 0
) -> list[LetterFacts]:
    """The letters of these parties (by number), for `documents.letters`."""
    return list(_letters(session, secrets, reissue))


def _letters(
    session: Session, secrets: Mapping[int, Secret], reissue: int
) -> Iterator[LetterFacts]:
    motions = list(session.motions.all())
    shared = _letter_session(session)
    shares = {
        (motion_id, party_id): fen
        for motion_id, party_id, fen in MotionShare.objects.filter(
            party__session=session
        ).values_list("motion_id", "party_id", "fen")
    }
    parties: dict[int, Party] = {
        party.number: party
        for party in session.parties.prefetch_related(
            Prefetch("units", queryset=PartyUnit.objects.order_by("pk"))
        )
    }
    for number, secret in secrets.items():
        party = parties[number]
        units = list(party.units.all())
        first = units[0]
        yield LetterFacts(
            session=shared,
            building=first.building,
            entrance=first.entrance,
            floor="" if first.floor is None else str(first.floor),
            room=first.label,
            address=first.label,
            masked_name=party.name,
            units=tuple(unit.label for unit in units),
            area=party.area,
            code=secret.code,
            token=secret.token,
            serial=party.serial,
            shares_fen=tuple(shares.get((motion.pk, party.pk)) for motion in motions),
            reissue=reissue,
        )


def _letter_session(session: Session) -> LetterSession:
    if session.opens_at is None or session.closes_at is None:
        raise ValueError("letters are printed of a frozen session")
    estate = session.estate
    where = session.contact_place or f"交给{session.organiser}（电话{session.contact_phone}）"
    return LetterSession(
        estate=estate.name,
        title=session.title,
        organiser=session.organiser,
        phone=session.contact_phone,
        supervisor=estate.authority.name,
        base_url=settings.PUBLIC_URL,
        opens_at=session.opens_at,
        closes_at=session.closes_at,
        ballot_boxes=where,
        motions=tuple(
            LetterMotion(
                position=motion.position,
                title=motion.title,
                summary=_summary(motion.text),
                approval=majority_for(motion.matter).value,
            )
            for motion in session.motions.all()
        ),
        rules=_rules(session),
        proxy_limit=_proxy_limit(session),
        opening_policy=cast(OpeningPolicy, session.opening_policy),
        secrecy=_SECRECY,
        privacy=PrivacyNotice(
            handler=session.organiser,
            contact=session.contact_phone,
            purpose="组织业主共同决定事项的表决、计票和存档",
            kinds="姓名、房号、面积、证件号码、手机号、是否参加表决；您的选择加密保存",
            retention="至决定公布后法定的异议和诉讼期限届满，以及存档规定的年限",
            rights="您可以查阅、更正自己的信息，可以要求说明处理规则，请联系组织者",
        ),
    )


def _summary(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _SUMMARY else f"{plain[: _SUMMARY - 1]}…"


def _rules(session: Session) -> tuple[str, ...]:
    changing = (
        "截止前可以改票，以最后一次为准。" if session.revote else "每户只能投一次，投后不能改。"
    )
    return (
        changing,
        "网上和纸质都投的，以网上的为准。",
        "没有投票不算参加；弃权算参加，但不算同意。",
        "参加表决的面积和人数都要达到三分之二，表决才有效（民法典第二百七十八条）。",
    )


def _proxy_limit(session: Session) -> str:
    stated = session.profile.get("proxy_max")
    return f"一名受托人最多接受{stated['value']}名业主委托。" if stated else ""
