"""Formations whose acts happen here: they are read from the owners' meeting, not typed."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from committees.domain.party import Count
from committees.formation_steps import Proof
from committees.models import Committee, Formation, Member, PartyAnswer
from committees.selectors.party import answers_of_candidates, newest_count
from committees.selectors.pipeline import case_of
from committees.services.formations import open_formation, report_stage, seat_elected
from committees.services.party import answer_party, forget_dropped
from committees.tasks import seat_awaiting
from core.deadlines import local_day
from core.errors import RuleViolation
from documents.authority import development_identity
from documents.services.seals import register_seal
from registry.models import Estate, RuleProfile
from registry.services.profiles import load_profiles
from tests.elections import draft_election, estate_of_nine, frozen_election, stand
from tests.factories import CLOSE, FOR, FREEZE, Vote
from voting.models import Candidate, Session
from voting.services.convening import put_basis
from voting.services.elections import remove_candidate, save_candidate
from voting.services.filing import (
    add_paper,
    issue_filing_receipt,
    open_filing,
    receive_filing,
    submit_filing,
)
from voting.services.freezing import freeze_session
from voting.services.posting import post_roll
from voting.services.resolutions import issue_resolution
from voting.spool import read_spool

pytestmark = pytest.mark.django_db
BY = {"actor": "user:7", "at": FREEZE}
TODAY = date(2026, 5, 1)
LATER = CLOSE + timedelta(days=2)
PDF = b"%PDF-1.4\n%%EOF\n"
GROUP = {"organiser_kind": "preparatory_group", "organiser": "样例花园筹备组"}


@pytest.fixture(autouse=True)
def _signer(settings: Any, tmp_path: Path) -> None:
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)
    load_profiles(actor="test", at=FREEZE)


def begun(kind: str = "owners_committee") -> Formation:
    estate = estate_of_nine()
    return open_formation(estate_id=estate.pk, kind=kind, **BY)


def held(formation: Formation, *, choice: list[int] = FOR, **fields: Any) -> Vote:
    """An election of five out of six, counted and resolved: 1 to 5 are elected."""
    vote = frozen_election(formation.estate, **fields)
    seats = vote.session.motions.get(position=2).election.seats
    for number in range(1, 8):
        vote.cast(number, [choice, list(range(seats))])
    vote.count(at=CLOSE)
    issue_resolution(session_id=vote.session.pk, at=CLOSE)
    vote.session.refresh_from_db()
    return vote


def told(formation: Formation, stage: str):  # type: ignore[no-untyped-def]
    formation.refresh_from_db()
    case = case_of(formation, TODAY)
    return next(one for one in case.told if one.stage.code == stage)


def test_a_draft_shows_how_far_its_candidates_are() -> None:
    formation = begun()
    session = draft_election(formation.estate, candidates=4)
    assert told(formation, "candidates").day is None  # four stand for five seats
    stand(session.motions.get(position=2), 5)
    assert told(formation, "candidates").act.session == session.code
    assert told(formation, "posted").day is None


def test_the_group_and_the_roll_come_from_the_meeting() -> None:
    formation = begun()
    session = draft_election(formation.estate)
    Session.objects.filter(pk=session.pk).update(**GROUP)
    put_basis(
        session_id=session.pk, title="关于成立筹备组的公告", number="菱街〔2026〕5号",
        dated_on=date(2026, 2, 10), name="公告.pdf", content=PDF, **BY,
    )  # fmt: skip
    post_roll(session_id=session.pk, **BY)
    assert told(formation, "group").day == date(2026, 2, 10)
    assert told(formation, "roll").day == local_day(FREEZE)
    with pytest.raises(RuleViolation, match="在本系统里办了"):
        report_stage(
            formation_id=formation.pk, stage="group", day=date(2026, 2, 1),
            proof=Proof("街道的公告一份"), **BY,
        )  # fmt: skip


def test_an_act_of_here_goes_before_what_was_reported() -> None:
    formation = begun()
    for stage, day in (("due", 1), ("group", 5)):
        report_stage(
            formation_id=formation.pk, stage=stage, day=date(2026, 2, day),
            proof=Proof("街道的公告一份"), **BY,
        )  # fmt: skip
    session = draft_election(formation.estate)
    Session.objects.filter(pk=session.pk).update(**GROUP)
    put_basis(
        session_id=session.pk, title="关于成立筹备组的公告", number="",
        dated_on=date(2026, 2, 10), name="公告.pdf", content=PDF, **BY,
    )  # fmt: skip
    group = told(formation, "group")
    assert (group.day, group.row.day) == (date(2026, 2, 10), date(2026, 2, 5))


def test_the_elected_take_office_with_their_resolution() -> None:
    formation = begun()
    with pytest.raises(RuleViolation) as none_yet:
        seat_elected(formation_id=formation.pk, **BY)
    assert none_yet.value.code == "election.none"
    vote = held(formation)
    assert told(formation, "posted").day == local_day(FREEZE)
    assert seat_awaiting(LATER) == 1
    assert seat_awaiting(LATER) == 0
    committee = Committee.objects.get()
    assert (committee.source, committee.seats, committee.kind) == ("election", 5, "owners")
    assert committee.formed_on == local_day(CLOSE)
    # The first five places of the ballot, whoever the lot put there.
    assert [one.candidate.place for one in committee.members.all()] == [1, 2, 3, 4, 5]
    assert all(one.name == one.candidate.name for one in committee.members.all())
    assert told(formation, "elected").act.session == vote.session.code
    assert seat_elected(formation_id=formation.pk, **BY).pk == committee.pk
    # 备案 with its receipt, and a seal registered afterwards.
    filing = open_filing(session_id=vote.session.pk, at=CLOSE)
    for item in ("report", "covenant", "rules"):
        add_paper(filing_id=filing.pk, item=item, name="材料.pdf", content=PDF + item.encode(),
                  actor="user:7", at=LATER)  # fmt: skip
    submit_filing(filing_id=filing.pk, actor="user:7", at=LATER)
    receive_filing(
        filing_id=filing.pk, receipt_number="备2026-1", received_on=local_day(LATER),
        actor="user:9", at=LATER,
    )  # fmt: skip
    assert told(formation, "filed").day is None  # no receipt yet
    issue_filing_receipt(filing_id=filing.pk, at=LATER)
    assert told(formation, "filed").day == local_day(LATER)
    register_seal(
        estate_id=formation.estate_id, name="样例花园业主委员会公章", number="",
        custodian="样例甲", since=date(2026, 4, 2), actor="user:7",
        at=LATER + timedelta(days=9),
    )  # fmt: skip
    assert told(formation, "seal").day == date(2026, 4, 2)


def test_what_may_not_take_office_waits_with_its_reason() -> None:
    """The announcement refuses four seats already; the rules may have changed since."""
    formation = begun()
    held(formation)
    stricter = RuleProfile.objects.get(code="national")
    stricter.values["committee.min"]["value"] = 7
    stricter.save()
    Estate.objects.update(profile_code="national")
    with pytest.raises(RuleViolation, match="7至11人的单数"):
        seat_elected(formation_id=formation.pk, **BY)
    assert seat_awaiting(LATER) == 0
    assert not Committee.objects.exists()
    assert not Member.objects.exists()


def test_nobody_takes_office_where_the_covenant_failed() -> None:
    formation = begun()
    held(formation, choice=[1])
    assert seat_awaiting(LATER) == 0
    assert told(formation, "elected").day is None


def answer(candidate: Candidate, said: str) -> PartyAnswer:
    return answer_party(
        who="candidate", person_id=candidate.pk, answer=said,
        consented_on=date(2026, 2, 27), how="form", **BY,
    )  # fmt: skip


def test_what_a_candidate_said_goes_with_the_seat() -> None:
    formation = begun()
    session = draft_election(formation.estate)
    for candidate in Candidate.objects.filter(election__motion__session=session):
        answer(candidate, "yes" if candidate.name in ("业主1", "业主2", "业主3") else "no")
    freeze_session(session_id=session.pk, actor="user:1", at=FREEZE)
    session.refresh_from_db()
    secrets = read_spool(session.code)
    assert secrets is not None
    vote = Vote(session, secrets)
    places = {
        one.name: one.place
        for one in Candidate.objects.filter(election__motion__session=session)
    }
    chosen = sorted(places[f"业主{number}"] - 1 for number in range(1, 6))
    for number in range(1, 8):
        vote.cast(number, [FOR, chosen])
    vote.count(at=CLOSE)
    issue_resolution(session_id=session.pk, at=CLOSE)
    committee = seat_elected(formation_id=formation.pk, **BY)
    assert newest_count(committee) == Count(5, 3, 0)


def test_an_answer_is_not_anothers() -> None:
    """A draft writes another person into the row of a candidate, or drops one."""
    session = draft_election(estate_of_nine())
    motion = session.motions.get(position=2)
    first, second = list(Candidate.objects.filter(election__motion=motion).order_by("pk"))[:2]
    answer(first, "yes")
    answer(second, "yes")
    save_candidate(
        motion_id=motion.pk, candidate_id=first.pk, name="业主7", room="1幢00701室",
        conditions=(0, 1, 2, 3, 4, 5), consent=True, **BY,
    )  # fmt: skip
    first.refresh_from_db()
    assert first.name == "业主7"
    assert set(answers_of_candidates([first, second])) == {second.pk}
    remove_candidate(candidate_id=second.pk, **BY)
    assert forget_dropped(at=FREEZE) == 1
    assert forget_dropped(at=FREEZE) == 0
    assert [one.answer for one in PartyAnswer.objects.order_by("pk")] == ["yes", ""]
