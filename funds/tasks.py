"""Sweepers of the fund; voting.tasks says what a sweeper is, portal.tasks joins the tables."""

from datetime import datetime, timedelta

from funds.selectors.emergencies import overslept
from funds.selectors.files import forgotten_files
from funds.selectors.requests import before_the_owners
from funds.services.emergencies import escalate
from funds.services.files import forget_file
from funds.services.outcomes import settle_vote
from voting.tasks import Sweeper, each


def drop_forgotten_files(at: datetime) -> int:
    """Erase what was looked at only, days ago: it says who paid how much."""
    return each(forgotten_files(at), lambda one: forget_file(file_id=one.pk, at=at))


def settle_votes(at: datetime) -> int:
    """Repairs whose vote is over: the way opens, or ends with the reasons."""
    return each(before_the_owners(), lambda one: settle_vote(code=one.code, at=at))


def escalate_due(at: datetime) -> int:
    """Emergencies on a desk that overslept go up."""
    return each(overslept(at), lambda one: escalate(code=one.code, at=at))


SWEEPERS: tuple[Sweeper, ...] = (
    Sweeper("fund_files", timedelta(hours=1), drop_forgotten_files),
    Sweeper("repair_votes", timedelta(seconds=30), settle_votes),
    Sweeper("emergencies", timedelta(minutes=1), escalate_due),
)
