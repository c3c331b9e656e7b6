"""The tree of authorities a person reaches, with one place in it chosen: for pages that drill.

reach = Reach(user, Permission.WATCH_ACCOUNTS, chosen)   # LookupError: not theirs
rows.filter(reach.within("estate__"))                    # what lies there
reach.rolled({authority: value}, nothing, plus)          # the places just below, summed up
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeVar

from django.db.models import Q, QuerySet

import accounts.lookups  # noqa: F401 (anyof)
from accounts.permissions import (
    Permission,
    Visitor,
    authorities_reached,
    estates_alone,
)
from registry.models import Authority

# So many authorities and fewer are quicker named than left out of all.
_FEW = 400
T = TypeVar("T")
Rows = TypeVar("Rows", bound="QuerySet[Any, Any]")


class Reach:
    """Everything `user` reaches with a permission; below one authority, where one is chosen.

    `at`: that authority, or the only one at the top; None where a person has several. `above`:
    the one above it within reach. `inside`: the numbers of all authorities in the place;
    `alone`: those of estates granted one by one.
    """

    def __init__(self, user: Visitor, permission: Permission, chosen: int | None) -> None:
        # Numbers alone: there may be thousands, and few are ever named.
        reached = authorities_reached(user, permission).values_list("pk", "parent")
        self._parents: dict[int, int | None] = dict(reached)
        self._children: dict[int | None, list[int]] = defaultdict(list)
        for pk, parent in self._parents.items():
            self._children[parent].append(pk)
        if chosen is not None and chosen not in self._parents:
            raise LookupError(chosen)
        self._tops = [pk for pk, parent in self._parents.items() if parent not in self._parents]
        only = self._tops[0] if len(self._tops) == 1 else None
        at = only if chosen is None else chosen
        above = self._parents[at] if at else None
        named = Authority.objects.select_related("division").in_bulk(
            [pk for pk in (at, above) if pk in self._parents]
        )
        self.at = named.get(at or 0)
        self.above = named.get(above or 0)
        # By their numbers, read already: joins up the tree cost a second.
        self.inside = self.below(at) if chosen is not None and at else list(self._parents)
        self._set = frozenset(self.inside)
        self.alone: list[int] = []
        if chosen is None:
            self.alone = estates_alone(user, permission)

    def within(self, estate: str = "") -> Q:
        """What belongs to an estate in this place; `estate` leads to it ("estate__")."""
        found = Q(**{f"{estate}authority__anyof": self.inside})
        if self.alone:
            found |= Q(**{f"{estate}pk__in": self.alone})
        return found

    def narrowed(self, rows: Rows, estate: str = "estate__") -> Rows:
        """Rows to be read with their authority and kept where `has` says so.

        Counting all and leaving out is faster than naming thousands of authorities: only few
        are named, and estates granted one by one.
        """
        few = len(self.inside) <= _FEW
        return rows.filter(self.within(estate)) if self.alone or few else rows

    def has(self, authority: int) -> bool:
        """Whether a row of `narrowed` with that authority belongs to the place."""
        return bool(self.alone) or authority in self._set

    def below(self, authority: int) -> list[int]:
        """An authority and all below it."""
        found, place = [authority], 0
        while place < len(found):
            found += self._children[found[place]]
            place += 1
        return found

    @cached_property
    def next(self) -> list[Authority]:
        """The authorities just below the place; one query, once."""
        keys = self._children[self.at.pk] if self.at else self._tops
        return list(Authority.objects.filter(pk__in=keys).order_by("pk"))

    def rolled(
        self, own: Mapping[int, T], nothing: T, plus: Callable[[T, T], T]
    ) -> list[tuple[Authority, T]]:
        """Of each authority just below, its own value and all below it added up."""
        found = []
        for one in self.next:
            total = nothing
            for pk in self.below(one.pk):
                if pk in own:
                    total = plus(total, own[pk])
            found.append((one, total))
        return found
