"""Short messages to the owners: voting has opened, three days are left, there is a result."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from accounts.steps import queue_message
from accounts.texts import TEXTS, gaps
from documents.wording import deadline
from voting.models import Extension, Party, Session

_PORTION = 200  # parties in one transaction: nobody waits long for a lock


def tell_opened(*, session_id: int, at: datetime) -> int:
    """Tell every party with a phone that voting has opened; once."""
    return _tell(session_id, "session_opened", "opened_told_at", at)


def remind(*, session_id: int, at: datetime) -> int:
    """Remind who has not voted that three days are left; once. Participation only."""
    return _tell(
        session_id, "three_days_left", "reminded_at", at, lambda found: found.filter(ballots=0)
    )


def tell_extended(*, session_id: int, at: datetime) -> int:
    """Tell every party with a phone until when voting goes on; once."""
    told = _tell(session_id, "session_extended", None, at)
    Extension.objects.filter(session_id=session_id).update(told_at=at)
    return told


def tell_result(*, session_id: int, at: datetime) -> int:
    """Tell every party with a phone where the result stands; once."""
    return _tell(session_id, "result_published", "result_told_at", at)


def _tell(
    session_id: int,
    template: str,
    mark: str | None,
    at: datetime,
    narrowed: Callable[[QuerySet[Party]], QuerySet[Party]] = lambda found: found,
) -> int:
    """Queue in portions, then mark the session; keys make a repetition harmless."""
    session = Session.objects.select_related("estate", "resolution").get(pk=session_id)
    facts = _facts(session)
    last = told = 0
    while True:
        with transaction.atomic(durable=True):
            found = narrowed(session.parties.filter(number__gt=last)).order_by("number")
            portion = list(found.only("number", "phone", "session_id")[:_PORTION])
            for party in portion:
                told += _queue(party, template, facts, at)
            if len(portion) < _PORTION:
                if mark is not None:
                    Session.objects.filter(pk=session_id).update(**{mark: at})
                return told
        last = portion[-1].number


def _queue(party: Party, template: str, facts: Mapping[str, str], at: datetime) -> bool:
    return queue_message(
        key=f"session:{party.session_id}:{template}:party:{party.pk}",
        phone=party.phone,
        template=template,
        params={gap: facts[gap] for gap in gaps(TEXTS[template])},
        at=at,
    )


def _facts(session: Session) -> dict[str, str]:
    if session.closes_at is None:
        raise ValueError("a frozen session has its times")
    paper = session.resolution
    return {
        "estate": session.estate.name,
        "title": session.title,
        "deadline": deadline(session.closes_at),
        "phone": session.contact_phone,
        "url": f"{settings.PUBLIC_URL}/v/{paper.code}" if paper else "",
    }
