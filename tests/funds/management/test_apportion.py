"""manage.py apportion: its fixed interface, against fractions and by hand."""

import random
from fractions import Fraction

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funds.domain.apportionment import apportion
from funds.management.commands.apportion import Command
from tests.commands import answer_of


def run(*arguments):
    return answer_of(Command, *arguments, "--json")


@pytest.fixture
def units(tmp_path):
    def write(*rows, header="房号,建筑面积", name="units.csv"):
        path = tmp_path / name
        path.write_text("\n".join([header, *rows]), encoding="utf-8")
        return path

    return write


def test_a_yuan_among_three_equal_units_goes_by_natural_order(units):
    # Three times 33 fen, and the odd one to 1-1: neither the file's order nor "1-10" < "1-2".
    status, answer = run("--units", units("1-10,100", "1-2,100", "1-1,100"), "--amount", "1.00")
    assert status == 0
    assert answer == {
        "total_fen": 100,
        "shares": [
            {"unit": "1-10", "fen": 33},
            {"unit": "1-2", "fen": 33},
            {"unit": "1-1", "fen": 34},
        ],
    }


def test_two_odd_fen_go_to_the_first_two(units):
    # 101 fen over three: 33 2/3 each; two remain, for 1-2 and 1-10, not for 2-1.
    _status, answer = run("--units", units("2-1,9", "1-10,9", "1-2,9"), "--amount", "1.01")
    assert [(one["unit"], one["fen"]) for one in answer["shares"]] == [
        ("2-1", 33),
        ("1-10", 34),
        ("1-2", 34),
    ]


def test_the_larger_remainder_comes_before_the_earlier_room(units):
    # 10 fen over 1 : 2 : 4 of 7: 1 3/7, 2 6/7, 5 5/7; two left: 1-2 (6/7), then 1-3 (5/7).
    rows = units("1-1,1", "1-2,2", "1-3,4")
    _status, answer = run("--units", rows, "--amount", "0.10")
    assert [one["fen"] for one in answer["shares"]] == [1, 3, 6]


def test_every_unit_is_listed_a_share_of_nothing_too(units):
    _status, answer = run("--units", units("1,1000000", "2,0.01"), "--amount", "0.01")
    assert [one["fen"] for one in answer["shares"]] == [1, 0]


def test_the_greatest_amount_is_shared_to_the_fen(units):
    rows = units(*(f"{n},{n}.37" for n in range(1, 200)))
    status, answer = run("--units", rows, "--amount", "9,999,999,999.99")
    assert (status, answer["total_fen"]) == (0, 999_999_999_999)
    assert sum(one["fen"] for one in answer["shares"]) == 999_999_999_999


def test_rooms_are_opaque_and_half_width(units):
    _status, answer = run("--units", units("１－１１－１,1", "11-1-1,1"), "--amount", "2")
    assert [one["unit"] for one in answer["shares"]] == ["1-11-1", "11-1-1"]


def test_a_workbook_as_well(tmp_path):
    book = openpyxl.Workbook()
    for row in (["各户面积"], ["房号", "建筑面积"], ["101", 89.5], ["102", "90"]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    status, answer = run("--units", tmp_path / "a.xlsx", "--amount", "179.50")
    assert (status, [one["fen"] for one in answer["shares"]]) == (0, [8950, 9000])


@pytest.mark.parametrize(
    ("amount", "word"),
    [
        ("0", "零"), ("0.00", "零"), ("-5", "负"), ("1.001", "两位小数"), ("1e3", "不是数字"),
        ("NaN", "不是数字"), ("1,00", "不是数字"), ("10000000000", "过大"), ("", "没有填金额"),
        ("1000000000000000", "过大"), ("9" * 100_000, "过大"), ("１２.５", ""),
    ],
)  # fmt: skip
def test_amounts(units, amount, word):
    status, answer = run("--units", units("1,1"), f"--amount={amount}")
    if word:
        assert (status, answer["total_fen"], answer["shares"]) == (1, 0, [])
        assert word in answer["faults"][0]["reason"]
    else:
        assert (status, answer["total_fen"]) == (0, 1250)


def test_all_faults_of_all_rows_at_once(units):
    rows = units("1,0", "2,NaN", "2,-1", ",89.555", "3,89.50+12.30", "4,", "5,1,9")
    status, answer = run("--units", rows, "--amount", "x")
    assert (status, answer["total_fen"], answer["shares"]) == (1, 0, [])
    assert [fault["row"] for fault in answer["faults"]] == [0, 2, 3, 4, 4, 5, 5, 6, 7, 8]


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["--units"], ["--amount", "5"], ["--bogus"], ["x", "y"], ["--units", "/no.csv"],
        ["--units", "\0", "--amount", "5"], ["--units", ".", "--amount", "5"],
        ["--units", __file__, "--amount", "5"],
    ],
)  # fmt: skip
def test_whatever_is_given_the_answer_is_one_json_object(arguments):
    status, answer = run(*arguments)
    assert (status, answer["total_fen"], answer["shares"]) == (1, 0, [])
    assert answer["faults"][0]["reason"]


@pytest.mark.parametrize(
    ("header", "rows"),
    [("房号", ["1"]), ("房号,建筑面积,房号", ["1,1,1"]), ("房号,建筑面积", []), ("", [])],
)
def test_tables_without_their_columns_or_rows(units, header, rows):
    status, answer = run("--units", units(*rows, header=header), "--amount", "5")
    assert (status, answer["shares"]) == (1, [])


def plain_largest_remainder(cost, units):
    """The rule said in fractions: floors, then one fen each by remainder, then by room."""
    whole = sum(area for _room, area in units)
    exact = [Fraction(cost * area, whole) for _room, area in units]
    parts = [int(share) for share in exact]

    def room_key(room):
        building, number = room.split("-")
        return int(building), int(number)

    order = sorted(
        range(len(units)), key=lambda n: (-(exact[n] - parts[n]), room_key(units[n][0]))
    )
    for n in order[: cost - sum(parts)]:
        parts[n] += 1
    return parts


rooms = st.tuples(st.integers(1, 30), st.integers(1, 40)).map(
    lambda pair: "{}-{}".format(*pair)
)


@settings(max_examples=300)
@given(
    st.integers(0, 10**12),
    st.dictionaries(rooms, st.integers(1, 500), min_size=1, max_size=60),
    st.randoms(use_true_random=False),
)
def test_shares_follow_the_rule_whatever_the_order(cost, areas, chance):
    units = list(areas.items())
    shares = apportion(cost, units)
    assert shares == plain_largest_remainder(cost, units)
    assert sum(shares) == cost
    mixed = random.Random(chance.random()).sample(units, len(units))
    assert dict(zip(mixed, apportion(cost, mixed), strict=True)) == dict(
        zip(units, shares, strict=True)
    )
