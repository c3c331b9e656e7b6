"""The demo's paper ballots: a blank motion, a conflict, a spoiled sheet; the box balances."""

from types import SimpleNamespace

import pytest

from portal.demo.sheets import Sheet, hand_in, take_out
from tests.factories import CLOSE, FOR, OPEN, even_estate
from tests.voting.services.papers import close, paper_vote_of
from voting.selectors import balance_of, result_of
from voting.services.counting import count_session

pytestmark = pytest.mark.django_db
PEOPLE = {
    name: SimpleNamespace(pk=number)
    for number, name in enumerate(("organiser", "residents", "supervisor", "street"), start=1)
}


def test_every_kind_of_sheet_is_settled():
    vote = paper_vote_of(even_estate(5), matters=(5, 9))
    vote.cast(1, [FOR, FOR])
    sheets = [
        Sheet(vote.party(1), [[0], [0]]),
        Sheet(vote.party(2), [[0], None]),
        Sheet(vote.party(3), None),
        Sheet(vote.party(4), [[1], [2]]),
    ]
    for sheet in sheets:
        hand_in(vote.session, sheet, PEOPLE, OPEN)
    close(vote)
    boxed = take_out(vote.session, sheets, PEOPLE, CLOSE)
    assert balance_of(vote.session) == (2, 1, 1, 0)
    count_session(session_id=vote.session.pk, at=boxed)
    result = result_of(vote.session)
    assert (result.ballots.counted, result.ballots.paper) == (3, 2)
    assert [motion.participating.heads for motion in result.motions] == [3, 2]
