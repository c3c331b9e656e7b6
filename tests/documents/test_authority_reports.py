"""A report to the authority above: what it refuses and what it prints."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO

import pypdf
import pytest

from documents.authority_reports import (
    REPORT_NAME,
    ReportBelow,
    ReportFacts,
    ReportRow,
    render_report,
    report_json,
)

FACTS = ReportFacts(
    number="样例区住建局报〔2026〕1号",
    code="7K4M2QXH9T3W",
    verify_url="https://yishi.example/v/7K4M2QXH9T3W",
    estate="样例区住建局",
    issued_at=datetime(2026, 11, 2, 2, 0, tzinfo=UTC),
    issuer="样例区住建局",
    heading="2026年10月工作月报",
    above="样例市住建局",
    version=1,
    why="",
    as_of=date(2026, 10, 31),
    due_on=date(2026, 11, 3),
    clause="测试条款",
    columns=("物业管理区域（个）", "逾期（件）"),
    rows=tuple(ReportRow(f"样例{number}街道", (number, None)) for number in range(1, 7)),
    total=ReportRow("合计", (21, None)),
    rates=(("组建率", "不适用"),),
    text=("做了三件事。", "下个月做两件。"),
    below=(ReportBelow("样例开发区", "还没有报送"),),
)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"total": ReportRow("合计", (22, None))}, "add up"),
        ({"total": ReportRow("合计", (21, 0))}, "add up"),
        ({"rows": (ReportRow("样例街道", (21,)),)}, "fit"),
        ({"columns": ("物业管理区域（个）",)}, "fit"),
    ],
)
def test_figures_that_do_not_add_up(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(FACTS, **change)


def test_it_prints_every_place_and_carries_its_data() -> None:
    data = report_json(FACTS)
    pdf = render_report(FACTS, attachments={REPORT_NAME: data})
    assert pdf == render_report(FACTS, attachments={REPORT_NAME: data})
    reader = pypdf.PdfReader(BytesIO(pdf))
    text = re.sub(r"\s", "", "".join(page.extract_text() for page in reader.pages))
    wanted = ["样例区住建局2026年10月工作月报", "没有记", "不适用", "样例6街道"]
    for words in [*wanted, "下个月做两件", "还没有报送", "2026年11月3日以前报送"]:
        assert words in text
    assert reader.attachments[REPORT_NAME] == [data]
    said = json.loads(data)
    assert (said["total"], said["as_of"]) == ([21, None], "2026-10-31")


def test_a_correction_says_why() -> None:
    second = replace(FACTS, version=2, why="文字有误")
    pdf = render_report(second, attachments={REPORT_NAME: report_json(second)})
    text = "".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages)
    assert "第2版，更正的原因：文字有误" in re.sub(r"\s", "", text)


@pytest.mark.parametrize(
    ("change", "headings"),
    [
        ({}, ["一、数字", "二、各地", "三、工作进展", "四、下级报送情况"]),
        ({"below": ()}, ["一、数字", "二、各地", "三、工作进展"]),
        (
            {"rows": (ReportRow("样例街道", (21, None)),)},
            ["一、数字", "二、工作进展", "三、下级报送情况"],
        ),
    ],
)
def test_its_parts_are_numbered_throughout(
    change: dict[str, object], headings: list[str]
) -> None:
    pdf = render_report(replace(FACTS, **change), attachments={REPORT_NAME: b"{}"})
    text = "".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages)
    assert re.findall(r"[一二三四]、(?:数字|各地|工作进展|下级报送情况)", text) == headings


def test_tables_go_on_over_the_page() -> None:
    """19 figures of 18 places fill their pages."""
    columns = tuple(f"第{number}项数字（件）" for number in range(19))
    rows = tuple(ReportRow(f"样例{number}区", (1,) * 19) for number in range(18))
    facts = replace(
        FACTS, columns=columns, rows=rows, total=ReportRow("合计", (18,) * 19),
    )  # fmt: skip
    pages = pypdf.PdfReader(BytesIO(render_report(facts, attachments={REPORT_NAME: b"{}"})))
    found = [len(page.extract_text().splitlines()) for page in pages.pages]
    assert min(found[:-1]) * 2 > max(found)


def test_no_few_rows_stay_behind_and_the_title_breaks_before_its_heading() -> None:
    """However far down the page a table begins."""
    columns = tuple(f"第{number}项数字（件）" for number in range(19))
    rows = tuple(ReportRow(f"样例{number}区", (1,) * 19) for number in range(7))
    total = ReportRow("合计", (7,) * 19)
    for share in range(1, 7):
        facts = replace(
            FACTS, columns=columns, rows=rows, total=total, estate="样例市住房和城乡建设局",
            rates=(("组建率", "不适用"),) * share,
        )  # fmt: skip
        pdf = render_report(facts, attachments={REPORT_NAME: b"{}"})
        pages = [one.extract_text() for one in pypdf.PdfReader(BytesIO(pdf)).pages]
        assert any(line.strip() == "2026年10月工作月报" for line in pages[0].splitlines())
        for one in pages:
            shown = re.findall(r"第\d+项数字", one)
            assert not shown or len(shown) >= 4
