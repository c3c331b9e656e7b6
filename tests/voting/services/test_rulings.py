"""Rulings: two people in two roles, before the count or with the worst case after it."""

from datetime import timedelta

import pytest

from accounts.models import Message
from core.canonical import parse_canonical
from core.errors import RuleViolation
from logbook.models import Entry
from tests.factories import (
    AGAINST,
    CLOSE,
    FOR,
    even_estate,
    frozen_vote,
    make_profile,
    small_estate,
)
from voting.models import Ballot, Ruling
from voting.selectors import (
    body_of,
    late_rulings,
    receipt_state,
    result_of,
    rulings_of,
    terms,
)
from voting.services.closing import close_session
from voting.services.counting import count_session
from voting.services.exporting import export_board
from voting.services.resolutions import issue_resolution
from voting.services.rulings import (
    Signer,
    confirm_ruling,
    decline_ruling,
    document_of,
    propose_ruling,
    withdraw_ruling,
)
from voting.verifier import verify

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _signing(settings, tmp_path):
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True


PDF = b"%PDF-1.4\n%%EOF\n"
ORGANISER = Signer("user:1", "organiser")
SUPERVISOR = Signer("user:2", "supervisor")
STREET = Signer("user:3", "street_office")
IN_TIME = CLOSE + timedelta(hours=1)
OVER = CLOSE + timedelta(hours=48)


def code_of(act):
    with pytest.raises(RuleViolation) as caught:
        act()
    return caught.value.code


def waiting(estate):
    """The same estate under a profile with 48 hours for objections."""
    make_profile("waiting", challenge_hours=48)
    estate.profile_code = "waiting"
    estate.save()
    return estate


@pytest.fixture
def vote():
    """Everybody of the small estate was for; closed, two days for objections."""
    made = frozen_vote(waiting(small_estate()))
    for number in range(1, 7):
        made.cast(number, [FOR])
    close_session(session_id=made.session.pk, at=CLOSE)
    return made


def propose(vote, number=1, signer=ORGANISER, at=IN_TIME, **changes):
    given = {"reason": "信被别人取走", "name": "笔录.pdf", "content": PDF} | changes
    return propose_ruling(
        session_id=vote.session.pk, number=number, signer=signer, at=at, **given
    )


def confirm(ruling, signer=SUPERVISOR, at=IN_TIME, **more):
    return confirm_ruling(ruling_id=ruling.pk, signer=signer, at=at, **more)


def count(vote, at=OVER):
    return count_session(session_id=vote.session.pk, at=at)


def entries(vote, kind):
    found = vote.session.board.entries.filter(kind=kind).order_by("seq")
    return [parse_canonical(bytes(entry.line))["body"] for entry in found]


def verified(vote, folder):
    vote.session.refresh_from_db()
    export_board(vote.session, folder, at=OVER)
    report = verify(folder)
    assert report.ok, report.as_text()
    return report


# --- before the count -------------------------------------------------------------------


def test_an_excluded_ballot_is_not_counted_and_its_owner_is_told(vote, tmp_path):
    ruling = propose(vote)
    assert entries(vote, "ruling") == []
    confirm(ruling)
    assert entries(vote, "ruling") == [
        {
            "party": 1,
            "sha256": ruling.sha256,
            "signers": ["organiser/user:1", "supervisor/user:2"],
        }
    ]
    (message,) = Message.objects.filter(template="ballots_excluded")
    assert message.phone == vote.party(1).phone
    count(vote)
    result = result_of(vote.session)
    assert (result.ballots.counted, result.ballots.excluded) == (5, 1)
    assert result.motions[0].votes_for.heads == 5
    last = Ballot.objects.get(party=vote.party(1))
    assert receipt_state(last) == "excluded"
    report = verified(vote, tmp_path / "board")
    details = {check.name: check.detail for check in report.checks}
    assert details["counted"] == "5 ballots, 1 parties excluded"


