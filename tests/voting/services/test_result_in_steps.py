"""Count, preliminary result, objections, resolution: and nothing skips a step."""

import json
from datetime import date, timedelta

import pytest

from accounts.models import Message
from core.deadlines import publicity_end
from core.errors import RuleViolation
from documents.models import Document
from documents.services.posting import add_place, post_paper
from registry.services.places import set_authority_phone
from tests.factories import AGAINST, CLOSE, FOR, even_estate, frozen_vote, make_profile
from tests.voting.services.test_objections import (
    answer,
    dispute,
    file,
    neighbour,
    refused,
    waits_for,
)
from tests.voting.services.test_rulings import (
    ORGANISER,
    PDF,
    STREET,
    SUPERVISOR,
    code_of,
    confirm,
    entries,
    propose,
)
from voting.domain.standing import Event
from voting.facts import preliminary_facts, resolution_facts
from voting.models import Candidate, Election, PreliminaryResult, Session
from voting.selectors import (
    contested,
    decision_holds,
    decision_status,
    final_results,
    hanging,
    preliminary_of,
    result_of,
)
from voting.services.closing import close_session
from voting.services.counting import count_session
from voting.services.exporting import export_board
from voting.services.objections import confirm_finding, propose_finding
from voting.services.resolutions import issue_resolution, post_preliminary
from voting.services.standing import Paper, record_event
from voting.steps import Signer
from voting.tasks import sweep_all
from voting.verifier import verify

pytestmark = pytest.mark.django_db

COUNTED = CLOSE + timedelta(hours=49)
UNTIL = publicity_end(COUNTED, 7)


@pytest.fixture(autouse=True)
def _signing(settings, tmp_path):
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True


def closed_vote(choices, parties=None):
    """An estate of equal rooms under a profile with both periods; cast, closed."""
    estate = even_estate(parties or len(choices), lambda n: 100_00)
    make_profile("steps", challenge_hours=48, prelim_result_post_days=7)
    estate.profile_code = "steps"
    estate.save()
    vote = frozen_vote(estate)
    for number, choice in enumerate(choices, start=1):
        vote.cast(number, [choice])
    close_session(session_id=vote.session.pk, at=CLOSE)
    vote.session.refresh_from_db()
    return vote


def counted_vote(choices, parties=None):
    vote = closed_vote(choices, parties)
    vote.session = count_session(session_id=vote.session.pk, at=COUNTED)
    return vote


def post(vote, at=COUNTED):
    return post_preliminary(session_id=vote.session.pk, at=at)


def resolve(vote, at=UNTIL):
    document = issue_resolution(session_id=vote.session.pk, at=at)
    vote.session.refresh_from_db()
    return document


def kinds(vote):
    found = Document.objects.filter(estate=vote.session.estate)
    return [one.kind for one in found.order_by("pk")]


# --- the count waits for whoever says the ballot is not theirs ----------------------------


def test_the_count_waits_for_objections_to_the_list_and_not_for_ever(tmp_path):
    vote = closed_vote([FOR] * 6)
    made = file(vote, not_mine=True)
    act = lambda: count_session(session_id=vote.session.pk, at=COUNTED)  # noqa: E731
    assert code_of(act) == "count.objection_open"
    # The period for proposals is over, but this objection was in time.
    assert code_of(lambda: propose(vote, 2, at=COUNTED)) == "ruling.period_over"
    confirm(propose(vote, 1, at=COUNTED), at=COUNTED)
    made.refresh_from_db()
    assert (made.state, made.upheld) == ("ruled", True)
    assert act().state == "counted"
    assert [body["party"] for body in entries(vote, "ruling")] == [1]


def test_nobody_rules_on_their_own_ballot():
    vote = closed_vote([FOR] * 6)
    own = neighbour(vote.party(1).phone)
    at = CLOSE + timedelta(hours=1)
    assert code_of(lambda: propose(vote, 1, signer=own, at=at)) == "ruling.concerned"
    ruling = propose(vote, 1, at=at)
    assert code_of(lambda: confirm(ruling, own, at)) == "ruling.concerned"
    # About somebody else's ballot the same person may decide.
    assert confirm(propose(vote, 2, at=at), own, at).state == "confirmed"


