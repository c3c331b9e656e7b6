"""The leak audit against brute force over every way to vote, and against closed forms."""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction
from itertools import product
from math import exp, prod, sqrt
from random import Random
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voting.domain import leaks
from voting.domain.leak_bulk import Bulk
from voting.domain.leak_counting import Totals, given_away, sizes_of, totals_of, ways_of
from voting.domain.leaks import (
    FULL,
    PRIOR,
    TWO_THIRDS,
    audit,
)

SHARES = [Fraction(p, sum(PRIOR)) for p in PRIOR]
OPTIONS = range(3)

tiny_rolls = st.lists(st.integers(1, 9), min_size=1, max_size=6)


def published(areas, choices):
    return Totals(
        tuple(choices.count(option) for option in OPTIONS),
        tuple(
            sum(a for a, c in zip(areas, choices, strict=True) if c == option)
            for option in OPTIONS
        ),
    )


def told(areas, solutions):
    """Which parties have a choice that at least 99 % of the equally likely solutions share."""
    return [
        any(
            100 * sum(way[party] == o for way in solutions) >= 99 * len(solutions)
            for o in OPTIONS
        )
        for party in range(len(areas))
    ]


def every_outcome(areas):
    """All ways to vote, by what would be published."""
    outcomes = defaultdict(list)
    for choices in product(OPTIONS, repeat=len(areas)):
        outcomes[published(areas, choices)].append(choices)
    return outcomes


def ways_to_vote(areas):
    """In how many ways each (heads for, area for, heads against, area against) comes up."""
    ways = Counter({(0, 0, 0, 0): 1})
    for area in areas:
        grown = Counter()
        for (h, a, g, b), number in ways.items():
            grown[h + 1, a + area, g, b] += number
            grown[h, a, g + 1, b + area] += number
            grown[h, a, g, b] += number
        ways = grown
    return ways


def by_party(areas, known):
    """What is said of sizes, said of parties."""
    of_size = dict(zip([size.area for size in sizes_of(areas)], known, strict=True))
    return [of_size[area] for area in areas]


class TestCountingSolutions:
    @given(data=st.data(), areas=st.lists(st.integers(1, 9), min_size=1, max_size=7))
    @settings(max_examples=60, deadline=None)
    def test_against_every_way_to_vote(self, data, areas):
        choices = data.draw(st.tuples(*[st.sampled_from(OPTIONS)] * len(areas)))
        totals = published(areas, choices)
        solutions = [
            other
            for other in product(OPTIONS, repeat=len(areas))
            if published(areas, other) == totals
        ]
        found = given_away(sizes_of(areas), totals)
        assert by_party(areas, found) == told(areas, solutions)

    @pytest.mark.parametrize("seed", range(6))
    def test_many_of_a_size_against_every_way_to_share_out(self, seed):
        pick = Random(seed)
        areas = [30] * 13 + [41] * 11 + [pick.randint(20, 90), pick.randint(90, 300)]
        sizes = sizes_of(areas)
        choices = pick.choices(OPTIONS, PRIOR, k=len(areas))
        totals = published(areas, choices)
        ways, members = 0, Counter()
        for counts in product(
            *(
                [(f, a, m - f - a) for f in range(m + 1) for a in range(m - f + 1)]
                for _area, m in sizes
            )
        ):
            if totals_of(sizes, counts) == totals:
                here = prod(map(ways_of, counts))
                ways += here
                for size, count in zip(sizes, counts, strict=True):
                    for option in OPTIONS:
                        members[size, option] += here * count[option]
        expected = [
            any(100 * members[size, o] >= 99 * size.members * ways for o in OPTIONS)
            for size in sizes
        ]
        assert given_away(sizes, totals) == expected

    def test_nothing_is_said_where_too_much_would_have_to_be_counted(self):
        areas = Random(1).sample(range(6_000, 20_000), 100)
        choices = Random(2).choices(OPTIONS, PRIOR, k=100)
        assert given_away(sizes_of(areas), published(areas, choices)) is None

    def test_a_third_plan_type_fixes_who_has_an_area_of_his_own(self):
        # 1230 and 3794 have the common divisor 2: with 300 flats of three types, only one
        # split of the flats, and only one answer of the shop, gives these totals.
        areas = [8_950] * 100 + [10_180] * 100 + [12_744] * 100 + [12_345]
        choices = Random(3).choices(OPTIONS, PRIOR, k=301)
        found = given_away(sizes_of(areas), published(areas, choices))
        assert found == [size.area == 12_345 for size in sizes_of(areas)]


class TestSmallRollsAreExact:
    @given(tiny_rolls)
    @settings(max_examples=40, deadline=None)
    def test_expectation_and_chance(self, areas):
        expected = chance = Fraction(0)
        for solutions in every_outcome(areas).values():
            known = told(areas, solutions)
            weight = sum(prod(SHARES[c] for c in way) for way in solutions)
            expected += weight * sum(known)
            chance += weight * any(known)
        case = audit(areas, rng=Random(0), votes=1).cases[0]
        assert (case.exact, case.turnout) == (True, FULL)
        assert (case.expected, case.any_) == (expected, chance)

    @pytest.mark.parametrize("heads", [1, 2, 16, 40])
    def test_identical_flats_leak_only_when_unanimous(self, heads):
        case = audit([8_950] * heads, rng=Random(0), votes=1).cases[0]
        unanimous = sum(share**heads for share in SHARES)
        assert (case.expected, case.any_) == (heads * unanimous, unanimous)
        assert case.always == (1 if heads == 1 else 0)

    def test_drawn_votes_agree_with_the_exact_figures(self):
        areas = [4, 4, 5, 6, 6, 9]
        votes = 3_000
        exact = audit(areas, rng=Random(0), votes=1).cases[0]
        drawn = leaks._drawn(areas, FULL, Random(4), votes)
        assert drawn.counted == votes
        assert abs(drawn.expected - exact.expected) < 4 * len(areas) / 2 / sqrt(votes)
        assert abs(drawn.any_ - exact.any_) < 4 / 2 / sqrt(votes)


