"""Paper ballots: registered unopened, read twice, decided on, counted with the rest."""

from datetime import timedelta

import pytest

from accounts.models import Message
from core.canonical import parse_canonical
from core.errors import RuleViolation
from logbook.models import Entry
from tests.factories import (
    CLOSE,
    FOR,
    OPEN,
    even_estate,
    frozen_vote,
    make_profile,
    small_estate,
)
from tests.voting.services.papers import (
    AFTER,
    COUNTER,
    JPEG,
    ONE,
    OTHER_COUNTER,
    STREET,
    THIRD,
    TWO,
    box,
    close,
    enter,
    enter_twice,
    paper_vote_of,
    reads,
    register,
)
from tests.voting.services.test_objections import neighbour
from voting.models import Ballot, BoxCount, PaperBallot, PaperReading, ReissuedSerial
from voting.selectors import (
    balance_of,
    box_is_open,
    challenge_ends,
    conflict_of,
    desk,
    not_returned,
    receipt_state,
    result_of,
    terms,
)
from voting.services.box import state_box
from voting.services.counting import count_session
from voting.services.exporting import export_board
from voting.services.letters import reissue_letter
from voting.services.objections import declare_interest
from voting.services.paper_rulings import decide_paper_ruling, propose_paper_ruling
from voting.services.papers import arbitrate_paper, show_scan
from voting.steps import Signer
from voting.tasks import count_due
from voting.verifier import verify

pytestmark = pytest.mark.django_db
FOR_, AGAINST_, ABSTAIN_ = 0, 1, 2


def code_of(act):
    with pytest.raises(RuleViolation) as caught:
        act()
    return caught.value.code


def entries(vote, kind):
    found = vote.session.board.entries.filter(kind=kind).order_by("seq")
    return [parse_canonical(bytes(entry.line))["body"] for entry in found]


def verified(vote, folder):
    vote.session.refresh_from_db()
    export_board(vote.session, folder, at=AFTER)
    report = verify(folder)
    assert report.ok, report.as_text()
    return {check.name: check.detail for check in report.checks}


@pytest.fixture
def vote():
    """The small estate: party 1 online, 2 on paper, both 3, voting over."""
    made = paper_vote_of(small_estate())
    made.cast(1, [FOR])
    made.cast(3, [FOR])
    register(made, 2)
    register(made, 3)
    close(made)
    return made


def sheet(vote, number):
    return PaperBallot.objects.get(session=vote.session, party__number=number)


def propose(vote, number, counts, signer=ONE, **changes):
    given = {"reason": "两张都在", "name": "a.pdf", "content": b"%PDF-1.4\n"} | changes
    return propose_paper_ruling(
        paper_id=sheet(vote, number).pk, counts=counts, signer=signer, at=AFTER, **given
    )


def decide(ruling, signer=THIRD, agree=True, **more):
    return decide_paper_ruling(
        ruling_id=ruling.pk, agree=agree, signer=signer, at=AFTER, **more
    )


# --- while voting runs -------------------------------------------------------------------


def test_an_envelope_is_only_registered():
    vote = paper_vote_of(small_estate())
    paper = register(vote, 1, serial=f" {vote.party(1).serial.lower()} ")
    assert (paper.state, paper.party.number) == ("sealed", 1)
    assert vote.party(1).ballots == 0
    (message,) = Message.objects.filter(template="paper_received")
    assert message.phone == vote.party(1).phone
    assert code_of(lambda: enter(paper, reads(0), ONE, at=OPEN)) == "paper.too_early"
    assert code_of(lambda: box(vote, 1, at=OPEN)) == "box.too_early"
    assert len(not_returned(vote.session)) == 5
    assert b"signer" not in bytes(Entry.objects.get(kind="paper.registered").line)


def test_serials_nobody_can_use():
    vote = paper_vote_of(small_estate())
    other = paper_vote_of(even_estate(3))
    register(vote, 1)
    for serial, code in (
        (vote.party(1).serial, "paper.twice"),
        ("00001-0000", "paper.unknown"),
        ("x", "paper.unknown"),
        ("", "paper.unknown"),
        ("\x00", "paper.unknown"),
        ("9" * 5000, "paper.unknown"),
        (other.party(2).serial, "paper.unknown"),
    ):
        assert code_of(lambda serial=serial: register(vote, 1, serial=serial)) == code
    assert code_of(lambda: register(vote, 2, place=" ")) == "paper.invalid"
    assert code_of(lambda: register(vote, 2, place="长" * 81)) == "paper.invalid"
    assert code_of(lambda: register(vote, 2, signer=STREET)) == "paper.role"
    assert code_of(lambda: register(vote, 2, at=OPEN - timedelta(hours=1))) == "paper.not_open"
    assert PaperBallot.objects.count() == 1


