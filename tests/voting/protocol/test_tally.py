"""Counting against plain addition, shares and their proofs, logarithms, verdicts by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.voting.mutations import mutants
from tests.voting.sessions import Vote, election, question
from voting.domain.thresholds import Count
from voting.protocol import ballot, tally, verdict
from voting.protocol.refusal import Refused
from voting.protocol.suite import SUITES, suite

MOTIONS = [question("m1"), election("e1", candidates=3, seats=2)]
answers = st.none() | st.sampled_from([(0,), (1,), (2,)])
seats = st.none() | st.sets(st.integers(0, 2), max_size=2).map(tuple)
choices = st.tuples(answers, seats).filter(lambda pair: pair != (None, None))


@pytest.mark.parametrize("name", SUITES)
@settings(max_examples=8, deadline=None)
@given(
    cast=st.lists(st.tuples(choices, st.integers(1, 3_000_000)), min_size=1, max_size=5),
    keys=st.sampled_from([(1, 1, (1,)), (2, 3, (1, 3)), (2, 3, (3, 2)), (3, 3, (2, 1, 3))]),
)
def test_totals_are_those_of_plain_addition(name, cast, keys):
    threshold, count, opening = keys
    vote = Vote(
        name,
        areas=tuple(area for _, area in cast),
        motions=MOTIONS,
        threshold=threshold,
        count=count,
    )
    expected = [[[0, 0], [0, 0], [0, 0]] for _ in MOTIONS]
    took_part = [[0, 0] for _ in MOTIONS]
    for party, (given_choices, area) in enumerate(cast, start=1):
        vote.cast(party, given_choices)
        for motion, chosen in enumerate(given_choices):
            if chosen is None:
                continue
            took_part[motion][0] += 1
            took_part[motion][1] += area
            for option in chosen:
                expected[motion][option][0] += 1
                expected[motion][option][1] += area
    vote.close()
    vote.tally()
    vote.decrypt(*opening)
    totals = tally.totals(vote.manifest, vote.sums, vote.shares)
    assert [[list(count) for count in counts] for counts in totals] == expected
    assert [list(sums.participating) for sums in vote.sums] == took_part


def test_portions_add_up(monkeypatch):
    vote = Vote(areas=(100, 250, 375), motions=MOTIONS)
    ballots = [
        (ballot.encoded(vote.ballot(party, ((0,), (0, 2)))), area)
        for party, area in vote.areas.items()
    ]
    whole = tally.aggregate(vote.manifest, ballots)
    monkeypatch.setattr(tally, "_PORTION", 2)
    assert tally.aggregate(vote.manifest, iter(ballots)) == whole


def counted(threshold=1, count=1):
    vote = Vote(areas=(100, 250, 375), motions=MOTIONS, threshold=threshold, count=count)
    vote.cast(1, ((0,), (0,)))
    vote.cast(2, ((0,), None))
    vote.close()
    vote.tally()
    return vote


def share(vote, trustee=1, secret=None, **changes):
    fields = {
        "trustee": trustee,
        "secret": vote.trustee_secrets[trustee] if secret is None else secret,
        "tally_hash": vote.tally_hash,
    }
    return tally.decrypt_share(vote.manifest, vote.sums, rng=vote.dice, **{**fields, **changes})


def test_every_change_of_a_share_is_refused():
    vote = counted()
    body = share(vote)
    tally.verify_shares(vote.manifest, vote.sums, body, tally_hash=vote.tally_hash)
    for name, changed in mutants(body):
        with pytest.raises(Refused) as refused:
            tally.verify_shares(vote.manifest, vote.sums, changed, tally_hash=vote.tally_hash)
        assert refused.value.check == "decryption", name


def test_a_share_of_another_tally_trustee_or_secret():
    vote = counted(2, 3)
    for body in (
        share(vote, tally_hash="1" * 64),
        share(vote, secret=5),
        {**share(vote, 2), "trustee": 1},
    ):
        with pytest.raises(Refused, match="does not hold"):
            tally.verify_shares(vote.manifest, vote.sums, body, tally_hash=vote.tally_hash)


def test_totals_need_different_trustees_up_to_the_threshold():
    vote = counted(2, 3)
    one = tally.verify_shares(
        vote.manifest, vote.sums, share(vote, 1), tally_hash=vote.tally_hash
    )
    for given_shares in ([], [one], [one, one]):
        with pytest.raises(Refused) as refused:
            tally.totals(vote.manifest, vote.sums, given_shares)
        assert refused.value.check == "totals"


def test_totals_out_of_bounds_and_totals_that_do_not_add_up():
    vote = counted()
    vote.decrypt()
    fewer = [sums._replace(participating=Count(1, 100)) for sums in vote.sums]
    with pytest.raises(Refused, match="within what took part"):
        tally.totals(vote.manifest, fewer, vote.shares)
    more = [sums._replace(participating=Count(3, 725)) for sums in vote.sums]
    with pytest.raises(Refused, match="add up"):
        tally.totals(vote.manifest, more, vote.shares)


@pytest.mark.parametrize("name", SUITES)
@settings(max_examples=15, deadline=None)
@given(bound=st.integers(0, 5000), count=st.integers(1, 6), data=st.data())
def test_logarithms(name, bound, count, data):
    chosen = suite(name)
    logarithms = tally.Logarithms(chosen, bound, count)
    smaller = data.draw(st.integers(0, bound))
    for value in (0, bound, data.draw(st.integers(0, bound))):
        assert logarithms.of(chosen.group.base(value), bound) == value
    assert logarithms.of(chosen.group.base(bound + 1), bound) is None
    assert logarithms.of(chosen.group.base(smaller + 1), smaller) is None
    assert logarithms.of(-chosen.group.generator, bound) is None


def test_a_large_logarithm():
    # a square kilometre of floor, in 0.01 m²
    chosen = suite("P256-SHA256")
    logarithms = tally.Logarithms(chosen, 100_000_000)
    assert logarithms.of(chosen.group.base(98_765_432), 100_000_000) == 98_765_432


def body_of(motions, roll, took_part, totals):
    vote = Vote(areas=roll, motions=motions)
    counts = [[Count(*pair) for pair in row] for row in totals]
    body = verdict.result_body(vote.manifest, [Count(*pair) for pair in took_part], counts)
    return [(m["result"], m["quorum_met"], m.get("elected")) for m in body["motions"]]


FLATS = (100,) * 9
NONE = (0, 0)


def test_the_law_by_hand():
    # 6 of 9 heads and of the area take part: exactly two thirds; 4 of 6 for: more than half
    assert body_of([question()], FLATS, [(6, 600)], [[(4, 400), (2, 200), NONE]]) == [
        ("passed", True, None)
    ]
    # half of those who take part is not more than half
    assert body_of([question()], FLATS, [(6, 600)], [[(3, 300), (1, 100), (2, 200)]]) == [
        ("rejected", True, None)
    ]
    # five of nine is below two thirds
    assert body_of([question()], FLATS, [(5, 500)], [[(5, 500), NONE, NONE]]) == [
        ("no_quorum", False, None)
    ]
    # three quarters exactly, for a matter that needs them
    raising = [question(matter=6, approval="3/4")]
    assert body_of(raising, FLATS, [(8, 800)], [[(6, 600), (2, 200), NONE]]) == [
        ("passed", True, None)
    ]
    assert body_of(raising, FLATS, [(9, 900)], [[(6, 600), (3, 300), NONE]]) == [
        ("rejected", True, None)
    ]


def test_dependent_motions():
    chain = [
        question("a", requires=["b"]),
        question("b", requires=["c"]),
        question("c"),
        question("d"),
    ]
    good, bad = [(9, 900), NONE, NONE], [NONE, (9, 900), NONE]
    results = body_of(chain, FLATS, [(9, 900)] * 4, [good, good, bad, good])
    assert [result for result, _, _ in results] == ["rejected"] * 3 + ["passed"]
    results = body_of(chain, FLATS, [(9, 900)] * 4, [good] * 4)
    assert [result for result, _, _ in results] == ["passed"] * 4
    # a required motion without quorum did not pass either
    results = body_of(
        chain[1:], FLATS, [(9, 900), (3, 300), (9, 900)], [good, [(3, 300), NONE, NONE], good]
    )
    assert [result for result, _, _ in results] == ["rejected", "no_quorum", "passed"]


def test_elections():
    ballot_paper = [election("e", candidates=4, seats=2)]

    def elected(*totals, took_part=(9, 900)):
        return body_of(ballot_paper, FLATS, [took_part], [totals])[0]

    assert elected((8, 800), (7, 700), (6, 600), NONE) == ("passed", True, ["c1", "c2"])
    # the order is the manifest's, not that of the votes
    assert elected((6, 600), NONE, (9, 900), NONE)[2] == ["c1", "c3"]
    # more than half both ways: five of nine heads are, 450 of 900 are not
    assert elected((5, 450), (5, 451), NONE, NONE)[2] == ["c2"]
    # heads equal: the area decides
    assert elected((6, 600), (6, 601), (6, 602), NONE)[2] == ["c2", "c3"]
    # a tie across the last seat: the one above stays, those who tie are out
    assert elected((8, 800), (6, 600), (6, 600), NONE)[2] == ["c1"]
    # nobody is certain of a seat, yet both will be filled: see test_elections.py
    assert elected((6, 600), (6, 600), (6, 600), NONE) == ("passed", True, [])
    # a tie within the seats is none
    assert elected((6, 600), (6, 600), (5, 500), NONE)[2] == ["c1", "c2"]
    assert elected(NONE, NONE, NONE, NONE) == ("rejected", True, [])
    short = elected((5, 500), NONE, NONE, NONE, took_part=(5, 500))
    assert short == ("no_quorum", False, [])


def test_an_election_that_depends_on_a_rejected_motion_elects_nobody():
    motions = [election("e", candidates=1, seats=1, requires=["m"]), question("m")]
    results = body_of(motions, FLATS, [(9, 900)] * 2, [[(9, 900)], [NONE, (9, 900), NONE]])
    assert results == [("rejected", True, []), ("rejected", True, None)]


def test_impossible_figures():
    with pytest.raises(ValueError, match="within"):
        body_of([question()], FLATS, [(10, 900)], [[NONE, NONE, NONE]])
