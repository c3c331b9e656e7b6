"""The rules of an emergency by table, and the clock under any hours."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.deadlines import SHANGHAI
from core.errors import RuleViolation
from funds.domain.emergencies import (
    BY_LAW,
    DECIDER_ROLES,
    PARTIES,
    SITUATIONS,
    Decided,
    Stage,
    applicant_reasons,
    deciders_of,
    decision_reasons,
    demand_another,
    escalation_due,
    hours_later,
    most_advance,
    repair_title,
    role_above,
    situation_reasons,
    time_left,
    warranty_reasons,
)
from funds.domain.repairs import PARTS, SPEAKS_FOR

NATIONAL = ["E1", "E2", "E3", "E4", "E5", "E6", "E99"]
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
INSTANTS = st.integers(0, 2 * 10**9).map(lambda seconds: EPOCH + timedelta(seconds=seconds / 7))


def codes(reasons):
    return [one.code for one in reasons]


def test_the_national_list_is_the_seven_of_52():
    # 建办房〔2015〕52号, as quoted by 清远 53, in order.
    assert [SITUATIONS[code].words for code in NATIONAL] == [
        "电梯故障",
        "消防设施故障",
        "屋面、外墙渗漏",
        "二次供水水泵运行中断",
        "排水设施堵塞、爆裂",
        "楼体外立面存在脱落危险",
        "其他危及房屋使用和人身财产安全的紧急情况",
    ]
    assert set(SITUATIONS) - set(NATIONAL) == {"E7", "E8"}  # 淄博 66, 聊城 50, 滨州 42


@pytest.mark.parametrize("code", SITUATIONS)
def test_every_situation_says_its_evidence_and_knows_parts(code):
    found = SITUATIONS[code]
    assert found.evidence
    assert found.parts <= set(PARTS)


@pytest.mark.parametrize(
    ("code", "part", "open_codes", "expected"),
    [
        ("E1", "lift", NATIONAL, []),
        ("E1", "roof", NATIONAL, ["emergency.part"]),
        ("E99", "road", NATIONAL, []),
        ("E99", "road", ["E1"], ["emergency.closed"]),
        ("E7", "facade", NATIONAL, ["emergency.closed"]),
        ("E7", "facade", [*NATIONAL, "E7"], []),
        ("E9", "road", NATIONAL, ["emergency.situation"]),
        ("", "", NATIONAL, ["emergency.situation", "emergency.part"]),
    ],
)
def test_what_may_be_reported_where(code, part, open_codes, expected):
    assert codes(situation_reasons(code, part, open_codes)) == expected


@given(
    st.sampled_from(sorted({one for kinds in SPEAKS_FOR.values() for one in kinds})),
    st.sampled_from(["", " ", "x", "   x   ", "第66条", "条" * 120]),
    st.sampled_from([[], ["property_manager"], ["residents_committee", "owners"]]),
    st.sampled_from([*SPEAKS_FOR, "supervisor", "bureau", ""]),
)
def test_who_may_apply(kind, clause, listed, role):
    """Two by law; others by the place's list or a clause; never in another's name."""
    found = codes(applicant_reasons(kind, clause, listed, role))
    if kind not in SPEAKS_FOR.get(role, ()):
        assert found == ["emergency.applicant"]
        return
    needs = kind not in BY_LAW and kind not in listed
    assert ("emergency.clause" in found) == (needs and len(clause.strip()) < 4)


@pytest.mark.parametrize(
    ("until", "note", "wrong"),
    [
        (date(2026, 11, 6), "", False),
        (date(2026, 11, 7), "", True),  # the last day still counts
        (None, "2008年交付，早已过保修期", False),
        (None, "过了", True),
        (date(2030, 1, 1), "2008年交付，早已过保修期", True),  # a note outweighs no date
    ],
)
def test_the_warranty(until, note, wrong):
    assert bool(warranty_reasons(until, note, date(2026, 11, 7))) == wrong


# --- who decides ---------------------------------------------------------------------------

COMMITTEE, STREET = "owners_committee", "street_office"


@pytest.mark.parametrize(
    ("listed", "committee", "up", "kinds", "word"),
    [
        ([COMMITTEE], True, "", (COMMITTEE,), ""),
        ([COMMITTEE], False, "", (STREET,), "没有业主委员会"),
        ([COMMITTEE, STREET], False, "", (STREET,), ""),
        ([COMMITTEE, STREET], True, "", (COMMITTEE, STREET), ""),
        ([STREET], True, "", (STREET,), ""),
        ([], True, "", (STREET,), "没有业主委员会"),
        (["mayor"], True, "", (STREET,), "没有业主委员会"),
        ([COMMITTEE], True, "东街道", (COMMITTEE,), "转由东街道"),
    ],
)
def test_who_decides(listed, committee, up, kinds, word):
    found = deciders_of(listed, has_committee=committee, escalated_to=up)
    assert found.kinds == kinds
    assert (word in found.remark) if word else found.remark == ""


@given(
    st.lists(st.sampled_from([COMMITTEE, STREET, "mayor"])), st.booleans(), st.text(max_size=5)
)
def test_somebody_always_decides_and_nobody_who_does_not_exist(listed, committee, up):
    kinds = deciders_of(listed, has_committee=committee, escalated_to=up).kinds
    assert kinds
    assert set(kinds) <= set(DECIDER_ROLES)
    assert committee or COMMITTEE not in kinds


def test_a_residents_committee_above_decides_nothing():
    assert role_above("residents_committee") == ""
    assert role_above("street_office") == "street_office"
    assert role_above("district_bureau") == role_above("zone_administration") == "bureau"


@given(st.sampled_from("abc"), st.sampled_from("abc"), st.sampled_from("abc"))
def test_three_people(reporter, finder, decider):
    try:
        demand_another(decider, reporter, finder, code="x", sentence="y")
    except RuleViolation:
        assert decider in (reporter, finder)
    else:
        assert len({decider, reporter}) == len({decider, finder}) == 2


@given(
    st.integers(min_value=1, max_value=10**12 - 1),
    st.integers(min_value=0, max_value=100),
    st.integers(min_value=-1, max_value=10**12),
)
def test_an_advance_stays_within_its_fraction(most, percent, asked):
    part = [percent, 100]
    limit = most_advance(most, part)
    assert limit * 100 <= most * percent < (limit + 1) * 100
    decided = Decided(True, "不修有危险", most, asked)
    refused = bool(decision_reasons(decided, advance=part))
    assert refused == (asked < 0 or asked * 100 > most * percent)


def test_a_no_needs_its_reason_and_no_amount():
    assert decision_reasons(Decided(False, "可以等到表决"), advance=[1, 2]) == []
    assert codes(decision_reasons(Decided(False, ""), advance=[1, 2])) == ["reason.missing"]
    assert codes(decision_reasons(Decided(None, "可以等到表决"), advance=[1, 2])) == [
        "decision.outcome"
    ]


# --- the clock -----------------------------------------------------------------------------


@given(INSTANTS, st.integers(min_value=1, max_value=1000))
def test_hours_run_day_and_night(since, hours):
    """So many hours of 3,600 seconds, whatever day it is and however it is written."""
    due = hours_later(since, hours)
    assert int(due.timestamp()) - int(since.timestamp()) == 3600 * hours
    assert hours_later(since.astimezone(SHANGHAI), hours) == due


@pytest.mark.parametrize("hours", [0, -1])
def test_a_desk_has_an_hour_at_least(hours):
    with pytest.raises(ValueError, match="hours"):
        hours_later(datetime(2026, 1, 1, tzinfo=UTC), hours)


@given(INSTANTS, st.integers(min_value=-(10**7), max_value=10**7))
def test_what_is_left(due, seconds):
    left = time_left(due, due - timedelta(seconds=seconds))
    assert left.late == (seconds <= 0)
    assert left.hours == abs(seconds) // 3600


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (48 * 3600, "还剩48小时"),
        (3600, "还剩1小时"),
        (3599, "不到1小时"),
        (1, "不到1小时"),
        (0, "刚刚超时"),
        (-3599, "刚刚超时"),
        (-3600, "已超时1小时"),
    ],
)
def test_the_clock_in_words(seconds, words):
    due = datetime(2026, 11, 9, tzinfo=UTC)
    assert time_left(due, due - timedelta(seconds=seconds)).words == words


def test_a_stage_is_late_from_its_hour_on():
    since = datetime(2026, 11, 9, tzinfo=UTC)
    due = since + timedelta(hours=12)
    assert not Stage("finding", since, due - timedelta(seconds=1), due).late(due)
    assert Stage("finding", since, due, due).late(due)
    assert Stage("finding", since, None, due).late(due)
    assert not Stage("applicant", since, None, None).late(due + timedelta(days=400))


@pytest.mark.parametrize(
    ("due", "escalated", "after", "goes"),
    [(True, False, 0, True), (True, False, -1, False), (True, True, 9, False),
     (False, False, 9, False)],
)  # fmt: skip
def test_a_desk_goes_up_once(due, escalated, after, goes):
    now = datetime(2026, 11, 9, tzinfo=UTC)
    when = now - timedelta(seconds=after) if due else None
    assert escalation_due(when, escalated=escalated, at=now) == goes


def test_parties_hold_those_of_the_joint_check():
    # 淄博 66: owners, committee and manager look together.
    assert {"owner", "owners_committee", "manager"} <= set(PARTIES)


@pytest.mark.parametrize(
    ("place", "part", "title"),
    [
        ("3幢1号电梯", "lift", "3幢1号电梯应急维修"),
        ("3幢2单元", "lift", "3幢2单元电梯应急维修"),
        ("南门岗亭", "other", "南门岗亭其他共用部位应急维修"),
    ],
)
def test_the_title_names_the_part_once(place, part, title):
    assert repair_title(place, part) == title


def test_a_title_fits_its_column():
    assert max(len(repair_title("处" * 60, part)) for part in PARTS) <= 80
