"""备案: the papers of 274号 art. 33, and when a vote makes them due."""

from __future__ import annotations

import pytest

from voting.domain.filing import PAPERS, missing_reasons, papers_needed, return_reasons


@pytest.mark.parametrize(
    ("passed", "first", "needed"),
    [
        ((), False, []),
        ((5, 6, 9), False, []),
        ((1,), False, ["rules"]),
        ((2,), False, ["covenant"]),
        ((3,), False, ["report"]),
        ((3, 1), False, ["report", "rules"]),
        ((3, 2, 1), True, ["report", "covenant", "rules"]),
        # A first assembly that elected: covenant and rules are new whatever was counted here.
        ((3,), True, ["report", "covenant", "rules"]),
        ((1, 2), True, ["covenant", "rules"]),
    ],
)
def test_what_is_filed(passed: tuple[int, ...], first: bool, needed: list[str]) -> None:
    assert papers_needed(passed, first=first) == needed


def test_the_four_papers_of_the_law_in_its_order() -> None:
    assert list(PAPERS.values()) == [
        "业主大会成立和业主委员会选举的情况",
        "管理规约",
        "业主大会议事规则",
        "业主大会决定的其他重大事项",
    ]


def test_everything_missing_at_once() -> None:
    found = missing_reasons(["report", "covenant", "rules"], {"covenant"})
    assert [reason.field for reason in found] == ["report", "rules"]


@pytest.mark.parametrize(
    ("stated", "wrong"),
    [
        ({}, True),
        ({"rules": "  "}, True),
        ({"rules": "缺第三页"}, False),
        ({"rules": "缺" * 201}, True),
        ({"strange": "缺"}, True),
    ],
)
def test_a_return_says_why(stated: dict[str, str], wrong: bool) -> None:
    assert bool(return_reasons(stated)) is wrong