def test_the_papers_name_the_ways_of_voting_and_the_street_office_with_its_phone():
    vote = counted_vote([FOR] * 6)
    street = vote.session.estate.authority
    set_authority_phone(authority_id=street.pk, phone="0000-1111111", actor="u", at=COUNTED)
    session = Session.objects.get(pk=vote.session.pk)
    made = {"number": "1号", "code": "7K4M2QXH9T3W", "at": COUNTED}
    facts = preliminary_facts(session, result_of(session), version=1, until=UNTIL, **made)
    assert f"{street.name}（电话0000-1111111）" in facts.ways[-1]
    assert f"{street.name}（电话0000-1111111）" in facts.objections
    assert facts.method == "书面征求意见（扫码投票）"
    session.paper = True
    facts = resolution_facts(session, result_of(session), **made)
    assert facts.method == "书面征求意见（扫码投票、纸质表决票）"


def test_a_candidate_rules_on_nobody_s_ballot():
    vote = closed_vote([FOR] * 6)
    stands = neighbour(vote.party(3).phone)
    at = CLOSE + timedelta(hours=1)
    confirm(propose(vote, 1, at=at), stands, at)
    election = Election.objects.create(motion=vote.session.motions.get(), seats=1)
    Candidate.objects.create(
        election=election,
        name="周某",
        unit=vote.party(3).units.get().unit,
        consent_at=at,
        consent_by="user:1",
    )
    assert code_of(lambda: propose(vote, 2, signer=stands, at=at)) == "ruling.concerned"
    ruling = propose(vote, 2, at=at)
    assert code_of(lambda: confirm(ruling, stands, at)) == "ruling.concerned"


def test_an_overdue_proposal_can_be_ended_by_two_of_the_street_office():
    vote = closed_vote([FOR] * 6)
    ruling = propose(vote, 1, signer=STREET, at=CLOSE + timedelta(hours=1))
    other = Signer("user:33", "street_office")
    early = ruling.due_at - timedelta(seconds=1)
    assert code_of(lambda: confirm(ruling, other, early)) == "ruling.same_role"
    assert code_of(lambda: confirm(ruling, STREET, ruling.due_at)) == "ruling.same_person"
    assert confirm(ruling, other, ruling.due_at).state == "confirmed"


# --- on show -------------------------------------------------------------------------------


def test_without_a_period_the_resolution_comes_at_once():
    vote = frozen_vote(even_estate(3))
    for number in (1, 2, 3):
        vote.cast(number, [FOR])
    vote.count()
    assert code_of(lambda: post(vote, CLOSE)) == "preliminary.none"
    sweep_all(CLOSE)
    assert kinds(vote) == ["resolution"]


def test_on_show_for_its_days_then_a_resolution_that_says_so(tmp_path):
    vote = counted_vote([FOR] * 5 + [AGAINST], parties=7)
    assert code_of(lambda: resolve(vote, COUNTED)) == "resolution.not_posted"
    sweep_all(COUNTED)
    posted = preliminary_of(vote.session)
    # By the calendar: counted on 29 March, seven full days, over as 6 April begins.
    assert posted.until.date() == date(2026, 4, 5)
    assert posted.until == UNTIL
    assert post(vote) == posted
    early = refused(lambda: resolve(vote, UNTIL - timedelta(seconds=1)))
    assert early.code == "resolution.period_open"
    assert "4月5日24时" in str(early.sentence)
    assert Message.objects.filter(template="preliminary_posted").count() == 7
    assert not Message.objects.filter(template="result_published").exists()
    sweep_all(UNTIL - timedelta(seconds=1))
    assert kinds(vote) == ["preliminary"]
    sweep_all(UNTIL)
    assert kinds(vote) == ["preliminary", "resolution"]
    first, last = Document.objects.order_by("pk")
    assert (first.status, first.superseded_by) == ("superseded", last)
    assert json.loads(bytes(first.facts)) == json.loads(bytes(last.facts))