class TestTendency:
    """The rows of the research table: what kind of roll leaks, and what kind does not."""

    def test_sixteen_owners_with_areas_of_their_own_are_nearly_all_told(self):
        areas = Random(5).sample(range(6_000, 26_000), 16)
        report = audit(areas, rng=Random(0))
        assert report.unique == 16
        for case in report.cases:
            assert case.counted == case.votes
            assert case.any_ == 1
            assert case.expected >= Fraction(9, 10) * case.heads

    def test_the_more_owners_the_fewer_are_told(self):
        told_share = []
        for heads in (16, 25, 30, 100):
            areas = Random(5).sample(range(6_000, 26_000), heads)
            told_share.append(audit(areas, rng=Random(0), votes=30).cases[0].expected / heads)
        assert told_share == sorted(told_share, reverse=True)
        assert told_share[-1] == 0

    def test_a_dominating_developer_is_always_told(self):
        flats = Random(6).choices(range(6_000, 16_000), k=280)
        report = audit([*flats, 250_000], rng=Random(0))
        everybody, fewer = report.cases
        assert (everybody.always, everybody.any_) == (1, 1)
        assert fewer.turnout == TWO_THIRDS
        assert fewer.heads == 188  # of 281, rounded up
        assert Fraction(1, 2) < fewer.expected < 1.2  # where it took part

    def test_an_odd_hundredth_among_round_areas_is_told(self):
        flats = [10 * area for area in Random(7).choices(range(600, 1_600), k=300)]
        report = audit([*flats, 12_345], rng=Random(0))
        assert (report.cases[0].expected, report.cases[0].always) == (1, 1)
        even = audit([*flats, 12_340], rng=Random(0))
        assert even.cases[0].expected == 0

    def test_a_large_estate_of_one_plan_type(self):
        report = audit([8_950] * 1_000, rng=Random(0))
        assert report.worst.any_ == 0


class TestTheEstimate:
    @pytest.mark.parametrize("big", [40, 90, 200])
    def test_who_stands_out_against_the_exact_count(self, big):
        """A bulk dense enough for the normal density, small enough to be counted wholly."""
        bulk = list(range(5, 17))
        ways = ways_to_vote(bulk)
        areas = [*bulk, big]
        sizes = sizes_of(areas)
        pick, agreed, votes = Random(big), 0, 300
        for _vote in range(votes):
            choices = pick.choices(OPTIONS, PRIOR, k=len(areas))
            (h, g, _), (a, b, _) = published(areas, choices)
            rest = [ways[h - 1, a - big, g, b], ways[h, a, g - 1, b - big], ways[h, a, g, b]]
            certain = 100 * max(rest) >= 99 * sum(rest)
            counts = [tuple(int(c == option) for option in OPTIONS) for c in choices]
            found = Bulk.of(sizes)._told(sizes, counts)
            agreed += certain == found[Bulk.of(sizes).singled.index(12)]
        assert agreed >= 0.9 * votes

    def test_the_number_of_ways_against_the_exact_count(self):
        areas = [area for area in range(20, 26) for _member in range(4)]
        ways = ways_to_vote(areas)
        sizes = sizes_of(areas)
        bulk = Bulk.of(sizes)
        assert (bulk.singled, bulk.beyond) == ((), ())
        pick, ratios = Random(9), []
        for _vote in range(200):
            totals = published(areas, pick.choices(OPTIONS, PRIOR, k=len(areas)))
            (h, g, _), (a, b, _) = totals
            found = bulk._log_ways(totals.heads, totals.areas)
            ratios.append(exp(found) / ways[h, a, g, b])
        ratios.sort()
        assert 0.9 < ratios[100] < 1.1
        assert 0.5 < ratios[20] < ratios[180] < 2


class TestReport:
    def test_the_same_roll_and_seed_give_the_same_report(self):
        areas = Random(10).choices(range(6_000, 9_000), k=24)
        shuffled = Random(11).sample(areas, 24)
        assert audit(areas, rng=Random(3)) == audit(shuffled, rng=Random(3))

    def test_the_roll_in_short(self):
        report = audit([100, 100, 200, 600], rng=Random(0), votes=2)
        assert (report.heads, report.sizes, report.unique) == (4, 3, 2)
        assert report.largest == Fraction(3, 5)

    def test_worst_is_the_case_that_gives_most_away(self):
        report = audit([8_950] * 12, rng=Random(0), votes=400)
        assert report.worst == max(report.cases, key=lambda case: case.expected)

    @pytest.mark.parametrize("areas", [[], [100, 0], [-5]])
    def test_no_roll_no_report(self, areas):
        with pytest.raises(ValueError, match="positive areas"):
            audit(areas, rng=Random(0))

    @pytest.mark.parametrize("kinds", [45, 5_000])
    def test_five_thousand_parties_in_a_few_seconds(self, kinds):
        pick = Random(12)
        plans = pick.sample(range(6_000, 16_000), kinds)
        areas = [plans[number % kinds] for number in range(4_999)] + [500_000]
        started = process_time()
        report = audit(areas, rng=Random(0))
        assert process_time() - started < 15
        assert report.heads == 5_000
