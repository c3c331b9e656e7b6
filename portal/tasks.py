"""The one table of sweepers: of votes, of the fund, of the accounts, of the registers."""

import logging
from datetime import datetime, timedelta

from celery import shared_task
from django.utils import timezone

from accounts.models import IncidentNotice
from accounts.services.incident_notices import queue_messages
from committees.tasks import SWEEPERS as COMMITTEES
from disclosures.tasks import SWEEPERS as ACCOUNTS
from funds.tasks import SWEEPERS as FUND
from portal.retention import expire_due
from voting.tasks import SWEEPERS as VOTES
from voting.tasks import Sweeper, each

logger = logging.getLogger(__name__)


def tell_incidents(at: datetime) -> int:
    """Messages of confirmed notices about incidents go into the outbox."""
    waiting = IncidentNotice.objects.filter(confirmed_at__isnull=False, queued_at=None)
    return each(waiting, lambda one: queue_messages(notice_id=one.pk, at=at) or None)


SWEEPERS = (
    *VOTES,
    *FUND,
    *ACCOUNTS,
    *COMMITTEES,
    Sweeper("incident_messages", timedelta(minutes=1), tell_incidents),
    Sweeper("expire", timedelta(hours=1), expire_due),
)
BY_NAME = {sweeper.name: sweeper for sweeper in SWEEPERS}


@shared_task
def sweep(name: str) -> int:
    """Run one sweeper of the table now."""
    return BY_NAME[name].run(timezone.now())


def run_safely(sweeper: Sweeper, at: datetime) -> int:
    """Run one sweeper for a loop that must outlive a lost connection or a failing print."""
    try:
        return sweeper.run(at)
    except Exception:
        logger.exception("sweeper %s", sweeper.name)
        return 0


def sweep_all(at: datetime) -> dict[str, int]:
    """Run every sweeper once, in the table's order."""
    return {sweeper.name: sweeper.run(at) for sweeper in SWEEPERS}
