"""Elections, silence and dependence: tables by hand, and a second counter on random votes."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.voting.random_votes import random_vote
from tests.voting.sessions import SILENCE, Setting, election, question
from tests.voting.slow_count import results
from voting.domain.elections import Ranking, Terms, elect
from voting.domain.silence import majority_option, weigh
from voting.domain.thresholds import Count, Majority, Outcome
from voting.protocol import verdict

# Twelve took part, with 1200 m²; more than half is seven heads and more than 600 m².
ROLL = PART = Count(12, 1200_00)


def square(heads, area):
    return Count(heads, area * 100)


A = square(11, 900)
B = square(9, 1000)
C = square(8, 700)
D = square(8, 701)
E = square(7, 1100)
HALF_OF_HEADS = square(6, 1100)
HALF_OF_AREA = square(11, 600)


def places(terms, totals, **changes):
    found = elect(
        terms,
        roll=ROLL,
        participating=PART,
        totals=totals,
        required=Majority.HALF,
        **changes,
    )
    return found.elected, found.alternates, found.undecided


@pytest.mark.parametrize(
    ("ranking", "expected"),
    [
        # heads 11 9 8 8 7 / area 900 1000 700 701 1100 / shares: A 11/12 + 9/12 = 20, B 9 + 10
        # = 19, C 8 + 7 = 15, D 8 + 7.01, E 7 + 11 = 18 (all /12)
        (Ranking.HEADS_THEN_AREA, ((0, 1, 3), (2, 4), ())),
        (Ranking.HEADS, ((0, 1), (), (2, 3))),
        (Ranking.AREA, ((0, 1, 4), (3, 2), ())),
        (Ranking.AREA_THEN_HEADS, ((0, 1, 4), (3, 2), ())),
        (Ranking.SHARES, ((0, 1, 4), (3, 2), ())),
        (None, ((), (), (0, 1, 2, 3, 4))),
    ],
)
def test_three_seats_for_five(ranking, expected):
    terms = Terms(seats=3, alternates=2, ranking=ranking)
    assert places(terms, [A, B, C, D, E]) == expected


def test_shares_are_not_rounded():
    # 7/12 + 701/1200 against 8/12 + 601/1200: equal to the last digit, so nobody is chosen
    one, other = square(7, 701), square(8, 601)
    terms = Terms(seats=1, ranking=Ranking.SHARES)
    assert places(terms, [one, other]) == ((), (), (0, 1))
    one = Count(one.heads, one.area + 1)
    assert places(terms, [one, other]) == ((0,), (), ())


def test_both_majorities_are_needed_and_half_is_none():
    terms = Terms(seats=2, ranking=Ranking.HEADS)
    assert places(terms, [HALF_OF_HEADS, HALF_OF_AREA, E]) == ((2,), (), ())


def test_as_many_as_seats_need_no_rule():
    assert places(Terms(seats=2), [A, HALF_OF_AREA, B]) == ((0, 2), (), ())


def test_who_withdrew_is_not_elected_however_many_votes():
    terms = Terms(seats=1, ranking=Ranking.HEADS)
    assert places(terms, [A, B], withdrawn=[0]) == ((1,), (), ())


def test_a_tie_that_does_not_cross_the_last_seat_is_none():
    terms = Terms(seats=2, alternates=1, ranking=Ranking.HEADS)
    assert places(terms, [C, D, E]) == ((0, 1), (2,), ())


def test_alternates_who_tie_across_the_last_place_are_none():
    terms = Terms(seats=1, alternates=1, ranking=Ranking.HEADS)
    assert places(terms, [A, C, D]) == ((0,), (), ())
    assert places(Terms(seats=1, alternates=2, ranking=Ranking.HEADS), [A, C, D])[1] == (1, 2)


@pytest.mark.parametrize(
    ("seats", "minimum", "many", "stands"),
    [(5, 5, 5, True), (7, 5, 5, True), (7, 5, 4, False), (11, 5, 5, False), (11, 5, 6, True)],
)
def test_a_committee_stands_with_the_minimum_and_more_than_half(seats, minimum, many, stands):
    """杭州市物业管理条例 27: five of eleven are the minimum, but not more than half."""
    totals = [A] * many + [HALF_OF_AREA] * 3
    found = elect(
        Terms(seats=seats, minimum=minimum),
        roll=ROLL,
        participating=PART,
        totals=totals,
        required=Majority.HALF,
    )
    assert (found.stands, found.outcome is Outcome.PASSED) == (stands, stands)
    assert len(found.qualified) == many  # they are named even where no committee stands


# --- silence -----------------------------------------------------------------------------

FOR, AGAINST, ABSTAIN = 0, 1, 2


@pytest.mark.parametrize(
    ("totals", "option"),
    [
        ([(7, 700), (3, 300), (2, 200)], FOR),
        ([(3, 300), (7, 700), (2, 200)], AGAINST),
        ([(3, 300), (2, 200), (7, 700)], ABSTAIN),
        ([(7, 500), (5, 700), (0, 0)], None),  # heads for, area against
        ([(6, 700), (5, 400), (1, 100)], None),  # half of the heads is no majority
        ([(5, 500), (4, 400), (3, 300)], None),  # most, but not more than half
        ([(7, 600), (5, 600), (0, 0)], None),  # a tie by area
    ],
)
def test_what_silence_may_join(totals, option):
    assert majority_option(PART, [square(*pair) for pair in totals]) == option


def test_silence_alone_joins_nothing():
    nobody = Count(0, 0)
    found = weigh(
        roll=ROLL,
        participating=nobody,
        totals=[nobody] * 3,
        required=Majority.HALF,
        deemed=ROLL,
    )
    assert (found.joined, found.outcome) == (None, Outcome.NO_QUORUM)


@pytest.mark.parametrize(
    ("votes", "deemed", "result", "actual"),
    [
        # 7 of 12 is no quorum; one silent makes 8 of 12
        ([(5, 500), (2, 200), (0, 0)], (1, 100), "passed", "no_quorum"),
        ([(2, 200), (5, 500), (0, 0)], (1, 100), "rejected", "no_quorum"),
        ([(5, 500), (3, 300), (0, 0)], (2, 200), "passed", "passed"),
        # no majority: the deemed do not even make the quorum
        ([(4, 400), (3, 300), (0, 0)], (5, 500), "passed", "no_quorum"),
        ([(3, 300), (3, 300), (1, 100)], (5, 500), "no_quorum", "no_quorum"),
    ],
)
def test_decisive_or_not(votes, deemed, result, actual):
    totals = [square(*pair) for pair in votes]
    part = Count(sum(c.heads for c in totals), sum(c.area for c in totals))
    found = weigh(
        roll=ROLL,
        participating=part,
        totals=totals,
        required=Majority.HALF,
        deemed=square(*deemed),
    )
    assert (found.outcome.value, found.actual.value) == (result, actual)


def test_silence_never_elects_and_is_stated_of_every_motion():
    setting = Setting(
        areas=(100,) * 9,
        motions=[question("m1"), election("e1", candidates=1, seats=1, requires=["m1"])],
        silence=SILENCE,
    )
    part = [Count(5, 500), Count(6, 600)]
    totals = [[Count(5, 500), Count(0, 0), Count(0, 0)], [Count(6, 600)]]
    body = verdict.result_body(setting.manifest, part, totals, deemed=Count(2, 200))
    covenant, chosen = body["motions"]
    assert (covenant["result"], covenant["actual"]) == ("passed", "no_quorum")
    assert covenant["deemed"] == {"joined": "for", "heads": 2, "area": 200}
    # elected by its own ballots, but only because the silent carried what it depends on
    assert (chosen["result"], chosen["actual"]) == ("passed", "rejected")
    assert chosen["deemed"] is None
    assert chosen["elected"] == ["c1"]


# --- the second counter --------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_two_counters_agree(seed):
    vote = random_vote(Random(seed))
    setting = Setting(areas=tuple(vote.roll), motions=vote.motions, silence=vote.silence)
    part, totals = vote.figures()
    body = verdict.result_body(
        setting.manifest, part, totals, withdrawn=vote.withdrawn, deemed=vote.deemed
    )
    slow = results(
        vote.motions, vote.roll, vote.ballots, withdrawn=vote.withdrawn, silent=vote.silent
    )
    for stated, right in zip(body["motions"], slow, strict=True):
        figures = ("id", "participating", "totals")
        assert {name: stated[name] for name in stated if name not in figures} == right
