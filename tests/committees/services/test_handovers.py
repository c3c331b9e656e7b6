"""The handover list of a new committee."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from committees.domain.handover import standard_items
from committees.models import Handover, HandoverItem, ItemState
from committees.selectors.handovers import due_of, items_of, sources_of
from committees.services.handovers import add_item, confirm_handover, open_handover, settle_item
from core.errors import RuleViolation
from tests.committees.city import AT, BY
from tests.committees.formed import (
    SECOND,
    a_committee,
    an_estate,
    handed_over,
    opened,
    walked,
)

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 2)


def begun(source: str = "former") -> Handover:
    return open_handover(committee_id=a_committee().pk, source=source, actor=BY, at=AT)


def settle(item: HandoverItem, state: str = "handed", **changes: object) -> ItemState:
    fields = {
        "item_id": item.pk, "state": state, "day": TODAY, "received_by": "主任", "note": "",
        "actor": BY, "at": AT,
    } | changes  # fmt: skip
    return settle_item(**fields)  # type: ignore[arg-type]


def confirm(handover: Handover, actor: str = SECOND) -> Handover:
    return confirm_handover(handover_id=handover.pk, actor=actor, at=AT)


def test_nothing_is_handed_over_before_there_was_a_committee() -> None:
    handover = begun()
    formed = handover.committee.formed_on
    with pytest.raises(RuleViolation, match="才成立，移交的日期不能更早"):
        settle(handover.items.first(), day=formed - timedelta(days=1))  # type: ignore[arg-type]
    assert settle(handover.items.first(), day=formed).day == formed  # type: ignore[arg-type]


def test_a_first_committee_takes_over_other_things_than_the_next() -> None:
    first, later = standard_items("developer"), standard_items("former")
    assert "房屋及建筑物面积清单" in first
    assert "业主大会、业主委员会印章" in later
    assert "业主大会、业主委员会印章" not in first
    assert all(len(set(one)) == len(one) for one in (first, later))


def test_ten_days_and_then_it_is_late() -> None:
    committee = a_committee()
    due = due_of(committee, date(2025, 6, 11))
    assert due is not None
    assert (due.day, due.late) == (date(2025, 6, 11), 0)
    assert "48" in due.clause
    assert due_of(committee, date(2025, 6, 13)).late == 2  # type: ignore[union-attr]


def test_one_list_a_committee_and_every_item_once() -> None:
    handover = begun()
    again = open_handover(committee_id=handover.committee_id, source="former", actor=BY, at=AT)
    assert again.pk == handover.pk  # sent twice
    extra = add_item(handover_id=handover.pk, title="门禁系统管理密码", actor=BY, at=AT)
    assert add_item(handover_id=handover.pk, title="门禁系统管理密码", actor=BY, at=AT) == extra
    assert [line.item for line in items_of(handover)][-1] == extra
    with pytest.raises(RuleViolation, match="请填写移交什么"):
        add_item(handover_id=handover.pk, title=" ", actor=BY, at=AT)
    with pytest.raises(RuleViolation, match="由谁移交"):
        open_handover(committee_id=a_second(), source="nobody", actor=BY, at=AT)


def choose(handover: Handover, source: str) -> Handover:
    return open_handover(committee_id=handover.committee_id, source=source, actor=BY, at=AT)


def titles(handover: Handover) -> list[str]:
    return [line.item.title for line in items_of(handover)]


def test_a_wrong_giver_is_put_right_while_nothing_was_entered() -> None:
    handover = begun("former")
    right = choose(handover, "developer")
    assert (right.pk, right.source) == (handover.pk, "developer")
    assert titles(right) == list(standard_items("developer"))
    first = right.items.get(position=1)
    choose(right, "preparatory_group")  # the same list
    assert right.items.get(position=1) == first
    settle(first)
    with pytest.raises(RuleViolation, match="不能再改由谁移交"):
        choose(handover, "former")
    with pytest.raises(DatabaseError), transaction.atomic():
        Handover.objects.filter(pk=handover.pk).update(source="former")
    with pytest.raises(DatabaseError), transaction.atomic():
        HandoverItem.objects.filter(handover=handover, position=2).delete()
    assert choose(handover, "preparatory_group").pk == handover.pk


def test_a_list_with_something_added_stays() -> None:
    handover = begun("former")
    add_item(handover_id=handover.pk, title="门禁系统管理密码", actor=BY, at=AT)
    with pytest.raises(RuleViolation, match="不能再改由谁移交"):
        choose(handover, "developer")


def test_no_committee_before_the_first_hands_over() -> None:
    formation = walked(opened(), "elected")
    first = formation.committee
    assert first is not None
    assert sources_of(first) == ["preparatory_group", "developer", "residents_committee"]
    for source in ("former", "management_committee"):
        with pytest.raises(RuleViolation, match="以前没有过这样的委员会"):
            open_handover(committee_id=first.pk, source=source, actor=BY, at=AT)
    # After a property management committee: that one, and still no owners' committee.
    estate = an_estate("丙苑")
    a_committee(estate, kind="management", seats=4)
    later = walked(opened(estate=estate), "elected").committee
    assert later is not None
    assert "management_committee" in sources_of(later)
    assert "former" not in sources_of(later)
    # A renewal has one before it; of what is known from papers alone, nobody knows.
    estate = an_estate("丁苑")
    assert "former" in sources_of(a_committee(estate))
    renewed = walked(opened("renewal", estate), "elected").committee
    assert renewed is not None
    assert "former" in sources_of(renewed)


def a_second() -> int:
    return a_committee(an_estate("乙苑")).pk


@pytest.mark.parametrize(
    ("state", "changes", "code"),
    [
        ("handed", {"received_by": ""}, "received_by.missing"),
        ("handed", {"day": None}, "day.missing"),
        ("handed", {"day": date(2027, 1, 1)}, "day.future"),
        ("missing", {"note": ""}, "note.short"),
        ("sold", {}, "handover.state"),
    ],
)
def test_an_item_that_cannot_be(state: str, changes: dict, code: str) -> None:
    item = begun().items.first()
    assert item is not None
    with pytest.raises(RuleViolation) as refused:
        settle(item, state, **changes)
    assert code in [one.code for one in refused.value.facts["reasons"]]  # type: ignore[attr-defined]


def test_another_person_confirms_what_is_complete() -> None:
    handover = begun()
    items = list(handover.items.all())
    for item in items[1:]:
        first = settle(item)
        assert settle(item).pk == first.pk  # sent twice
    with pytest.raises(RuleViolation, match="还有没登记的：业主大会、业主委员会印章"):
        confirm(handover)
    settle(items[0], "missing", received_by="", note="原主任失联，已报警")
    settle(items[0], "open", note="印章已经找到，等移交")  # the newest stands
    with pytest.raises(RuleViolation, match="还有没登记的"):
        confirm(handover)
    settle(items[0], day=TODAY - timedelta(days=1))
    with pytest.raises(RuleViolation, match="不能自己确认"):
        confirm(handover, BY)
    done = confirm(handover)
    assert (done.confirmed_on, done.confirmed_by) == (TODAY, SECOND)
    assert confirm(handover, BY).confirmed_by == SECOND  # again: harmless
    with pytest.raises(RuleViolation, match="清单不能再改"):
        settle(items[0], "missing", note="又不见了，重新找")
    with pytest.raises(DatabaseError), transaction.atomic():
        ItemState.objects.create(
            item=items[0], state="open", day=TODAY, recorded_by=BY, recorded_at=AT
        )
    with pytest.raises(DatabaseError), transaction.atomic():
        Handover.objects.filter(pk=handover.pk).update(confirmed_by=BY)


def test_a_helper_hands_over_with_something_missing() -> None:
    committee = a_committee()
    handover = Handover.objects.get(pk=handed_over(committee, missing=2))
    states = [line.state.state for line in items_of(handover) if line.state]
    assert states.count("missing") == 2
    assert handover.confirmed_on == committee.formed_on + timedelta(days=5)
