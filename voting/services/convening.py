"""How a draft is convened: its paper, the group's members, the demand, the supervisors."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import transaction

from core.deadlines import local_day
from core.errors import RuleViolation
from logbook.steps import record_act
from registry.fields import open_bytes, seal_bytes
from registry.models import Unit
from voting.domain.drafts import attachment_reasons, content_type, file_name
from voting.domain.organisers import (
    GROUPS,
    MOST_MEMBERS,
    MOST_SUPERVISORS,
    SIDES,
    SUPERVISORS,
    Person,
    people_reasons,
)
from voting.domain.reasons import Reason, demand_none, explains
from voting.domain.wording import wording_hash
from voting.models import Basis, Demand, Motion, Session, Waiver

_PURPOSE = "voting.basis.content"
_LONGEST = {"title": ("文件名称", 120), "number": ("文号", 60), "about": ("提议的事由", 300)}


@transaction.atomic(durable=True)
def put_basis(
    *,
    session_id: int,
    title: str,
    number: str,
    dated_on: date | None,
    name: str,
    content: bytes,
    actor: str,
    at: datetime,
) -> Basis:
    """Put the paper the organiser convenes by on file; one before it is replaced.

    `name`, `content`: a PDF, PNG or JPEG, stored encrypted. RuleViolation "basis.invalid".
    """
    session = locked_draft(session_id)
    plain = file_name(name)
    found = [*_words("title", title), *_words("number", number, may_be_empty=True)]
    if dated_on is None:
        found.append(Reason("basis.date", "请填写文件的日期", "dated_on"))
    elif dated_on > local_day(at):
        found.append(Reason("basis.date", "文件的日期还没有到", "dated_on"))
    found += attachment_reasons(name=plain, content=content, most=settings.UPLOAD_MAX_BYTES)
    demand_none("basis.invalid", found)
    digest = sha256(content).hexdigest()
    values: dict[str, Any] = {
        "title": title.strip(),
        "number": number.strip(),
        "dated_on": dated_on,
        "file_name": plain,
        "content_type": content_type(content) or "",
        "content": seal_bytes(content, purpose=_PURPOSE),
        "sha256": digest,
    }
    basis, _made = Basis.objects.update_or_create(session=session, defaults=values)
    _record(session, "session.basis", {"sha256": digest}, actor=actor, at=at)
    return basis


def basis_content(basis: Basis) -> bytes:
    """The paper as it was uploaded."""
    return open_bytes(bytes(basis.content), purpose=_PURPOSE)


@transaction.atomic(durable=True)
def name_members(
    *, session_id: int, members: Sequence[Person], actor: str, at: datetime
) -> Session:
    """Say who is in the preparatory or renewal group; whoever was named before is not.

    Whether the group is composed as it must be, the checklist says. RuleViolation
    "members.invalid", "members.no_group".
    """
    session = locked_draft(session_id)
    if session.organiser_kind not in GROUPS:
        raise RuleViolation("members.no_group", "只有筹备组和换届小组要登记成员")
    _demand_people(members, SIDES, who="成员", most=MOST_MEMBERS, code="members.invalid")
    session.members.all().delete()
    for position, one in enumerate(members, start=1):
        session.members.create(
            position=position,
            name=one.name,
            side=one.side,
            is_head=one.is_head,
            consents=one.consents,
        )
    _record(session, "session.members", {"count": len(members)}, actor=actor, at=at)
    return session


@transaction.atomic(durable=True)
def name_supervisors(
    *, session_id: int, supervisors: Sequence[Person], actor: str, at: datetime
) -> Session:
    """Name the supervisors of the count. RuleViolation "supervisors.invalid"."""
    session = locked_draft(session_id)
    _demand_people(
        supervisors,
        SUPERVISORS,
        who="监票人",
        most=MOST_SUPERVISORS,
        code="supervisors.invalid",
    )
    session.supervisors.all().delete()
    for position, one in enumerate(supervisors, start=1):
        session.supervisors.create(
            position=position, name=one.name, side=one.side, consents=one.consents
        )
    _record(session, "session.supervisors", {"count": len(supervisors)}, actor=actor, at=at)
    return session


@transaction.atomic(durable=True)
def record_demand(
    *,
    session_id: int,
    received_on: date | None,
    about: str,
    labels: Sequence[str],
    actor: str,
    at: datetime,
) -> Demand:
    """Record owners' demand for this meeting, by the rooms they signed for.

    A room that is not on the roll is named and nothing is kept. Whether they are enough, the
    checklist says. RuleViolation "demand.invalid".
    """
    session = locked_draft(session_id)
    found = _words("about", about)
    if received_on is None:
        found.append(Reason("demand.date", "请填写收到提议的日期", "received_on"))
    elif received_on > local_day(at):
        found.append(Reason("demand.date", "收到提议的日期还没有到", "received_on"))
    wanted = list(dict.fromkeys(label.strip() for label in labels if label.strip()))
    units = Unit.objects.filter(estate=session.estate_id, is_active=True, label__in=wanted)
    known = dict(units.values_list("label", "pk"))
    strange = [label for label in wanted if label not in known]
    if not wanted:
        found.append(Reason("demand.units", "请填写签名提议的房屋，一行一套", "units"))
    elif strange:
        shown = "、".join(strange[:10]) + ("等" if len(strange) > 10 else "")
        found.append(Reason("demand.units", f"名册里没有这些房屋：{shown}", "units"))
    demand_none("demand.invalid", found)
    values: dict[str, Any] = {"received_on": received_on, "about": about.strip()}
    demand, _made = Demand.objects.update_or_create(session=session, defaults=values)
    demand.units.set(known.values())
    _record(session, "session.demand", {"units": len(known)}, actor=actor, at=at)
    return demand


@transaction.atomic(durable=True)
def waive_wording(*, motion_id: int, reason: str, actor: str, at: datetime) -> Waiver:
    """Answer by name for a wording the check doubts; of another wording it says nothing.

    RuleViolation "waiver.reason".
    """
    motion = Motion.objects.get(pk=motion_id)
    session = locked_draft(motion.session_id)
    motion.refresh_from_db()
    if not explains(reason) or len(reason) > 300:
        raise RuleViolation("waiver.reason", "请写明为什么是一件事，4至300字")
    waiver, _made = Waiver.objects.update_or_create(
        motion=motion,
        defaults={
            "sha256": wording_hash(motion.matter, motion.title, motion.text),
            "reason": reason.strip(),
            "waived_by": actor,
            "waived_at": at,
        },
    )
    facts = {"position": motion.position, "sha256": waiver.sha256}
    _record(session, "motion.wording_waived", facts, actor=actor, at=at)
    return waiver


def locked_draft(session_id: int) -> Session:
    """The draft under its lock. RuleViolation "session.not_draft"."""
    locked = Session.objects.select_for_update(of=("self",), no_key=True)
    session = locked.select_related("estate").get(pk=session_id)
    if session.state != "draft":
        raise RuleViolation("session.not_draft", "会议已经公告，事项、名册和时间都不能再改")
    return session


def _demand_people(
    people: Sequence[Person], sides: dict[str, str], *, who: str, most: int, code: str
) -> None:
    found = people_reasons(people, sides, who=who)
    if len(people) > most:
        found.append(Reason("people.many", f"{who}最多{most}位"))
    demand_none(code, found)


def _words(field: str, text: str, *, may_be_empty: bool = False) -> list[Reason]:
    label, most = _LONGEST[field]
    if not text.strip() and not may_be_empty:
        return [Reason(f"{field}.missing", f"请填写{label}", field)]
    if len(text) > most:
        return [Reason(f"{field}.too_long", f"{label}最多{most}个字", field)]
    return []


def _record(
    session: Session, act: str, facts: Mapping[str, Any], *, actor: str, at: datetime
) -> None:
    place = f"estate/{session.estate.code}"
    record_act(place, act, {"session": session.code, **facts}, actor=actor, at=at)
