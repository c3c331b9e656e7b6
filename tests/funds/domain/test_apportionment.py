"""Civil Code 283: by area; the parts add up to the cost."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funds.domain.apportionment import share_table, split_by_area, split_by_party
from voting.domain.parties import PartyArea


def party(number, *units):
    return PartyArea(number, sum(units), units)


def test_a_fen_left_over_goes_to_the_largest_remainder():
    # 100 fen over 30, 30, 40 m²: 30, 30, 40; over three equal ones the first gets the odd fen.
    assert split_by_area(100, [3000, 3000, 4000]) == [30, 30, 40]
    assert split_by_area(100, [1, 1, 1]) == [34, 33, 33]


def test_a_party_pays_what_its_units_pay():
    assert split_by_party(100, [party(1, 1, 1), party(2, 1)]) == [67, 33]


def test_nothing_to_share_among_nobody():
    with pytest.raises(ValueError, match="weights"):
        split_by_area(1, [])


units = st.lists(st.integers(1, 10**6), min_size=1, max_size=4)


@given(st.integers(0, 10**12), st.lists(units, min_size=1, max_size=30))
def test_shares_add_up_and_are_fair_to_a_fen_a_unit(cost, parties):
    table = [party(number, *areas) for number, areas in enumerate(parties, start=1)]
    shares = share_table(cost)(table)
    assert sum(shares) == cost
    whole = sum(one.area for one in table)
    for one, share in zip(table, shares, strict=True):
        assert abs(share - Fraction(cost * one.area, whole)) < len(one.units)
