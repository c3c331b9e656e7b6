"""From "has to form" to the handover."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from committees.domain.pipeline import (
    FORMED,
    KINDS,
    STAGES,
    TURNS,
    lacking,
    out_of_order,
    resting_on,
    standing,
)

PERIODS = {
    "formation.group_days": 60,
    "formation.assembly_days": 90,
    "committee.first_meeting_days": 7,
    "committee.filing_days": 30,
    "committee.handover_days": 10,
}
DAY = date(2026, 3, 1)


def after(days: int) -> date:
    return DAY + timedelta(days=days)


@pytest.mark.parametrize(
    ("reached", "following", "due", "today", "late"),
    [
        ({}, "due", None, DAY, 0),
        ({"due": DAY}, "group", after(60), after(60), 0),
        ({"due": DAY}, "group", after(60), after(61), 1),
        ({"due": DAY, "group": after(10)}, "roll", None, after(400), 0),
        (
            {"due": DAY, "group": after(10), "roll": after(20), "candidates": after(30),
             "vetting": after(35), "posted": after(36)},
            "elected", after(100), after(105), 5,
        ),
    ],
)  # fmt: skip
def test_whose_turn_and_until_when(
    reached: dict[str, date], following: str, due: date | None, today: date, late: int
) -> None:
    seen = standing("owners_committee", reached, PERIODS, today)
    assert seen.following is not None
    assert (seen.following.code, seen.due_on, seen.late) == (following, due, late)


def test_after_the_election_every_period_counts_from_it() -> None:
    reached = {stage.code: DAY for stage in STAGES["owners_committee"][:7]}
    assert FORMED in reached
    for code, days in (("first_meeting", 7), ("filed", 30), ("seal", None), ("account", None)):
        seen = standing("owners_committee", reached, PERIODS, after(8))
        assert seen.following is not None
        assert seen.following.code == code
        assert seen.due_on == (None if days is None else after(days))
        reached[code] = after(5)
    seen = standing("owners_committee", reached, PERIODS, after(20))
    assert (seen.due_on, seen.late, seen.days) == (after(10), 10, 15)
    reached["handover"] = after(30)
    done = standing("owners_committee", reached, PERIODS, after(99))
    assert (done.following, done.late, done.due_on) == (None, 0, None)


def test_a_profile_without_a_period_sets_no_deadline() -> None:
    seen = standing("owners_committee", {"due": DAY}, {}, after(999))
    assert (seen.due_on, seen.late) == (None, 0)


def test_a_management_committee_has_neither_roll_nor_election() -> None:
    codes = [stage.code for stage in STAGES["management_committee"]]
    assert "roll" not in codes
    assert "group" not in codes
    assert "first_meeting" not in codes
    assert FORMED in codes


@pytest.mark.parametrize(
    ("reached", "wrong"),
    [
        ({"due": DAY, "group": after(-1)}, [("group", "due")]),
        ({"due": DAY, "group": DAY}, []),
        ({"elected": DAY, "first_meeting": after(-1), "posted": after(2)},
         [("elected", "posted"), ("first_meeting", "posted"), ("first_meeting", "elected")]),
        # A seal may come before the account or after it, but not before the election.
        ({"elected": DAY, "seal": after(9), "account": after(3), "handover": after(1)}, []),
        ({"elected": DAY, "seal": after(-9)}, [("seal", "elected")]),
        # The roll is on show while candidates are found; the vetting comes before the posting.
        ({"roll": after(9), "candidates": after(3)}, []),
        ({"vetting": after(9), "posted": after(3)}, [("posted", "vetting")]),
        # A first meeting may follow the filing; a seal is cut on its paper (274号 34).
        ({"filed": after(3), "first_meeting": after(5), "seal": after(4)}, []),
        ({"filed": after(3), "seal": after(2)}, [("seal", "filed")]),
        ({"filed": after(3), "account": after(2)}, [("account", "filed")]),
    ],
)  # fmt: skip
def test_days_that_cannot_be(reached: dict[str, date], wrong: list[tuple[str, str]]) -> None:
    found = [tuple(one) for one in out_of_order("owners_committee", reached)]
    assert found == wrong


@given(st.sampled_from(KINDS), st.data())
def test_any_course(kind: str, data: st.DataObject) -> None:
    codes = [stage.code for stage in STAGES[kind]]
    known = data.draw(st.sets(st.sampled_from(codes)))
    reached = {code: after(data.draw(st.integers(0, 400))) for code in known}
    seen = standing(kind, reached, PERIODS, after(500))
    passed = {code for code in codes if any(code in resting_on(kind, one) for one in known)}
    passed &= resting_on(kind, FORMED)  # what follows the election is done or it is not
    ahead = [code for code in codes if code not in known | passed]
    assert (seen.following.code if seen.following else None) == (ahead[0] if ahead else None)
    assert (seen.stage is None) is (not known)
    if seen.stage is not None:
        assert seen.since == reached[seen.stage.code]
        assert not set(codes[codes.index(seen.stage.code) + 1 :]) & known


@pytest.mark.parametrize(
    ("kind", "code", "reached", "missing"),
    [
        ("owners_committee", "due", "", ""),
        ("owners_committee", "group", "", "due"),
        ("owners_committee", "posted", "due group candidates", ""),  # nobody was vetted
        ("owners_committee", "elected", "due group candidates posted", "roll"),
        ("owners_committee", "elected", "due", "roll posted"),
        ("owners_committee", "seal", "elected", "filed"),
        ("owners_committee", "account", "elected", "filed"),
        ("management_committee", "account", "elected", "filed"),
        ("owners_committee", "account", "elected filed", ""),  # before the seal
        ("management_committee", "elected", "due candidates posted", ""),
        ("renewal", "handover", "due group", "elected"),
    ],
)
def test_what_has_to_come_before(kind: str, code: str, reached: str, missing: str) -> None:
    found = lacking(kind, code, dict.fromkeys(reached.split(), DAY))
    assert [stage.code for stage in found] == missing.split()


def test_what_was_passed_by_is_not_asked_for_any_more() -> None:
    """Elected without a vetting on record: the next step is not the vetting."""
    seen = standing("owners_committee", {"due": DAY, "elected": after(90)}, PERIODS, after(91))
    assert seen.following is not None
    assert seen.following.code == "first_meeting"


def test_an_account_on_record_does_not_show_that_anything_was_filed() -> None:
    reached = {
        "due": DAY,
        "elected": after(90),
        "first_meeting": after(91),
        "account": after(95),
    }
    seen = standing("owners_committee", reached, PERIODS, after(96))
    assert seen.following is not None
    assert (seen.following.code, seen.due_on) == ("filed", after(120))


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_is_whole(kind: str) -> None:
    codes = [stage.code for stage in STAGES[kind]]
    assert len(set(codes)) == len(codes)
    for place, stage in enumerate(STAGES[kind]):
        assert stage.turn in TURNS
        assert set(stage.rests_on) <= set(codes[:place])
        assert bool(stage.period) == bool(stage.counted_from)
        assert not stage.counted_from or stage.counted_from in resting_on(kind, stage.code)
