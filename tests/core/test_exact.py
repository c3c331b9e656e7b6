import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RuleViolation
from core.exact import (
    capital_yuan,
    format_area,
    format_yuan,
    number_text,
    parse_area,
    read_yuan,
    share_down,
    split_exactly,
)


@pytest.mark.parametrize(
    ("cell", "area"),
    [
        ("89.50", 8950),
        ("89.5", 8950),
        ("89", 8900),
        (" 89.5\t", 8950),
        ("８９．５０", 8950),
        ("　１２３　", 12300),
        ("0.01", 1),
        ("0089.5", 8950),
        ("1000000000", 100_000_000_000),
        (89.5, 8950),
        (89.3, 8930),
        (1.1, 110),
        (101.0, 10100),
        (101, 10100),
        (Decimal("89.5"), 8950),
        (0.29, 29),  # 0.29 * 100 is 28.999999999999996
        (4.35, 435),
    ],
)
def test_it_works(cell, area):
    assert parse_area(cell) == area


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("", "missing"),
        ("　 ", "missing"),
        ("abc", "not_a_number"),
        ("89.50+12.30", "not_a_number"),
        ("89.5㎡", "not_a_number"),
        ("1,234.50", "not_a_number"),
        ("1e3", "not_a_number"),
        ("89.", "not_a_number"),
        (".5", "not_a_number"),
        ("+5", "not_a_number"),
        ("NaN", "not_a_number"),
        ("inf", "not_a_number"),
        ("八十九", "not_a_number"),
        ("٨٩", "not_a_number"),
        ("1_000", "not_a_number"),
        (True, "not_a_number"),
        (math.nan, "not_a_number"),
        (-math.inf, "not_a_number"),
        (Decimal("NaN"), "not_a_number"),
        (Decimal("1e999999"), "not_a_number"),
        ("0", "zero"),
        ("0.00", "zero"),
        ("-0", "zero"),
        (0.0, "zero"),
        (-0.0, "zero"),
        ("-89.5", "negative"),
        ("－８９", "negative"),
        (-1, "negative"),
        ("89.505", "too_precise"),
        ("89.500", "too_precise"),
        (89.30000000000001, "too_precise"),
        (1e-7, "too_precise"),
        ("1000000000.01", "too_large"),
        ("9" * 1_000_000, "too_large"),
        (1e15, "too_large"),
        (1.5e300, "too_large"),
        (10**12, "too_large"),
    ],
)
def test_every_refusal_has_its_own_reason(cell, code):
    with pytest.raises(RuleViolation) as refusal:
        parse_area(cell)
    assert refusal.value.code == f"area.{code}"
    assert "面积" in str(refusal.value)


@given(st.integers(1, 100_000_000_000))
def test_what_is_written_is_read_back(area):
    assert parse_area(format_area(area)) == area


@given(st.integers(1, 10**11))
def test_a_spreadsheet_float_is_what_was_typed(area):
    assert parse_area(float(format_area(area))) == area


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_agrees_with_decimal_arithmetic(number):
    text = format(number, "f")
    exact = Fraction(number) * 100
    written = len(text.partition(".")[2])
    try:
        assert parse_area(text) == exact
    except RuleViolation:
        assert written > 2 or exact <= 0 or exact > 10**11


@pytest.mark.parametrize(
    ("number", "text"),
    [(101.0, "101"), (89.5, "89.5"), (1e-7, "0.0000001"), (1e20, "100000000000000000000")],
)
def test_numbers_are_written_plainly(number, text):
    assert number_text(number) == text


def test_formats():
    assert format_area(8950) == "89.50"
    assert format_area(5) == "0.05"
    assert format_area(-5) == "-0.05"
    assert format_yuan(123456789) == "1,234,567.89"
    assert format_yuan(-7) == "-0.07"


@given(st.integers(-(10**18), 10**18))
def test_a_printed_amount_can_be_read_again(fen):
    assert read_yuan(format_yuan(fen)) == fen


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.0", "1.000", "01.00", "1,23.00", "1234.00", "-0.00", "1.00元", "１.00",
     "1_0.00", "+1.00", " 1.00", "1,.00", "9" * 5000 + ".00"],
)  # fmt: skip
def test_nothing_else_is_a_printed_amount(text):
    with pytest.raises(ValueError, match="as printed"):
        read_yuan(text)


