"""The late list (逾期清单): what was to be published and was not, in the places of a user."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
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

from accounts.permissions import (
    Permission,
    Visitor,
    authorities_reached,
    grants_of,
    roles_with,
)
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
        reached = authorities_reached(user, Permission.WATCH_ACCOUNTS)
        self._known = {one.pk: one for one in reached.only("name", "kind", "parent")}
        tops = [one for one in self._known.values() if one.parent_id not in self._known]
        chosen = authority is not None
        if authority is None and len(tops) == 1:
            authority = tops[0].pk
        self._tops = tops
        self._children: dict[int | None, list[int]] = defaultdict(list)
        for one in self._known.values():
            self._children[one.parent_id].append(one.pk)
        if authority is not None and authority not in self._known:
            raise LookupError(authority)
        self._at = authority
        if chosen:
            self._within = Q(estate__authority__in=self._below(self._at or 0))
        else:
            self._within = self._reached_by(user)
        self.duties = late_duties(on).filter(self._within)

    def _reached_by(self, user: Visitor) -> Q:
        """By the numbers of authorities, read already: joins up the tree cost a second."""
        grants = grants_of(user).filter(role__in=roles_with(Permission.WATCH_ACCOUNTS))
        alone = list(grants.filter(estate__isnull=False).values_list("estate", flat=True))
        reached = Q(estate__authority__in=list(self._known))
        return reached | Q(estate__in=alone) if alone else reached

    def of_kind(self, kind: str) -> QuerySet[Duty]:
        """One kind of what is late; all of it for ""."""
        return self.duties.filter(kind=kind) if kind else self.duties

    def totals(self) -> Totals:
        """How much is late; one query."""
        counts = {name: Count("kind", filter=Q(kind=name)) for name in KINDS}
        rows = self.duties.order_by().values_list("estate__authority")
        kinds: Counter[str] = Counter()
        of: dict[int, tuple[int, int]] = {}
        for authority, estates, *numbers in rows.annotate(
            Count("estate", distinct=True), **counts
        ):
            kinds.update(dict(zip(KINDS, numbers, strict=True)))
            of[authority] = sum(numbers), estates
        return self._rolled(of, kinds)

    def unheard(self) -> Any:
        """What was not answered in time, by estate: a query to take a part of."""
        return unheard(self._within, self.on)

    def unheard_counts(self) -> list[Counted]:
        """How much that is, by authority; one query."""
        return unheard_counts(self._within, self.on)

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
        below = self._children[self._at] if self._at else [one.pk for one in self._tops]
        rolled = []
        for pk in below:
            parts = [of[one] for one in self._below(pk) if one in of]
            rolled.append(
                Rolled(self._known[pk], sum(d for d, _e in parts), sum(e for _d, e in parts))
            )
        at = self._known[self._at] if self._at else None
        return Totals(
            at=at,
            above=self._known.get(at.parent_id or 0) if at else None,
            duties=sum(duties for duties, _estates in of.values()),
            estates=sum(estates for _duties, estates in of.values()),
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

    def _below(self, authority: int) -> list[int]:
        """An authority and all below it."""
        found, place = [authority], 0
        while place < len(found):
            found += self._children[found[place]]
            place += 1
        return found


def late_duties(on: date) -> QuerySet[Duty]:
    """Everything that is late on a day, the longest first."""
    return Duty.objects.filter(late_on__lte=on, done_at=None).order_by(
        "late_on", "estate", "pk"
    )


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
