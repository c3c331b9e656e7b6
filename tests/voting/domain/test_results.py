"""What a count says, in words: worked cases of Civil Code 278."""

import pytest

from voting.domain.results import Ballots, Question, session_result, tally_json
from voting.domain.thresholds import Count, Majority

ROLL = Count(3, 300)


def result(participating, votes_for, against, abstain, *, required=Majority.HALF, stated):
    question = Question("m1", 1, 5, "标题", "内容", required)
    totals = [Count(*each)._asdict() for each in (votes_for, against, abstain)]
    body = {
        "motions": [
            {
                "id": "m1",
                "participating": Count(*participating)._asdict(),
                "totals": totals,
                "quorum_met": stated != "no_quorum",
                "result": stated,
            }
        ]
    }
    return session_result(
        roll=ROLL,
        participating=Count(*participating),
        questions=[question],
        body=body,
        ballots=Ballots(2, 1, 1, 0, 1, 0),
    )


def motion(*args, **kwargs):
    return result(*args, **kwargs).motions[0]


def test_two_of_three_pass_the_quorum_and_a_tie_fails():
    outcome = motion((2, 200), (1, 100), (1, 100), (0, 0), stated="rejected")
    assert outcome.quorum_met
    assert outcome.failed == ("approval.heads", "approval.area")
    assert [(test.name, test.met) for test in outcome.tests] == [
        ("quorum.heads", True),
        ("quorum.area", True),
        ("approval.heads", False),
        ("approval.area", False),
    ]
    assert outcome.words == "未通过"
    assert outcome.flip_words == "还差1人和0.01平方米同意。"


def test_three_quarters_pass_on_equality():
    outcome = motion(
        (2, 200), (2, 150), (0, 50), (0, 0), required=Majority.THREE_QUARTERS, stated="passed"
    )
    area = outcome.tests[3]
    assert (area.fraction, area.part, area.whole, area.needed) == ("3/4", 150, 200, 150)
    assert (area.share, area.met) == ("75.00%", True)


def test_shares_are_cut_off_so_that_a_miss_never_looks_like_two_thirds():
    outcome = motion((3, 199), (3, 199), (0, 0), (0, 0), stated="no_quorum")
    area = outcome.tests[1]
    assert (area.needed, area.share, area.met) == (200, "66.33%", False)
    assert len(outcome.tests) == 2  # approval is not weighed without a quorum
    assert outcome.flip_words == "还差0.01平方米参加。"


def test_a_board_that_says_otherwise_is_not_repeated():
    with pytest.raises(ValueError, match="says otherwise"):
        motion((2, 200), (1, 100), (1, 100), (0, 0), stated="passed")


def test_the_tally_has_the_counters_shape():
    tally = tally_json(result((2, 200), (2, 200), (0, 0), (0, 0), stated="passed"))
    assert tally == {
        "roll": {"heads": 3, "area": "3.00"},
        "motions": [
            {
                "motion": "1",
                "matter": 5,
                "participating": {"heads": 2, "area": "2.00"},
                "quorum_met": True,
                "for": {"heads": 2, "area": "2.00"},
                "against": {"heads": 0, "area": "0.00"},
                "abstain": {"heads": 0, "area": "0.00"},
                "required": "1/2",
                "result": "passed",
                "failed": [],
            }
        ],
        "faults": [],
    }
