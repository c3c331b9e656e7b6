"""名册公示: the roll is put on show before it is frozen; a change since then has its reason."""

from collections.abc import Mapping
from datetime import datetime
from secrets import choice
from typing import Any

from django.conf import settings
from django.db import transaction

from core.canonical import canonical
from core.codes import LENGTH, new_code
from core.deadlines import local_day, publicity_end
from core.errors import RuleViolation
from documents.papers import Count
from documents.rolls import RollFacts, RollRow, render_roll
from documents.steps import store_signed
from logbook.steps import record_act
from registry.models import Estate
from voting.domain.objections import UNSETTLED
from voting.domain.posting import by_room, roll_lines
from voting.domain.reasons import Reason, demand_none
from voting.facts import specimen_of
from voting.models import RollChange, RollPosting, Session
from voting.selectors import differences, posted_lines, posting_of, roll_objections
from voting.services.convening import locked_draft
from voting.services.freezing import weigh

_DATA = "roll.json"
_DAYS = 7
_KIND = "roll_posting"
_HEADS = {
    "one_unit": "1人",
    "joint": "共有，计1人",
    "developer": "建设单位，合计1人",
}
_ROLL = ("roll.", "area.", "owner.")


@transaction.atomic(durable=True)
def post_roll(*, session_id: int, actor: str, at: datetime) -> RollPosting:
    """Put the roll as it stands on show; its period of objection begins tomorrow.

    The same roll while it is on show is one posting. RuleViolation "posting.not_ready" with
    what is wrong with the roll itself, "posting.rehearsal", "signer.missing".
    """
    session = locked_draft(session_id)
    if session.rehearsal:
        raise RuleViolation("posting.rehearsal", "演练不用公示名册")
    weighed = weigh(session, at=at)
    found = [reason for reason in weighed.reasons if reason.code.startswith(_ROLL)]
    demand_none("posting.not_ready", found)
    lines = roll_lines(weighed.parties)
    before = posting_of(session)
    if before is not None and by_room(posted_lines(before)) == by_room(lines):
        return before
    stated = weighed.values.get("roll_posting_days")
    days = int(stated.value) if stated else _DAYS
    clause = stated.clause if stated else "平台默认，法律没有规定"
    data = canonical(lines)
    ends_at = publicity_end(at, days)
    roll = Count(len(weighed.parties), sum(party.area for party in weighed.parties))
    facts = _facts(session, lines, roll, clause, ends_at, at)
    document = store_signed(
        facts=facts,
        kind=_KIND,
        title=f"{facts.title}（{session.title}）",
        estate=session.estate,
        pdf=render_roll(facts, attachments={_DATA: data}),
        data=data,
        is_public=False,
    )
    posting = RollPosting.objects.create(
        session=session,
        lines=data,
        heads=roll.heads,
        area=roll.area,
        days=days,
        clause=clause,
        document=document,
        posted_by=actor,
        posted_at=at,
        ends_at=ends_at,
    )
    _record(session, "roll.posted", {"sha256": document.sha256, "days": days}, actor, at)
    return posting


@transaction.atomic(durable=True)
def trace_change(
    *,
    session_id: int,
    room: str,
    objection: int | None,
    reason: str,
    actor: str,
    at: datetime,
) -> RollChange:
    """Write down why a room reads otherwise than posted. `objection`: its number, if by one.

    RuleViolation "change.invalid" with every reason, "change.none".
    """
    session = locked_draft(session_id)
    posting = posting_of(session)
    now = {one.room: one for one in differences(session, weigh(session, at=at).parties)}
    if posting is None or room not in now:
        raise RuleViolation("change.none", "这套房屋和公示的一样，没有变动要说明")
    cause = roll_objections(session).filter(number=objection).first() if objection else None
    found = []
    if objection and cause is None:
        sentence = f"没有第{objection}号对名册的异议"
        found.append(Reason("change.objection", sentence, "objection"))
    elif cause is not None and (cause.state in UNSETTLED or cause.upheld is False):
        sentence = f"第{objection}号异议还没有答复，或者没有成立，不能作为依据"
        found.append(Reason("change.objection", sentence, "objection"))
    if not reason.strip() or len(reason) > 300:
        sentence = "请写明变动的依据，最多300字"
        found.append(Reason("change.reason", sentence, "reason"))
    demand_none("change.invalid", found)
    difference = now[room]
    change = posting.changes.create(
        room=room,
        before=difference.before,
        after=difference.after,
        objection=cause,
        reason=reason.strip(),
        recorded_by=actor,
        recorded_at=at,
    )
    facts = {"change": change.pk, "objection": objection or 0}
    _record(session, "roll.change_traced", facts, actor, at)
    return change


def counted_as(line: Mapping[str, Any]) -> str:
    """How the head of a room is counted, as printed."""
    rooms = int(line["rooms"])
    if line["why"] != "developer" and rooms > 1:
        return f"与另{rooms - 1}套合计1人"
    return _HEADS[str(line["why"])]


def _facts(
    session: Session,
    lines: list[dict[str, Any]],
    roll: Count,
    clause: str,
    ends_at: datetime,
    at: datetime,
) -> RollFacts:
    estate = Estate.objects.select_for_update(no_key=True).get(pk=session.estate_id)
    prefix = f"{estate.name}名册〔{local_day(at).year}〕"
    issued = estate.documents.filter(kind=_KIND, number__startswith=prefix).count()
    code = new_code(LENGTH, choice)
    return RollFacts(
        number=f"{prefix}{issued + 1}号",
        code=code,
        verify_url=f"{settings.PUBLIC_URL}/v/{code}",
        estate=estate.name,
        issued_at=at,
        issuer=session.organiser,
        specimen=specimen_of(session),
        session_title=session.title,
        organiser=session.organiser,
        phone=session.contact_phone,
        place=session.contact_place,
        roll=roll,
        rows=tuple(RollRow(one["room"], one["area"], counted_as(one)) for one in lines),
        until=ends_at,
        clause=clause,
    )


def _record(
    session: Session, act: str, facts: Mapping[str, Any], actor: str, at: datetime
) -> None:
    place = f"estate/{session.estate.code}"
    record_act(place, act, {"session": session.code, **facts}, actor=actor, at=at)
