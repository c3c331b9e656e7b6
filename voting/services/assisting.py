"""Operating the device for an owner (代操作), at home or by phone, before two witnesses.

What keeps an assistant from voting alone: the code goes to the owner's own phone, every
accepted ballot is told by SMS, and the rooms that took part are shown before the count. What
does not: an owner without a phone is checked by a document, and witnesses can be invented.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from secrets import choice
from typing import NamedTuple

from django.db import transaction

from accounts.permissions import Permission, roles_with
from core.codes import new_code
from core.errors import RuleViolation
from logbook.steps import record_act
from registry.selectors import works_for_manager
from voting.domain.reasons import demand_none
from voting.domain.standins import assistance_reasons
from voting.models import Assistance, Candidate, Party, Session
from voting.selectors import phase
from voting.steps import Signer

_REFERENCE = 8


class Circumstances(NamedTuple):
    """Where, and before whom; `recording`: number of the telephone recording."""

    method: str
    witnesses: Sequence[str]
    present: bool
    recording: str = ""


@transaction.atomic(durable=True)
def start_assistance(
    *,
    session_id: int,
    number: int,
    stated: Circumstances,
    barred: Sequence[str],
    signer: Signer,
    at: datetime,
) -> Assistance:
    """Begin to operate for party `number`; good for one ballot within an hour.

    `barred`: names that may not witness besides candidates and the property manager's people:
    who operates. RuleViolation "assist.invalid" with every reason, "assist.role",
    "assist.closed".
    """
    if signer.role not in roles_with(Permission.ASSIST):
        raise RuleViolation("assist.role", "您的角色不能办这件事")
    session = Session.objects.select_related("estate").get(pk=session_id)
    if phase(session, at) != "open":
        raise RuleViolation("assist.closed", "现在不在投票时间内，不能代操作")
    party = Party.objects.select_for_update(no_key=True).get(session=session, number=number)
    names = [name.strip() for name in stated.witnesses]
    found = Candidate.objects.filter(election__motion__session=session).only("name")
    never = {*barred, *(candidate.name for candidate in found)}
    out = [
        name
        for name in names
        if name and (name in never or works_for_manager(session.estate_id, name=name))
    ]
    demand_none(
        "assist.invalid",
        assistance_reasons(
            method=stated.method,
            witnesses=names,
            present=stated.present,
            reference=stated.recording,
            barred=out,
            has_phone=bool(party.mobile),
            has_document=bool(party.document_tails),
        ),
    )
    made = Assistance.objects.create(
        session=session,
        party=party,
        method=stated.method,
        reference=new_code(_REFERENCE, choice),
        recording=stated.recording.strip(),
        witnesses=json.dumps(names, ensure_ascii=False),
        started_by=signer.actor,
        started_role=signer.role,
        started_at=at,
    )
    facts = {
        "session": session.code,
        "party": party.number,
        "reference": made.reference,
        "method": stated.method,
    }
    place = f"estate/{session.estate.code}"
    record_act(place, "assistance.started", facts, actor=signer.actor, at=at)
    return made
