"""What a reading of a paper ballot can say."""

import pytest

from voting.domain.paper import Asked, Reading, differing, reading_reasons, same

QUESTION, SEATS, SEAT = Asked(3, 1, 1), Asked(6, 0, 2), Asked(2, 0, 1)


def codes(asked, answer, fault=""):
    reading = Reading("", (answer,), (fault,))
    return [reason.code for reason in reading_reasons([asked], reading)]


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (QUESTION, (0,)),
        (QUESTION, (2,)),
        (QUESTION, None),
        (SEATS, (5,)),
        (SEATS, (0, 5)),
        (SEATS, ()),  # the box for nobody
        (SEATS, None),
        (SEAT, (1,)),
        (SEAT, ()),
    ],
)
def test_what_online_can_say_paper_can_say(asked, answer):
    assert codes(asked, answer) == []


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (QUESTION, ()),  # a question has no box for none
        (QUESTION, (0, 1)),
        (QUESTION, (3,)),
        (SEATS, (0, 1, 2)),
        (SEATS, (1, 1)),
        (SEATS, (6,)),
        (SEAT, (0, 1)),
    ],
)
def test_what_nobody_can_say(asked, answer):
    assert codes(asked, answer) == ["paper.answer"]


def test_nobody_is_a_vote_and_a_blank_is_none():
    nobody, blank = Reading("", ((),), ("",)), Reading("", (None,), ("",))
    assert (nobody.void, blank.void) == ("", "blank")
    assert not same(nobody, blank)
    assert differing(nobody, blank) == (1,)
    assert Reading.from_json(nobody.as_json()) == nobody


def test_an_invalid_mark_has_no_answer_beside_it():
    assert codes(SEATS, (), "two_marks") == ["paper.fault"]
    assert codes(SEATS, None, "two_marks") == []
