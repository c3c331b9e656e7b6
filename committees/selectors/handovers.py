"""A handover list as it stands, and until when it is due."""

from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Prefetch

from committees.models import Committee, Handover, HandoverItem, ItemState
from registry.domain.profiles import RuleValue
from registry.selectors import profile_for


class Line(NamedTuple):
    """An item with what became of it last."""

    item: HandoverItem
    state: ItemState | None

    @property
    def settled(self) -> bool:
        return self.state is not None and self.state.state != "open"


class Due(NamedTuple):
    """The last day of a handover with its clause; `late`: days past it, 0 where it is not."""

    day: date
    clause: str
    late: int


def items_of(handover: Handover) -> list[Line]:
    """In the order of the list; two queries."""
    states = Prefetch("states", queryset=ItemState.objects.order_by("pk"))
    rows = handover.items.order_by("position").prefetch_related(states)
    return [Line(one, list(one.states.all())[-1] if one.states.all() else None) for one in rows]


def has_entered(handover: Handover, actor: str) -> bool:
    """Whether this person entered anything on the list: another one confirms it."""
    return ItemState.objects.filter(item__handover=handover, recorded_by=actor).exists()


def due_of(committee: Committee, today: date) -> Due | None:
    """Ten days after the committee was formed, or as the rules say (274号 48)."""
    stated: RuleValue | None = profile_for(committee.estate, committee.formed_on).get(
        "committee.handover_days"
    )
    if stated is None:
        return None
    day = committee.formed_on + timedelta(days=int(stated.value))
    return Due(day, stated.clause, max((today - day).days, 0))
