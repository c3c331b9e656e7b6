"""The demo's committees: every stage, both sides of the share, a vacancy, a handover."""

from __future__ import annotations

import pytest

from accounts.permissions import Permission
from accounts.reach import Reach
from committees.domain.pipeline import STAGES
from committees.models import Committee, Formation, Handover
from committees.selectors.formation import Formation as Watched
from committees.selectors.formation import whole
from committees.selectors.party import party_within
from committees.selectors.pipeline import counted, pipeline
from committees.selectors.watch import too_few, unexplained
from core.deadlines import local_day
from portal.demo import registers
from portal.demo.formations import seat_main
from registry.services.profiles import load_profiles
from tests.committees.city import AT, city
from tests.committees.formed import an_estate
from tests.town import grant, make_user

pytestmark = pytest.mark.django_db


def test_the_city_shows_every_stage_and_both_sides_of_the_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registers, "ESTATES", 150)
    monkeypatch.setattr(registers, "MONTHS", 1)
    bureau = city()
    load_profiles(actor="test", at=AT)
    head = make_user("head")
    grant(head, "bureau", bureau)
    said: list[str] = []
    registers.keep_registers(bureau, head, AT, said.append)
    reach, today = Reach(head, Permission.VIEW_REGISTER, None), local_day(AT)
    cases = pipeline(reach, today)
    waiting = {one.standing.following.code for one in cases if one.standing.following}
    assert waiting == {stage.code for stages in STAGES.values() for stage in stages}
    assert any(one.standing.late for one in cases)
    assert any(one.silent for one in cases)
    formed = Committee.objects.filter(ended_on=None).count()
    share = party_within(reach, formed, today)
    assert 0 < share.meeting < share.known
    assert share.unknown > 0
    within = reach.within("estate__")
    assert len(too_few(within)) == 1
    missed = unexplained(within, today)
    assert missed
    assert len(missed) < share.known - share.meeting  # some have an explanation
    counts = whole(counted(Watched(head)))
    assert counts.due > counts.due_formed > 0
    assert Formation.objects.filter(ending="").count() == len(cases)


def test_the_main_estate_has_its_committee_and_its_handover() -> None:
    estate = an_estate()
    people = {name: make_user(name) for name in ("organiser", "street")}
    seat_main(estate, people, AT, lambda _line: None)
    seat_main(estate, people, AT, lambda _line: None)  # told again: the same
    committee = Committee.objects.get()
    assert (committee.seats, committee.members.count()) == (7, 7)
    assert Handover.objects.get().confirmed_by == f"user:{people['street'].pk}"
