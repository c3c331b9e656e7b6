"""What the notice of a vote says, from the session as it was frozen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from core.exact import format_area, format_yuan
from documents.notices import NoticeFacts, NoticeMotion, Point
from documents.papers import Attachment
from documents.wording import end_of, moment, numeral
from voting.domain.thresholds import MATTER_TITLES, Majority, Matter
from voting.facts import (
    check_words,
    duplicate_words,
    guidance_words,
    scope_words,
    specimen_of,
    supervisor_words,
)
from voting.models import Attachment as AttachmentRow
from voting.models import Motion, Session
from voting.protocol.manifest import Motion as Terms
from voting.selectors import candidates_of, is_election, terms

_APPROVAL = {
    Majority.HALF: "参与者中，同意的人数和面积都过半数",
    Majority.THREE_QUARTERS: "参与者中，同意的人数和面积都达到四分之三以上",
}


def notice_facts(session: Session, *, number: str, code: str, at: datetime) -> NoticeFacts:
    """Everything the notice says. The session is frozen."""
    if session.closes_at is None:
        raise ValueError("a frozen session has its times")
    estate = session.estate
    partial = bool(session.scope)
    what = "相关业主共同决定事项" if partial else session.title
    return NoticeFacts(
        number=number,
        code=code,
        verify_url=f"{settings.PUBLIC_URL}/v/{code}",
        estate=estate.name,
        issued_at=at,
        issuer=session.organiser,
        specimen=specimen_of(session),
        title=f"关于{'' if session.rehearsal else '召开'}{estate.name}{what}的公告",
        session_code=session.code,
        intro=_intro(session),
        scope=_scope(session),
        times=_times(session),
        motions=_motions(session),
        ways=_ways(session),
        rules=_rules(session),
        materials_url=f"{settings.PUBLIC_URL}/s/{session.code}/",
        materials=tuple(
            Attachment(name=row.name, sha256=row.sha256)
            for row in AttachmentRow.objects.filter(motion__session=session)
            .only("name", "sha256")
            .order_by("motion__position", "pk")
        ),
        watchers=_watchers(session),
        hang_until=session.closes_at,
    )


def _intro(session: Session) -> str:
    whom = (
        f"{session.estate.name}{scope_words(session)}的业主"
        if session.scope
        else f"{session.estate.name}全体业主"
    )
    law = "《中华人民共和国民法典》第二百七十八条和《物业管理条例》第十四条"
    if session.rehearsal:
        return (
            f"{session.organiser}组织{whom}演练一次表决，结果不具有效力。"
            "现将演练的安排公告如下。"
        )
    return f"根据{law}，{session.organiser}组织{whom}就下列事项进行表决。现将有关事项公告如下。"


def _scope(session: Session) -> tuple[Point, ...]:
    frozen = terms(session)
    return (
        Point(label="范围", text=scope_words(session)),
        Point(
            label="业主总人数", text=f"{frozen.roll_heads} 人（一人几处、几人共有，都按一人算）"
        ),
        Point(label="专有部分总面积", text=f"{format_area(frozen.roll_area)} 平方米"),
    )


def _times(session: Session) -> tuple[Point, ...]:
    if session.opens_at is None or session.closes_at is None:
        raise ValueError("a frozen session has its times")
    opens, closes = moment(session.opens_at), end_of(session.closes_at)
    hours = _value(session, "challenge_hours", 0)
    count = session.closes_at + timedelta(hours=hours)
    counting = (
        f"{end_of(count)} 以后。截止后先公布哪些房屋参加了，{hours} 小时内可以提出异议，"
        "期满才打开票"
        if hours
        else f"{closes} 截止以后"
    )
    by_paper = Point(label="纸质票交回", text=f"{opens} 至 {closes}，逾期交回的不算")
    return (
        Point(label="网上投票", text=f"{opens} 至 {closes}"),
        *((by_paper,) if session.paper else ()),
        Point(label="计票", text=counting),
    )


def _motions(session: Session) -> tuple[NoticeMotion, ...]:
    stated = terms(session).motions
    positions = {term.id: number for number, term in enumerate(stated, start=1)}
    return tuple(
        _motion(motion, term, positions)
        for motion, term in zip(session.motions.all(), stated, strict=True)
    )


def _motion(motion: Motion, term: Terms, positions: Mapping[str, int]) -> NoticeMotion:
    also = "".join(f"；第 {positions[each]} 项也须通过" for each in term.requires)
    seats = f"；应选 {term.high} 人" if term.kind == "election" else ""
    return NoticeMotion(
        position=motion.position,
        title=motion.title,
        text=motion.text,
        matter=(
            f"民法典第二百七十八条第一款第（{numeral(term.matter)}）项："
            f"{MATTER_TITLES[Matter(term.matter)]}"
        ),
        condition=(
            "参与表决的人数和面积都达到总数的三分之二以上，并且"
            f"{_APPROVAL[Majority(term.approval)]}{seats}{also}"
        ),
        cost="" if motion.cost_fen is None else f"{format_yuan(motion.cost_fen)} 元",
        candidates=tuple(
            f"{one.place}. {one.name}{'（已退出）' if one.withdrawn_at else ''}"
            for one in (candidates_of(motion) if is_election(motion) else ())
        ),
    )


def _ways(session: Session) -> tuple[Point, ...]:
    box = session.contact_place or f"交给{session.organiser}"
    by_paper = Point(label="纸质票", text=f"填通知书下方的表决票，签名后投入：{box}")
    return (
        Point(
            label="手机扫码",
            text="微信扫本户通知书上的二维码，按提示核对身份、投票，约一分钟；"
            + check_words(session),
        ),
        *((by_paper,) if session.paper else ()),
        Point(
            label="上门、电话",
            text=f"行动不便、没有收到通知书的，打电话 {session.contact_phone}，可以预约上门",
        ),
    )


def _rules(session: Session) -> tuple[str, ...]:
    found = [
        "截止以前可以改票，以最后一次为准。"
        if session.revote
        else "每户只能投一次，投后不能改。",
        *((_duplicates(session),) if session.paper else ()),
        "弃权算参加表决，但不算同意。"
        + ("纸质票上某一项没有勾选的，这一项不算参加。" if session.paper else ""),
        _silence(session),
        "一人有几处房屋、几人共有一处房屋的，人数都按一人算，面积按全部算；"
        "共有人推选一人投票。",
    ]
    most = _value(session, "proxy_max", 0)
    if most:
        barred = "、".join(_value(session, "proxy_bar", []))
        also = f"；{barred}不得受托" if barred else ""
        found.append(
            f"委托他人投票的，要有书面委托；一名受托人最多接受 {most} 名业主委托{also}。"
            + _source(session, "proxy_max")
        )
    return tuple(found)


def _duplicates(session: Session) -> str:
    said = f"网上和纸质都投的，{duplicate_words(session)}。"
    return said + _source(session, "duplicate_channel")


def _silence(session: Session) -> str:
    if not session.silence_clause:
        return "没有投票的，不算参加，也不算同意。" + _source(session, "silence")
    return (
        "确认送到、到截止没有表态的，除选举以外，按本小区规则算到多数一边，实际投票和按规定"
        f"计算的分别公布。规则：“{session.silence_clause}”（{session.silence_page}）"
    )


def _watchers(session: Session) -> tuple[Point, ...]:
    organiser = f"{session.organiser}（电话{session.contact_phone}）"
    guidance = guidance_words(session.estate)
    return (
        Point(
            label="监票人",
            text="、".join(supervisor_words(session)) or "由组织者在计票以前公布，计票时到场",
        ),
        Point(label="指导和监督", text=guidance),
        Point(
            label="提出异议",
            text=f"向{organiser}提出，写清房号、姓名和理由；也可以向{guidance}反映",
        ),
        Point(
            label="撤销权",
            text="认为决定侵害自己合法权益的业主，可以在知道决定之日起一年内请求人民法院予以撤销"
            "（民法典第二百八十条）",
        ),
    )


def _value(session: Session, name: str, otherwise: Any) -> Any:
    stated = session.profile.get(name)
    return stated["value"] if stated else otherwise


def _source(session: Session, name: str) -> str:
    """Where a rule comes from, so that whoever reads it on the wall can look it up."""
    stated = session.profile.get(name)
    return f"（依据：{stated['clause']}）" if stated else ""