def test_the_sentence_for_another_session_says_so():
    vote, other = paper_vote_of(small_estate()), paper_vote_of(even_estate(3))
    with pytest.raises(RuleViolation, match="另一次会议"):
        register(vote, 1, serial=other.party(2).serial)


def test_a_reissued_letter_voids_its_sheet(settings, tmp_path):
    settings.LETTER_DIR = tmp_path
    vote = paper_vote_of(small_estate())
    old = vote.party(1).serial
    earlier = register(vote, 1)
    reissue_letter(party_id=vote.party(1).pk, reason="丢了", actor="user:1", at=OPEN)
    new = ReissuedSerial.objects.get().serial
    assert new != old
    assert code_of(lambda: register(vote, 1, serial=old)) == "paper.reissued"
    register(vote, 1, serial=new)
    close(vote)
    assert conflict_of(PaperBallot.objects.get(pk=earlier.pk)) == "reissued"
    assert code_of(lambda: enter(earlier, reads(0), ONE)) == "paper.conflict"
    ruling = propose_paper_ruling(
        paper_id=earlier.pk, counts=False, reason="信已补发", signer=ONE, at=AFTER
    )
    decide(ruling)
    enter_twice(PaperBallot.objects.get(serial=new), reads(0))
    assert box(vote, 2).state == "sealed"
    count_session(session_id=vote.session.pk, at=AFTER)
    assert verified(vote, tmp_path / "board")["box"] == (
        "2 papers: 1 entered, 0 spoiled, 1 ruled out"
    )


def test_a_vote_without_paper_takes_none():
    vote = frozen_vote(small_estate())
    assert terms(vote.session).paper is False
    assert code_of(lambda: register(vote, 1)) == "paper.none"
    close(vote)
    assert code_of(lambda: box(vote, 0)) == "box.none"
    assert count_session(session_id=vote.session.pk, at=AFTER).state == "counted"


# --- two people --------------------------------------------------------------------------


def test_two_people_enter_and_the_choice_is_kept_nowhere(vote, tmp_path):
    paper = sheet(vote, 2)
    enter(paper, reads(AGAINST_), ONE)
    assert entries(vote, "paper") == []
    assert (
        b"answers"
        not in bytes(PaperReading.objects.values_list("content", flat=True)[0].encode())
        or PaperReading.objects.get().content
    )  # decrypted only through the model
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM voting_paperreading")
        assert b"answers" not in bytes(cursor.fetchone()[0])
    enter(sheet(vote, 2), reads(AGAINST_), TWO)
    paper = sheet(vote, 2)
    assert paper.state == "entered"
    assert set(PaperReading.objects.values_list("content", flat=True)) == {""}
    (body,) = entries(vote, "paper")
    assert body["signers"] == ["organiser/user:1", "residents_committee/user:2"]
    assert body["ruling"] is None
    assert body["scan"] == paper.scan_hash
    assert vote.party(2).ballots == 1
    logged = b"".join(bytes(line) for line in Entry.objects.values_list("line", flat=True))
    assert b"faults" not in logged
    assert b'answers":[{' in logged  # ciphertexts, on the board alone
    decide(propose(vote, 3, counts=False))
    box(vote, 2)
    count_session(session_id=vote.session.pk, at=AFTER)
    result = result_of(vote.session)
    assert (result.ballots.counted, result.ballots.paper, result.ballots.by_server) == (3, 1, 0)
    assert result.motions[0].against.heads == 1
    details = verified(vote, tmp_path / "board")
    assert details["paper"] == "1 papers, 0 by a ruling"
    assert details["box"] == "2 papers: 1 entered, 0 spoiled, 1 ruled out"
    assert receipt_state(Ballot.objects.get(party=vote.party(2))) == "recorded"


def test_the_second_is_another_person_and_sees_nothing(vote):
    paper = sheet(vote, 2)
    assert code_of(lambda: enter(paper, reads(0), ONE, content=b"")) == "paper.invalid"
    assert code_of(lambda: enter(paper, reads(0), ONE, content=b"MZ")) == "paper.invalid"
    assert code_of(lambda: enter(paper, reads(0), ONE, content=b"\xff\xd8\xff\xe0")) == (
        "paper.invalid"
    )
    for bad in (reads(3), reads((0, 1)), reads(()), reads(0, 1), reads(spoiled="x")):
        assert code_of(lambda bad=bad: enter(paper, bad, ONE)) == "paper.invalid"
    enter(paper, reads(0), ONE)
    again = Signer(ONE.actor, "residents_committee")  # the same person in another role
    assert code_of(lambda: enter(paper, reads(0), again)) == "paper.same_person"
    assert code_of(lambda: enter(paper, reads(0), THIRD)) == "paper.role"
    assert code_of(lambda: enter(paper, reads(0), Signer("user:9", "bureau"))) == "paper.role"
    assert PaperReading.objects.count() == 1


