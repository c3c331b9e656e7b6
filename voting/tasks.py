"""Sweepers: each asks the database what is due and calls a command for it.

All are safe to run twice, at once, and to kill at any moment: what was done is committed,
what was not is still due. `manage.py work` and Celery beat run the same table: this one and
those of the other apps, as `portal.tasks` joins them.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from django.db import models, transaction

from accounts.services.messages import send_due_messages
from core.errors import RuleViolation
from voting import selectors
from voting.models import Session
from voting.selectors.opened import due_to_open
from voting.selectors.retention import (
    due_to_destroy,
    rehearsals_with_people,
    unresolved_with_people,
)
from voting.services.archiving import delete_due_archives, due_archive_jobs, run_archive
from voting.services.closing import close_session
from voting.services.counting import count_session
from voting.services.filing import issue_filing_receipt, open_filing
from voting.services.keys import destroy_keys
from voting.services.letters import delete_due_letters, due_letter_jobs, run_letters
from voting.services.notices import issue_notice
from voting.services.openings import open_ballots
from voting.services.phones import apply_changes, tell_changes, tell_notices
from voting.services.resolutions import issue_resolution, post_preliminary
from voting.services.retention import destroy_ballots, forget_people
from voting.services.telling import (
    remind,
    tell_extended,
    tell_opened,
    tell_preliminary,
    tell_result,
    tell_standing,
)
from voting.steps import checkpoint_board

logger = logging.getLogger(__name__)

_Row = TypeVar("_Row", bound=models.Model)

Sweep = Callable[[datetime], int]
"""Do what is due at an instant; how many things were done."""


class Sweeper(NamedTuple):
    name: str
    every: timedelta
    run: Sweep


def each(due: Iterable[_Row], act: Callable[[_Row], object]) -> int:
    """Act on each; one that fails must not hold up the others."""
    done = 0
    for row in due:
        try:
            done += act(row) is not None
        except RuleViolation as refusal:
            logger.info("%s %s: %s", type(row).__name__, row.pk, refusal.code)
        except Exception:
            logger.exception("%s %s", type(row).__name__, row.pk)
    return done


def notify_due(at: datetime) -> int:
    return each(selectors.due_to_notify(at), lambda one: issue_notice(session_id=one.pk, at=at))


def close_due(at: datetime) -> int:
    return each(selectors.due_to_close(at), lambda one: close_session(session_id=one.pk, at=at))


def count_due(at: datetime) -> int:
    due = [
        one
        for one in selectors.due_to_count(at)
        if (ends := selectors.challenge_ends(one)) is not None and ends <= at
    ]
    return each(due, lambda one: count_session(session_id=one.pk, at=at))


def post_due(at: datetime) -> int:
    due = [one for one in selectors.due_to_post() if selectors.must_post(one)]
    return each(due, lambda one: post_preliminary(session_id=one.pk, at=at))


def resolve_due(at: datetime) -> int:
    return each(
        selectors.due_to_resolve(at), lambda one: issue_resolution(session_id=one.pk, at=at)
    )


def open_due(at: datetime) -> int:
    """Single ballots of named votes, where the platform has the key."""
    return each(due_to_open(), lambda one: open_ballots(session_id=one.pk, at=at))


def open_filings_due(at: datetime) -> int:
    return each(selectors.due_to_file(), lambda one: open_filing(session_id=one.pk, at=at))


def filing_receipts_due(at: datetime) -> int:
    done = 0
    for filing in selectors.due_receipts():
        try:
            issue_filing_receipt(filing_id=filing.pk, at=at)
            done += 1
        except RuleViolation as refusal:
            logger.info("filing %s: %s", filing.pk, refusal.code)
        except Exception:
            logger.exception("filing %s", filing.pk)
    return done


def make_archives(at: datetime) -> int:
    jobs = due_archive_jobs()
    for job in jobs:
        run_archive(job, at=at)
    return len(jobs)


def destroy_due(at: datetime) -> int:
    """Ballots whose time of keeping is over."""
    return each(due_to_destroy(at), lambda one: destroy_ballots(session_id=one.pk, at=at))


def forget_rehearsed(at: datetime) -> int:
    """People of rehearsals that are over."""
    return each(rehearsals_with_people(at), lambda one: forget_people(session_id=one.pk, at=at))


def forget_unresolved(at: datetime) -> int:
    """People of votes that never came to a resolution."""
    return each(unresolved_with_people(at), lambda one: forget_people(session_id=one.pk, at=at))


def sign_checkpoints(at: datetime) -> int:
    def sign(session: Session) -> object:
        with transaction.atomic(durable=True):
            return checkpoint_board(session, at=at)

    return each(selectors.uncovered(at), sign)


def tell_owners(at: datetime) -> int:
    return (
        each(selectors.to_tell_opened(at), lambda one: tell_opened(session_id=one.pk, at=at))
        + each(selectors.to_remind(at), lambda one: remind(session_id=one.pk, at=at))
        + each(
            selectors.to_tell_extended(), lambda one: tell_extended(session_id=one.pk, at=at)
        )
        + each(selectors.to_tell_result(), lambda one: tell_result(session_id=one.pk, at=at))
        + each(
            selectors.to_tell_preliminary(at),
            lambda one: tell_preliminary(posted_id=one.pk, at=at),
        )
        + each(selectors.to_tell_standing(), lambda one: tell_standing(event_id=one.pk, at=at))
    )


def print_letters(at: datetime) -> int:
    jobs = due_letter_jobs()
    for job in jobs:
        run_letters(job)
    return len(jobs)


def change_phones(at: datetime) -> int:
    """Owners' new numbers: the old ones are told, and after a day they give way. And what
    befell their titles."""
    return tell_changes(at) + tell_notices(at) + apply_changes(at)


SWEEPERS = (
    Sweeper("notices", timedelta(seconds=10), notify_due),
    Sweeper("close", timedelta(seconds=10), close_due),
    Sweeper("count", timedelta(seconds=10), count_due),
    Sweeper("post", timedelta(seconds=10), post_due),
    Sweeper("resolve", timedelta(seconds=10), resolve_due),
    Sweeper("open", timedelta(seconds=30), open_due),
    Sweeper("filings", timedelta(minutes=1), open_filings_due),
    Sweeper("filing_receipts", timedelta(seconds=10), filing_receipts_due),
    Sweeper("archives", timedelta(seconds=2), make_archives),
    Sweeper("delete_archives", timedelta(minutes=10), lambda at: delete_due_archives()),
    Sweeper("letters", timedelta(seconds=2), print_letters),
    Sweeper("delete_letters", timedelta(minutes=1), lambda at: delete_due_letters(at=at)),
    Sweeper("checkpoints", timedelta(minutes=1), sign_checkpoints),
    Sweeper("tell", timedelta(minutes=1), tell_owners),
    Sweeper("phones", timedelta(minutes=1), change_phones),
    Sweeper("messages", timedelta(seconds=5), lambda at: send_due_messages(at=at)),
    Sweeper("retention", timedelta(hours=1), destroy_due),
    Sweeper(
        "people", timedelta(hours=1), lambda at: forget_rehearsed(at) + forget_unresolved(at)
    ),
    Sweeper("keys", timedelta(hours=1), lambda at: destroy_keys(at=at)),
)


def sweep_all(at: datetime) -> dict[str, int]:
    """Run every sweeper of votes once, in the table's order."""
    return {sweeper.name: sweeper.run(at) for sweeper in SWEEPERS}
