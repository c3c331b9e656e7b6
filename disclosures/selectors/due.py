"""What is to be reminded of, and whom: people with the role of whose turn it is."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Q, QuerySet

from accounts.models import RoleGrant, User
from core.deadlines import start_of
from disclosures.models import Duty, Question, SourceReport
from disclosures.selectors.late import turn_column
from registry.models import Estate
from registry.selectors import AUTHORITY_DEPTH, authority_chain

AHEAD = timedelta(days=7)
# A sweeper that slept, or an estate enrolled late, does not send what is old.
AFTER = timedelta(days=7)


def soon_due(on: date) -> QuerySet[Duty]:
    """Due within a week, and nobody reminded yet."""
    rows = Duty.objects.filter(done_at=None, reminded_at=None)
    return _with_turn(rows.filter(due_on__gte=on, due_on__lte=on + AHEAD))


def just_late(on: date) -> QuerySet[Duty]:
    """The day they were due on is over, and nobody reminded since.

    The reminder of the day after is told from the one before by its day: `reminded_at`.
    """
    found = Q()
    for days in range(1, AFTER.days + 1):
        due = on - timedelta(days=days)
        unheard = Q(reminded_at=None) | Q(reminded_at__lt=start_of(due + timedelta(days=1)))
        found |= Q(due_on=due) & unheard
    return _with_turn(Duty.objects.filter(found, done_at=None))


def due_tomorrow(on: date) -> tuple[QuerySet[Question], QuerySet[SourceReport]]:
    """Questions and reports whose last day to answer is tomorrow."""
    end = start_of(on + timedelta(days=2))
    late = {"state": "open", "due_at__gt": end - timedelta(days=1), "due_at__lte": end}
    questions = Question.objects.filter(**late).select_related(f"estate__{_LINE}")
    reports = SourceReport.objects.filter(**late).select_related(f"estate__{_LINE}")
    return questions.order_by("pk"), reports.order_by("pk")


def people_with(roles: Iterable[str], estate: Estate, on: date) -> list[User]:
    """Whoever holds one of these roles at an estate on a day, directly or from above."""
    line = [
        one.pk
        for one in authority_chain(estate)
        if one.valid_from <= on and (one.valid_to is None or one.valid_to >= on)
    ]
    grants = RoleGrant.objects.standing(on).filter(
        Q(estate=estate) | Q(authority__in=line), role__in=list(roles)
    )
    return list(User.objects.filter(grants__in=grants, is_active=True).distinct())


def together(duties: Iterable[Duty]) -> list[list[Duty]]:
    """Duties that one message tells of: of one estate, on one body's desk, due on one day."""
    found: dict[tuple[int, str, date], list[Duty]] = defaultdict(list)
    for one in duties:
        found[one.estate_id, one.turn, one.due_on].append(one)  # type: ignore[attr-defined]
    return list(found.values())


def _with_turn(rows: QuerySet[Duty]) -> QuerySet[Duty]:
    rows = rows.annotate(turn=turn_column()).select_related(f"estate__{_LINE}")
    return rows.order_by("estate", "due_on", "pk")


_LINE = "__".join(["authority", *["parent"] * (AUTHORITY_DEPTH - 1)])