def test_a_mismatch_goes_to_a_third_person(vote, tmp_path):
    paper = sheet(vote, 2)
    enter(paper, reads(FOR_), ONE)
    enter(paper, reads(AGAINST_), TWO)
    assert sheet(vote, 2).state == "differs"
    assert entries(vote, "paper") == []
    assert code_of(lambda: enter(paper, reads(0), TWO)) == "paper.third"
    for signer, code in (
        (ONE, "paper.role"),
        (TWO, "paper.same_person"),
        (Signer(ONE.actor, "supervisor"), "paper.same_person"),
    ):
        refused = lambda signer=signer: arbitrate_paper(  # noqa: E731
            paper_id=paper.pk, reading=reads(0), signer=signer, at=AFTER
        )
        assert code_of(refused) == code
    content, kind = show_scan(paper_id=paper.pk, signer=THIRD, at=AFTER)
    assert (content[:3], kind) == (JPEG, "image/jpeg")
    assert Entry.objects.filter(kind="paper.scan_seen").count() == 1
    arbitrate_paper(paper_id=paper.pk, reading=reads(AGAINST_), signer=THIRD, at=AFTER)
    (body,) = entries(vote, "paper")
    assert body["signers"] == ["residents_committee/user:2", "supervisor/user:3"]
    assert set(PaperReading.objects.values_list("content", flat=True)) == {""}
    seen = lambda: show_scan(paper_id=paper.pk, signer=THIRD, at=AFTER)  # noqa: E731
    assert code_of(seen) == "paper.settled"


def test_a_blank_motion_an_invalid_mark_and_a_spoiled_sheet(tmp_path):
    vote = paper_vote_of(even_estate(4), matters=(5, 9))
    for number in (1, 2, 3, 4):
        register(vote, number)
    close(vote)
    enter_twice(sheet(vote, 1), reads(FOR_, None))
    enter_twice(sheet(vote, 2), reads(None, FOR_, faults=["two_marks", ""]))
    enter(sheet(vote, 3), reads(spoiled="illegible"), ONE)
    enter(sheet(vote, 3), reads(spoiled="signature"), TWO)  # why differs, that it is void not
    enter_twice(sheet(vote, 4), reads(None, None))  # nothing on it
    assert balance_of(vote.session) == (2, 2, 0, 0)
    assert sheet(vote, 2).faults == ["two_marks", ""]
    assert (sheet(vote, 3).void, sheet(vote, 4).void) == ("signature", "blank")
    box(vote, 4)
    count_session(session_id=vote.session.pk, at=AFTER)
    one, two = result_of(vote.session).motions
    assert (one.participating.heads, two.participating.heads) == (1, 1)
    ballots = result_of(vote.session).ballots
    assert (ballots.counted, ballots.spoiled, ballots.ruled_out) == (2, 2, 0)
    assert verified(vote, tmp_path / "board")["box"] == (
        "4 papers: 2 entered, 2 spoiled, 0 ruled out"
    )


# --- online and on paper -----------------------------------------------------------------


def test_both_channels_wait_for_two_people(vote, tmp_path):
    paper = sheet(vote, 3)
    assert [one.pk for one in desk(vote.session).conflicts] == [paper.pk]
    assert code_of(lambda: enter(paper, reads(0), ONE)) == "paper.conflict"
    for signer, code in (
        (Signer("user:9", "bureau"), "paper_ruling.role"),
        (THIRD, "paper_ruling.role"),
    ):
        assert code_of(lambda signer=signer: propose(vote, 3, False, signer)) == code
    # that the paper counts needs evidence
    bare = {"content": b"", "name": ""}
    assert code_of(lambda: propose(vote, 3, True, **bare)) == "paper_ruling.invalid"
    ruling = propose(vote, 3, False, **bare)
    assert code_of(lambda: propose(vote, 3, True, STREET)) == "paper_ruling.open"
    assert code_of(lambda: decide(ruling, Signer(ONE.actor, "supervisor"))) == (
        "paper_ruling.same_person"
    )
    assert code_of(lambda: decide(ruling, Signer("user:8", "organiser"))) == "paper_ruling.role"
    assert code_of(lambda: decide(ruling, agree=False)) == "paper_ruling.invalid"
    decide(ruling)
    assert sheet(vote, 3).state == "ruled_out"
    assert vote.party(3).ballots == 1
    (message,) = Message.objects.filter(template="paper_not_counted")
    assert message.phone == vote.party(3).phone
    assert code_of(lambda: decide(ruling)) == "paper_ruling.settled"
    assert code_of(lambda: enter(sheet(vote, 3), reads(0), ONE)) == "paper.settled"


