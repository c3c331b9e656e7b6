"""Gaps by a table, agreed shares, the words of a motion and of an outcome."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tables import read_table
from funds.domain.apportionment import apportion
from funds.domain.outcomes import failed_words
from funds.domain.proposals import motion_text, motion_title
from funds.domain.repairs import EXCLUSIONS, PARTS, SPEAKS_FOR
from funds.domain.requests import (
    SECTIONS,
    Draft,
    Offered,
    applicant_kinds,
    read_shares,
    sections,
    shape_reasons,
)
from voting.domain.wording import matters_named

TODAY = date(2026, 11, 28)
WHOLE = Draft(
    title="1幢屋顶防水",
    part="roof",
    place="1幢屋面",
    fault="顶层漏水",
    applicant_kind="property_manager",
    applicant="样例物业服务有限公司",
    contact_phone="0000-1111111",
    plan="铲除旧防水层，重做两道卷材",
    budget_fen=100,
    budget_note="",
    quotes=[Offered("甲", 100, True, True), *[Offered(f, 101, False, True) for f in "乙丙"]],
    few_quotes="",
    warranty_until=TODAY - timedelta(days=1),
    warranty_note="",
    exclusions=dict.fromkeys(EXCLUSIONS, "no"),
    share_basis="area",
    share_clause="",
    files={"photo_before"},
    has_public_file=True,
    shared=set(),
    units={"1", "2"},
    without_sub=[],
    without_area=[],
)


def gaps(draft: Draft, least: int = 3) -> dict[str, list[str]]:
    found = sections(draft, kinds=["property_manager"], min_quotes=least, today=TODAY)
    assert [one.name for one in found] == list(SECTIONS)
    return {one.name: [r.code for r in one.reasons] for one in found if one.reasons}


def test_nothing_is_missing():
    assert gaps(WHOLE) == {}


@pytest.mark.parametrize(
    ("changes", "section", "code"),
    [
        ({"part": "balcony"}, "what", "repair.part"),
        ({"units": set()}, "scope", "repair.scope"),
        ({"without_sub": ["101"]}, "scope", "repair.units"),
        ({"without_area": ["101"]}, "scope", "repair.units"),
        ({"applicant_kind": "owners"}, "applicant", "repair.applicant_kind"),
        ({"warranty_until": TODAY}, "warranty", "repair.warranty"),
        ({"warranty_until": None, "warranty_note": "旧房"}, "warranty", "repair.warranty"),
        ({"budget_fen": 99}, "plan", "repair.budget_note"),
        ({"budget_fen": 101}, "plan", "repair.budget_note"),
        ({"quotes": WHOLE.quotes[:2]}, "quotes", "repair.quotes"),
        (
            {"quotes": [q._replace(chosen=False) for q in WHOLE.quotes]},
            "quotes",
            "repair.chosen",
        ),
        ({"files": set()}, "files", "repair.photos"),
        ({"has_public_file": False}, "files", "repair.public_files"),
    ],
)
def test_each_gap(changes, section, code):
    assert gaps(WHOLE._replace(**changes)) == {section: [code]}


@pytest.mark.parametrize(
    "changes",
    [
        {"warranty_until": None, "warranty_note": "2006年竣工，早已届满"},
        {"budget_fen": 99, "budget_note": "对方同意让利"},
        {"quotes": WHOLE.quotes[:1], "few_quotes": "本地只有一家有资质"},
        {"quotes": [], "few_quotes": "厂家独家供应配件"},
        {
            "share_basis": "agreed",
            "share_clause": "规约第9条",
            "files": {"photo_before", "agreement"},
            "shared": {"1", "2"},
        },
    ],
)
def test_what_is_said_is_enough(changes):
    assert gaps(WHOLE._replace(**changes)) == {}


def test_agreed_shares_name_every_unit_and_no_other():
    agreed = WHOLE._replace(share_basis="agreed", share_clause="规约", files={"agreement"})
    for shared in ({"1"}, {"1", "2", "3"}, set()):
        assert "repair.shares" in gaps(agreed._replace(shared=shared))["shares"]


@pytest.mark.parametrize("key", EXCLUSIONS)
def test_one_exclusion_is_enough_to_refuse(key):
    found = gaps(WHOLE._replace(exclusions={**WHOLE.exclusions, key: "yes"}))
    assert found == {"exclusions": ["repair.excluded"]}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"budget_fen": 0}, "repair.budget"),
        ({"budget_fen": -1}, "repair.budget"),
        ({"budget_fen": 10**12}, "repair.budget"),
        ({"budget_fen": True}, "repair.budget"),
        ({"budget_fen": 1.5}, "repair.budget"),
        ({"plan": "字" * 1501}, "repair.plan"),
        ({"fault": "\x00"}, "repair.fault"),
        ({"title": "\ud800"}, "repair.title"),
        ({"part": "balcony"}, "repair.part"),
        ({"exclusions": {"weather": "no"}}, "repair.exclusions"),
        ({"exclusions": {"builder": "maybe"}}, "repair.exclusions"),
        ({"share_basis": "heads"}, "repair.shares"),
    ],
)
def test_what_no_draft_keeps(changes, code):
    assert [reason.code for reason in shape_reasons(changes)] == [code]


def test_kinds_follow_from_role_and_profile():
    allowed = ["owners_committee", "property_manager", "residents_committee"]
    assert applicant_kinds(["property_manager"], allowed) == ["property_manager"]
    assert applicant_kinds(["organiser"], allowed) == ["owners_committee"]
    assert applicant_kinds(["bureau", "supervisor"], allowed) == []
    assert applicant_kinds(list(SPEAKS_FOR), allowed) == allowed


def shares(*lines: str, rooms: dict[str, int]):
    content = "\n".join(["房号,份额", *lines]).encode()
    return read_shares(read_table(content, "a.csv"), rooms)


ROOMS = {"1幢101": 7, "1幢102": 8}


@pytest.mark.parametrize(
    ("share", "weight"),
    [("1", 10_000), ("0.0001", 1), ("１２．５", 125_000), ("33%", 330_000), ("0", 0)],
)
def test_a_share_is_read(share, weight):
    weights, faults = shares(f"1幢101,{share}", "1幢102,1", rooms=ROOMS)
    assert faults == []
    assert weights == {"7": weight, "8": 10_000}


@pytest.mark.parametrize(
    "share", ["", "-1", "0.00001", "一半", "nan", "inf", "1e999999", "10000000000", "1/3"]
)
def test_no_share(share):
    _weights, faults = shares(f"1幢101,{share}", "1幢102,1", rooms=ROOMS)
    assert [(fault.row, fault.reason[:2]) for fault in faults] == [(2, "份额")]


@pytest.mark.parametrize(
    ("lines", "rows"),
    [
        (["1幢101,1"], [0]),
        (["1幢101,1", "1幢102,1", "9幢901,1"], [4]),
        (["1幢101,1", "1 幢 101,1", "1幢102,1"], [3]),
        (["1幢101,0", "1幢102,0"], [0]),
    ],
)
def test_every_unit_once(lines, rows):
    _weights, faults = shares(*lines, rooms=ROOMS)
    assert [fault.row for fault in faults] == rows


@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=30).filter(any),
    st.integers(1, 10**12 - 1),
)
def test_agreed_shares_bear_the_whole(parts, budget):
    rooms = {f"1幢{number:03}": number for number in range(1, len(parts) + 1)}
    lines = [f"{room},{part}" for room, part in zip(rooms, parts, strict=True)]
    weights, faults = shares(*lines, rooms=rooms)
    assert faults == []
    fen = apportion(budget, [(room, weights[str(unit)]) for room, unit in rooms.items()])
    assert sum(fen) == budget
    # Within one fen of the exact share, and nothing where nothing was agreed.
    for part, one in zip(parts, fen, strict=True):
        assert abs(one * sum(parts) - budget * part) < sum(parts)
        assert part or not one


FACTS = {
    "part": "roof", "place": "1幢屋面", "fault": "漏水", "plan": "重做防水", "version": 2,
    "budget_fen": 4_000_000, "budget_note": "", "few_quotes": "", "share_basis": "area",
    "share_clause": "", "units": [{}, {}],
    "quotes": [{"firm": "甲", "fen": 4_000_000, "chosen": True},
               {"firm": "乙", "fen": 4_200_000, "chosen": False}],
}  # fmt: skip


def test_the_motion_says_everything_that_is_decided():
    text = motion_text(FACTS, scope="1幢", mark="1A2B 3C4D")
    for words in (
        "屋顶",
        "1幢屋面",
        "漏水",
        "重做防水",
        "40,000.00元",
        "甲 40,000.00元（选定）；乙 42,000.00元",
        "1幢，共2户，按各户的建筑面积分摊",
    ):
        assert words in text
    assert text.endswith("方案第2版，指纹 1A2B 3C4D")


@pytest.mark.parametrize("part", PARTS)
def test_the_words_name_one_matter_only(part):
    """Civil Code 278: one question, one matter; the fifth for every part."""
    text = motion_text({**FACTS, "part": part}, scope="全体业主", mark="1A2B 3C4D")
    assert [int(one) for one in matters_named(motion_title("维修"), text)] == [5]


def test_a_long_title_fits():
    assert len(motion_title("长" * 200)) == 120


class Missed(NamedTuple):
    name: str
    part: int
    whole: int


def test_why_a_vote_failed():
    words = failed_words(
        "no_quorum", [Missed("quorum.heads", 1, 3), Missed("quorum.area", 90_00, 400_00)]
    )
    assert words == (
        "参加表决的人数1/3（33.33%），没有达到三分之二；"
        "参加表决的面积90.00/400.00（22.50%），没有达到三分之二"
    )
    assert failed_words("rejected", [Missed("approval.area", 5000, 10000)]).endswith(
        "（50.00%），没有过半数"
    )
    assert failed_words("rejected", [], "须第2项也通过") == "须第2项也通过"
    assert "未能确定" in failed_words("undetermined", [])
