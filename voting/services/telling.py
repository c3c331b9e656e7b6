"""Short messages to the owners: voting has opened, three days are left, there is a result."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from accounts.steps import queue_message
from accounts.texts import TEXTS, gaps
from documents.wording import deadline, last_day
from voting.models import Extension, Party, PreliminaryResult, Session, StandingEvent

_PORTION = 200  # parties in one transaction: nobody waits long for a lock


def tell_opened(*, session_id: int, at: datetime) -> int:
    """Tell every party with a phone that voting has opened; once."""
    takes_paper = Session.objects.values_list("paper", flat=True).get(pk=session_id)
    template = "session_opened_paper" if takes_paper else "session_opened"
    return _tell(session_id, template, "opened_told_at", at)


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


def tell_preliminary(*, posted_id: int, at: datetime) -> int:
    """Tell every party with a phone that the preliminary result is on show; once a version."""
    posted = PreliminaryResult.objects.select_related("session__estate").get(pk=posted_id)
    facts = _facts(posted.session) | {
        "deadline": last_day(posted.until),
        "url": f"{settings.PUBLIC_URL}/s/{posted.session.code}/",
    }

    def done() -> None:
        PreliminaryResult.objects.filter(pk=posted_id).update(told_at=at)

    return _each_party(posted.session, f"preliminary_posted:{posted.version}", facts, at, done)


def tell_standing(*, event_id: int, at: datetime) -> int:
    """Tell every party with a phone what befell the decision (物业管理条例 19); once."""
    event = StandingEvent.objects.defer("content").select_related("session__estate")
    found = event.select_related("session__resolution").get(pk=event_id)
    facts = _facts(found.session) | {"what": str(dict(StandingEvent.KINDS)[found.kind])}
    facts["url"] = facts["url"] or f"{settings.PUBLIC_URL}/s/{found.session.code}/"

    def done() -> None:
        StandingEvent.objects.filter(pk=event_id).update(told_at=at)

    return _each_party(found.session, f"decision_changed:{event_id}", facts, at, done)


def _tell(
    session_id: int,
    template: str,
    mark: str | None,
    at: datetime,
    narrowed: Callable[[QuerySet[Party]], QuerySet[Party]] = lambda found: found,
) -> int:
    """Queue in portions, then mark the session; keys make a repetition harmless."""
    session = Session.objects.select_related("estate", "resolution").get(pk=session_id)

    def done() -> None:
        if mark is not None:
            Session.objects.filter(pk=session_id).update(**{mark: at})

    return _each_party(session, template, _facts(session), at, done, narrowed)


def _each_party(
    session: Session,
    event: str,
    facts: Mapping[str, str],
    at: datetime,
    done: Callable[[], None],
    narrowed: Callable[[QuerySet[Party]], QuerySet[Party]] = lambda found: found,
) -> int:
    """`event`: a template, and after a colon which of several that use it."""
    last = told = 0
    while True:
        with transaction.atomic(durable=True):
            found = narrowed(session.parties.filter(number__gt=last)).order_by("number")
            portion = list(found.only("number", "phone", "session_id")[:_PORTION])
            for party in portion:
                told += _queue(party, event, facts, at)
            if len(portion) < _PORTION:
                done()
                return told
        last = portion[-1].number


def _queue(party: Party, event: str, facts: Mapping[str, str], at: datetime) -> bool:
    template = event.partition(":")[0]
    return queue_message(
        key=f"session:{party.session_id}:{event}:party:{party.pk}",
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