def test_who_is_concerned_decides_about_no_sheet(vote):
    """The household's own, a candidate's or a recused person's hand is not on the scales."""
    own = neighbour(vote.party(3).phone)
    assert code_of(lambda: propose(vote, 3, False, own)) == "ruling.concerned"
    ruling = propose(vote, 3, False)
    # Asked first whether it is the other person in the other role, then whose sheet it is.
    assert code_of(lambda: decide(ruling, own)) == "ruling.concerned"
    declare_interest(session_id=vote.session.pk, reason="亲属", signer=THIRD, at=AFTER)
    assert code_of(lambda: decide(ruling)) == "ruling.concerned"
    assert sheet(vote, 3).state == "sealed"
    decide(ruling, Signer("user:7", "supervisor"))
    # Of another household the same neighbour may.
    propose(vote, 2, False, own, reason="信封被拆过")


def test_the_paper_counts_instead(vote, tmp_path):
    decide(propose(vote, 3, True))
    (message,) = Message.objects.filter(template="paper_counts")
    assert message.phone == vote.party(3).phone
    enter_twice(sheet(vote, 3), reads(ABSTAIN_))
    enter_twice(sheet(vote, 2), reads(FOR_))
    box(vote, 2)
    count_session(session_id=vote.session.pk, at=AFTER)
    result = result_of(vote.session)
    assert (result.motions[0].votes_for.heads, result.motions[0].abstain.heads) == (2, 1)
    online, on_paper = Ballot.objects.filter(party=vote.party(3)).order_by("number")
    assert (receipt_state(online), receipt_state(on_paper)) == ("replaced", "recorded")
    assert verified(vote, tmp_path / "board")["paper"] == "2 papers, 1 by a ruling"


def test_where_nobody_may_vote_again_a_ruling_still_may():
    vote = paper_vote_of(small_estate(), revote=False)
    vote.cast(1, [FOR])
    register(vote, 1)
    close(vote)
    decide(propose(vote, 1, True))
    enter_twice(sheet(vote, 1), reads(AGAINST_))
    assert vote.party(1).ballots == 2


def test_any_sheet_can_be_ruled_out_but_only_a_conflict_ruled_in(vote):
    assert code_of(lambda: propose(vote, 2, True)) == "paper_ruling.no_conflict"
    enter(sheet(vote, 2), reads(0), ONE)
    ruling = propose(vote, 2, False, reason="信封被拆过")
    assert code_of(lambda: enter(sheet(vote, 2), reads(0), TWO)) == "paper.ruling_open"
    decide(ruling)
    assert set(PaperReading.objects.values_list("content", flat=True)) == {""}
    declined = propose(vote, 3, False, STREET)
    decide(declined, THIRD, agree=False, reason="再查")
    assert sheet(vote, 3).state == "sealed"
    decide(propose(vote, 3, False))


# --- the box -----------------------------------------------------------------------------


def test_nothing_is_opened_before_the_box_balances(vote, tmp_path):
    count = lambda at=AFTER: count_session(session_id=vote.session.pk, at=at)  # noqa: E731
    assert challenge_ends(vote.session) is None
    assert code_of(count) == "count.box_open"
    assert count_due(AFTER) == 0
    enter_twice(sheet(vote, 2), reads(0))
    assert box(vote, 1).state == "agreed"  # one too few: 3's sheet is still there
    decide(propose(vote, 3, False))
    assert entries(vote, "box") == []
    assert code_of(count) == "count.box_open"
    assert box(vote, 3).state == "agreed"
    assert entries(vote, "box") == []
    assert box(vote, 2).state == "sealed"
    (body,) = entries(vote, "box")
    assert (body["counted"], body["entered"], body["spoiled"]) == (2, [2], [])
    assert body["signers"] == ["supervisor/user:5", "street_office/user:6"]
    assert [one.state for one in BoxCount.objects.all()] == ["replaced", "replaced", "sealed"]
    assert code_of(lambda: box(vote, 2)) == "box.sealed"
    assert code_of(lambda: register(vote, 4, at=AFTER)) == "paper.box_counted"
    assert count_due(AFTER) == 1
    verified(vote, tmp_path / "board")


