"""Sweepers of what is made public; voting.tasks says what a sweeper is."""

import logging
from collections import Counter
from datetime import datetime, timedelta

from core.deadlines import local_day
from disclosures.selectors.due import due_tomorrow, just_late, soon_due, together
from disclosures.services.duties import open_duties
from disclosures.services.reminding import remind_of, remind_to_answer
from registry.models import Estate
from voting.tasks import Sweeper

logger = logging.getLogger(__name__)

# Of a whole city's estates, that are due on one day, some at each turn: others wait too.
PORTION = 1000


def remind_due(at: datetime) -> int:
    """Whose turn it is, a week before and on the day after; once each."""
    told, on = 0, local_day(at)
    for rows in (soon_due(on), just_late(on)):
        for duties in together(rows[:PORTION]):
            try:
                told += remind_of(duties=duties, body=duties[0].turn, at=at)  # type: ignore[attr-defined]
            except Exception:
                logger.exception("reminder of duty %s", duties[0].pk)
    return told


def remind_answers(at: datetime) -> int:
    """Whoever answers, on the day before the last."""
    many: Counter[int] = Counter()
    estates: dict[int, Estate] = {}
    for rows in due_tomorrow(local_day(at)):
        for one in rows:
            many[one.estate_id] += 1
            estates[one.estate_id] = one.estate
    told = 0
    for pk, estate in estates.items():
        try:
            told += remind_to_answer(estate=estate, many=many[pk], at=at)
        except Exception:
            logger.exception("reminder of answers at estate %s", pk)
    return told


SWEEPERS: tuple[Sweeper, ...] = (
    Sweeper("duties", timedelta(hours=6), open_duties),
    Sweeper("duty_reminders", timedelta(minutes=10), remind_due),
    Sweeper("answer_reminders", timedelta(hours=1), remind_answers),
)
