"""Instalments, settlement and surplus: exact to the fen, whatever came before.

The oracle is the exact share as a fraction: nobody is charged above the share rounded up,
and after the settlement everybody stands within one fen of the exact share, all together at
the final cost. The shares themselves are recomputed here by Hamilton's method in fractions.
"""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funds.domain.instalments import (
    Bearing,
    Part,
    bear,
    even_out,
    give_back,
    split_final,
    split_instalment,
)
from registry.domain.rooms import natural


def hamilton(total: int, weights: list[int], labels: list[str]) -> list[int]:
    """Largest remainders, with fractions; among equals the room first in walking order."""
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    floors = [share.numerator // share.denominator for share in exact]
    order = sorted(
        range(len(weights)),
        key=lambda n: (floors[n] - exact[n], natural(labels[n]), labels[n], weights[n]),
    )
    for n in order[: total - sum(floors)]:
        floors[n] += 1
    return floors


def parts(weights, taken=None, available=None):
    labels = [f"1-{n + 1}" for n in range(len(weights))]
    taken = taken or [0] * len(weights)
    available = available or [0] * len(weights)
    return [Part(*one) for one in zip(labels, weights, taken, available, strict=True)]


@pytest.mark.parametrize(
    ("weights", "taken", "amount", "fen", "shares"),
    [
        ([1, 1, 1], [0, 0, 0], 100, 40, [14, 13, 13]),
        # 34, 33, 33 of the whole; left 20, 20, 20.
        ([1, 1, 1], [14, 13, 13], 100, 60, [20, 20, 20]),
        ([3, 1], [0, 0], 4, 1, [1, 0]),
        ([3, 1], [1, 0], 4, 3, [2, 1]),
        ([0, 5], [0, 0], 10, 10, [0, 10]),
        ([1, 1], [5, 0], 10, 3, [0, 3]),  # the first has borne its share
        ([1, 2], [0, 0], 10, 0, [0, 0]),
    ],
)
def test_an_instalment_takes_what_is_left(weights, taken, amount, fen, shares):
    assert split_instalment(fen, amount, parts(weights, taken)) == shares


def test_more_than_is_left_is_refused():
    with pytest.raises(ValueError, match="left"):
        split_instalment(11, 10, parts([1, 1]))
    with pytest.raises(ValueError, match="left"):
        split_instalment(1, 10, parts([1, 1], [5, 5]))
    with pytest.raises(ValueError, match="left"):
        split_instalment(-1, 10, parts([1, 1]))


def test_what_a_sub_account_lacks_is_owed():
    units = parts([1, 1, 1], available=[50, 10, -5])
    assert bear([20, 20, 20], units) == [Bearing(20, 0), Bearing(10, 10), Bearing(0, 20)]
    assert bear([-3, 0, 3], units) == [Bearing(-3, 0), Bearing(0, 0), Bearing(0, 3)]


def test_the_surplus_goes_back_by_the_original_shares():
    # 100 was paid by 34, 33, 33; it cost 70: 24, 23, 23.
    assert give_back(30, 70, parts([1, 1, 1], [34, 33, 33])) == [10, 10, 10]


def test_a_fen_that_cannot_be_paid_is_done_without():
    # Shares of 7 by 5:3:1 are 4, 2, 1; of 8: 4, 3, 1 … whoever has nothing pays nothing.
    assert even_out([5, 4, -1], [0, 0, 0]) == [4, 4, 0]
    assert even_out([5, 4, -1], [0, 0, 1]) == [5, 4, -1]
    assert even_out([1, 1, -2], [0, 0, 0]) == [0, 0, 0]
    with pytest.raises(ValueError, match="comes back"):
        even_out([1, -2], [0, 9])


def test_a_surplus_that_is_none_is_refused():
    with pytest.raises(ValueError, match="surplus"):
        give_back(29, 70, parts([1, 1, 1], [34, 33, 33]))


WEIGHTS = st.lists(st.integers(0, 100_000_00), min_size=1, max_size=40).filter(any)


@st.composite
def repairs(draw):
    """Weights, an approved amount, how it is cut, and what it cost in the end."""
    weights = draw(WEIGHTS)
    amount = draw(st.integers(1, 10**9))
    cuts = sorted(draw(st.lists(st.integers(0, amount), max_size=5)))
    paid = [b - a for a, b in zip([0, *cuts], cuts, strict=False)]
    final = draw(st.integers(0, amount))
    return weights, amount, paid, final


@given(repairs())
def test_instalments_never_exceed_a_share_and_the_settlement_is_exact(case):
    weights, amount, paid, final = case
    labels = [one.label for one in parts(weights)]
    whole = hamilton(amount, weights, labels)
    taken = [0] * len(weights)
    for fen in paid:
        shares = split_instalment(fen, amount, parts(weights, taken))
        assert sum(shares) == fen
        assert min(shares) >= 0
        taken = [old + new for old, new in zip(taken, shares, strict=True)]
        assert all(have <= most for have, most in zip(taken, whole, strict=True))
    deltas = split_final(final, parts(weights, taken))
    assert sum(deltas) == final - sum(paid)
    settled = [old + new for old, new in zip(taken, deltas, strict=True)]
    assert settled == hamilton(final, weights, labels)
    for got, weight in zip(settled, weights, strict=True):
        assert abs(got - Fraction(final * weight, sum(weights))) < 1


@given(repairs(), st.data())
def test_refunds_add_up_to_the_surplus(case, data):
    weights, amount, paid, final = case
    taken = [0] * len(weights)
    for fen in paid:
        shares = split_instalment(fen, amount, parts(weights, taken))
        taken = [old + new for old, new in zip(taken, shares, strict=True)]
    if sum(paid) < final:
        return
    has = data.draw(st.lists(st.integers(0, 3), min_size=len(taken), max_size=len(taken)))
    surplus = sum(paid) - final
    back = give_back(surplus, final, parts(weights, taken, has))
    assert sum(back) == surplus
    assert all(-fen <= most for fen, most in zip(back, has, strict=True))
    exact = [Fraction(final * weight, sum(weights)) for weight in weights]
    if all(fen >= 0 for fen in back) and 0 not in has:
        left = [old - fen for old, fen in zip(taken, back, strict=True)]
        assert all(abs(got - want) < 1 for got, want in zip(left, exact, strict=True))


@given(repairs(), st.data())
def test_nothing_is_taken_that_is_not_there(case, data):
    weights, amount, paid, _final = case
    size = len(weights)
    taken, cash = [0] * size, 0
    has = data.draw(st.lists(st.integers(-5, 10**7), min_size=size, max_size=size))
    for fen in paid:
        units = parts(weights, taken, has)
        shares = split_instalment(fen, amount, units)
        found = bear(shares, units)
        assert [one.paid + one.owed for one in found] == shares
        assert all(
            0 <= one.paid <= max(money, 0) for one, money in zip(found, has, strict=True)
        )
        # Owed only by who has nothing left.
        assert all(
            not one.owed or one.paid == max(money, 0)
            for one, money in zip(found, has, strict=True)
        )
        has = [money - one.paid for money, one in zip(has, found, strict=True)]
        taken = [old + new for old, new in zip(taken, shares, strict=True)]
        cash += sum(one.paid for one in found)
    assert sum(taken) == sum(paid)
    assert cash <= sum(paid)