def test_a_board_without_the_preliminary_result_holds_no_resolution_up():
    """Nobody begins the period anew by naming one more place on its last evening."""
    vote = counted_vote([FOR] * 6)
    posted = post(vote)
    at = {"actor": "user:1", "at": UNTIL - timedelta(hours=1)}
    place = add_place(estate_id=vote.session.estate_id, name="大门", **at)
    (paper,) = [one for one in hanging(vote.session, UNTIL) if one.duty.until == posted.until]
    assert (paper.overdue, paper.missing) == (True, 1)
    post_paper(
        document_id=posted.document_id,
        place_id=place.pk,
        posted_by="王一",
        posted_at=at["at"],
        photos=[],
        **at,
    )
    (paper,) = [one for one in hanging(vote.session, UNTIL) if one.duty.until == posted.until]
    assert [wall.late for wall in paper.walls] == [True]
    assert code_of(lambda: resolve(vote, UNTIL - timedelta(seconds=1))) == (
        "resolution.period_open"
    )
    resolve(vote)


def test_the_resolution_waits_for_every_objection():
    vote = counted_vote([FOR] * 6)
    post(vote)
    last_minute = UNTIL - timedelta(minutes=1)
    made = file(vote, about="result", at=last_minute, text="少算了一户")
    assert refused(lambda: file(vote, about="result", at=UNTIL)).code == "objection.period_over"
    assert code_of(lambda: resolve(vote)) == "resolution.objection_open"
    answer(made, at=UNTIL)
    made.refresh_from_db()
    assert code_of(lambda: resolve(vote)) == "resolution.objection_open"  # may be disputed
    dispute(made, UNTIL)
    sweep_all(made.dispute_until)
    assert kinds(vote) == ["preliminary"]
    finding = {"objection_id": made.pk, "upheld": False, "reason": "复核无误"}
    propose_finding(signer=STREET, at=UNTIL, **finding)
    confirm_finding(objection_id=made.pk, signer=SUPERVISOR, at=UNTIL)
    assert waits_for(vote, UNTIL) == []
    resolve(vote)
    assert kinds(vote) == ["preliminary", "resolution"]


def test_how_much_is_under_objection_and_whether_it_decides():
    # Seven of nine for: without three of them it could be four of six or less.
    vote = counted_vote([FOR] * 7 + [AGAINST] * 2)
    post(vote)
    (one,) = contested(vote.session)
    assert (one.ballots, one.decides, one.words) == ((0, 0), False, "")
    file(vote, 1, about="took_part", not_mine=True, at=COUNTED)
    (one,) = contested(vote.session)
    assert (one.ballots, one.decides) == ((1, 100_00), False)
    assert "不会改变" in one.words
    for number in (2, 3, 4):
        file(vote, number, about="took_part", not_mine=True, at=COUNTED)
    (one,) = contested(vote.session)
    # Five of nine are less than two thirds: whatever they chose, no quorum is left.
    assert (one.ballots, one.without) == ((4, 400_00), ("no_quorum",))
    assert "会改变" in one.words


# --- late rulings before the resolution ------------------------------------------------------


def test_a_late_ruling_that_changes_nothing_is_told_in_the_resolution(tmp_path):
    vote = counted_vote([FOR] * 8 + [AGAINST])
    post(vote)
    confirm(propose(vote, 1, at=COUNTED), at=COUNTED)
    assert post(vote).version == 1  # what it says is still so
    resolve(vote)
    assert final_results(vote.session) == [("passed",)]
    tally = json.loads(bytes(vote.session.resolution.facts))
    assert tally["late_rulings"] == {"excluded": 1, "results": [["passed"]]}
    export_board(vote.session, tmp_path / "board", at=UNTIL)
    assert verify(tmp_path / "board").ok
    assert decision_holds(vote.session.motions.get())


def test_a_late_ruling_on_which_the_verdict_hangs_is_posted_anew(tmp_path):
    vote = counted_vote([FOR] * 4 + [AGAINST] * 3, parties=7)
    first = post(vote)
    ruling = propose(vote, 7, at=COUNTED)
    assert code_of(lambda: confirm(ruling, at=COUNTED)) == "ruling.not_understood"
    confirm(ruling, at=COUNTED, understood=True)
    assert final_results(vote.session) == [("passed", "rejected")]
    assert code_of(lambda: resolve(vote)) == "resolution.not_posted"
    sweep_all(UNTIL)
    second = preliminary_of(vote.session)
    assert (second.version, second.until) == (2, publicity_end(UNTIL, 7))
    first.refresh_from_db()
    assert first.document.superseded_by == second.document
    resolve(vote, second.until)
    (status,) = decision_status(vote.session)
    assert (status.verdict, status.holds) == ("undetermined", False)
    export_board(vote.session, tmp_path / "board", at=second.until)
    assert verify(tmp_path / "board").ok


