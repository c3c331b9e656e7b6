"""The late list (逾期清单): what was to be published and was not, in the places of a user."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import reduce
from typing import Any, NamedTuple

from django.db.models import (
    Case,
    CharField,
    Count,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.db.models import Value as Word
from django.db.models.functions import Coalesce

from accounts.permissions import Permission, Visitor
from accounts.reach import Reach
from disclosures.domain.turns import MANAGERS, body_name, turn
from disclosures.models import Book, Disclosure, Duty, Holding, Publication
from disclosures.selectors.unheard import Counted, unheard, unheard_counts
from registry.models import Authority

KINDS = dict(Duty.KINDS)
_BATCH = 2000  # of a list that is read to its end


class Late(NamedTuple):
    """One duty that is late, and whose turn it is. `published`: when this kind last was."""

    duty: Duty
    days: int
    turn: str
    body: str
    published: datetime | None


class Rolled(NamedTuple):
    """An authority, and what is late in it and below: so many duties of so many estates."""

    authority: Authority
    duties: int
    estates: int


class Totals(NamedTuple):
    """What is late, by kind and by the authorities just below `at`, the most first."""

    at: Authority | None
    above: Authority | None
    duties: int
    estates: int
    kinds: Mapping[str, int]
    below: Sequence[Rolled]


class LateList:
    """What is late on a day where `user` watches; below one authority, where one is named.

    `authority`: its number; LookupError where nothing of it may be seen.
    """

    def __init__(self, user: Visitor, on: date, authority: int | None = None) -> None:
        self.on = on
        self._reach = Reach(user, Permission.WATCH_ACCOUNTS, authority)
        self._within = self._reach.within("estate__")
        self.duties = late_duties(on).filter(self._within)

    def of_kind(self, kind: str) -> QuerySet[Duty]:
        """One kind of what is late; all of it for ""."""
        return self.duties.filter(kind=kind) if kind else self.duties

    def totals(self) -> Totals:
        """How much is late; two queries."""
        counts = {name: Count("kind", filter=Q(kind=name)) for name in KINDS}
        counted = self._reach.narrowed(late_duties(self.on))
        rows = counted.order_by().values_list("estate__authority")
        kinds: Counter[str] = Counter()
        of: dict[int, tuple[int, int]] = {}
        for authority, estates, *numbers in rows.annotate(
            Count("estate", distinct=True), **counts
        ):
            if not self._reach.has(authority):
                continue
            kinds.update(dict(zip(KINDS, numbers, strict=True)))
            of[authority] = sum(numbers), estates
        return self._rolled(of, kinds)

    def unheard(self) -> Any:
        """What was not answered in time, by estate: a query to take a part of."""
        return unheard(self._within, self.on)

    def unheard_counts(self) -> list[Counted]:
        """How much that is, by authority; one query."""
        within = self._within if self._reach.alone else Q()
        return [
            one for one in unheard_counts(within, self.on) if self._reach.has(one.authority)
        ]

    def totals_of(self, counts: Iterable[Counted]) -> Totals:
        """How much of it was not answered, in the place of what is late; an estate counts
        once for its questions and once for its reports."""
        of: dict[int, tuple[int, int]] = {}
        for one in counts:
            many, rows = of.get(one.authority, (0, 0))
            of[one.authority] = many + one.many, rows + one.rows
        return self._rolled(of, {})

    def _rolled(self, of: Mapping[int, tuple[int, int]], kinds: Mapping[str, int]) -> Totals:
        """By the authorities just below; `of`: so many of so many estates, by authority."""
        rolled = [
            Rolled(authority, *many)
            for authority, many in self._reach.rolled(of, (0, 0), _plus)
        ]
        duties, estates = reduce(_plus, of.values(), (0, 0))
        return Totals(
            at=self._reach.at,
            above=self._reach.above,
            duties=duties,
            estates=estates,
            kinds=kinds,
            below=sorted(rolled, key=lambda one: (-one.duties, one.authority.name)),
        )

    def everything(self, kind: str) -> Iterator[Late]:
        """The whole list, in portions."""
        keys = list(self.of_kind(kind).values_list("pk", flat=True))
        for place in range(0, len(keys), _BATCH):
            yield from self.said(keys[place : place + _BATCH])

    def said(self, keys: Sequence[int]) -> list[Late]:
        """What is to be said of these duties, in the order of the list; one query."""
        rows = late_duties(self.on).filter(pk__in=keys).select_related("estate__authority")
        holding = Holding.objects.filter(
            book__estate=OuterRef("estate"), book__kind=OuterRef("kind")
        ).order_by("-since", "-pk")
        out = (
            Publication.objects.filter(
                period__book__estate=OuterRef("estate"), period__book__kind=OuterRef("kind")
            )
            .order_by()
            .values("period__book")
            .annotate(at=Max("posted_at"))
        )
        disclosed = (
            Disclosure.objects.filter(estate=OuterRef("estate"), kind=OuterRef("kind"))
            .order_by()
            .values("kind")
            .annotate(at=Max("posted_at"))
        )
        rows = rows.annotate(
            holder=Coalesce(Subquery(holding.values("holder")[:1]), Word("")),
            holder_name=Coalesce(Subquery(holding.values("name")[:1]), Word("")),
            published=Coalesce(Subquery(out.values("at")), Subquery(disclosed.values("at"))),
        )
        return [self._said(one) for one in rows]

    def _said(self, duty: Duty) -> Late:
        whose = turn(duty.kind, duty.holder)  # type: ignore[attr-defined]
        return Late(
            duty,
            (self.on - duty.due_on).days,
            whose,
            duty.holder_name or body_name(whose),  # type: ignore[attr-defined]
            duty.published,  # type: ignore[attr-defined]
        )


def _plus(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return one[0] + other[0], one[1] + other[1]


def late_duties(on: date) -> QuerySet[Duty]:
    """Everything that is late on a day, the longest first."""
    return Duty.objects.filter(late_on__lte=on, done_at=None).order_by(
        "late_on", "estate", "pk"
    )


def late_numbers(reach: Reach, on: date) -> int:
    """How many duties are late in a place; one query."""
    rows = reach.narrowed(late_duties(on)).order_by().values_list("estate__authority")
    return sum(many for authority, many in rows.annotate(Count("pk")) if reach.has(authority))


def turn_column() -> Case:
    """`domain.turns.turn` as a column of duties."""
    holding = Holding.objects.filter(
        book__estate=OuterRef("estate"), book__kind=OuterRef("kind")
    ).order_by("-since", "-pk")
    held = Subquery(holding.values("holder")[:1])
    return Case(
        When(kind__in=MANAGERS, then=Word("property_manager")),
        *(
            When(kind=kind, then=Coalesce(held, Word(turn(kind, ""))))
            for kind, _title in Book.KINDS
        ),
        output_field=CharField(),
    )
