"""165号令 20: who bears how much of what falls to sold public housing.

The oracle walks the article in fractions, step by step as it is written: first by area among
the housing, then between owners and seller by what each paid in, then among owners by area.
"""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RuleViolation
from funds.domain.apportionment import apportion
from funds.domain.public_housing import (
    Body,
    SellerName,
    Weights,
    read_seller,
    seller_label,
    weigh,
)


@pytest.mark.parametrize(
    ("bases", "bodies", "weights"),
    [
        # 60 : 40 of what was paid in; 30 and 70 m²: 18, 42 and the seller 40 of 100.
        ([(30, 0), (70, 0)], [Body(60, (40,))], Weights([9, 21], [[20]])),
        # The same with the seller's money in two buildings, 30 and 10.
        ([(30, 0), (70, 0)], [Body(60, (30, 10))], Weights([9, 21], [[15, 5]])),
        # A shop of 100 m² beside 100 m² of sold flats: half each, then 60 : 40.
        ([(100, None), (100, 0)], [Body(60, (40,))], Weights([5, 3], [[2]])),
        # Two sellers: 1 : 1 and 1 : 2, each of 60 m².
        ([(60, 0), (60, 1)], [Body(5, (5,)), Body(3, (6,))], Weights([3, 2], [[3], [4]])),
        # A seller that paid nothing in bears nothing, owners that paid nothing neither.
        ([(30, 0), (60, 0)], [Body(60, (0,))], Weights([1, 2], [[0]])),
        ([(30, 0), (60, 0)], [Body(0, (60,))], Weights([0, 0], [[1]])),
        # An agreement that spares one flat spares it; the seller's part stays 1 : 1.
        ([(0, 0), (3, 0)], [Body(7, (7,))], Weights([0, 1], [[1]])),
        ([(9000, None), (11000, None)], [], Weights([9, 11], [])),
    ],
)
def test_weights_by_hand(bases, bodies, weights):
    assert weigh(bases, bodies) == weights


@pytest.mark.parametrize(
    ("cost", "shares"),
    [
        # Exact: 9, 21, 20 of 50.
        (100, [18, 42, 40]),
        # 18.18, 42.42, 40.40: the last fen to the largest remainder, 42.42.
        (101, [18, 43, 40]),
        (1, [0, 1, 0]),
    ],
)
def test_fen_by_hand(cost, shares):
    found = weigh([(30, 0), (70, 0)], [Body(60, (40,))])
    rows = [("101", 9), ("102", 21), ("1幢售房单位（样例机械厂）", 20)]
    assert [*found.units, *found.sellers[0]] == [weight for _label, weight in rows]
    assert apportion(cost, rows) == shares


def test_nobody_paid_anything_in():
    with pytest.raises(RuleViolation, match="没有比例"):
        weigh([(30, 0)], [Body(0, (0,))])


def test_numbers_that_cannot_be_kept_are_refused():
    # Two ratios of large primes: their common denominator times an area leaves 64 bits.
    bodies = [Body(2_147_483_647, (1,)), Body(2_147_483_629, (1,))]
    with pytest.raises(RuleViolation) as refused:
        weigh([(9_999, 0), (9_998, 1)], bodies)
    assert refused.value.code == "repair.weights"
    assert weigh([(9_999, 0)], bodies[:1]).units == [9_999 * 2_147_483_647 // 9_999]


def by_the_article(bases, bodies):
    """What part of the whole each unit and each seller's building bears."""
    whole = sum(base for base, _body in bases)
    units, fallen = [], [Fraction(0) for _ in bodies]
    for base, body in bases:
        part = Fraction(base, whole)
        if body is not None:
            fallen[body] += part
    for base, body in bases:
        if body is None:
            units.append(Fraction(base, whole))
            continue
        paid = bodies[body].owners + sum(bodies[body].sellers)
        owners = fallen[body] * Fraction(bodies[body].owners, paid)
        among = sum(other for other, its in bases if its == body)
        units.append(owners * Fraction(base, among) if among else Fraction(0))
    sellers = [
        [fallen[n] * Fraction(fen, one.owners + sum(one.sellers)) for fen in one.sellers]
        for n, one in enumerate(bodies)
    ]
    return units, sellers


fen = st.integers(0, 10**9)
body = st.builds(Body, fen, st.lists(fen, min_size=1, max_size=3).map(tuple)).filter(
    lambda one: one.owners + sum(one.sellers) > 0
)


@st.composite
def housing(draw):
    bodies = draw(st.lists(body, min_size=1, max_size=2))
    places = st.sampled_from([None, *range(len(bodies))])
    areas = st.integers(0, 10**6)
    bases = draw(st.lists(st.tuples(areas, places), min_size=1, max_size=20))
    return bases, bodies


@given(housing(), st.integers(1, 10**12))
def test_as_the_article_says_and_to_the_fen(found, cost):
    bases, bodies = found
    if not any(base for base, _body in bases):
        return
    try:
        weights = weigh(bases, bodies)
    except RuleViolation:
        if len(bodies) == 1:  # one seller always fits; two may need too large numbers
            raise
        return
    flat = [*weights.units, *(weight for one in weights.sellers for weight in one)]
    units, sellers = by_the_article(bases, bodies)
    exact = [*units, *(part for one in sellers for part in one)]
    assert sum(exact) == 1
    assert [Fraction(weight, sum(flat)) for weight in flat] == exact
    shares = apportion(cost, [(f"{n}", weight) for n, weight in enumerate(flat)])
    assert sum(shares) == cost
    for share, part in zip(shares, exact, strict=True):
        assert abs(share - cost * part) < 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (seller_label("1幢", "样例（集团）机械厂"), SellerName("1幢", "样例(集团)机械厂")),
        ("售房单位：样例机械厂", SellerName("", "样例机械厂")),
        (" 1幢 售房单位 ", SellerName("1幢", "")),
        ("售房单位", SellerName("", "")),
        ("1幢1单元101室", None),
    ],
)
def test_how_a_table_names_a_seller(text, found):
    assert read_seller(text) == found
