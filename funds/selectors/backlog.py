"""What waits for the fund's desks and for the bank, over many estates: a bureau's view."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache
from typing import NamedTuple

from django.db.models import F

from accounts.reach import Reach
from core.deadlines import local_day, start_of
from core.workdays import workdays_since
from funds.domain.backlog import Heap, heap, nearest_rank
from funds.models import FundApplication, Instalment, RepairRequest, Review

DESKS = tuple(code for code, _title in Review.STEPS)
# Payments on the way: asked for, confirmed, on a list to the bank.
PAYMENTS = ("asked", "ready", "ordered")
# Finished reviews of so many days are reckoned with.
LOOK_BACK = timedelta(days=90)


class Backlog(NamedTuple):
    """`late`: applications past their desk's last day. `oldest`: the code of the repair that
    has waited longest at its desk, with its working days. `median`, `ninth`: of the working
    days from filing to the last word, over `finished` applications of the last ninety days."""

    heaps: list[Heap]
    late: int
    oldest: tuple[str, int] | None
    finished: int
    median: int | None
    ninth: int | None

    @property
    def waiting(self) -> int:
        return sum(one.total for one in self.heaps)

    @property
    def fen(self) -> int:
        return sum(one.fen for one in self.heaps)


def backlog_of(reach: Reach, *, at: datetime) -> Backlog:
    """Of the estates of a place; three queries."""
    since = _counted(at)
    waiting = defaultdict[str, list[tuple[int, int]]](list)
    late, oldest = 0, None
    lying = (
        reach.narrowed(RepairRequest.objects.filter(state="review", desk__in=DESKS))
        .filter(applications__state="filed")
        .order_by("desk_since", "pk")
        .values_list(
            "estate__authority",
            "code",
            "desk",
            "desk_since",
            "desk_due_at",
            "applications__amount_fen",
        )
    )
    for authority, code, desk, begun, due_at, fen in lying:
        if not reach.has(authority):
            continue
        days = since(local_day(begun))
        waiting[desk].append((days, fen))
        late += due_at is not None and due_at <= at
        oldest = oldest or (code, days)
    for state, days, fen in _payments(reach, since):
        waiting[state].append((days, fen))
    heaps = [heap(step, waiting[step]) for step in (*DESKS, *PAYMENTS) if waiting[step]]
    took = _took(reach, at)
    return Backlog(
        heaps, late, oldest, len(took), nearest_rank(took, 50), nearest_rank(took, 90)
    )


def _payments(reach: Reach, since: Callable[[date], int]) -> list[tuple[str, int, int]]:
    estate = "application__request__estate__"
    rows = reach.narrowed(
        Instalment.objects.filter(state__in=PAYMENTS, application__request__state="approved"),
        estate,
    ).values_list(
        f"{estate}authority",
        "state",
        "fen",
        "asked_at",
        "confirmed_at",
        "release_list__made_at",
    )
    found = []
    for authority, state, fen, *moments in rows:
        begun = dict(zip(PAYMENTS, moments, strict=True))[state]
        if begun is not None and reach.has(authority):
            found.append((state, since(local_day(begun)), fen))
    return found


def _took(reach: Reach, at: datetime) -> list[int]:
    """Working days from filing to the last desk's word."""
    rows = reach.narrowed(
        FundApplication.objects.filter(
            settled_at__gt=at - LOOK_BACK,
            filed_at__isnull=False,
            settled_at__gte=F("filed_at"),
        ),
        "request__estate__",
    ).values_list("request__estate__authority", "filed_at", "settled_at")
    return [
        workdays_since(filed, settled)
        for authority, filed, settled in rows
        if filed and settled and reach.has(authority)
    ]


def _counted(at: datetime) -> Callable[[date], int]:
    """Working days since a day; each day is reckoned once, however many began on it."""

    @cache
    def since(day: date) -> int:
        return workdays_since(start_of(day), at)

    return since
