"""Worst-case arithmetic, against the plain count of what is left, however they voted."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voting.domain.elections import Ranking, Terms, elect
from voting.domain.recount import Announced, possible_results
from voting.domain.silence import weigh
from voting.domain.thresholds import Count, Majority, Outcome, decide, still_passed

PASSED, REJECTED, NO_QUORUM = Outcome.PASSED, Outcome.REJECTED, Outcome.NO_QUORUM
FOR, AGAINST, ABSTAIN = range(3)


def totals_of(votes):
    """`votes`: (area, choice) of each."""
    return [
        Count(
            sum(choice == option for _area, choice in votes),
            sum(area for area, choice in votes if choice == option),
        )
        for option in range(3)
    ]


def plain(roll, votes, required):
    everybody = Count(len(votes), sum(area for area, _choice in votes))
    return decide(
        roll=roll,
        participating=everybody,
        approving=totals_of(votes)[FOR],
        required=required,
    ).outcome


def announced(votes, out, required=Majority.HALF, **more):
    """`out`: places in `votes` of those excluded later."""
    return Announced(
        required=required,
        participating=Count(len(votes), sum(area for area, _ in votes)),
        totals=totals_of(votes),
        out=Count(len(out), sum(votes[place][0] for place in out)),
        **more,
    )


votes_of = st.lists(
    st.tuples(st.integers(1, 400), st.sampled_from([FOR, FOR, AGAINST, ABSTAIN])),
    min_size=1,
    max_size=9,
)


@settings(max_examples=300)
@given(
    votes=votes_of,
    silent=st.lists(st.integers(1, 300), max_size=3),
    required=st.sampled_from(Majority),
    data=st.data(),
)
def test_the_true_recount_is_among_the_possible_results(votes, silent, required, data):
    out = data.draw(st.sets(st.integers(0, len(votes) - 1)))
    roll = Count(len(votes) + len(silent), sum(area for area, _choice in votes) + sum(silent))
    left = [vote for place, vote in enumerate(votes) if place not in out]
    (found,) = possible_results(roll, [announced(votes, out, required)])
    assert plain(roll, left, required) in found


@settings(max_examples=200)
@given(
    choices=st.lists(st.sampled_from([FOR, AGAINST, ABSTAIN]), min_size=1, max_size=7),
    silent=st.integers(0, 3),
    required=st.sampled_from(Majority),
    data=st.data(),
)
def test_no_result_is_feared_that_no_vote_could_make(choices, silent, required, data):
    """With equal areas the totals tell all there is to tell: then both ends are reached."""
    votes = [(100, choice) for choice in choices]
    out = data.draw(st.sets(st.integers(0, len(votes) - 1)))
    roll = Count(len(votes) + silent, 100 * (len(votes) + silent))
    reachable = set()
    for guess in product(range(3), repeat=len(out)):
        left = [
            total.heads - guess.count(option) for option, total in enumerate(totals_of(votes))
        ]
        if min(left) >= 0:
            rest = [(100, option) for option, many in enumerate(left) for _ in range(many)]
            reachable.add(plain(roll, rest, required))
    (found,) = possible_results(roll, [announced(votes, out, required)])
    assert set(found) == reachable


def test_by_hand():
    """Ten flats of 100.00 m² each; seven took part, four were for."""
    roll = Count(10, 10 * 100_00)
    votes = [(100_00, choice) for choice in [FOR] * 4 + [AGAINST] * 2 + [ABSTAIN]]
    # Without anybody: 4 of 7 passes. One less leaves 6, below two thirds of 10: for certain.
    assert possible_results(roll, [announced(votes, set())]) == [(PASSED,)]
    assert possible_results(roll, [announced(votes, {0})]) == [(NO_QUORUM,)]
    # Nine took part, six for. One out: at least 5 of 8. Three out: perhaps 3 of 6.
    votes = [(100_00, choice) for choice in [FOR] * 6 + [AGAINST] * 3]
    roll = Count(9, 9 * 100_00)
    assert possible_results(roll, [announced(votes, {0})]) == [(PASSED,)]
    assert possible_results(roll, [announced(votes, {0, 1, 2})]) == [(PASSED, REJECTED)]


def test_heads_and_area_are_weighed_apart():
    """The excluded one is large: heads would stand, area would not."""
    votes = [(100, FOR), (100, FOR), (100, AGAINST), (900, FOR)]
    roll = Count(4, 1200)
    (found,) = possible_results(roll, [announced(votes, {3})])
    assert found == (NO_QUORUM,)  # 300 of 1200 m² took part without it
    votes = [(100, FOR), (100, FOR), (100, AGAINST), (60, FOR)]
    (found,) = possible_results(Count(4, 360), [announced(votes, {3})])
    assert found == (PASSED,)  # at worst 2 heads of 3 and 200 of 300 m²


def test_a_motion_hangs_on_another():
    roll = Count(5, 500)
    shaky = [(100, FOR)] * 3 + [(100, AGAINST)] * 2
    firm = [(100, FOR)] * 5
    motions = [announced(shaky, {4}), announced(firm, {4}, requires=[0])]
    assert possible_results(roll, motions) == [(PASSED, REJECTED)] * 2
    alone = [announced(shaky, {4}), announced(firm, {4})]
    assert possible_results(roll, alone) == [(PASSED, REJECTED), (PASSED,)]


def election(totals, *, part, out, seats=1, approval=Majority.HALF, **terms):
    return Announced(
        required=approval,
        participating=Count(part, part * 100),
        totals=[Count(heads, heads * 100) for heads in totals],
        out=Count(out, out * 100),
        election=Terms(**{"seats": seats, "ranking": Ranking.HEADS_THEN_AREA, **terms}),
    )


@pytest.mark.parametrize(
    ("totals", "out", "seats", "terms", "expected"),
    [
        ([8, 3], 1, 1, {}, (PASSED,)),  # 7 of 9 at worst; the other has 3 of 9 at best
        ([6, 5], 1, 1, {}, (PASSED, REJECTED)),  # 5 of 9 either way: who leads is open
        ([8, 6], 1, 1, {}, (PASSED,)),  # 7 against 6 at worst
        ([8, 6], 2, 1, {}, (PASSED, REJECTED)),  # 6 against 6: a tie elects neither
        ([8, 7], 2, 2, {}, (PASSED,)),  # both seats filled, 5 of 8 at worst
        ([4, 3], 1, 1, {}, (REJECTED,)),  # 4 of 9 at best
        ([5, 3], 1, 1, {}, (PASSED, REJECTED)),  # 5 of 10 was none; 5 of 9 would be one
        ([9, 1], 4, 1, {}, (NO_QUORUM,)),
        # no rule ranks them: a second who may reach the majority opens who is elected
        ([8, 5], 1, 1, {"ranking": None}, (PASSED, REJECTED)),
        ([8, 3], 1, 1, {"ranking": None}, (PASSED,)),
        # undecided, and none of the excluded chose anything here
        ([8, 8], 0, 1, {}, (PASSED,)),
        ([8, 8], 1, 1, {}, (PASSED, REJECTED)),
        # one of three seats is filled: no committee, unless another comes to 5 of 9
        ([8, 5, 0], 0, 3, {"minimum": 2}, (REJECTED,)),
        ([8, 5, 0], 1, 3, {"minimum": 2}, (PASSED, REJECTED)),
    ],
)
def test_elections(totals, out, seats, terms, expected):
    roll = Count(10, 1000)
    motion = election(totals, part=10, out=out, seats=seats, **terms)
    assert possible_results(roll, [motion]) == [expected]


@settings(max_examples=300)
@given(
    ballots=st.lists(
        st.sets(st.integers(0, 2), max_size=2).map(frozenset), min_size=3, max_size=9
    ),
    areas=st.lists(st.integers(1, 300), min_size=9, max_size=9),
    ranking=st.sampled_from([*Ranking, None]),
    minimum=st.sampled_from([None, 1, 2]),
    data=st.data(),
)
def test_who_is_certainly_elected_is_elected(ballots, areas, ranking, minimum, data):
    terms = Terms(seats=2, ranking=ranking, minimum=minimum)
    out = data.draw(st.sets(st.integers(0, len(ballots) - 1), max_size=3))
    roll = Count(len(ballots), sum(areas[: len(ballots)]))

    def outcome(places):
        part = Count(len(places), sum(areas[place] for place in places))
        totals = [
            Count(
                sum(option in ballots[place] for place in places),
                sum(areas[place] for place in places if option in ballots[place]),
            )
            for option in range(3)
        ]
        found = elect(
            terms, roll=roll, participating=part, totals=totals, required=Majority.HALF
        )
        return part, totals, found

    everybody = range(len(ballots))
    part, totals, before = outcome(everybody)
    motion = Announced(
        required=Majority.HALF,
        participating=part,
        totals=totals,
        out=Count(len(out), sum(areas[place] for place in out)),
        election=terms,
    )
    (found,) = possible_results(roll, [motion])
    left, _totals, then = outcome([place for place in everybody if place not in out])
    if found == (NO_QUORUM,):
        assert 3 * left.heads < 2 * roll.heads or 3 * left.area < 2 * roll.area
    elif len(found) == 1:
        assert (then.outcome, then.elected) == (found[0], before.elected)


@settings(max_examples=300)
@given(
    votes=votes_of,
    silent=st.lists(st.integers(1, 300), max_size=6),
    required=st.sampled_from(Majority),
    data=st.data(),
)
def test_the_true_recount_with_deemed_votes_is_possible(votes, silent, required, data):
    """Whoever is excluded has voted, so those deemed stay the same; the truth lies between."""
    out = data.draw(st.sets(st.integers(0, len(votes) - 1)))
    roll = Count(len(votes) + len(silent), sum(area for area, _choice in votes) + sum(silent))
    deemed = Count(len(silent), sum(silent))
    left = [vote for place, vote in enumerate(votes) if place not in out]
    (found,) = possible_results(roll, [announced(votes, out, required, deemed=deemed)])
    truth = weigh(
        roll=roll,
        participating=Count(len(left), sum(area for area, _choice in left)),
        totals=totals_of(left),
        required=required,
        deemed=deemed,
    )
    order = [NO_QUORUM, REJECTED, PASSED]
    assert order.index(found[-1]) <= order.index(truth.outcome) <= order.index(found[0])


def test_dependence_falls_all_the_way():
    requires = {"a": ["b"], "b": ["c"], "c": [], "d": ["d"]}
    assert still_passed({"a", "b", "d"}, requires) == {"d"}
    assert still_passed({"a", "b", "c"}, requires) == {"a", "b", "c"}