# --- what befalls a decision ------------------------------------------------------------------


def event(kind, **changes):
    given = {
        "kind": kind,
        "authority": "样例街道办事处",
        "reference": "样街责改〔2026〕1号",
        "dated": UNTIL.date(),
        "reason": "公告日期不足十五日",
    }
    if kind == "correction":
        given["due_on"] = UNTIL.date() + timedelta(days=10)
    return Event(**given | changes)


def record(vote, kind, *, signer=STREET, motion=None, content=PDF, at=UNTIL, **more):
    changes = {name: more.pop(name) for name in ("dated", "due_on", "reason") if name in more}
    return record_event(
        session_id=vote.session.pk,
        motion_id=motion,
        event=event(kind, **changes),
        paper=Paper("文书.pdf", content),
        signer=signer,
        at=at,
        **more,
    )


@pytest.fixture
def decided():
    vote = counted_vote([FOR] * 6)
    post(vote)
    resolve(vote)
    return vote


def test_what_stands_in_the_way_freezes_and_its_end_frees(decided):
    motion = decided.session.motions.get()
    assert decision_holds(motion)
    for begins, ends in (
        ("challenged", "challenge_ended"),
        ("correction", "corrected"),
        ("suspended", "resumed"),
    ):
        record(decided, begins)
        assert not decision_holds(motion)
        decided.session.resolution.refresh_from_db()
        assert decided.session.resolution.standing == begins
        assert "样例街道办事处" in decided.session.resolution.standing_note
        record(decided, ends)
        assert decision_holds(motion)
    decided.session.resolution.refresh_from_db()
    assert decided.session.resolution.standing == ""


def test_a_revoked_decision_stays_visible_and_final(decided):
    before = bytes(decided.session.resolution.pdf)
    record(decided, "revoked", reason="违反法定程序")
    paper = Document.objects.get(pk=decided.session.resolution_id)
    assert (paper.status, bytes(paper.pdf)) == ("revoked", before)
    assert "违反法定程序" in paper.status_reason
    assert not decision_holds(decided.session.motions.get())
    assert code_of(lambda: record(decided, "resumed")) == "standing.final"
    sweep_all(UNTIL)
    assert Message.objects.filter(template="decision_changed").count() == 6


def test_who_may_and_what_is_needed(decided):
    assert code_of(lambda: record(decided, "revoked", signer=ORGANISER)) == "standing.role"
    tomorrow = UNTIL.date() + timedelta(days=2)
    assert code_of(lambda: record(decided, "revoked", dated=tomorrow)) == "standing.invalid"
    assert code_of(lambda: record(decided, "correction", due_on=None)) == "standing.invalid"
    assert code_of(lambda: record(decided, "revoked", content=b"")) == "standing.invalid"
    assert code_of(lambda: record(decided, "superseded", replaced_by="X")) == "standing.invalid"
    assert code_of(lambda: record(decided, "corrected")) == "standing.nothing_to_end"
    once = record(decided, "challenged")
    assert record(decided, "challenged") == once


def test_a_correction_ordered_before_the_resolution_holds_it_up():
    vote = counted_vote([FOR] * 6)
    post(vote)
    assert code_of(lambda: record(vote, "revoked", at=UNTIL)) == "standing.no_decision"
    record(vote, "correction", at=UNTIL)
    assert code_of(lambda: resolve(vote)) == "resolution.correction_open"
    record(vote, "corrected", at=UNTIL)
    resolve(vote)


def test_one_row_a_version():
    vote = counted_vote([FOR] * 6)
    post(vote)
    post(vote, UNTIL)
    assert PreliminaryResult.objects.count() == 1


def test_refusals_are_sentences_to_act_on():
    vote = counted_vote([FOR] * 6)
    with pytest.raises(RuleViolation) as caught:
        issue_resolution(session_id=vote.session.pk, at=COUNTED)
    assert str(caught.value.sentence).endswith("不能出决议")
