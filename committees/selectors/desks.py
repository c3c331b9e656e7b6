"""Who answers for a place."""

from collections import defaultdict
from collections.abc import Mapping

from registry.models import Authority, Division


class Desks:
    """Who answers for a division, within the reach of whoever hands the register in."""

    def __init__(self, authority: Authority) -> None:
        self._own = authority
        below = [authority.pk]
        rows = list(
            Authority.objects.filter(valid_to__isnull=True).values_list(
                "pk", "parent", "division"
            )
        )
        children: Mapping[int | None, list[tuple[int, str | None]]] = defaultdict(list)
        for pk, above, place in rows:
            children[above].append((pk, place))
        self._by_division: dict[str, int] = {}
        if authority.division_id:
            self._by_division[authority.division_id] = authority.pk
        while below:
            found = [one for pk in below for one in children[pk]]
            for pk, where in found:
                if where:
                    self._by_division.setdefault(where, pk)
            below = [pk for pk, _where in found]
        self._parents = dict(Division.objects.values_list("code", "parent"))

    def of(self, division: str) -> int | None:
        """The nearest authority for a division; a zone answers for whatever lies in its city,
        for the codes know no zone that was set up after them."""
        step: str | None = division
        while step:
            if step in self._by_division:
                return self._by_division[step]
            step = self._parents.get(step)
        if self._own.kind == "zone_administration" and self._city(division) == self._city(
            self._own.parent.division_id if self._own.parent else None
        ):
            return self._own.pk
        return None

    def _city(self, division: str | None) -> str:
        return division[:4] if division else ""
