"""An election for tests: an even estate of nine, a covenant, candidates drawn."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from registry.models import Estate
from tests.factories import ACTOR, FREEZE, Vote, draft_session, even_estate
from voting.domain.candidates import CONDITIONS
from voting.models import Candidate, Session
from voting.services.elections import draw_order, save_candidate, save_election
from voting.services.freezing import freeze_session
from voting.spool import read_spool

BY = {"actor": ACTOR, "at": FREEZE}
ALL_SIX = tuple(range(len(CONDITIONS)))
HEADS_RULE = "议事规则第二十条：按同意的人数排名。"
SILENCE_RULE = "议事规则第十二条：表决票送达后未表态的，视为同意多数意见。"
PARTIES = 9


def estate_of_nine() -> Estate:
    """Nine heads with 100.00 m² each."""
    return even_estate(PARTIES, area=lambda number: 100_00)


def stand(motion: Any, number: int, **changes: Any) -> Candidate:
    """The owner of party `number` of an even estate as a candidate."""
    fields: dict[str, Any] = {
        "motion_id": motion.pk,
        "name": f"业主{number}",
        "room": f"1幢{number:03}01室",
        "statement": f"我是{number}号候选人。",
        "conditions": ALL_SIX,
        "consent": True,
        **BY,
        **changes,
    }
    return save_candidate(**fields)


def draft_election(
    estate: Estate | None = None,
    *,
    candidates: int = 6,
    words: str = "3 8 1 7 5",
    session: dict[str, Any] | None = None,
    at: datetime = FREEZE,
    **terms: Any,
) -> Session:
    """A covenant (item 1), and an election (item 2) that depends on it; ready to freeze."""
    found = draft_session(estate or estate_of_nine(), matters=(2,), **(session or {}))
    fields: dict[str, Any] = {
        "title": "选举业主委员会委员",
        "text": "选举第一届业主委员会委员。",
        "seats": 5,
        "ranking": "heads",
        "ranking_clause": HEADS_RULE,
        "needs": [1],
        **terms,
    }
    by = {**BY, "at": at}
    motion = save_election(session_id=found.pk, **fields, **by)
    for number in range(1, candidates + 1):
        stand(motion, number, at=at)
    if words:
        draw_order(motion_id=motion.pk, words=words, **by)
    return found


def open_election(**fields: Any) -> Vote:
    """The same, open now: for whoever looks with a browser, by the real clock."""
    at = timezone.now() - timedelta(days=17)
    times = {
        "notice_on": timezone.localdate(at),
        "opens_at": at + timedelta(days=16, hours=12),
        "closes_at": at + timedelta(days=25),
        "at": at,
    }
    return frozen_election(session=times, at=at, **fields)


def frozen_election(
    estate: Estate | None = None, *, at: datetime = FREEZE, **fields: Any
) -> Vote:
    """The same, announced."""
    session = draft_election(estate, at=at, **fields)
    freeze_session(session_id=session.pk, actor=ACTOR, at=at)
    session.refresh_from_db()
    secrets = read_spool(session.code)
    assert secrets is not None
    return Vote(session, secrets)