@pytest.mark.parametrize(
    ("part", "whole", "share"),
    [
        (2, 3, "66.66%"),
        (66666, 100000, "66.66%"),
        (66999, 100000, "66.99%"),
        (1, 1, "100.00%"),
        (99999999, 100000000, "99.99%"),
        (0, 5, "0.00%"),
        (0, 0, "不适用"),
    ],
)
def test_shares_round_down(part, whole, share):
    assert share_down(part, whole) == share


@pytest.mark.parametrize(("part", "whole"), [(-1, 3), (1, -3)])
def test_a_negative_share_is_a_mistake(part, whole):
    with pytest.raises(ValueError, match="no share"):
        share_down(part, whole)


weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=60).filter(any)


@given(st.integers(0, 10**13), weights)
def test_parts_add_up_and_are_fair(total, weights):
    parts = split_exactly(total, weights)
    assert sum(parts) == total
    base = sum(weights)
    rests = [
        Fraction(total * weight, base) - part
        for part, weight in zip(parts, weights, strict=True)
    ]
    assert all(-1 < rest < 1 for rest in rests)
    # Whoever got a fen more had a remainder at least as large as anyone who did not.
    given_more = [1 + rest for rest in rests if rest < 0]
    not_given = [rest for rest in rests if rest >= 0]
    assert not given_more or not not_given or min(given_more) >= max(not_given)


def test_equal_remainders_go_in_order():
    assert split_exactly(100, [1, 1, 1]) == [34, 33, 33]
    assert split_exactly(2, [1, 1, 1]) == [1, 1, 0]
    assert split_exactly(0, [3, 0]) == [0, 0]


@pytest.mark.parametrize(("total", "weights"), [(-1, [1]), (1, []), (1, [0, 0]), (1, [2, -1])])
def test_an_impossible_split_is_refused(total, weights):
    with pytest.raises(ValueError, match="negative"):
        split_exactly(total, weights)


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        # The examples of 《支付结算办法》附一, where it allows two, the shorter.
        (1_409_50, "人民币壹仟肆佰零玖元伍角"),
        (6_007_14, "人民币陆仟零柒元壹角肆分"),
        (1_680_32, "人民币壹仟陆佰捌拾元叁角贰分"),
        (107_000_53, "人民币壹拾万零柒仟元伍角叁分"),
        (16_409_02, "人民币壹万陆仟肆佰零玖元零贰分"),
        (325_04, "人民币叁佰贰拾伍元零肆分"),
        (0, "人民币零元整"),
        (1, "人民币壹分"),
        (10, "人民币壹角"),
        (10_00, "人民币壹拾元整"),
        (10_010_001_00, "人民币壹仟零壹万零壹元整"),
        (100_000_000_00, "人民币壹亿元整"),
        (1_000_100_010_00, "人民币壹拾亿零壹拾万零壹拾元整"),
    ],
)
def test_amounts_in_capitals(fen: int, words: str) -> None:
    assert capital_yuan(fen) == words


_VALUES = {character: value for value, character in enumerate("零壹贰叁肆伍陆柒捌玖")}
_POWERS = {"拾": 10, "佰": 100, "仟": 1000}


@given(st.integers(0, 10**13))
def test_amounts_in_capitals_can_be_read_back(fen: int) -> None:
    """Read as a teller reads: digits times their units, in groups of 亿 and 万."""
    text = capital_yuan(fen).removeprefix("人民币").removesuffix("整")
    yuan, _sign, rest = text.rpartition("元")
    hundred_millions, _sign, below = yuan.rpartition("亿")
    ten_thousands, _sign, ones = below.rpartition("万")
    whole = _read(hundred_millions) * 10**8 + _read(ten_thousands) * 10**4 + _read(ones)
    jiao = _VALUES[rest[rest.index("角") - 1]] if "角" in rest else 0
    last = _VALUES[rest[rest.index("分") - 1]] if "分" in rest else 0
    assert whole * 100 + jiao * 10 + last == fen


def _read(group: str) -> int:
    total = digit = 0
    for character in group:
        if character in _VALUES:
            digit = _VALUES[character]
        else:
            total, digit = total + digit * _POWERS[character], 0
    return total + digit
