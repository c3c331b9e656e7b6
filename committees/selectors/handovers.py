"""A handover list as it stands, and until when it is due."""

from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Prefetch

from committees.domain.handover import standard_items
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


def sources_of(committee: Committee) -> list[str]:
    """Who can hand over to this committee. A committee before it only where there was one:
    there was none before one that was formed here for the first time, and of one recorded from
    papers it is not known."""
    offered = [code for code, _title in Handover.SOURCES]
    formation = committee.formations.first()
    if formation is None:
        return offered
    # A committee known from the register gave way to its own papers: it is the same one.
    former = (
        Committee.objects.filter(estate=committee.estate_id, pk__lt=committee.pk)
        .exclude(source="register", ended_why="有了备案材料")
        .values_list("kind", flat=True)
    )
    were = set(former)
    gone = {"former": "owners", "management_committee": "management"}
    return [one for one in offered if one not in gone or gone[one] in were]


def untouched(handover: Handover) -> bool:
    """Nothing was entered, added or confirmed: it can be drawn up anew."""
    titles = list(handover.items.order_by("position").values_list("title", flat=True))
    return (
        handover.confirmed_on is None
        and titles == list(standard_items(handover.source))
        and not ItemState.objects.filter(item__handover=handover).exists()
    )


def due_of(committee: Committee, today: date) -> Due | None:
    """Ten days after the committee was formed, or as the rules say (274号 48)."""
    stated: RuleValue | None = profile_for(committee.estate, committee.formed_on).get(
        "committee.handover_days"
    )
    if stated is None:
        return None
    day = committee.formed_on + timedelta(days=int(stated.value))
    return Due(day, stated.clause, max((today - day).days, 0))
