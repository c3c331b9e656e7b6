"""Paper ballots on the board: their entries, the box, and who forges either."""

import hashlib

import pytest

from core.canonical import parse_canonical
from tests.voting.sessions import BOXED, COUNTED, Vote, paper_vote
from voting.protocol import credential
from voting.protocol.shape import NO_HASH, b64
from voting.verifier import verify


def failed(report):
    return [check.name for check in report.checks if not check.ok]


def finished(vote, folder, *, boxed=BOXED, tally_at=COUNTED, **box):
    vote.box(boxed, **box)
    vote.tally(tally_at)
    vote.decrypt()
    vote.result()
    vote.resolve()
    vote.checkpoint()
    return verify(vote.export(folder))


def test_papers_are_counted_with_the_rest(tmp_path):
    report = finished(paper_vote(), tmp_path / "board")
    assert report.ok, report.as_text()
    details = {check.name: check.detail for check in report.checks}
    assert details["paper"] == "3 papers, 1 by a ruling"
    assert details["box"] == "5 papers: 3 entered, 1 spoiled, 1 ruled out"
    assert details["participation"] == "3 parties, 273.52 m²"  # online: 1, 2 and 6
    assert details["counted"] == "4 ballots, 1 parties excluded"
    # by hand: 1 against; 2 by its paper abstains; 3 and 4 for; 6 is excluded, 5 spoiled
    assert report.results[0]["heads"] == {"for": 2, "against": 1, "abstain": 1}
    assert report.results[0]["area"] == {
        "for": "191.34",
        "against": "89.52",
        "abstain": "120.00",
    }
    assert report.results[1]["heads"] == {"c1": 1, "c2": 1, "c3": 1}  # 3 left it blank


def test_the_same_choices_by_either_channel_are_the_same_count(tmp_path):
    chosen = {1: [[0]], 2: [[1]], 3: [None], 4: [[2]]}
    chosen[3] = [[0]]
    results = []
    for online in ({1, 2, 3, 4}, set(), {1, 3}):
        vote = Vote(areas=(8_952, 12_000, 10_133, 9_001), paper=True)
        for party in sorted(online):
            vote.cast(party, chosen[party])
        vote.close()
        for party in sorted(set(chosen) - online):
            vote.paper(party, chosen[party])
        report = finished(vote, tmp_path / f"board{len(online)}")
        assert report.ok, report.as_text()
        results.append(report.results)
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"counted": 4}, "box"),
        ({"counted": 6}, "box"),
        ({"counted": "5"}, "box"),
        ({"counted": True}, "box"),
        ({"entered": [2, 3, 4, 7], "counted": 6}, "box"),  # 7 has no entry
        ({"entered": [2, 3], "counted": 4}, "box"),  # 4 has one
        ({"entered": [3, 2, 4]}, "box"),
        ({"entered": [2, 3, 3], "counted": 5}, "box"),
        ({"spoiled": [{"party": 8, "scan": NO_HASH}]}, "box"),
        ({"spoiled": [{"party": 5, "scan": "x"}]}, "box"),
        ({"spoiled": [{"party": 5, "ruling": NO_HASH}]}, "box"),
        ({"spoiled": [{"party": 5, "scan": NO_HASH}] * 2, "counted": 6}, "box"),
        ({"signers": ["丙"]}, "box"),
        ({"signers": ["丙", "丙"]}, "box"),
        ({"more": 1}, "box"),
    ],
)
def test_a_box_that_does_not_agree(changes, check, tmp_path):
    assert failed(finished(paper_vote(), tmp_path / "board", **changes)) == [check]


@pytest.mark.parametrize(
    "changes",
    [
        {"scan": "x"},
        {"scan": None},
        {"ruling": "x"},
        {"ruling": 1},
        {"signers": ["甲", "甲"]},
        {"signers": ["甲", "乙", "丙"]},
        {"more": 1},
    ],
)
def test_a_paper_of_another_shape(changes, tmp_path):
    vote = paper_vote()
    vote.paper(7, [[0], [0]], **changes)
    assert "paper" in failed(finished(vote, tmp_path / "board"))


def test_over_an_online_ballot_only_by_a_ruling(tmp_path):
    report = finished(paper_vote(unruled=True), tmp_path / "board")
    assert failed(report) == ["paper"]


def test_two_papers_of_one_party(tmp_path):
    vote = paper_vote()
    vote.paper(3, [[1], None], decided=True)
    vote.papers.pop()
    assert failed(finished(vote, tmp_path / "board")) == ["paper"]