def test_nothing_is_opened_before_the_period_is_over_or_a_proposal_decided(vote):
    ruling = propose(vote)
    assert code_of(lambda: count(vote, OVER - timedelta(seconds=1))) == "count.too_early"
    assert code_of(lambda: count(vote)) == "count.ruling_open"
    assert body_of(vote.session, "tally") is None
    # Deciding is still possible when the period is over; proposing is not.
    assert code_of(lambda: propose(vote, 2, at=OVER)) == "ruling.period_over"
    decline_ruling(ruling_id=ruling.pk, reason="本人到场说明", signer=STREET, at=OVER)
    assert count(vote).state == "counted"
    assert result_of(vote.session).ballots.excluded == 0
    assert not Message.objects.filter(template="ballots_excluded").exists()


def test_who_may_not(vote):
    assert code_of(lambda: propose(vote, signer=SUPERVISOR)) == "ruling.role"
    assert code_of(lambda: propose(vote, signer=Signer("user:9", "bureau"))) == "ruling.role"
    ruling = propose(vote, signer=STREET)
    for signer, code in (
        (Signer("user:3", "supervisor"), "ruling.same_person"),
        (Signer("user:4", "street_office"), "ruling.same_role"),
        (Signer("user:4", "organiser"), "ruling.role"),
        (Signer("user:4", "property_manager"), "ruling.role"),
        (Signer("user:4", "made_up"), "ruling.role"),
    ):
        assert code_of(lambda signer=signer: confirm(ruling, signer)) == code
        decline = {"ruling_id": ruling.pk, "reason": "不", "signer": signer, "at": IN_TIME}
        assert code_of(lambda decline=decline: decline_ruling(**decline)) == code
    assert entries(vote, "ruling") == []
    withdraw = {"ruling_id": ruling.pk, "at": IN_TIME}
    assert code_of(lambda: withdraw_ruling(signer=SUPERVISOR, **withdraw)) == "ruling.not_yours"
    withdraw_ruling(signer=STREET, **withdraw)
    withdraw_ruling(signer=STREET, **withdraw)
    assert code_of(lambda: confirm(ruling)) == "ruling.decided"
    # A new proposal about the same party is possible then.
    confirm(propose(vote))
    assert [ruling.state for ruling in rulings_of(vote.session)] == ["withdrawn", "confirmed"]


def test_bad_papers_are_refused_with_every_reason(vote):
    with pytest.raises(RuleViolation) as caught:
        propose(vote, reason=" ", name="", content=b"")
    codes = {reason.code for reason in caught.value.facts["reasons"]}
    assert codes == {"reason.missing", "name.missing", "attachment.empty"}
    for content in (b"MZ\x90", b"<html>"):
        assert code_of(lambda content=content: propose(vote, content=content)) == (
            "ruling.invalid"
        )
    assert code_of(lambda: propose(vote, reason="长" * 501)) == "ruling.invalid"
    assert code_of(lambda: propose(vote, reason="\ud800")) == "ruling.invalid"
    assert not Ruling.objects.exists()


def test_the_paper_and_the_reason_lie_encrypted(vote):
    ruling = propose(vote, content=PDF + b"marker")
    stored = Ruling.objects.values_list("content", flat=True).get()
    assert b"marker" not in bytes(stored)
    again = Ruling.objects.get()
    assert document_of(again) == PDF + b"marker"
    assert again.reason == "信被别人取走"
    lines = b"".join(bytes(line) for line in Entry.objects.values_list("line", flat=True))
    assert "信被".encode() not in lines
    assert ruling.sha256.encode() in lines


def test_once_is_enough(vote):
    first = propose(vote)
    assert propose(vote).pk == first.pk
    assert code_of(lambda: propose(vote, content=PDF + b"x")) == "ruling.open"
    assert code_of(lambda: propose(vote, signer=STREET)) == "ruling.open"
    confirm(first)
    confirm(first, at=OVER)
    assert code_of(lambda: confirm(first, STREET)) == "ruling.decided"
    assert len(entries(vote, "ruling")) == 1
    acts = Entry.objects.filter(kind__startswith="ruling.").values_list("kind", flat=True)
    assert list(acts.order_by("pk")) == ["ruling.proposed", "ruling.confirmed"]


