"""One vote from freezing to its result, through the commands only."""

import json
from datetime import timedelta

import pytest

from tests.factories import ABSTAIN, AGAINST, CLOSE, FOR, frozen_vote
from voting.selectors import result_of, why_one_head
from voting.services.exporting import export_board
from voting.tasks import sweep_all
from voting.verifier.verification import verify

pytestmark = pytest.mark.django_db


def test_it_works():
    vote = frozen_vote(matters=(5, 8))
    heads = list(why_one_head(vote.session))
    assert [(head.why, head.area) for head in heads] == [
        ("one_unit", 9000),
        ("one_unit", 11000),
        ("several_units", 20000),
        ("joint", 10000),
        ("one_unit", 10000),
        ("developer", 30000),
    ]
    vote.cast(1, [FOR, FOR])
    vote.cast(2, [FOR, AGAINST], plain=True)
    vote.cast(3, [FOR, FOR])
    vote.cast(4, [ABSTAIN, FOR])
    vote.cast(6, [AGAINST, None])
    vote.cast(6, [FOR, AGAINST])
    vote.count(at=CLOSE)
    result = result_of(vote.session)
    assert result.roll == (6, 90000)
    first, second = result.motions
    assert first.participating == (5, 80000)
    assert (first.votes_for, first.against, first.abstain) == ((4, 70000), (0, 0), (1, 10000))
    assert first.result == "passed"
    assert (second.votes_for, second.against) == ((3, 39000), (2, 41000))
    assert second.result == "rejected"
    assert second.failed == ("approval.heads", "approval.area")
    ballots = result.ballots
    assert (ballots.counted, ballots.by_browser, ballots.by_server) == (5, 4, 1)
    assert (ballots.paper, ballots.replacement, ballots.excluded) == (0, 1, 0)


def test_the_sweepers_bring_a_vote_to_its_resolution(settings, tmp_path):
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True
    vote = frozen_vote()
    for number in range(1, 7):
        vote.cast(number, [FOR])
    assert sweep_all(CLOSE - timedelta(seconds=1))["close"] == 0
    done = sweep_all(CLOSE)
    assert (done["close"], done["count"], done["resolve"]) == (1, 1, 1)
    vote.session.refresh_from_db()
    assert vote.session.state == "resolved"
    document = vote.session.resolution
    # Number 1 is the notice for the wall.
    assert document.number == f"{vote.session.estate.name}业〔2026〕2号"
    assert json.loads(bytes(document.facts))["motions"][0]["result"] == "passed"
    export_board(vote.session, tmp_path / "export", at=CLOSE)
    report = verify(tmp_path / "export")
    assert report.ok, report.as_text()
    assert sweep_all(CLOSE) == dict.fromkeys(done, 0)
