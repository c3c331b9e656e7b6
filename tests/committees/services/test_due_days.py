"""The last day that is kept with a formation is the one its stages say."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.permissions import Permission
from accounts.reach import Reach
from committees.domain.pipeline import STAGES
from committees.models import Formation
from committees.selectors.pipeline import case_of, overdue, overdue_number
from committees.services.formations import take_stage_back
from committees.tasks import refresh_due_days
from core.deadlines import local_day
from registry.models import RuleProfile
from tests.committees.city import AT, BY, authority
from tests.committees.formed import STAGE_DAYS, day_of, opened, report, walked
from tests.town import grant, make_user

pytestmark = pytest.mark.django_db
TODAY = local_day(AT)


def kept(formation: Formation):  # type: ignore[no-untyped-def]
    formation.refresh_from_db()
    said = case_of(Formation.objects.get(pk=formation.pk), TODAY).standing.due_on
    assert formation.due_on == said
    return said


@pytest.mark.parametrize("kind", ["owners_committee", "management_committee"])
def test_every_stage_moves_it(kind: str) -> None:
    formation = opened(kind)
    days = {kept(formation)}
    for stage in STAGES[kind]:
        if stage.code in STAGE_DAYS:
            report(formation, stage.code)
            days.add(kept(formation))
    assert len(days) > 1


def test_a_stage_taken_back_moves_it_back() -> None:
    formation = walked(opened(), "elected")
    due = kept(formation)
    report(formation, "first_meeting")
    assert kept(formation) != due
    take_stage_back(
        formation_id=formation.pk, stage="first_meeting", reason="登记错了", actor=BY, at=AT
    )
    assert kept(formation) == due == day_of("elected") + timedelta(days=7)


def test_another_rule_moves_it_with_the_sweeper() -> None:
    formation = walked(opened(), "elected")
    before = kept(formation)
    profile = RuleProfile.objects.get(code="national")
    profile.values["committee.first_meeting_days"]["value"] = 10
    profile.save()
    assert refresh_due_days(AT) == 1
    assert kept(formation) == before + timedelta(days=3)
    assert refresh_due_days(AT) == 0


def test_late_is_the_day_after_the_last() -> None:
    formation = walked(opened(), "elected")
    user = make_user("head")
    grant(user, "bureau", authority("样例市住建局"))
    reach = Reach(user, Permission.VIEW_REGISTER, None)
    last = kept(formation)
    assert overdue_number(reach, last) == 0
    assert overdue(reach, last, 10) == []
    assert overdue_number(reach, last + timedelta(days=1)) == 1
    (case,) = overdue(reach, last + timedelta(days=1), 10)
    assert case.standing.late == 1
    west = make_user("west")
    grant(west, "bureau", authority("西区住建局"))
    assert overdue_number(Reach(west, Permission.VIEW_REGISTER, None), TODAY) == 0