def test_a_paper_says_that_the_server_encrypted(tmp_path):
    vote = paper_vote()
    secret, _ = credential.random_key(vote.suite, rng=vote.dice)
    value = vote.ballot(7, [[0], [0]], key_secret=secret, encrypted_by="browser")
    vote.paper(7, [[0], [0]], ballot=value)
    assert failed(finished(vote, tmp_path / "board")) == ["paper"]


@pytest.mark.parametrize("whose", [3, 7])
def test_a_paper_has_a_key_nobody_had(whose, tmp_path):
    """Neither a letter's, whoever's it is: then it would pass for that party's own vote."""
    vote = paper_vote()
    value = vote.ballot(7, [[0], [0]], key_secret=vote.secrets[whose], encrypted_by="server")
    vote.paper(7, [[0], [0]], ballot=value)
    assert failed(finished(vote, tmp_path / "board")) == ["ballots.credential"]


def test_a_paper_ballot_changed_after_it_was_entered(tmp_path):
    vote = paper_vote()
    secret, _ = credential.random_key(vote.suite, rng=vote.dice)
    value = vote.ballot(7, [[0], [0]], key_secret=secret, encrypted_by="server")
    other = vote.ballot(7, [[1], [0]], key_secret=secret, encrypted_by="server")
    vote.paper(7, [[1], [0]], ballot={**other, "signature": value["signature"]})
    assert failed(finished(vote, tmp_path / "board")) == ["ballots.signature"]


def test_where_no_revote_is_allowed_a_ruling_still_may(tmp_path):
    vote = Vote(paper=True, revote=False)
    vote.cast(1, [[1]])
    vote.close()
    vote.paper(1, [[0]], decided=True)
    report = finished(vote, tmp_path / "board")
    assert report.ok, report.as_text()
    assert report.results[0]["heads"]["for"] == 1


def test_an_empty_box_and_the_time_for_objections(tmp_path):
    for box, tally_at, expected in (
        (BOXED, "2026-03-16T10:00:00Z", []),  # empty: a day from the close
        (BOXED, "2026-03-16T09:50:00Z", ["phases"]),
    ):
        vote = Vote(paper=True, challenge_hours=24)
        vote.cast(1, [[0]])
        vote.close()
        folder = tmp_path / tally_at[11:13]
        assert failed(finished(vote, folder, boxed=box, tally_at=tally_at)) == expected
    vote = paper_vote()  # with papers in it: a day from the box
    report = finished(vote, tmp_path / "papers", tally_at="2026-03-16T19:50:00Z")
    assert failed(report) == ["phases"]


@pytest.mark.parametrize(
    "act",
    [
        lambda vote: vote.tally(COUNTED),  # no box
        lambda vote: (vote.box(), vote.box()),
        lambda vote: (vote.box(), vote.paper(7, [[0], [0]])),
    ],
)
def test_out_of_order(act, tmp_path):
    vote = paper_vote()
    act(vote)
    vote.checkpoint()
    assert failed(verify(vote.export(tmp_path / "board"))) == ["phases"]


def test_before_the_close(tmp_path):
    for number, act in enumerate((lambda v: v.paper(1, [[0]]), lambda v: v.box())):
        vote = Vote(paper=True)
        act(vote)
        vote.checkpoint()
        assert failed(verify(vote.export(tmp_path / str(number)))) == ["phases"]


def test_a_vote_without_paper_has_neither(tmp_path):
    for number, act in enumerate((lambda v: v.paper(1, [[0]]), lambda v: v.box())):
        vote = Vote()
        vote.close()
        act(vote)
        vote.checkpoint()
        assert failed(verify(vote.export(tmp_path / str(number)))) == ["phases"]


def test_until_the_box_is_counted_it_is_not_checked(tmp_path):
    vote = paper_vote()
    vote.checkpoint()
    report = verify(vote.export(tmp_path / "board"))
    assert report.ok
    assert "box" in report.not_checked


def test_the_receipt_of_a_paper_holds(tmp_path):
    from core.canonical import canonical
    from voting.protocol import ballot, receipt

    vote = paper_vote()
    assert finished(vote, tmp_path / "board").ok
    seq, value = vote.cast_by[3][-1]
    signed = receipt.sign(
        vote.board_secret,
        vote.manifest,
        party=3,
        tracker=ballot.tracker(vote.manifest, value),
        seq=seq,
        encrypted_by="server",
        recorded_at=parse_canonical(vote.lines[seq])["time"],
        checkpoint_by="2026-04-01T00:00:00Z",
    )
    path = tmp_path / "receipt.json"
    path.write_bytes(canonical(signed))
    assert verify(tmp_path / "board", receipt=path).ok
    assert b64(hashlib.sha256(path.read_bytes()).digest())  # the file is there
