"""The tree of authorities a person reaches, with one place in it chosen: for pages that drill.

reach = Reach(user, Permission.WATCH_ACCOUNTS, chosen)   # LookupError: not theirs
rows.filter(reach.within("estate__"))                    # what lies there
reach.rolled({authority: value}, nothing, plus)          # the places just below, summed up
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TypeVar

from django.db.models import Q

from accounts.permissions import (
    Permission,
    Visitor,
    authorities_reached,
    grants_of,
    roles_with,
)
from registry.models import Authority

T = TypeVar("T")


class Reach:
    """Everything `user` reaches with a permission; below one authority, where one is chosen.

    `at`: that authority, or the only one at the top; None where a person has several. `above`:
    the one above it within reach. `inside`: the numbers of all authorities in the place;
    `alone`: those of estates granted one by one.
    """

    def __init__(self, user: Visitor, permission: Permission, chosen: int | None) -> None:
        reached = authorities_reached(user, permission)
        self._known = {one.pk: one for one in reached.only("name", "kind", "parent")}
        self._children: dict[int | None, list[int]] = defaultdict(list)
        for one in self._known.values():
            self._children[one.parent_id].append(one.pk)
        if chosen is not None and chosen not in self._known:
            raise LookupError(chosen)
        self._tops = [one for one in self._known.values() if one.parent_id not in self._known]
        only = self._tops[0].pk if len(self._tops) == 1 else None
        at = only if chosen is None else chosen
        self.at = self._known[at] if at else None
        self.above = self._known.get(self.at.parent_id or 0) if self.at else None
        # By their numbers, read already: joins up the tree cost a second.
        self.inside = self.below(at) if chosen is not None and at else list(self._known)
        self.alone: list[int] = []
        if chosen is None:
            grants = grants_of(user).filter(role__in=roles_with(permission))
            single = grants.filter(estate__isnull=False).values_list("estate", flat=True)
            self.alone = [pk for pk in single if pk is not None]

    def within(self, estate: str = "") -> Q:
        """What belongs to an estate in this place; `estate` leads to it ("estate__")."""
        found = Q(**{f"{estate}authority__in": self.inside})
        if self.alone:
            found |= Q(**{f"{estate}pk__in": self.alone})
        return found

    def below(self, authority: int) -> list[int]:
        """An authority and all below it."""
        found, place = [authority], 0
        while place < len(found):
            found += self._children[found[place]]
            place += 1
        return found

    def next(self) -> list[Authority]:
        """The authorities just below the place."""
        return [self._known[pk] for pk in self._children[self.at.pk]] if self.at else self._tops

    def rolled(
        self, own: Mapping[int, T], nothing: T, plus: Callable[[T, T], T]
    ) -> list[tuple[Authority, T]]:
        """Of each authority just below, its own value and all below it added up."""
        found = []
        for one in self.next():
            total = nothing
            for pk in self.below(one.pk):
                if pk in own:
                    total = plus(total, own[pk])
            found.append((one, total))
        return found
