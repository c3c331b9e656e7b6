"""What is due: from when on an estate has to publish, and what came to be due since."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max

from accounts.permissions import Permission, roles_with
from core.deadlines import local_day
from core.errors import RuleViolation
from disclosures.domain.periods import split_periods
from disclosures.models import Book, Disclosure, Duty, Enrolment, Publication
from disclosures.selectors.rules import AccountRules
from disclosures.steps import By
from logbook.steps import record_act
from registry.domain.profiles import resolve
from registry.models import Estate
from registry.selectors import profile_layers

BOOKS = ("revenue", "expenses", "fund")
OF_MANAGER = ("service", "complaints")
_BATCH = 2000


@transaction.atomic(durable=True)
def enrol(
    *, estate_ids: list[int], since: date, has_manager: bool, by: By, at: datetime
) -> int:
    """From a day on these estates have to publish; those enrolled already stay as they are.

    RuleViolation "accounts.role".
    """
    if by.role not in roles_with(Permission.WATCH_ACCOUNTS):
        raise RuleViolation("accounts.role", "您的角色不能办这一步")
    known = set(
        Enrolment.objects.filter(estate__in=estate_ids).values_list("estate", flat=True)
    )
    new = Estate.objects.filter(pk__in=set(estate_ids) - known).order_by("pk")
    for estate in new:
        Enrolment.objects.create(
            estate=estate,
            since=since,
            has_manager=has_manager,
            enrolled_by=by.actor,
            enrolled_at=at,
        )
        facts = {"since": since.isoformat(), "manager": has_manager, "role": by.role}
        record_act(f"estate/{estate.code}", "accounts.enrolled", facts, actor=by.actor, at=at)
    return len(new)


def open_duties(at: datetime) -> int:
    """A sweeper: write down what has become due; harmless where it is written already."""
    made = 0
    batch: list[Duty] = []
    for duty in _new_duties(local_day(at)):
        batch.append(duty)
        if len(batch) >= _BATCH:
            made += _write(batch)
            batch = []
    return made + _write(batch)


def _write(batch: list[Duty]) -> int:
    if not batch:
        return 0
    with transaction.atomic(durable=True):
        Duty.objects.bulk_create(batch, ignore_conflicts=True)
        _mark_done(batch)
    return len(batch)


def _mark_done(batch: list[Duty]) -> None:
    """What was published before it was written down as due."""
    estates = {one.estate_id for one in batch}
    rows = Publication.objects.filter(version=1, period__book__estate__in=estates)
    for pk, at, estate, kind, first in rows.values_list(
        "pk", "posted_at", "period__book__estate", "period__book__kind", "period__first"
    ):
        Duty.objects.filter(estate=estate, kind=kind, first=first, done_at=None).update(
            done_at=at, publication=pk
        )


def _new_duties(today: date) -> Iterator[Duty]:
    last = {
        (estate, kind): first
        for estate, kind, first in Duty.objects.values_list("estate", "kind")
        .annotate(Max("first"))
        .order_by()
    }
    books = {
        (estate, kind): frequency
        for estate, kind, frequency in Book.objects.values_list("estate", "kind", "frequency")
    }
    rules: dict[str, AccountRules] = {}
    enrolled = Enrolment.objects.filter(since__lte=today).select_related("estate")
    for one in enrolled.order_by("pk").iterator(chunk_size=_BATCH):
        code = one.estate.profile_code
        if code not in rules:
            rules[code] = AccountRules(resolve(profile_layers(code), today))
        for kind in BOOKS:
            frequency = books.get((one.estate_id, kind)) or rules[code].frequency(kind)
            before = last.get((one.estate_id, kind))
            for period in split_periods(frequency, before or one.since, today):
                if before is None or period.first > before:
                    yield _duty(one.estate_id, kind, period.first, period.last, rules[code])
        if one.has_manager:
            for kind in OF_MANAGER:
                if (one.estate_id, kind) not in last:
                    yield _duty(one.estate_id, kind, one.since, one.since, rules[code])


def _duty(estate: int, kind: str, first: date, last: date, rules: AccountRules) -> Duty:
    due = last + timedelta(days=rules.number("revenue.due_days"))
    late = due + timedelta(days=rules.number("revenue.grace_days") + 1)
    return Duty(estate_id=estate, kind=kind, first=first, last=last, due_on=due, late_on=late)


def next_disclosure_duty(disclosure: Disclosure, rules: AccountRules) -> Duty:
    """When what a manager disclosed has to be renewed."""
    due = disclosure.valid_until
    return Duty(
        estate_id=disclosure.estate_id,
        kind=disclosure.kind,
        first=local_day(disclosure.posted_at),
        last=due,
        due_on=due,
        late_on=due + timedelta(days=rules.number("revenue.grace_days") + 1),
    )
