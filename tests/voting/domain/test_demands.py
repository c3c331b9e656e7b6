"""20 % of owners can demand a meeting: 条例 art. 13, 274号 art. 21 (area and heads), 1259."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voting.domain.demands import Support, demand_reasons

SHARE = (20, 100)


@pytest.mark.parametrize(
    ("heads", "area", "enough"),
    [
        (20, 2_000_000, True),  # exactly 20 % of both
        (20, 1_999_999, False),  # 19.99999 % of the area
        (19, 9_000_000, False),
        (100, 1_999_000, False),  # 19.99 %
        (0, 0, False),
    ],
)
def test_both_must_reach_it(heads, area, enough):
    assert Support(heads, area, 100, 10_000_000).reaches(SHARE) is enough


def test_nothing_is_a_share_of_nothing():
    assert not Support(0, 0, 0, 0).reaches(SHARE)


@given(st.integers(1, 10**6), st.integers(1, 10**10), st.data())
def test_it_is_the_exact_fraction(all_heads, all_area, data):
    heads = data.draw(st.integers(0, all_heads))
    area = data.draw(st.integers(0, all_area))
    exact = min(Fraction(heads, all_heads), Fraction(area, all_area)) >= Fraction(1, 5)
    assert Support(heads, area, all_heads, all_area).reaches(SHARE) is exact


def test_what_falls_short_is_said_rounded_down():
    (reason,) = demand_reasons(Support(19, 1_999_900, 100, 10_000_000), SHARE, basis=False)
    assert reason.code == "demand.short"
    assert "19/100人（19.00%）、19.99%的面积" in reason.sentence
    assert "20%" in reason.sentence


def test_an_extraordinary_meeting_needs_a_demand_or_another_paper():
    assert [r.code for r in demand_reasons(None, SHARE, basis=False)] == ["demand.missing"]
    assert demand_reasons(None, SHARE, basis=True) == []
    assert demand_reasons(Support(20, 20, 100, 100), SHARE, basis=False) == []
