"""Rows whose time is over: how they are found, and how they end, portion by portion.

Each portion is one transaction that first takes the lock of legal holds, so that nothing goes
that was held before; killed between two, the rest is still due.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.sessions.models import Session as WebSession
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.holds import Held, held_at, lock_holds
from accounts.models import Attempts, ClosedDoor, Job, Message, SignIn
from core.deadlines import local_day
from funds.models import PhoneCheck
from logbook.steps import PLATFORM_LOG, record_act
from registry.former import empty_owners, former_owners
from registry.models import DataRequest, PhoneChange, RollImport, RollNotice, RollProposal
from registry.services.imports import erase_preview, erase_undo
from registry.services.proposals import end_proposal
from voting.domain.retention import DEFAULT_YEARS
from voting.models import CheckCode, Session

PORTION = 500
# At least six months, and no six months have more days.
SIX_MONTHS = timedelta(days=184)
WEEK, MONTH = timedelta(days=7), timedelta(days=30)
THREE_YEARS = timedelta(days=3 * 366)

Rows = QuerySet[Any]


class Expiry(NamedTuple):
    """`due` at an instant; `free` of holds; `since`: the column that says how old a row is."""

    name: str
    since: str
    due: Callable[[datetime], Rows]
    free: Callable[[Rows, Held], Rows]
    end: Callable[[Rows, datetime], int]


def ender(rule: Expiry) -> Callable[[datetime], int]:
    """The act that ends what is due by a rule, and writes down in the log how many."""

    def end(at: datetime) -> int:
        total = 0
        while done := _portion(rule, at):
            total += done
        return total

    return end


@transaction.atomic(durable=True)
def _portion(rule: Expiry, at: datetime) -> int:
    lock_holds()
    free = rule.free(rule.due(at), held_at(at))
    picked = list(free.order_by("pk").values_list("pk", flat=True)[:PORTION])
    if not picked:
        return 0
    # Asked again: meanwhile a row may have been used and be young once more.
    rows = rule.due(at).filter(pk__in=picked)
    done = rule.end(rows, at)
    if done and rule.name != WEB_SESSIONS.name:
        facts = {"what": rule.name, "rows": done}
        record_act(PLATFORM_LOG, "retention.ended", facts, actor="system", at=at)
    return done


def _deleted(rows: Rows, at: datetime) -> int:
    return int(rows.delete()[0])


# --- who holds what -----------------------------------------------------------------------


def _never(rows: Rows, held: Held) -> Rows:
    """One-time codes and web sessions are not held: they are dangers, no evidence."""
    return rows


def _of_platform(rows: Rows, held: Held) -> Rows:
    return rows.none() if held.everything else rows


def _of_estate(rows: Rows, held: Held, *, path: str = "estate") -> Rows:
    # Of no estate, or of one that is not held.
    codes = Session.objects.filter(code__in=held.sessions).values("estate")
    kept = Q(**{f"{path}__in": held.estates}) | Q(**{f"{path}__in": codes})
    return _of_platform(rows, held).exclude(kept)


def _of_owner(rows: Rows, held: Held) -> Rows:
    return _of_estate(rows, held, path="owner__estate")


def _of_messages(rows: Rows, held: Held) -> Rows:
    """The key of a message says which session it is of; of others nobody can tell whose they
    are, so any hold keeps them."""
    if not held:
        return rows
    sessions = Session.objects.filter(Q(estate__in=held.estates) | Q(code__in=held.sessions))
    kept = Q()
    for pk in sessions.values_list("pk", flat=True):
        kept |= Q(key__startswith=f"session:{pk}:")
    return _of_platform(rows, held).filter(key__startswith="session:").exclude(kept)


# --- the rules ----------------------------------------------------------------------------


def _emptied_messages(rows: Rows, at: datetime) -> int:
    # The row stays: its key is why the same event is not told twice.
    return rows.update(phone="", params={})


def _previews(rows: Rows, at: datetime) -> int:
    found = list(rows.select_for_update(of=("self",), no_key=True).select_related("estate"))
    for one in found:
        erase_preview(one, actor="system", at=at)
    return len(found)


def _proposals(rows: Rows, at: datetime) -> int:
    found = list(rows.select_for_update(of=("self",), no_key=True).select_related("estate"))
    for one in found:
        end_proposal(one, at=at)
    return len(found)


def _undos(rows: Rows, at: datetime) -> int:
    found = list(rows.select_for_update(of=("self",), no_key=True).select_related("estate"))
    for one in found:
        erase_undo(one, at=at)
    return len(found)


def _years_before(day: date) -> date:
    """The same day as many years ago as ballots are kept; 28 February for the 29th."""
    year = day.year - DEFAULT_YEARS
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


MESSAGES = Expiry(
    "messages",
    "created_at",
    lambda at: (
        Message.objects.filter(
            Q(sent_at__lte=at - SIX_MONTHS) | Q(state="failed"), created_at__lte=at - SIX_MONTHS
        )
        .exclude(state="queued")
        .exclude(phone="", params={})
    ),
    _of_messages,
    _emptied_messages,
)
ATTEMPTS = Expiry(
    "attempts",
    "window_started_at",
    lambda at: Attempts.objects.filter(window_started_at__lte=at - WEEK),
    _of_platform,
    _deleted,
)
VOTE_CODES = Expiry(
    "vote_codes",
    "expires_at",
    lambda at: CheckCode.objects.filter(expires_at__lte=at - WEEK),
    _never,
    _deleted,
)
FUND_CODES = Expiry(
    "fund_codes",
    "sent_at",
    lambda at: PhoneCheck.objects.filter(sent_at__lte=at - WEEK),
    _never,
    _deleted,
)
WEB_SESSIONS = Expiry(
    "web_sessions",
    "expire_date",
    lambda at: WebSession.objects.filter(expire_date__lte=at),
    _never,
    _deleted,
)
SIGN_INS = Expiry(
    "sign_ins",
    "began_at",
    lambda at: SignIn.objects.filter(began_at__lte=at - SIX_MONTHS),
    _of_platform,
    _deleted,
)
CLOSED_DOORS = Expiry(
    "closed_doors",
    "last_at",
    lambda at: ClosedDoor.objects.filter(last_at__lte=at - SIX_MONTHS),
    _of_platform,
    _deleted,
)
JOBS = Expiry(
    "jobs",
    "created_at",
    lambda at: Job.objects.filter(
        created_at__lte=at - SIX_MONTHS, state__in=("done", "failed"),
        bundle__isnull=True, session__isnull=True,
    ),
    _of_estate,
    _deleted,
)  # fmt: skip
ROLL_PREVIEWS = Expiry(
    "roll_previews",
    "created_at",
    lambda at: RollImport.objects.filter(state="previewed", created_at__lte=at - MONTH),
    _of_estate,
    _previews,
)
ROLL_PROPOSALS = Expiry(
    "roll_proposals",
    "asked_at",
    lambda at: RollProposal.objects.filter(state="waiting", asked_at__lte=at - MONTH),
    _of_estate,
    _proposals,
)
ROLL_UNDOS = Expiry(
    "roll_undos",
    "confirmed_at",
    lambda at: RollImport.objects.filter(
        state="confirmed", confirmed_at__lte=at - SIX_MONTHS
    ).exclude(undo=b""),
    _of_estate,
    _undos,
)
PHONE_CHANGES = Expiry(
    "phone_changes",
    "ended_at",
    lambda at: PhoneChange.objects.filter(ended_at__lte=at - SIX_MONTHS).exclude(
        phone="", old_phone="", reason=""
    ),
    _of_owner,
    lambda rows, at: rows.update(phone="", old_phone="", reason=""),
)
ROLL_NOTICES = Expiry(
    "roll_notices",
    "told_at",
    lambda at: RollNotice.objects.filter(told_at__lte=at - SIX_MONTHS),
    _of_owner,
    _deleted,
)
DATA_REQUESTS = Expiry(
    "data_requests",
    "answered_at",
    lambda at: DataRequest.objects.filter(answered_at__lte=at - THREE_YEARS).exclude(
        text="", answer=""
    ),
    _of_owner,
    lambda rows, at: rows.update(text="", answer=""),
)
# Longer than an import can be undone, which would want them back.
FORMER_OWNERS = Expiry(
    "former_owners",
    "ended_on",
    lambda at: former_owners(ended_by=_years_before(local_day(at))),
    _of_estate,
    lambda rows, at: empty_owners(rows),
)
