"""Words and days of problems; numbers and classes from the city's paper."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from committees.domain.problem_sheets import (
    CAMPAIGN_HEADER,
    HEADER,
    Row,
    by_project,
    campaign_cells,
    cells,
    notes,
)
from committees.domain.problems import (
    CAMPAIGNS,
    Said,
    day_reasons,
    found_reasons,
    group_of,
    is_late,
    item_reasons,
    items_in,
    said_reasons,
    shown,
)
from disclosures.domain.wording import COVER

# 建物发〔2023〕300号, annex 2: (一) 1-4, (二) 5-14, (三) 15-17, (四) 18-19, (五) 20-22.
CLASSES = {
    1: range(1, 5),
    2: range(5, 15),
    3: range(15, 18),
    4: range(18, 20),
    5: range(20, 23),
}
TODAY = date(2026, 11, 2)


def codes(found: list) -> list[str]:
    return [one.code for one in found]


def test_the_class_of_every_item():
    for group, items in CLASSES.items():
        assert items_in(group) == list(items)
        assert {group_of(one) for one in items} == {group}
    assert {group_of(one) for one in (23, 99, 999)} == {5}


def test_the_four_campaigns_of_zaozhuang():
    assert list(CAMPAIGNS.values()) == ["环境卫生", "道路设施", "车辆停放", "服务质量"]


@given(item=st.integers(-5, 1005), group=st.none() | st.integers(-1, 7), added=st.sets(
    st.integers(23, 999), max_size=4))  # fmt: skip
def test_an_item_is_one_of_the_papers_or_of_the_place(item, group, added):
    known = 1 <= item <= 22 or item in added
    right = next((one for one, items in CLASSES.items() if item in items), 5)
    wrong = codes(said_reasons(Said(item, "有问题", "某单位", group=group), added))
    if not known:
        assert wrong == ["problem.item"]
    elif group is not None and group != right:
        assert wrong == ["problem.group"]
    else:
        assert wrong == []


@pytest.mark.parametrize(
    ("number", "taken", "code"),
    [
        (22, set(), ["item.number"]), (0, set(), ["item.number"]),
        (1000, set(), ["item.number"]),
        (23, set(), []), (999, set(), []), (23, {23}, ["item.taken"]), (24, {23}, []),
    ],
)  # fmt: skip
def test_a_place_adds_from_23(number, taken, code):
    assert codes(item_reasons(number, "高空抛物", taken)) == code


@given(st.dates(date(1990, 1, 1), date(2030, 1, 1)), st.none() | st.dates(
    date(1990, 1, 1), date(2030, 1, 1)))  # fmt: skip
def test_found_before_it_is_due_and_not_ahead(found_on, deadline):
    wrong = codes(found_reasons(found_on, deadline, TODAY))
    assert ("problem.found" in wrong) is (found_on > TODAY or found_on.year < 2000)
    wanted = deadline is not None and (deadline < found_on or deadline > date(2028, 11, 2))
    assert ("problem.deadline" in wrong) is wanted


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.dates(
    date(2026, 1, 1), date(2026, 12, 31)))  # fmt: skip
def test_a_day_between_two(day, before):
    wrong = day_reasons(
        "day", "销号的日期", day, not_before=before, what="发现的日期", today=TODAY
    )
    assert (wrong == []) is (before <= day <= TODAY)


@pytest.mark.parametrize(
    ("deadline", "state", "late"),
    [
        (TODAY, "open", False),  # Civil Code 203: until the end of the last day
        (TODAY - timedelta(days=1), "open", True),
        (TODAY - timedelta(days=1), "closed", False),
        (None, "open", False),
    ],
)
def test_late_from_the_day_after(deadline, state, late):
    assert is_late(deadline, state, TODAY) is late


@pytest.mark.parametrize(
    "secret",
    [
        "13800001234", "138 0000 1234", "138-0000-1234", "+8613800001234",
        "１３８００００１２３４",
        "0556-5551234", "05565551234", "5551234", "999999199001011234", "99999919900101123X",
        "999999900101123", "6222000000000009", "501", "1201",
    ],
)  # fmt: skip
def test_numbers_of_people_are_covered(secret):
    text = f"找{secret}室" if len(secret) < 5 else f"找{secret}问"
    told = shown(text, [])
    assert secret not in told
    assert len(told) == len(text)
    assert told[0] == "找"


def test_names_are_covered():
    assert shown("赵工和赵工程师说的，李先生也在", ["赵工"]) == "＊＊和＊＊程师说的，＊先生也在"
    assert shown("张某某女士", []) in ("张某＊女士", "＊某某女士", "张某＊＊女士", "＊＊＊女士")
    assert shown("没有名字", ["", " "]) == "没有名字"


@pytest.mark.parametrize(
    "text",
    [
        "12345市长热线转来", "2026-10-31以前改好", "第15项，建物发〔2023〕300号",
        "面积1200平方米", "3幢2单元楼道堆放杂物", "消防车道100米", "2026年10月1日起",
        "罚款5000元", "共1234567890元",
    ],
)  # fmt: skip
def test_other_numbers_stay(text):
    assert shown(text, []) == text


@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=3), max_size=3))
def test_covering_never_changes_anything_else(text, names):
    told = shown(text, names)
    assert len(told) == len(text)
    assert all(one in (COVER, two) for one, two in zip(told, text, strict=True))
    for name in names:
        assert not name.strip() or name.strip() not in told or set(name.strip()) <= {COVER}


def row(project: int, **changes: object) -> Row:
    given_ = {
        "name": f"苑{project}", "district": "东区", "company": "样例物业", "group": 1,
        "content": "有垃圾", "measures": "", "progress": "", "unit": "某单位", "person": "",
        "deadline": None, "is_closed": False, "remarks": "",
    }  # fmt: skip
    return Row(project=project, **(given_ | changes))


@given(st.lists(st.integers(1, 4), max_size=12))
def test_one_number_a_project_and_numbers_within_it(projects):
    """Read back as whoever reads the sheet: an empty cell is the one above it."""
    rows = [row(one, content=f"第{place}条") for place, one in enumerate(projects)]
    found, above = [], []
    for line in campaign_cells(by_project(rows)):
        assert len(line) == len(CAMPAIGN_HEADER) == 12
        above = [cell if cell is not None else above[n] for n, cell in enumerate(line)]
        found.append(above)
    order = list(dict.fromkeys(projects))
    wanted = [
        (order.index(project) + 1, f"苑{project}", f"{place}. {one.content}")
        for project in order
        for place, one in enumerate((one for one in rows if one.project == project), 1)
    ]
    assert [(line[0], line[1], line[4]) for line in found] == wanted


def test_only_cells_that_say_the_same_are_one():
    rows = [
        row(1, company="甲物业", standard="三级", neighborhood="东社区"), row(2),
        row(1, company="甲物业", standard="", neighborhood="东社区"),
        row(1, company="乙物业", standard="", neighborhood="东社区"),
        row(1, company="甲物业", standard="", neighborhood="东社区"),
    ]  # fmt: skip
    lines = list(campaign_cells(by_project(rows)))
    own = lines[:4]
    assert [line[2] for line in own] == ["甲物业", None, "乙物业", "甲物业"]
    # One standard was named: it is the project's.
    assert [line[3] for line in own] == ["三级", None, None, None]
    assert [line[9] for line in own] == ["东社区", None, None, None]
    assert [line[1] for line in own] == ["苑1", None, None, None]
    # The next project is another cell, whatever it says.
    assert lines[4][1:4] == ["苑2", "样例物业", ""]


def test_who_names_no_company_is_not_given_one_of_several():
    rows = [row(1, company="甲物业"), row(1, company=""), row(1, company="乙物业")]
    assert [line[2] for line in campaign_cells(by_project(rows))] == ["甲物业", "", "乙物业"]
    assert [line[2] for line in campaign_cells(by_project(rows[:2]))] == ["甲物业", None]


def test_eleven_columns_numbered_through():
    lines = list(cells([row(2), row(1, is_closed=True, deadline=TODAY), row(2, group=5)]))
    assert {len(line) for line in lines} == {len(HEADER)} == {11}
    assert [line[0] for line in lines] == [1, 2, 3]
    assert [line[4] for line in lines] == [1, 1, 5]
    assert [line[8] for line in lines] == ["", "2026-11-02", ""]
    assert [line[9] for line in lines] == ["否", "是", "否"]


def test_notes_have_the_22_items_and_those_of_the_place():
    lines = notes({23: "高空抛物", 30: "其他。"})
    assert len(lines) == 7
    assert lines[5].endswith("22. 有关单位、业委会履职不到位等。23. 高空抛物。30. 其他。")
    printed = [int(one) for line in notes({}) for one in re.findall(r"(?<=。)(\d+)\. ", line)]
    assert printed == list(range(1, 23))
