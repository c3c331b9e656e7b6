"""What waits for desks and bank, in a place."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.permissions import Permission
from accounts.reach import Reach
from funds.models import RepairRequest
from funds.selectors.backlog import backlog_of
from registry.models import Authority
from tests.factories import make_unit
from tests.funds.filed import AT, make_filed
from tests.funds.repairs import approved_repair
from tests.town import grant, make_town, make_user

pytestmark = pytest.mark.django_db


def reach_of(place: Authority, name: str) -> Reach:
    user = make_user(name)
    grant(user, "bureau", place)
    return Reach(user, Permission.VIEW_REGISTER, None)


def test_nothing_waits() -> None:
    found = backlog_of(reach_of(make_town().city, "head"), at=AT)
    assert (found.heaps, found.late, found.oldest) == ([], 0, None)
    assert (found.waiting, found.fen, found.finished, found.median) == (0, 0, 0, None)


def test_what_lies_on_desks_by_working_days() -> None:
    town = make_town()
    first = make_filed(town.here.estate, budget=700_00)
    make_unit(town.there.estate, "1幢", "101", 90_00)
    second = make_filed(town.there.estate, budget=300_00)
    # Monday to Thursday are three working days, to the Monday after five, to Tuesday six.
    here, both = reach_of(town.here.district, "here"), reach_of(town.city, "both")
    for days, bands in ((3, (1, 0, 0)), (4, (0, 1, 0)), (7, (0, 1, 0)), (8, (0, 0, 1))):
        moment = AT + timedelta(days=days)
        assert first.request.desk == second.request.desk
        found = backlog_of(here, at=moment)
        assert [one.bands for one in found.heaps] == [bands]
        assert found.fen == 700_00
        assert found.oldest is not None
        assert found.oldest[0] == first.request.code
    found = backlog_of(both, at=AT + timedelta(days=8))
    assert found.waiting == 2
    assert found.fen == 1_000_00
    assert found.oldest == (first.request.code, 6)


def test_late_is_past_the_desks_last_day() -> None:
    town = make_town()
    request, here = make_filed(town.here.estate).request, reach_of(town.city, "head")
    due = RepairRequest.objects.get(pk=request.pk).desk_due_at
    assert due is not None
    assert backlog_of(here, at=due - timedelta(seconds=1)).late == 0
    assert backlog_of(here, at=due).late == 1


def test_payments_wait_too_and_finished_reviews_are_reckoned_with() -> None:
    case = approved_repair()
    everywhere = reach_of(case.account.estate.authority, "head")
    application = case.application
    assert application.filed_at is not None
    took = backlog_of(everywhere, at=AT)
    assert (took.finished, took.median, took.ninth) == (1, 0, 0)
    application.settled_at = application.filed_at + timedelta(days=7)
    application.save(update_fields=["settled_at"])
    took = backlog_of(everywhere, at=AT + timedelta(days=8))
    assert (took.finished, took.median, took.ninth) == (1, 5, 5)
    assert backlog_of(everywhere, at=AT + timedelta(days=100)).finished == 0
    instalment = case.application.instalments.get(position=1)
    instalment.state, instalment.asked_by, instalment.asked_at = "asked", "user:10", AT
    instalment.save()
    waiting = backlog_of(everywhere, at=AT + timedelta(days=1))
    assert [(one.step, one.bands, one.fen) for one in waiting.heaps] == [
        ("asked", (1, 0, 0), instalment.fen)
    ]
