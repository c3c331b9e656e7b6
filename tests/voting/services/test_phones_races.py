"""Races about a number: two sweepers, the owner against the sweeper, two second people."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from accounts.models import Message
from logbook.models import Entry
from registry.models import Owner, PhoneChange
from tests.factories import OPEN, frozen_vote, small_estate
from tests.voting.services.test_races import at_once
from voting.services.phones import (
    OWN,
    apply_changes,
    ask_own_change,
    confirm_change,
    propose_change,
    stop_change,
    tell_changes,
)
from voting.steps import Signer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("erasable")]
DAY = timedelta(hours=24)
NEW = "10088880001"


@pytest.fixture
def wang() -> Owner:
    frozen_vote(small_estate())
    return next(one for one in Owner.objects.all() if one.name == "王一")


def test_four_sweepers_tell_and_apply_once(wang: Owner) -> None:
    ask_own_change(owner_ids=[wang.pk], phone=NEW, at=OPEN)
    assert sum(at_once(*[lambda: tell_changes(OPEN)] * 4)) == 1
    assert Message.objects.filter(template="phone_change").count() == 1
    Message.objects.update(state="sent", sent_at=OPEN)
    assert sum(at_once(*[lambda: apply_changes(OPEN + DAY)] * 4)) == 1
    assert Entry.objects.filter(kind="phone-changed").count() == 1


def test_stopped_or_in_force_never_both(wang: Owner) -> None:
    for turn in range(6):
        at, number = OPEN + turn * 3 * DAY, f"1008888{turn:04}"
        ask_own_change(owner_ids=[wang.pk], phone=number, at=at)
        tell_changes(at)
        Message.objects.update(state="sent", sent_at=at)
        change = PhoneChange.objects.get(state="held")
        due = change.takes_effect_at
        assert due is not None
        at_once(
            lambda due=due: apply_changes(due + DAY),
            lambda pk=change.pk, due=due: stop_change(change_id=pk, signer=OWN, at=due),
        )
        change.refresh_from_db()
        wang.refresh_from_db()
        assert (wang.phone == number) == (change.state == "done"), turn


def test_one_wish_waits_though_four_came_at_once(wang: Owner) -> None:
    numbers = [f"1008888{turn:04}" for turn in range(4)]
    at_once(
        *[
            lambda number=number: ask_own_change(owner_ids=[wang.pk], phone=number, at=OPEN)
            for number in numbers
        ]
    )
    states = Counter(PhoneChange.objects.values_list("state", flat=True))
    assert states == {"held": 1, "stopped": 3}


def test_two_second_people_confirm_once(wang: Owner) -> None:
    clerk = Signer("user:1", "organiser")
    change = propose_change(owner_id=wang.pk, phone=NEW, signer=clerk, at=OPEN)
    seconds = [Signer("user:2", "supervisor"), Signer("user:3", "street_office")]
    done = at_once(
        *[
            lambda who=who: confirm_change(change_id=change.pk, signer=who, at=OPEN)
            for who in seconds
        ]
    )
    assert done.count("phone.decided") == 1
    change.refresh_from_db()
    assert change.confirmed_by in {"user:2", "user:3"}
