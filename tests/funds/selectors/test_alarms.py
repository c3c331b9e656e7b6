"""Alarms that are asked of the records."""

from datetime import date, timedelta

import pytest

from core.deadlines import local_day
from funds.models import RepairRequest, Settlement
from funds.selectors.alarms import alarms_of
from tests.funds.repairs import AT, emergency_repair, make_request

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("left", "place", "warned"),
    [(0, "同处", True), (-1, "同处", False), (0, "别处", False)],
    ids=["last day", "day after", "another place"],
)
def test_a_fault_within_the_repairs_own_warranty_is_the_firms(left, place, warned):
    case = emergency_repair()
    before = case.request
    RepairRequest.objects.filter(pk=before.pk).update(place="同处")
    Settlement.objects.create(
        request=before,
        final_fen=1,
        accepted_on=date(2026, 1, 1),
        warranty_until=local_day(AT) + timedelta(days=left),
        stated_by="user:1",
        stated_at=AT,
        confirmed_by="user:2",
        confirmed_at=AT,
    )
    again = make_request(case.account, place=place)
    found = [one for one in alarms_of(again) if one.code == "warranty"]
    assert [one.requests for one in found] == ([(before.code,)] if warned else [])
    own = alarms_of(RepairRequest.objects.get(pk=before.pk))
    assert "warranty" not in {one.code for one in own}
