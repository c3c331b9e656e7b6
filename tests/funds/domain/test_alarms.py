"""Alarms: every sign by a table, and their edges."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funds.domain.alarms import (
    Offer,
    Repair,
    linked,
    repeated,
    same_place,
    splitting,
    undecided,
    within_months,
)

DAY = date(2026, 11, 28)
LIMIT = 5_000_000


def repair(code: str, **changes) -> Repair:
    return Repair(
        **{
            "code": code,
            "part": "roof",
            "place": f"{code}幢",
            "vendors": frozenset({f"name {code}"}),
            "person": f"user:{code}",
            "fen": 3_000_000,
            "on": DAY,
            **changes,
        }
    )


def split(one: Repair, *others: Repair) -> list[str]:
    found = splitting(one, others, months=12, above_fen=LIMIT)
    return [alarm.sentence.split("：")[0] for alarm in found]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"place": "1幢"}, ["同一部位、同一位置"]),
        ({"place": "1 幢 西侧"}, ["同一部位、同一位置"]),
        ({"place": "1幢", "part": "lift"}, []),
        ({"vendors": frozenset({"name 1", "code 9"})}, ["同一家施工单位"]),
        ({"person": "user:1"}, ["同一个申请人"]),
        ({"place": "1幢", "person": "user:1"}, ["同一部位、同一位置", "同一个申请人"]),
        ({}, []),
        # One that is large enough alone was looked at closely anyway.
        ({"person": "user:1", "fen": LIMIT + 1}, []),
        # Together just at the limit is not across it; one fen more is.
        ({"person": "user:1", "fen": 2_000_000}, []),
        ({"person": "user:1", "fen": 2_000_001}, ["同一个申请人"]),
        ({"person": "user:1", "on": date(2025, 11, 28)}, ["同一个申请人"]),
        ({"person": "user:1", "on": date(2025, 11, 27)}, []),
        ({"person": "user:1", "on": date(2027, 11, 28)}, ["同一个申请人"]),
        ({"person": "user:1", "on": date(2027, 11, 29)}, []),
    ],
)
def test_splitting(changes, said):
    assert split(repair("1"), repair("2", **changes)) == said


def test_splitting_names_every_piece_and_the_sum():
    pieces = [repair(code, person="user:1", fen=2_000_000) for code in "23"]
    [alarm] = splitting(repair("1", fen=2_000_000), pieces, months=12, above_fen=LIMIT)
    assert alarm.requests == ("2", "3")
    assert "3项" in alarm.sentence
    assert "60,000.00元" in alarm.sentence


def test_a_large_repair_is_not_split():
    assert split(repair("1", fen=LIMIT + 1), repair("2", person="user:1")) == []


def test_a_repair_is_not_its_own_other():
    one = repair("1", fen=LIMIT)
    assert split(one, one) == []
    assert list(repeated(one, [one])) == []


@pytest.mark.parametrize(
    ("place", "on", "count"),
    [
        ("1幢", DAY - timedelta(days=200), 1),
        ("1幢", date(2025, 11, 28), 1),
        ("1幢", date(2025, 11, 27), 0),
        ("1幢", DAY + timedelta(days=1), 0),  # the later one is the one again
        ("2幢", DAY - timedelta(days=200), 0),
    ],
)
def test_the_same_fault_again(place, on, count):
    assert len(list(repeated(repair("1"), [repair("7", place=place, on=on)]))) == count


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1幢1单元", "１幢 1单元", True),
        ("1幢1单元", "1幢1单元西侧电梯", True),
        ("1幢1", "1幢12", False),
        ("1幢", "11幢", False),
        ("A座屋面", "a座屋面", True),
        ("屋面", "外墙", False),
    ],
)
def test_same_place(one, other, same):
    assert same_place(repair("1", place=one), repair("2", place=other)) is same
    assert same_place(repair("1", place=other), repair("2", place=one)) is same


def offer(firm: str, **marks: str) -> Offer:
    return Offer(firm, marks)


def test_linked_firms_are_named_once_for_each_mark():
    offers = [
        offer("甲公司", phone="p", address="x"),
        offer("乙公司", phone="p", address="y"),
        offer("丙公司", phone="p", address="x"),
    ]
    phone, address = sorted(linked(offers), key=lambda alarm: "地址" in alarm.sentence)
    assert "电话相同" in phone.sentence
    assert phone.sentence.endswith("甲公司、乙公司、丙公司")
    assert address.sentence.endswith("甲公司、丙公司")


@pytest.mark.parametrize(
    "offers",
    [
        [],
        [offer("甲公司", phone="p")],
        [offer("甲公司", phone=""), offer("乙公司", phone="")],
        [offer("甲公司"), offer("乙公司")],
        [offer("甲公司", phone="p"), offer("乙公司", address="p")],
    ],
)
def test_nothing_known_links_nobody(offers):
    assert list(linked(offers)) == []


def test_payment_without_decision():
    assert list(undecided(0)) == []
    [alarm] = undecided(1)
    assert alarm.code == "undecided"
    assert "0.01元" in alarm.sentence


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 900))
def test_months_by_days(first, days):
    """12 months are 365 or 366 days; order does not matter."""
    last = first + timedelta(days=days)
    assert within_months(first, last, 12) is within_months(last, first, 12)
    if days <= 365:
        assert within_months(first, last, 12)
    if days > 366:
        assert not within_months(first, last, 12)


@given(st.lists(st.integers(1, 2 * LIMIT), min_size=1, max_size=6))
def test_splitting_is_what_small_ones_sum_to(amounts):
    one, *others = [
        repair(str(number), person="user:1", fen=fen) for number, fen in enumerate(amounts)
    ]
    small = [fen for fen in amounts[1:] if fen <= LIMIT]
    expected = amounts[0] <= LIMIT and bool(small) and amounts[0] + sum(small) > LIMIT
    assert bool(split(one, *others)) is expected
