"""Drawing owners to keep keys: the list is fixed first, the seed comes later."""

import json
from datetime import datetime
from typing import Any

from django.db import transaction

from core.errors import RuleViolation
from logbook.steps import record_act
from voting.domain.lots import drawn, list_hash, read_seed, seed_reasons, source_reasons
from voting.domain.reasons import Reason, demand_none
from voting.models import KeyLot, Session
from voting.selectors import open_lot
from voting.services.freezing import weigh


@transaction.atomic(durable=True)
def fix_list(*, session_id: int, source: str, actor: str, at: datetime) -> KeyLot:
    """Fix the list of those who take part, and where the seed will come from.

    On the list is every party but the developer and companies, by its first room, in the roll's
    order. RuleViolation "lot.invalid" with facts["reasons"], "lot.open", "session.not_draft".
    """
    session = _draft(session_id)
    if open_lot(session) is not None:
        raise RuleViolation("lot.open", "名单已经固定，还没有抽：先用公布过的种子抽完")
    rooms = [
        party.titles[0].label
        for party in weigh(session, at=at).parties
        if party.why != "developer" and not any(one.is_company for one in party.holders)
    ]
    reasons = source_reasons(source)
    if not rooms:
        reasons.append(Reason("lot.nobody", "名册里没有可以抽签的业主"))
    demand_none("lot.invalid", reasons)
    fixed = list_hash(rooms)
    lot = KeyLot.objects.create(
        session=session,
        rooms=json.dumps(rooms, ensure_ascii=False),
        list_sha256=fixed,
        source=source,
        opened_at=at,
    )
    facts = {"lot": lot.pk, "list": fixed, "rooms": len(rooms)}
    _record(session, "keys.lot_fixed", facts, actor=actor, at=at)
    return lot


@transaction.atomic(durable=True)
def draw_lot(*, session_id: int, seed: str, actor: str, at: datetime) -> KeyLot:
    """Draw from the list that was fixed. The same seed again does no harm.

    RuleViolation "lot.invalid", "lot.none".
    """
    session = _draft(session_id)
    typed = read_seed(seed)
    lot = open_lot(session)
    if lot is None:
        last = KeyLot.objects.filter(session=session).last()
        if last is not None and last.seed == typed:
            return last
        raise RuleViolation("lot.none", "先固定名单、写明种子从哪里来，再抽签")
    demand_none("lot.invalid", seed_reasons(typed))
    lot.seed, lot.drawn_at = typed, at
    lot.save(update_fields=["seed", "drawn_at"])
    first = drawn(json.loads(lot.rooms), typed)[:10]
    facts = {"lot": lot.pk, "list": lot.list_sha256, "seed": typed, "first": first}
    _record(session, "keys.lot_drawn", facts, actor=actor, at=at)
    return lot


def _draft(session_id: int) -> Session:
    session = (
        Session.objects.select_for_update(of=("self",), no_key=True)
        .select_related("estate")
        .get(pk=session_id)
    )
    if session.state != "draft":
        raise RuleViolation("session.not_draft", "会议已经公告，开票钥匙不能再改")
    return session


def _record(
    session: Session, act: str, facts: dict[str, Any], *, actor: str, at: datetime
) -> None:
    place = f"estate/{session.estate.code}"
    record_act(place, act, {"session": session.code, **facts}, actor=actor, at=at)