def test_the_box_can_be_counted_first(vote):
    assert box(vote, 2).state == "agreed"
    enter_twice(sheet(vote, 2), reads(0))
    assert box_is_open(vote.session)
    decide(propose(vote, 3, False))
    assert not box_is_open(vote.session)


def test_two_who_count_differently_count_again(vote):
    state = lambda counted, signer: state_box(  # noqa: E731
        session_id=vote.session.pk, counted=counted, signer=signer, at=AFTER
    )
    assert state(2, COUNTER).state == "stated"
    assert state(2, COUNTER).state == "stated"  # once more by the same is no second person
    assert state(3, OTHER_COUNTER).state == "differs"
    assert state(3, OTHER_COUNTER).state == "stated"
    assert state(3, COUNTER).state == "agreed"
    kinds = Entry.objects.filter(kind__startswith="box.").order_by("pk")
    assert list(kinds.values_list("kind", flat=True)) == [
        "box.stated",
        "box.differs",
        "box.stated",
        "box.agreed",
    ]


def test_who_enters_does_not_count_the_box_nor_the_other_way_round(vote):
    enter(sheet(vote, 2), reads(0), ONE)
    assert code_of(lambda: box(vote, 2, signers=(ONE,))) == "box.clerk"
    box(vote, 2, signers=(Signer("user:7", "residents_committee"),))
    second = Signer("user:7", "organiser")
    assert code_of(lambda: enter(sheet(vote, 2), reads(0), second)) == "paper.box_counter"
    for counted, code in ((-1, "box.number"), (True, "box.number"), (10**9, "box.number")):
        assert code_of(lambda counted=counted: box(vote, counted)) == code
    assert code_of(lambda: box(vote, 2, signers=(Signer("user:9", "bureau"),))) == "box.role"


def test_nobody_used_paper(tmp_path):
    make_profile("waiting", challenge_hours=24)
    estate = small_estate()
    estate.profile_code = "waiting"
    estate.save()
    vote = paper_vote_of(estate)
    vote.cast(1, [FOR])
    close(vote)
    assert box(vote, 0).state == "sealed"
    # an empty box lengthens nothing: a day from the close
    assert challenge_ends(vote.session) == CLOSE + timedelta(hours=24)
    assert count_due(CLOSE + timedelta(hours=24)) == 1
    assert verified(vote, tmp_path / "board")["box"].startswith("0 papers")


def test_the_time_for_objections_runs_from_the_box(tmp_path):
    make_profile("waiting", challenge_hours=24)
    estate = small_estate()
    estate.profile_code = "waiting"
    estate.save()
    vote = paper_vote_of(estate)
    register(vote, 2)
    close(vote)
    enter_twice(sheet(vote, 2), reads(0), at=CLOSE + timedelta(hours=30))
    box(vote, 1, at=CLOSE + timedelta(hours=40))
    assert challenge_ends(vote.session) == CLOSE + timedelta(hours=64)
    assert count_due(CLOSE + timedelta(hours=63)) == 0
    assert count_due(CLOSE + timedelta(hours=64)) == 1
    verified(vote, tmp_path / "board")


def test_what_lay_in_the_box_at_the_close_is_still_registered(vote):
    register(vote, 4, at=AFTER)
    enter_twice(sheet(vote, 4), reads(0))
    assert sheet(vote, 4).registered_at > vote.session.closes_at


def test_a_scan_without_where_it_was_taken(vote):
    from io import BytesIO

    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6  # turned
    exif.get_ifd(0x8825)[2] = (30.0, 30.0, 30.0)
    exif[0x010F] = "MAKER-OF-PHONES"
    held = BytesIO()
    Image.new("RGB", (40, 20), "white").save(held, "JPEG", exif=exif)
    assert b"MAKER-OF-PHONES" in held.getvalue()
    enter(sheet(vote, 2), reads(0), ONE, content=held.getvalue())
    stored = PaperBallot.objects.values_list("scan", flat=True).get(party__number=2)
    assert b"JFIF" not in bytes(stored)
    content, _kind = show_scan(paper_id=sheet(vote, 2).pk, signer=TWO, at=AFTER)
    assert b"MAKER-OF-PHONES" not in content
    kept = Image.open(BytesIO(content))
    assert dict(kept.getexif()) == {}
    assert kept.size == (20, 40)  # turned as the camera meant it
