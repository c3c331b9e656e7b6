"""An authority reminds of a formation that is past its deadline."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from committees.models import Urge
from committees.selectors.urges import newest_urges, urges_of, urging
from committees.services.formations import end_formation
from committees.services.urging import urge_formation
from core.errors import RuleViolation
from tests.committees.city import AT, BY, authority
from tests.committees.formed import opened, report, walked
from tests.town import grant, make_user

pytestmark = pytest.mark.django_db


def late():  # type: ignore[no-untyped-def]
    """Elected on 11 May; the first meeting was due a week later, and it is November."""
    return walked(opened(), "elected")


def urge(formation, who: str = "东区住建局", at=AT) -> Urge:  # type: ignore[no-untyped-def]
    return urge_formation(
        formation_id=formation.pk, authority_id=authority(who).pk, actor=BY, at=at
    )


def test_it_is_said_who_reminded_of_what() -> None:
    formation = late()
    first = urge(formation)
    assert (first.stage, first.authority.name) == ("first_meeting", "东区住建局")
    other = urge(formation, "样例市住建局")
    assert urges_of(formation) == [other, first]
    assert newest_urges([formation.pk]) == {formation.pk: other}


def test_again_after_three_days() -> None:
    formation = late()
    urge(formation)
    for days in (0, 2):
        with pytest.raises(RuleViolation) as refused:
            urge(formation, at=AT + timedelta(days=days))
        assert refused.value.code == "urge.soon"
    urge(formation, at=AT + timedelta(days=3))
    assert Urge.objects.count() == 2


def test_nothing_in_time_and_nothing_over_is_urged() -> None:
    formation = opened()
    report(formation, "due", AT.date() - timedelta(days=5))
    with pytest.raises(RuleViolation) as refused:
        urge(formation)
    assert refused.value.code == "urge.in_time"
    end_formation(
        formation_id=formation.pk, ending="given_up", why="业主另行商定", actor=BY, at=AT
    )
    with pytest.raises(RuleViolation) as refused:
        urge(formation)
    assert refused.value.code == "urge.ended"
    assert not Urge.objects.exists()


def test_a_reminder_stays() -> None:
    urge(late())
    for change in (
        lambda: Urge.objects.update(stage="filed"),
        lambda: Urge.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_the_nearest_authority_reminds_and_no_other() -> None:
    formation = late()
    head, street, west = make_user("head"), make_user("street"), make_user("west")
    grant(head, "bureau", authority("样例市住建局"))
    grant(street, "street_office", authority("东1街道办事处"))
    grant(street, "bureau", authority("东区住建局"))
    grant(west, "bureau", authority("西区住建局"))
    assert urging(head, formation) == authority("样例市住建局")
    assert urging(street, formation) == authority("东1街道办事处")
    assert urging(west, formation) is None
