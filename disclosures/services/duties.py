"""What is due: from when on an estate has to publish, and what came to be due since."""

import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Subquery

from accounts.permissions import Permission, roles_with
from core.deadlines import local_day
from core.errors import RuleViolation
from disclosures.domain.periods import split_periods
from disclosures.domain.turns import MANAGERS
from disclosures.models import Book, Disclosure, Duty, Enrolment, Publication
from disclosures.selectors.rules import AccountRules
from disclosures.steps import By
from logbook.steps import record_act
from registry.domain.profiles import resolve
from registry.models import Estate
from registry.selectors import profile_layers

logger = logging.getLogger(__name__)

BOOKS = ("revenue", "expenses", "fund")
EARLIEST = date(2021, 1, 1)  # Civil Code in force, and with it article 943
MOST_AHEAD = timedelta(days=366)
_BATCH = 2000


@transaction.atomic(durable=True)
def enrol(
    *, estate_ids: list[int], since: date, has_manager: bool, by: By, at: datetime
) -> int:
    """From a day on these estates have to publish; those enrolled already stay as they are.

    RuleViolation "accounts.role", "enrol.day", "enrol.none".
    """
    if by.role not in roles_with(Permission.WATCH_ACCOUNTS):
        raise RuleViolation("accounts.role", "您的角色不能办这一步")
    if not EARLIEST <= since <= local_day(at) + MOST_AHEAD:
        raise RuleViolation(
            "enrol.day", f"日期不能早于 {EARLIEST}（民法典施行），也不能晚于一年以后"
        )
    if not estate_ids:
        raise RuleViolation("enrol.none", "请选择小区")
    known = set(
        Enrolment.objects.filter(estate__in=estate_ids).values_list("estate", flat=True)
    )
    # Under their row locks, so that two people who enrol the same estate wait for each other.
    new = Estate.objects.filter(pk__in=set(estate_ids) - known).order_by("pk")
    made = 0
    for estate in new.select_for_update(no_key=True):
        _enrolment, is_new = Enrolment.objects.get_or_create(
            estate=estate,
            defaults={
                "since": since,
                "has_manager": has_manager,
                "enrolled_by": by.actor,
                "enrolled_at": at,
            },
        )
        if not is_new:
            continue
        made += 1
        facts = {"since": since.isoformat(), "manager": has_manager, "role": by.role}
        record_act(f"estate/{estate.code}", "accounts.enrolled", facts, actor=by.actor, at=at)
    return made


def open_duties(at: datetime) -> int:
    """A sweeper: write down what has become due; harmless where it is written already."""
    made = 0
    batch: list[Duty] = []
    for duty in _new_duties(local_day(at)):
        batch.append(duty)
        if len(batch) >= _BATCH:
            made += _write(batch)
            batch = []
    made += _write(batch)
    mark_done()
    return made


def _write(batch: list[Duty]) -> int:
    if not batch:
        return 0
    with transaction.atomic(durable=True):
        Duty.objects.bulk_create(batch, ignore_conflicts=True)
    return len(batch)


@transaction.atomic(durable=True)
def mark_done() -> int:
    """What was published, or disclosed, before it was written down as due. Set by set: many
    duties are as quickly marked as one."""
    out = Publication.objects.filter(
        period__book__estate=OuterRef("estate"),
        period__book__kind=OuterRef("kind"),
        period__last=OuterRef("last"),
        version=1,
    )
    disclosed = Disclosure.objects.filter(
        estate=OuterRef("estate"), kind=OuterRef("kind"), posted_at__date__gte=OuterRef("first")
    ).order_by("pk")
    open_ones = Duty.objects.filter(done_at=None).order_by()
    marked = open_ones.filter(Exists(out), kind__in=BOOKS).update(
        done_at=Subquery(out.values("posted_at")[:1]),
        publication=Subquery(out.values("pk")[:1]),
    )
    return marked + open_ones.filter(Exists(disclosed), kind__in=MANAGERS).update(
        done_at=Subquery(disclosed.values("posted_at")[:1]),
        disclosure=Subquery(disclosed.values("pk")[:1]),
    )


def _new_duties(today: date) -> Iterator[Duty]:
    last = {
        (estate, kind): day
        for estate, kind, day in Duty.objects.filter(kind__in=BOOKS)
        .values_list("estate", "kind")
        .annotate(Max("last"))
        .order_by()
    }
    managed = set(
        Duty.objects.filter(kind__in=MANAGERS).values_list("estate", "kind").order_by()
    )
    books = {
        (estate, kind): frequency
        for estate, kind, frequency in Book.objects.values_list("estate", "kind", "frequency")
    }
    enrolled = Enrolment.objects.filter(since__lte=today).order_by("pk")
    rules: dict[str, AccountRules] = {}
    for estate, code, since, has_manager in enrolled.values_list(
        "estate", "estate__profile_code", "since", "has_manager"
    ).iterator(chunk_size=_BATCH):
        if code not in rules:
            rules[code] = AccountRules(resolve(profile_layers(code), today))
        try:
            for kind in BOOKS:
                often = books.get((estate, kind)) or rules[code].frequency(kind)
                before = last.get((estate, kind))
                begin = before + timedelta(days=1) if before else since
                for period in split_periods(often, begin, today):
                    # A book that is published more often begins after what is due already.
                    if before is None or period.first > before:
                        yield _duty(estate, kind, period.first, period.last, rules[code])
            for kind in MANAGERS:
                if has_manager and (estate, kind) not in managed:
                    yield _first_disclosure(estate, kind, since, rules[code])
        except RuleViolation as refused:  # one place without rules must not hold up the rest
            logger.warning("estate %s has no duties: %s", estate, refused.code)


def _first_disclosure(estate: int, kind: str, since: date, rules: AccountRules) -> Duty:
    """Due from the day of enrolment; where it is out already, its renewal."""
    newest = Disclosure.objects.filter(estate=estate, kind=kind).order_by("version").last()
    if newest is not None:
        return next_disclosure_duty(newest, rules)
    return _duty(estate, kind, since, since, rules)


def _duty(estate: int, kind: str, first: date, last: date, rules: AccountRules) -> Duty:
    due = last + timedelta(days=rules.number("revenue.due_days"))
    return Duty(
        estate_id=estate,
        kind=kind,
        first=first,
        last=last,
        due_on=due,
        late_on=_late_on(due, rules),
    )


def next_disclosure_duty(disclosure: Disclosure, rules: AccountRules) -> Duty:
    """When what a manager disclosed has to be renewed: the duty of the day after on."""
    due = disclosure.valid_until
    return Duty(
        estate_id=disclosure.estate_id,
        kind=disclosure.kind,
        first=local_day(disclosure.posted_at) + timedelta(days=1),
        last=due,
        due_on=due,
        late_on=_late_on(due, rules),
    )


def _late_on(due: date, rules: AccountRules) -> date:
    return due + timedelta(days=rules.number("revenue.grace_days") + 1)
