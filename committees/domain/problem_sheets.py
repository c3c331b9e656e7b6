"""The two printed layouts of the problem register, to the letter.

Anqing 建物发〔2023〕300号, annex 2: eleven columns, notes below. Zaozhuang
枣住建房字〔2020〕15号, annex 2: one register a campaign, 属地 and date above, twelve columns,
one problem a row, one number a project, whose cells are one over its problems.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from committees.domain.problems import CAMPAIGNS
from registry.domain.problems import CLASSES, ITEMS, OTHER

TITLE = "住宅物业服务问题整治工作台账"
HEADER = (
    "序号", "项目名称", "所在区县", "物业服务企业", "问题类别", "问题内容",
    "整改措施进展情况", "责任单位 / 人", "整改完成时限", "是否销号", "备注",
)  # fmt: skip
WIDTHS = (6, 16, 10, 18, 6, 34, 34, 18, 12, 6, 12)

CAMPAIGN_HEADER = (
    "序号", "项目名称", "物业服务企业", "服务标准", "存在问题", "整治措施", "完成时限",
    "责任人", "进展情况", "社区", "街道", "备注",
)  # fmt: skip
CAMPAIGN_WIDTHS = (6, 16, 18, 10, 30, 26, 12, 12, 30, 12, 12, 12)
CAMPAIGN_NOTES = (
    "注：1. 表格使用 Excel 类电子表格。2. 按照环境卫生、道路设施等四项攻坚行动分别建立台账。"
    "3. 问题、整治措施等相对应，每条问题占一行。序号同项目名称等对应，一个项目一个序号。"
)
# Columns that are the project's own, and those that its problems mostly have in common.
_PROJECT = (0, 1)
_COMMON = (2, 3, 9, 10)
_NOTES = (
    "填表说明：问题类别按照以下五类问题予以分类，在“问题类别”栏中填写“1”“2”等数字表示问题类别；"
    "在“问题内容”栏中填写具体问题描述。"
)
_MORE = "各地可在“其他问题”的基础上增加问题类型。"
_NUMERALS = "一二三四五"


class Row(NamedTuple):
    """A problem as registers print it. `project` tells estates of one name apart."""

    project: int
    name: str
    district: str
    company: str
    group: int
    content: str
    measures: str
    progress: str
    unit: str
    person: str
    deadline: date | None
    is_closed: bool
    remarks: str
    standard: str = ""
    neighborhood: str = ""
    street: str = ""


def campaign_title(campaign: int) -> str:
    """环境卫生攻坚行动整治工作台账 and its like."""
    return f"{CAMPAIGNS[campaign]}攻坚行动整治工作台账"


def campaign_heading(campaign: int, place: str, day: date) -> tuple[str, str, str]:
    """The lines above the header."""
    return (
        campaign_title(campaign), f"属地：{place}", f"{day.year}年{day.month}月{day.day}日",
    )  # fmt: skip


def notes(added: Mapping[int, str]) -> tuple[str, ...]:
    """The annex's notes for filling in: five classes, 22 items; `added` by the place."""
    classes = (_class_words(group, added if group == OTHER else {}) for group in CLASSES)
    return (_NOTES, *classes, _MORE)


def cells(rows: Iterable[Row]) -> Iterator[list[str | int | None]]:
    """The eleven columns of each problem."""
    for number, one in enumerate(rows, 1):
        yield [
            number,
            one.name,
            one.district,
            one.company,
            one.group,
            one.content,
            _joined(one.measures, one.progress),
            " / ".join(filter(None, (one.unit, one.person))),
            _day(one.deadline),
            "是" if one.is_closed else "否",
            one.remarks,
        ]


def campaign_cells(rows: Iterable[Row]) -> Iterator[list[str | int | None]]:
    """The twelve columns of each problem, those of one project behind each other.

    `rows`: as `by_project` has them. None: one cell with the one above; company, standard,
    社区 and 街道 are one cell over the rows that say the same, so that none of them is lost.
    """
    for number, (_project, those) in enumerate(groupby(rows, key=lambda one: one.project), 1):
        above: list[str | int | None] = []
        for place, one in enumerate(those, 1):
            line = _campaign_line(number, place, one)
            written = list(line)
            for column in (*_PROJECT, *_COMMON) if above else ():
                if column in _PROJECT or line[column] == above[column]:
                    written[column] = None
            above = line
            yield written


def by_project(rows: Sequence[Row]) -> list[Row]:
    """Each project's problems behind each other, projects in the order they come in.

    Where its problems name one company, or one standard, it is that of those too that name
    none; where they name several, each row keeps what it says.
    """
    first: dict[int, int] = {}
    said: dict[int, tuple[set[str], set[str]]] = {}
    for place, one in enumerate(rows):
        first.setdefault(one.project, place)
        companies, standards = said.setdefault(one.project, (set(), set()))
        companies.add(one.company)
        standards.add(one.standard)
    return [
        one._replace(
            company=_only(said[one.project][0], one.company),
            standard=_only(said[one.project][1], one.standard),
        )
        for one in sorted(rows, key=lambda one: first[one.project])
    ]


def _only(named: set[str], own: str) -> str:
    """What one row stands for: the only one that was named, else its own."""
    known = named - {""}
    return next(iter(known)) if len(known) == 1 else own


def _campaign_line(number: int, place: int, one: Row) -> list[str | int | None]:
    return [
        number,
        one.name,
        one.company,
        one.standard,
        f"{place}. {one.content}",
        one.measures,
        _day(one.deadline),
        one.person or one.unit,
        one.progress,
        one.neighborhood,
        one.street,
        one.remarks,
    ]


def _class_words(group: int, added: Mapping[int, str]) -> str:
    own = {number: one.words for number, one in ITEMS.items() if one.group == group}
    items = "".join(
        f"{number}. {_ended(words)}" for number, words in sorted((own | dict(added)).items())
    )
    return f"（{_NUMERALS[group - 1]}）{CLASSES[group]}。{items}"


def _joined(measures: str, progress: str) -> str:
    return "\n".join(filter(None, (measures, progress)))


def _day(day: date | None) -> str:
    return "" if day is None else f"{day:%Y-%m-%d}"


def _ended(words: str) -> str:
    return words if words.endswith("。") else f"{words}。"