def test_a_rehearsal_has_nothing_to_object_to():
    vote = frozen_vote(waiting(small_estate()), rehearsal=True)
    assert terms(vote.session).challenge_hours == 0
    assert terms(frozen_vote(waiting(small_estate())).session).challenge_hours == 48


def test_only_after_the_close_and_only_who_voted():
    vote = frozen_vote(waiting(small_estate()))
    vote.cast(1, [FOR])
    assert code_of(lambda: propose(vote, at=CLOSE)) == "ruling.too_early"
    close_session(session_id=vote.session.pk, at=CLOSE)
    assert code_of(lambda: propose(vote, 2)) == "ruling.not_counted"


# --- after the count --------------------------------------------------------------------


def resolved(number_against, of=7):
    """`of` equal flats; the last `number_against` were against the one motion."""
    vote = frozen_vote(even_estate(of, area=lambda _n: 100_00))
    for number in range(1, of + 1):
        vote.cast(number, [AGAINST if number > of - number_against else FOR])
    vote.count()
    issue_resolution(session_id=vote.session.pk, at=CLOSE)
    vote.session.refresh_from_db()
    return vote


def test_a_late_exclusion_that_changes_nothing_opens_nothing(tmp_path):
    vote = resolved(2)
    before = result_of(vote.session)
    confirm(propose(vote, 7))  # 5 of 7 for; at worst 4 of 6
    (found,) = late_rulings(vote.session)
    assert (found.party, found.stands) == (7, True)
    assert [results for _motion, results in found.results] == [("passed",)]
    assert len(entries(vote, "decryption")) == 1
    assert result_of(vote.session) == before
    assert receipt_state(Ballot.objects.get(party=vote.party(7))) == "excluded_late"
    assert receipt_state(Ballot.objects.get(party=vote.party(6))) == "recorded"
    report = verified(vote, tmp_path / "board")
    assert {check.name: check.detail for check in report.checks}["late_rulings"] == (
        "1 parties: stands"
    )


def test_where_the_verdict_may_change_somebody_must_say_so(tmp_path):
    vote = resolved(3)  # 4 of 7 for; without one of them 3 of 6 is no majority
    ruling = propose(vote, 7)
    assert code_of(lambda: confirm(ruling)) == "ruling.not_understood"
    assert entries(vote, "late_ruling") == []
    confirm(ruling, understood=True)
    (body,) = entries(vote, "late_ruling")
    assert (body["finding"], body["motions"]) == (
        "recount",
        [{"id": "1", "results": ["passed", "rejected"]}],
    )
    act = Entry.objects.get(kind="ruling.confirmed")
    assert parse_canonical(bytes(act.line))["body"]["finding"] == "recount"
    assert len(entries(vote, "decryption")) == len(entries(vote, "result")) == 1
    verified(vote, tmp_path / "board")


def test_exclusions_add_up(tmp_path):
    vote = resolved(2)
    confirm(propose(vote, 7))
    confirm(propose(vote, 6))  # 5 for of 7; at worst 3 of 5
    third = propose(vote, 5)  # four of seven are no quorum, whatever they chose
    confirm(third, understood=True)
    assert [found.stands for found in late_rulings(vote.session)] == [True, True, False]
    last = late_rulings(vote.session)[-1]
    assert last.results[0][1] == ("no_quorum",)
    assert code_of(lambda: propose(vote, 5, STREET)) == "ruling.open"
    verified(vote, tmp_path / "board")


def test_between_count_and_resolution_it_is_weighed_as_after_it(tmp_path):
    vote = frozen_vote()
    for number in range(1, 7):
        vote.cast(number, [FOR])
    vote.count()
    confirm(propose(vote))
    issue_resolution(session_id=vote.session.pk, at=OVER)
    board = vote.session.board.entries.order_by("seq").values_list("kind", flat=True)
    assert list(board)[-2:] == ["late_ruling", "resolution"]
    verified(vote, tmp_path / "board")
