"""Exclusions after the count: the verifier redoes the arithmetic, and nothing is opened."""

import json
from pathlib import Path

import pytest

from core.canonical import NotCanonical
from tests.voting.mutations import mutants
from tests.voting.sessions import Vote, late_vote, question
from voting.protocol import late, manifest
from voting.verifier import verify

VECTORS = Path(__file__).parents[2] / "vectors"


@pytest.fixture(scope="module")
def resolved():
    return late_vote()


@pytest.fixture
def vote(resolved):
    """The same board for every test, as it was before any late ruling."""
    lines, hash_, time = list(resolved.lines), resolved.hash, resolved.time
    checkpoints = list(resolved.checkpoints)
    yield resolved
    resolved.lines, resolved.hash, resolved.time = lines, hash_, time
    resolved.checkpoints, resolved.late = checkpoints, []


def report_of(vote, folder: Path):
    vote.checkpoint()
    return verify(vote.export(folder))


def failed(report):
    return [check.name for check in report.checks if not check.ok]


def test_the_verdict_may_hang_on_what_nobody_opens(vote, tmp_path):
    before = report_of(vote, tmp_path / "before")
    assert [vote.rule_late(party) for party in (9, 8, 7, 6)] == [
        "stands",
        "stands",
        "recount",
        "recount",
    ]
    last = json.loads(vote.lines[-2])["body"]["motions"]
    # By hand: of nine for m2 five were for, four against or silent; party 9 had no word in it.
    assert last == [
        {"id": "m1", "results": ["passed"]},
        {"id": "e1", "results": ["passed"]},
        {"id": "m2", "results": ["passed", "rejected"]},
    ]
    # Five of nine are no quorum, whatever the four had chosen.
    last = json.loads(vote.lines[-1])["body"]["motions"]
    assert [motion["results"] for motion in last] == [["no_quorum"]] * 3
    after = report_of(vote, tmp_path / "after")
    assert after.ok, after.as_text()
    assert after.results == before.results
    kinds = [json.loads(line)["type"] for line in vote.lines]
    assert kinds.count("decryption") == 1


def test_without_any_it_is_said(vote, tmp_path):
    report = report_of(vote, tmp_path / "board")
    details = {check.name: check.detail for check in report.checks}
    assert details["late_rulings"] == "none"


def test_every_small_change_of_it_is_refused(vote, tmp_path):
    """`sha256` and the signers are held by checkpoints alone, as those of every ruling."""
    good = vote.late_body(9)
    kept = list(vote.lines), vote.hash, list(vote.checkpoints)
    tried = 0
    for number, (what, changed) in enumerate(mutants(good)):
        vote.lines, vote.hash, vote.checkpoints = list(kept[0]), kept[1], list(kept[2])
        try:
            vote.post("late_ruling", changed)
        except NotCanonical:
            continue
        report = report_of(vote, tmp_path / str(number))
        if report.ok:
            same = {name: changed[name] for name in ("party", "finding", "motions")}
            expected = vote.late_body(same["party"])
            assert same == {name: expected[name] for name in same}, what
        else:
            assert set(failed(report)) <= {"phases", "late_rulings"}, what
            tried += 1
    assert tried > 40


@pytest.mark.parametrize(
    "case", json.loads((VECTORS / "13-late-rulings.json").read_text())["cases"]
)
def test_the_figures_of_the_vectors(case):
    out = [late.excluded(one["area"], one["answers"]) for one in case["out"]]
    found = late.finding(manifest.parse(case["manifest"]), case["stated"], out)
    assert found == {"finding": case["finding"], "motions": case["motions"]}


def test_who_was_not_counted_cannot_be_taken_out(tmp_path):
    vote = Vote(areas=(100, 100, 100, 100), motions=[question()])
    for party in (1, 2, 3):
        vote.cast(party, [[0]])
    vote.close()
    vote.rule(3)
    vote.tally()
    vote.decrypt()
    vote.result()
    vote.resolve()
    kept = list(vote.lines), vote.hash, list(vote.checkpoints)
    for party, check in ((4, "late_rulings"), (3, "phases"), (5, "phases")):
        vote.lines, vote.hash, vote.checkpoints = list(kept[0]), kept[1], list(kept[2])
        vote.post("late_ruling", vote.late_body(party))
        assert failed(report_of(vote, tmp_path / str(party))) == [check]


def test_its_place_is_after_the_result_and_once_a_party(vote, tmp_path):
    vote.rule_late(9)
    vote.post("late_ruling", vote.late_body(9))
    assert failed(report_of(vote, tmp_path / "twice")) == ["phases"]
    early = Vote(areas=(100, 100), motions=[question()])
    early.cast(1, [[0]])
    early.close()
    early.tally()
    early.decrypt()
    early.post("late_ruling", {**vote.late_body(9), "party": 1})
    assert "phases" in failed(report_of(early, tmp_path / "early"))


def test_between_result_and_resolution_too_and_the_resolution_once(tmp_path):
    vote = late_vote(objected=(9, 8))
    vote.rule_late(7)
    report = report_of(vote, tmp_path / "board")
    assert report.ok, report.as_text()
    details = {check.name: check.detail for check in report.checks}
    assert details["late_rulings"] == "3 parties: recount"
    kinds = [json.loads(line)["type"] for line in vote.lines]
    assert kinds[-4:] == ["late_ruling", "late_ruling", "resolution", "late_ruling"]
    vote.resolve()
    assert failed(report_of(vote, tmp_path / "twice")) == ["phases"]
