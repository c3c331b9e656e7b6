"""Reads: participation only, never a choice."""

from datetime import timedelta

import pytest

from tests.factories import (
    AGAINST,
    CLOSE,
    FOR,
    FREEZE,
    OPEN,
    draft_session,
    frozen_vote,
    small_estate,
)
from voting.selectors import (
    ballot_terms,
    not_yet_voted,
    phase,
    progress,
    receipt_by_code,
    session_by_code,
    turnout,
)
from voting.services.closing import close_session
from voting.services.counting import count_session

pytestmark = pytest.mark.django_db
TICK = timedelta(microseconds=1)


def test_phases_go_by_state_and_clock():
    draft = draft_session(small_estate())
    assert phase(draft, OPEN) == "draft"
    vote = frozen_vote()
    seen = [phase(vote.session, at) for at in (FREEZE, OPEN - TICK, OPEN, CLOSE - TICK, CLOSE)]
    assert seen == ["announced", "announced", "open", "open", "closed"]
    assert phase(close_session(session_id=vote.session.pk, at=CLOSE), OPEN) == "closed"
    assert phase(count_session(session_id=vote.session.pk, at=CLOSE), CLOSE) == "counted"


def test_drafts_have_no_public_code():
    assert session_by_code(draft_session(small_estate()).code) is None
    vote = frozen_vote()
    assert session_by_code(f" {vote.session.code.lower()} ") == vote.session


@pytest.mark.parametrize("code", ["", "x", "0" * 12, "王" * 12])
def test_unknown_receipts(code):
    assert receipt_by_code(code) is None


def test_turnout_by_building_and_entrance(django_assert_max_num_queries):
    vote = frozen_vote()
    vote.cast(1, [FOR])
    vote.cast(3, [AGAINST])
    with django_assert_max_num_queries(2):
        lines = turnout(vote.session)
    assert lines == [
        ("", "", 6, 2, 900_00, 290_00),
        ("1幢", "1单元", 3, 2, 400_00, 290_00),
        ("2幢", "1单元", 3, 0, 500_00, 0),
    ]
    assert [party.number for party in not_yet_voted(vote.session)] == [2, 4, 5, 6]
    assert progress(vote.session, OPEN) == ("open", 6, 2, 900_00, 290_00, 2)


def test_turnout_says_the_same_whatever_was_chosen():
    one, other = frozen_vote(), frozen_vote()
    one.cast(1, [FOR])
    other.cast(1, [AGAINST])
    assert turnout(one.session) == turnout(other.session)
    assert progress(one.session, CLOSE) == progress(other.session, CLOSE)


def test_the_next_ballot_of_a_party():
    vote = frozen_vote()
    first = vote.cast(1, [FOR])
    due = ballot_terms(vote.party(1))
    assert (due.party, due.number, due.previous) == (1, 2, first.digest)
    assert due.manifest["session"] == vote.session.code
