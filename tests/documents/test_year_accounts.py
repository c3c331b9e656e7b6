"""The yearly report for the owners' assembly: what it refuses and what it prints."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdf
import pytest

from core.exact import format_yuan
from documents.year_accounts import (
    YEAR_ACCOUNT_NAME,
    YearAccountFacts,
    YearHeading,
    YearPeriod,
    render_year_account,
    year_account_json,
)
from tests.documents import samples
from tests.documents.bulletin_samples import year

needs_poppler = samples.needs_poppler


def printed(facts: YearAccountFacts) -> bytes:
    return render_year_account(facts, attachments={YEAR_ACCOUNT_NAME: year_account_json(facts)})


def periods(*changes: tuple[int, dict[str, Any]]) -> tuple[YearPeriod, ...]:
    made = list(year().periods)
    for place, change in changes:
        made[place] = made[place]._replace(**change)
    return tuple(made)


@pytest.mark.parametrize(
    "changes",
    [
        {"periods": ()},
        {"periods": periods((0, {"in_fen": 1}))},
        {"periods": periods((3, {"closing_fen": 1}))},
        {"periods": periods((1, {"first": date(2026, 4, 2)}))},
        {"periods": periods()[::-1]},
        {"periods": periods()[::2]},
        {"headings": year().headings[1:]},
        {"headings": (*year().headings, YearHeading("gift", "赠与", 0, 0))},
        {"headings": (year().headings[0]._replace(side="cost"), *year().headings[1:])},
    ],
)
def test_figures_that_do_not_add_up_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        replace(year(), **changes)


@needs_poppler
def test_it_says_what_there_is_to_say(tmp_path: Path) -> None:
    text = "".join(samples.text_of(printed(year()), tmp_path))
    for wanted in (
        "样例花园2026年度公共收益收支报告",
        "样例花园业〔2027〕2号",
        "年初余额100,000.00元",
        "本年收入366,000.00元（平均每户约598元）",  # 598.03…
        "成本和使用平均每户约522元",  # 522.87…
        "年末余额146,000.00元",
        "还有6.00元没有转入",  # 100 + 200 + 300 fen
        "140,000.00",
        "139,994.00",
        "16,000.00",  # 266,000 - 250,000
        "-5,000.00",  # 80,000 - 85,000
        "30,000.00",  # 240,000 - 210,000
        "未公布",
        "第一季度",
        "第四季度",
        "样例花园业〔2026〕6号（更正）",
        "7K4M-2QXH-9T3W",
        "2027年1月12日",
        "业主提出的疑问还有2件没有答复",
        "报告单位（盖章）",
        "不代替印章",
    ):
        assert wanted in text, wanted
    for one in year().periods:
        for fen in one[2:9]:
            assert format_yuan(fen) in text


@needs_poppler
def test_a_year_without_debts_or_questions_says_so(tmp_path: Path) -> None:
    paid = periods(*((place, {"to_fund_fen": 36_000_00}) for place in range(4)))
    text = "".join(
        samples.text_of(printed(replace(year(), periods=paid, open_questions=0)), tmp_path)
    )
    assert "应转入的已经转入" in text
    assert "没有等待答复的业主疑问" in text


def months(scale: int) -> YearAccountFacts:
    """Twelve months; amounts of `scale` fen and more."""
    made, opening = [], scale
    for month in range(1, 13):
        last = date(2026 + month // 12, month % 12 + 1, 1).toordinal() - 1
        closing = opening + 3 * scale - scale
        made.append(
            year()
            .periods[0]
            ._replace(
                first=date(2026, month, 1),
                last=date.fromordinal(last),
                opening_fen=opening,
                in_fen=3 * scale,
                cost_fen=scale,
                use_fen=0,
                closing_fen=closing,
            )
        )
        opening = closing
    long = "很长很长很长的科目名称"
    sums = (
        YearHeading("in", "车位场地使用费", 36 * scale, 0),
        YearHeading("cost", f"{long}一", 6 * scale, None),
        YearHeading("cost", f"{long}二", 6 * scale, None),
    )
    return year(periods=tuple(made), headings=sums)


@needs_poppler
@pytest.mark.parametrize("facts", [year(), months(12_345_67), months(1_234_567_89)])
def test_amounts_stay_in_their_cells_and_the_seal_on_a_sheet_with_words(
    facts: YearAccountFacts, tmp_path: Path
) -> None:
    pdf = printed(facts)
    pages = samples.text_of(pdf, tmp_path)
    assert len(pages) <= 4
    assert len(pages[-1].partition("报告单位")[0]) > 20
    box = pypdf.PdfReader(BytesIO(pdf)).pages[0].mediabox
    assert [round(float(side) * 25.4 / 72) for side in (box.width, box.height)] == [210, 297]
    for picture in samples.pictures(pdf, tmp_path, dpi=50):
        ink = picture.point(lambda value: 255 * (value < 128)).getbbox()
        assert ink is not None
        assert ink[0] / 50 * 25.4 >= 25.5
        assert ink[2] / 50 * 25.4 <= 210 - 26 + 0.6
    for page in samples.words_of(pdf):
        assert not samples.overlapping(page)
        assert not [word.text for word in page if re.search(r"\.\d\d[\d,]", word.text)]
    assert len(facts.periods) == 4 or "12月" in "".join(pages)


def test_its_data_are_as_printed_and_travel_inside() -> None:
    facts = year()
    found = json.loads(year_account_json(facts))
    assert found["whole"] == {
        "opening": "100,000.00",
        "in": "366,000.00",
        "cost": "80,000.00",
        "use": "240,000.00",
        "closing": "146,000.00",
        "due_to_fund": "140,000.00",
        "to_fund": "139,994.00",
    }
    assert [one["first"] for one in found["periods"]] == [
        "2026-01-01",
        "2026-04-01",
        "2026-07-01",
        "2026-10-01",
    ]
    assert found["headings"][1]["before"] is None
    reader = pypdf.PdfReader(BytesIO(printed(facts)))
    assert reader.attachments == {YEAR_ACCOUNT_NAME: [year_account_json(facts)]}
