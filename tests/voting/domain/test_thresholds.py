"""Vectors: Civil Code art. 278 and the worked cases of the legal research."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voting.domain.thresholds import (
    MATTER_TITLES,
    Count,
    Decision,
    Majority,
    Matter,
    Outcome,
    decide,
    flip_margin,
    majority_for,
)

HALF, SPECIAL = Majority.HALF, Majority.THREE_QUARTERS


@pytest.mark.parametrize(
    ("roll", "participating", "approving", "required", "outcome", "failed"),
    [
        # Two thirds exactly is a quorum; all of them agree.
        ((3, 300), (2, 200), (2, 200), HALF, "passed", ()),
        # A tie in area is not "more than half".
        ((3, 300), (2, 200), (2, 100), HALF, "rejected", ("approval.area",)),
        ((3, 300), (2, 200), (1, 200), HALF, "rejected", ("approval.heads",)),
        # Three quarters exactly is enough; one below it is not.
        ((200, 200), (200, 200), (150, 150), SPECIAL, "passed", ()),
        ((200, 200), (200, 200), (149, 150), SPECIAL, "rejected", ("approval.heads",)),
        ((200, 200), (200, 200), (150, 149), SPECIAL, "rejected", ("approval.area",)),
        # Nobody can decide for an empty estate.
        ((0, 0), (0, 0), (0, 0), HALF, "no_quorum", ("quorum.heads", "quorum.area")),
        ((0, 0), (0, 0), (0, 0), SPECIAL, "no_quorum", ("quorum.heads", "quorum.area")),
        ((2, 0), (2, 0), (2, 0), HALF, "no_quorum", ("quorum.area",)),
        # A big owner cannot decide alone: all the area, half the heads.
        ((2, 100), (1, 100), (1, 100), HALF, "no_quorum", ("quorum.heads",)),
        ((100, 300), (99, 199), (99, 199), HALF, "no_quorum", ("quorum.area",)),
        # 66.666 % would show as 66.67 % and still be short.
        ((30000, 3), (19999, 2), (19999, 2), HALF, "no_quorum", ("quorum.heads",)),
        # Without a quorum approval is not weighed, however small.
        ((3, 300), (1, 100), (0, 0), SPECIAL, "no_quorum", ("quorum.heads", "quorum.area")),
        ((3, 300), (3, 300), (0, 0), HALF, "rejected", ("approval.heads", "approval.area")),
    ],
)
def test_vectors(roll, participating, approving, required, outcome, failed):
    decision = decide(
        roll=Count(*roll),
        participating=Count(*participating),
        approving=Count(*approving),
        required=required,
    )
    assert decision == Decision(Outcome(outcome), failed)


@pytest.mark.parametrize("matter", [1, 2, 3, 4, 5, 9])
def test_ordinary_matters_need_more_than_half(matter):
    assert majority_for(matter) is HALF
    assert majority_for(matter).value == "1/2"


@pytest.mark.parametrize("matter", [6, 7, 8])
def test_special_matters_need_three_quarters(matter):
    assert majority_for(matter).value == "3/4"


@pytest.mark.parametrize("matter", [0, 10, -1])
def test_there_are_nine_matters(matter):
    with pytest.raises(ValueError, match=str(matter)):
        majority_for(matter)


def test_titles_are_the_statute_s():
    assert list(MATTER_TITLES) == list(Matter)
    assert MATTER_TITLES[Matter.USE_FUND] == "使用建筑物及其附属设施的维修资金"
    assert MATTER_TITLES[Matter.RAISE_FUND] == "筹集建筑物及其附属设施的维修资金"


@pytest.mark.parametrize(
    ("participating", "approving"), [((4, 1), (1, 1)), ((1, 1), (2, 1)), ((-1, 0), (0, 0))]
)
def test_impossible_counts_are_refused(participating, approving):
    with pytest.raises(ValueError, match="is not within"):
        decide(
            roll=Count(3, 3),
            participating=Count(*participating),
            approving=Count(*approving),
            required=HALF,
        )


@st.composite
def situations(draw: st.DrawFn, most: int = 40):
    def pair(below: Count) -> Count:
        return Count(
            draw(st.integers(0, below.heads)),
            draw(st.integers(0, below.area)),
        )

    roll = pair(Count(most, most))
    participating = pair(roll)
    return {
        "roll": roll,
        "participating": participating,
        "approving": pair(participating),
        "required": draw(st.sampled_from(Majority)),
    }


def by_fractions(roll, participating, approving, required):
    """Art. 278 para. 2 as it reads, with shares instead of products."""
    if 0 in roll:
        return Outcome.NO_QUORUM
    turnout = [Fraction(p, t) for p, t in zip(participating, roll, strict=True)]
    if min(turnout) < Fraction(2, 3):
        return Outcome.NO_QUORUM
    approval = min(Fraction(y, p) for y, p in zip(approving, participating, strict=True))
    if required.value == "3/4":
        passed = approval >= Fraction(3, 4)
    else:
        passed = approval > Fraction(1, 2)
    return Outcome.PASSED if passed else Outcome.REJECTED


@given(situations() | situations(10**12))
def test_agrees_with_shares(case):
    decision = decide(**case)
    assert decision.outcome is by_fractions(**case)
    assert (decision.outcome is Outcome.PASSED) == (not decision.failed)
    if decision.outcome is Outcome.NO_QUORUM:
        assert all(name.startswith("quorum.") for name in decision.failed)
    else:
        assert all(name.startswith("approval.") for name in decision.failed)


def moved(case, *, away=(0, 0), joined=(0, 0), lost=(0, 0), won=(0, 0)):
    """The same vote had some stayed away, joined, or chosen otherwise."""
    participating = Count(
        *(p - a + j for p, a, j in zip(case["participating"], away, joined, strict=True))
    )
    approving = Count(
        *(
            max(0, min(y - n + w, p))
            for y, n, w, p in zip(case["approving"], lost, won, participating, strict=True)
        )
    )
    return decide(
        roll=case["roll"],
        participating=participating,
        approving=approving,
        required=case["required"],
    ).outcome


def smallest(turned):
    return next((n for n in range(0, 41) if turned(n)), None)


@given(situations())
def test_flip_margin_is_the_smallest_that_turns_the_verdict(case):
    margin = flip_margin(**case)
    if margin is None:
        assert 0 in case["roll"]
        return
    outcome = by_fractions(**case)
    for index, name in enumerate(Count._fields):

        def at(n, index=index):
            return (n, 0) if index == 0 else (0, n)

        other = at(1)[::-1]
        other_need = tuple(
            value * flag for value, flag in zip((margin.heads, margin.area), other, strict=True)
        )

        def both(n, at=at, need=other_need):
            return tuple(a + b for a, b in zip(at(n), need, strict=True))

        found = getattr(margin, name)
        if outcome is Outcome.PASSED:
            assert found == smallest(
                lambda n, at=at: (
                    moved(case, away=at(n)) is not Outcome.PASSED
                    or moved(case, lost=at(n)) is not Outcome.PASSED
                )
            )
        elif outcome is Outcome.REJECTED:
            assert found == smallest(
                lambda n, both=both: moved(case, won=both(n)) is Outcome.PASSED
            )
        else:
            assert found == smallest(
                lambda n, both=both: moved(case, joined=both(n)) is not Outcome.NO_QUORUM
            )
    assert margin.together == (outcome is not Outcome.PASSED)


def test_flip_margin_of_each_test():
    # 10 of 12 parties took part (8 needed), 6 agreed (6 of 10 needed).
    margin = flip_margin(
        roll=Count(12, 120_000),
        participating=Count(10, 90_000),
        approving=Count(6, 45_001),
        required=HALF,
    )
    assert margin.quorum == Count(heads=3, area=10_001)
    assert margin.approval == Count(heads=1, area=1)
    assert (margin.heads, margin.area, margin.together) == (1, 1, False)


def test_flip_margin_of_a_rejected_motion_needs_both_measures():
    margin = flip_margin(
        roll=Count(12, 1200),
        participating=Count(12, 1200),
        approving=Count(8, 600),
        required=SPECIAL,
    )
    assert (margin.heads, margin.area, margin.together) == (1, 300, True)


def test_flip_margin_without_a_quorum_says_what_was_missing():
    margin = flip_margin(
        roll=Count(12, 1200),
        participating=Count(7, 900),
        approving=Count(7, 900),
        required=HALF,
    )
    assert margin.approval is None
    assert (margin.heads, margin.area, margin.together) == (1, 0, True)


def test_flip_margin_of_an_empty_roll():
    nothing = Count(0, 0)
    assert (
        flip_margin(roll=nothing, participating=nothing, approving=nothing, required=HALF)
        is None
    )
