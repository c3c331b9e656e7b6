"""移交: the list of a new committee, item by item, and its confirmation by another person."""

from datetime import date, datetime
from typing import cast

from django.db import transaction

from committees.domain.handover import standard_items
from committees.domain.wording import day_reasons, name_reasons, note_reasons
from committees.formation_steps import demand_living, keep_due, locked_committee, note_act
from committees.models import Committee, Handover, HandoverItem, ItemState
from committees.selectors.handovers import has_entered, items_of, sources_of, untouched
from core.deadlines import local_day
from core.errors import RuleViolation
from core.reasons import Reason, demand_none

MOST_ITEMS = 60


@transaction.atomic(durable=True)
def open_handover(*, committee_id: int, source: str, actor: str, at: datetime) -> Handover:
    """The standard list by who hands over; a committee has one. Chosen wrongly, it is drawn up
    anew while nothing was entered.

    RuleViolation "handover.invalid", "handover.begun", "committee.ended".
    """
    committee = locked_committee(committee_id)
    known = Handover.objects.filter(committee=committee).first()
    if known is not None and known.source == source:
        return known
    demand_living(committee)
    demand_none("handover.invalid", _source_reasons(committee, source))
    if known is None:
        made = Handover.objects.create(
            committee=committee, source=source, opened_by=actor, opened_at=at
        )
        _list(made, actor=actor, at=at)
        _note(made, "handover-opened", {"source": source}, actor=actor, at=at)
        return made
    if not untouched(known):
        told = "移交清单已经登记过，不能再改由谁移交；清单里没有的，可以加一项"
        raise RuleViolation("handover.begun", told)
    before, known.source = known.source, source
    if standard_items(before) != standard_items(source):
        known.items.all().delete()
        _list(known, actor=actor, at=at)
    known.save(update_fields=["source"])
    facts: dict[str, object] = {"source": source, "before": before}
    _note(known, "handover-source", facts, actor=actor, at=at)
    return known


@transaction.atomic(durable=True)
def add_item(*, handover_id: int, title: str, actor: str, at: datetime) -> HandoverItem:
    """One more thing; a title that is on the list is one.

    RuleViolation "handover.invalid", "handover.confirmed".
    """
    handover = _open(handover_id)
    same = handover.items.filter(title=title.strip()).first()
    if same is not None:
        return same
    found = name_reasons("title", "移交什么", title, most=80)
    number = handover.items.count()
    if number >= MOST_ITEMS:
        found.append(Reason("handover.many", f"清单最多{MOST_ITEMS}项", "title"))
    demand_none("handover.invalid", found)
    made = HandoverItem.objects.create(
        handover=handover,
        position=number + 1,
        title=title.strip(),
        added_by=actor,
        added_at=at,
    )
    _note(handover, "handover-item", {"item": made.pk}, actor=actor, at=at)
    return made


@transaction.atomic(durable=True)
def settle_item(
    *,
    item_id: int,
    state: str,
    day: date | None,
    received_by: str,
    note: str,
    actor: str,
    at: datetime,
) -> ItemState:
    """What became of an item: handed over to an office, or missing for a reason; or open
    again. The same again is one. RuleViolation "handover.invalid", "handover.confirmed"."""
    handover = _open(HandoverItem.objects.values_list("handover", flat=True).get(pk=item_id))
    item = handover.items.get(pk=item_id)
    before = item.states.last()
    given = (state, day, received_by.strip(), note.strip())
    if before and (before.state, before.day, before.received_by, before.note) == given:
        return before
    found = day_reasons("day", "日期", day, local_day(at))
    formed = handover.committee.formed_on
    if day is not None and day < formed:
        told = f"委员会{formed}才成立，移交的日期不能更早"
        found.append(Reason("handover.early", told, "day"))
    if state not in dict(ItemState.STATES):
        found.append(Reason("handover.state", "请选择移交了没有", "state"))
    if state == "handed":
        found += name_reasons("received_by", "由谁接收（写职务）", received_by, most=40)
    found += note_reasons("note", "交不出的原因", note, may_be_empty=state == "handed")
    demand_none("handover.invalid", found)
    made = ItemState.objects.create(
        item=item,
        state=state,
        day=cast(date, day),
        received_by=received_by.strip(),
        note=note.strip(),
        recorded_by=actor,
        recorded_at=at,
    )
    _note(handover, "handover-settled", {"item": item.pk, "state": state}, actor=actor, at=at)
    return made


@transaction.atomic(durable=True)
def confirm_handover(*, handover_id: int, actor: str, at: datetime) -> Handover:
    """The list is complete, says somebody who entered none of it; harmless where it was said.

    RuleViolation "handover.open" with the items that are, "handover.same_person".
    """
    committee_id = Handover.objects.values_list("committee", flat=True).get(pk=handover_id)
    locked_committee(committee_id)
    handover = Handover.objects.select_related("committee__estate").get(pk=handover_id)
    if handover.confirmed_on is not None:
        return handover
    lines = items_of(handover)
    waiting = [line.item.title for line in lines if not line.settled]
    if waiting:
        told = f"还有没登记的：{'、'.join(waiting[:5])}；交不出的也要写明原因"
        raise RuleViolation("handover.open", told)
    if has_entered(handover, actor):
        told = "登记移交的人不能自己确认，请由另一位工作人员确认"
        raise RuleViolation("handover.same_person", told)
    handover.confirmed_on = max(line.state.day for line in lines if line.state)
    handover.confirmed_by, handover.confirmed_at = actor, at
    handover.save(update_fields=["confirmed_on", "confirmed_by", "confirmed_at"])
    for formation in handover.committee.formations.filter(ending="").select_related("estate"):
        keep_due(formation, at=at)
    _note(handover, "handover-confirmed", {"items": len(lines)}, actor=actor, at=at)
    return handover


def _source_reasons(committee: Committee, source: str) -> list[Reason]:
    if source not in dict(Handover.SOURCES):
        return [Reason("handover.source", "请选择由谁移交", "source")]
    if source not in sources_of(committee):
        told = "这里以前没有过这样的委员会，不能由它移交；请另外选择由谁移交"
        return [Reason("handover.nobody", told, "source")]
    return []


def _list(handover: Handover, *, actor: str, at: datetime) -> None:
    """The standard list of its source."""
    HandoverItem.objects.bulk_create(
        HandoverItem(
            handover=handover, position=place, title=title, added_by=actor, added_at=at
        )
        for place, title in enumerate(standard_items(handover.source), 1)
    )


def _open(handover_id: int) -> Handover:
    """A handover that is not confirmed, under the lock of its estate."""
    committee_id = Handover.objects.values_list("committee", flat=True).get(pk=handover_id)
    locked_committee(committee_id)
    handover = Handover.objects.select_related("committee__estate").get(pk=handover_id)
    if handover.confirmed_on is not None:
        raise RuleViolation("handover.confirmed", "移交已经确认，清单不能再改")
    return handover


def _note(
    handover: Handover, act: str, facts: dict[str, object], *, actor: str, at: datetime
) -> None:
    committee: Committee = handover.committee
    facts = {"handover": handover.pk, **facts}
    note_act(committee.estate, act, facts, actor=actor, at=at)
