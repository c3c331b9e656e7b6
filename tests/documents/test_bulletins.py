"""The bulletin: what it refuses, what it prints, what fits on its sheet, its data and table."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
from collections import Counter
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdf
import pytest
import zxingcpp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.exact import format_yuan
from documents.bulletin_rows import table_rows
from documents.bulletins import (
    BULLETIN_NAME,
    TABLE_NAME,
    BulletinFacts,
    Line,
    bulletin_csv,
    bulletin_json,
    read_bulletin,
    render_bulletin,
)
from tests.documents import samples
from tests.documents.bulletin_samples import (
    PAGE,
    QUARTER,
    bulletin,
    changed,
    crowd,
    headings,
    line,
)

POINT = 72 / 25.4
needs_poppler = samples.needs_poppler

# --- what is refused ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"closing_fen": 1},
        {"opening_fen": 213_456_79},
        {"headings": headings(QUARTER)[1:]},
        {"headings": (*headings(QUARTER), headings(QUARTER)[0]._replace(fen=0))},
        {"headings": (headings(QUARTER)[0]._replace(fen=1), *headings(QUARTER)[1:])},
        # The right sum under the wrong name, and on the wrong side.
        {"headings": (headings(QUARTER)[0]._replace(account="停车"), *headings(QUARTER)[1:])},
        {"headings": (headings(QUARTER)[0]._replace(side="cost"), *headings(QUARTER)[1:])},
        {"lines": QUARTER[1:]},
        {"lines": (*QUARTER, line(99, "gift", "赠与", "某人", 0))},
        {"bank_fen": 1},
        {"bank_on": None},
        {"kind": "lottery"},
        {"first": date(2026, 10, 1)},
    ],
)
def test_figures_that_do_not_add_up_are_refused(changes: dict[str, Any]) -> None:
    facts = bulletin()
    with pytest.raises(ValueError, match=r"\w"):
        changed(facts, **changes)


def test_a_bank_balance_that_differs_needs_a_reason() -> None:
    off = {"bank_fen": bulletin().closing_fen - 1200}
    with pytest.raises(ValueError, match="bank"):
        changed(bulletin(), **off)
    assert changed(bulletin(), **off, difference="10月2日入账").off_fen == -1200


@pytest.mark.parametrize(
    ("kind", "first", "last", "title"),
    [
        ("revenue", (2026, 7, 1), (2026, 9, 30), "2026年第三季度公共收益收支公布"),
        ("revenue", (2026, 7, 1), (2026, 7, 31), "2026年7月公共收益收支公布"),
        ("expenses", (2026, 1, 1), (2026, 6, 30), "2026年上半年业主委员会经费收支公布"),
        ("expenses", (2026, 7, 1), (2026, 12, 31), "2026年下半年业主委员会经费收支公布"),
        ("fund", (2024, 1, 1), (2024, 12, 31), "2024年度住宅专项维修资金使用公布"),
        ("fund", (2024, 2, 1), (2024, 2, 29), "2024年2月住宅专项维修资金使用公布"),
        ("fund", (2024, 2, 1), (2024, 2, 28), "2024年2月1日至2月28日住宅专项维修资金使用公布"),
        ("fund", (2026, 2, 1), (2026, 4, 30), "2026年2月1日至4月30日住宅专项维修资金使用公布"),
        (
            "fund",
            (2025, 11, 5),
            (2026, 1, 9),
            "2025年11月5日至2026年1月9日住宅专项维修资金使用公布",
        ),
    ],
)
def test_the_title_names_the_period(
    kind: str, first: tuple[int, int, int], last: tuple[int, int, int], title: str
) -> None:
    facts = changed(bulletin(), kind=kind, first=date(*first), last=date(*last))
    assert facts.title == f"样例花园{title}"


@pytest.mark.parametrize(
    ("fen", "households", "words"),
    [
        (101_297_67, 612, "平均每户约165元"),  # 165.51…
        (612_00, 612, "平均每户约1元"),
        (611_99, 612, "平均每户不到1元"),
        (1_234_567_00, 1, "平均每户约1,234,567元"),
        (0, 612, ""),
        (-5, 612, ""),
        (100, 0, ""),
    ],
)
def test_what_a_household_has_of_it_is_rounded_down(
    fen: int, households: int, words: str
) -> None:
    assert changed(bulletin(), households=households).a_household(fen) == words


# --- its rows -------------------------------------------------------------------------------

NAMES = st.sampled_from(["广告", "停车", "租金", "孳息", "税费", "维护"])
LINES = st.lists(
    st.builds(
        lambda side, account, party, basis, fen: line(
            1, side, account, party, fen, basis=basis
        ),
        st.sampled_from(["in", "cost", "use"]),
        NAMES,
        st.sampled_from("甲乙丙丁戊己庚辛壬癸"),
        st.sampled_from(["", "合同一", "合同二"]),
        st.integers(-(10**9), 10**9),
    ),
    max_size=120,
).map(tuple)


@given(LINES, st.none() | st.integers(0, 40))
def test_joined_or_not_the_rows_make_the_totals(
    lines: tuple[Line, ...], limit: int | None
) -> None:
    facts = bulletin(lines, past={"广告": (5, 6), "停车": (7, 8)})
    rows = table_rows(facts, limit)
    names = {"收入合计": "in", "成本合计": "cost", "使用合计": "use"}
    sums: Counter[str] = Counter()
    side, under = "", None
    for row in [*rows, None]:
        if row is None or row.kind != "item":
            assert under is None or under[1] in (None, under[0])
            under = None
        if row is None:
            break
        if row.kind == "total":
            side = names[row.account]
            assert row.fen == sum(one.fen for one in lines if one.side == side)
        elif row.kind == "heading":
            sums[side] += row.fen
            under = (row.fen, None)
        else:
            assert under is not None
            under = (under[0], (under[1] or 0) + row.fen)
    assert sums == Counter({s: facts.total(s) for s in names.values() if facts.total(s)})


@given(LINES, st.integers(0, 40))
def test_no_line_is_left_out_of_the_count(lines: tuple[Line, ...], limit: int) -> None:
    """Every line is in the 共N笔 of its heading, or the heading's only item has its row."""
    rows = table_rows(bulletin(lines, past={}), limit)
    assert len(rows) <= max(limit, 2 * len({one.side for one in lines}))
    counted, side = 0, ""
    for row in rows:
        if row.kind == "total":
            side = {"收入合计": "in", "成本合计": "cost", "使用合计": "use"}[row.account]
        elif row.kind == "heading" and (found := re.fullmatch(r"共(\d+)笔", row.basis)):
            counted += int(found[1])
        elif row.kind == "heading":
            key = side, row.account, row.party, row.basis
            counted += sum((*one[2:5], one.basis) == key for one in lines)
    assert counted == len(lines)


def test_the_smallest_are_joined_and_the_largest_stay() -> None:
    lines = tuple(line(n, "in", "广告", f"第{n}家", n * 100) for n in range(1, 31))
    rows = table_rows(bulletin(lines, past={}), 6)
    assert [(row.kind, row.account or row.party, row.fen) for row in rows] == [
        ("total", "收入合计", 46_500),
        ("heading", "广告", 46_500),
        ("item", "第30家", 3_000),
        ("item", "第29家", 2_900),
        ("item", "第28家", 2_800),
        ("item", "其他27笔", 37_800),
    ]


def test_one_is_never_joined_alone() -> None:
    lines = tuple(line(n, "in", "广告", f"第{n}家", n * 100) for n in range(1, 4))
    assert [row.party for row in table_rows(bulletin(lines, past={}), 5)][2:] == [
        "第3家",
        "第2家",
        "第1家",
    ]


# --- the sheet ------------------------------------------------------------------------------


def printed(facts: BulletinFacts) -> bytes:
    files = {BULLETIN_NAME: bulletin_json(facts), TABLE_NAME: bulletin_csv(facts)}
    return render_bulletin(facts, attachments=files)


def text_of_one_sheet(pdf: bytes) -> str:
    """As poppler reads it, without blanks; pypdf says that it is one page, A3 across."""
    reader = pypdf.PdfReader(BytesIO(pdf))
    assert len(reader.pages) == 1
    box = reader.pages[0].mediabox
    assert (round(box.width / POINT), round(box.height / POINT)) == (420, 297)
    answer = subprocess.run(["pdftotext", "-", "-"], input=pdf, check=True, capture_output=True)
    return re.sub(r"\s+", "", answer.stdout.decode("utf-8", "replace"))


@pytest.fixture(scope="module")
def quarter() -> bytes:
    return printed(bulletin())


@needs_poppler
def test_it_says_what_there_is_to_say(quarter: bytes) -> None:
    text = text_of_one_sheet(quarter)
    for wanted in (
        "样例花园2026年第三季度公共收益收支公布",
        "资金由样例物业服务有限公司保管",
        "尾号0427",
        "附件26张，扫码查看",  # 13 lines of two each
        "收入（平均每户约165元）",
        "样例鑫达文化传媒有限公司",
        "电梯广告合同2026-02",
        "业主大会决议〔2026〕3号",
        "银行余额（2026年9月30日对账单），与账面一致",
        "应转入维修资金51,218.96元，已转52,000.00元",
        "8月道闸主板雷击损坏",
        "什么时候都可以扫码提问，或者打电话0000-0000000",
        "公布到2026年11月11日24时为止",
        "依据：民法典第二百八十二条、第九百四十三条",
        "编制样例物业服务有限公司",
        "复核样例花园业主委员会",
        "监督（签名、日期）",
        "7K4M-2QXH-9T3W",
        "不代替印章",
    ):
        assert wanted in text, wanted
    assert "更正" not in text
    for amount in (213_456_78, 101_297_67, 28_128_73, 58_000_00, 86_128_73, 228_625_72):
        assert format_yuan(amount) in text
    for one in bulletin().headings:
        for fen in one[2:]:
            assert format_yuan(fen) in text
    for one in QUARTER:
        assert format_yuan(one.fen) in text
    assert "99,189.02" in text  # the income of the period before
    assert "85,561.44" in text  # and of a year ago


@needs_poppler
def test_a_correction_is_loud_and_says_what_changed() -> None:
    what = "电梯广告原来记成18,600.00元，更正为18,000.00元。"
    text = text_of_one_sheet(printed(bulletin(version=2, correction=what)))
    assert "更正" in text
    assert f"这是第2版，代替以前张贴的。{what}" in text


@needs_poppler
def test_a_bank_balance_that_differs_is_explained_and_one_that_is_missing_said() -> None:
    closing = bulletin().closing_fen
    text = text_of_one_sheet(
        printed(bulletin(bank_fen=closing - 12_00, difference="电费10月2日入账"))
    )
    assert "银行余额比账面少12.00元：电费10月2日入账" in text
    assert "与账面一致" not in text
    text = text_of_one_sheet(printed(bulletin(bank_fen=None, bank_on=None)))
    assert "没有提供" in text
    assert "与账面一致" not in text


@needs_poppler
def test_a_first_period_has_nothing_to_compare_and_says_so() -> None:
    text = text_of_one_sheet(printed(bulletin(past={})))
    assert "上期没有公布过，不能比较" in text
    assert "去年同期" not in text


@needs_poppler
def test_a_period_without_movements_is_a_bulletin_too() -> None:
    text = text_of_one_sheet(printed(bulletin((), past={})))
    assert "本期没有收入，也没有支出" in text
    assert text.count("213,456.78") >= 3


@needs_poppler
def test_an_undue_transfer_is_named() -> None:
    text = text_of_one_sheet(printed(bulletin(to_fund_fen=50_000_00)))
    assert "已转50,000.00元，还差1,218.96元" in text


@needs_poppler
def test_names_in_letters_of_strange_fonts_do_not_move_the_frame() -> None:
    """Their lines are taller, and a long run of them goes to the next line as a whole."""
    demand_places(printed(bulletin(reviewed="0!0𝐛𝐟𝐧𝐦𝐪𝐩𝐮𝐰!𝐣𝐦!0!𝐦𝐟𝐩𝐩𝐬𝐮𝐯")))
    demand_places(printed(bulletin((), past={}, prepared="00⽞𝐛æ𝐧æ𝐪0æ𝐰 𝐣𝐦 찞 ææ𝐩0𝐬æ𝐯")))


@needs_poppler
def test_content_is_14_points_or_more(quarter: bytes) -> None:
    """To be read at one metre (experience D5); the frame of the signature is smaller.

    A Chinese character is as wide as its type is large.
    """
    found = [
        ((right - left) * POINT / len(text), text)
        for text, left, right, middle in samples.words_of(quarter)[0]
        if middle < 297 - 42 and re.fullmatch(r"[一-鿿]+", text)
    ]
    assert len(found) > 40
    assert min(found)[0] >= 13.99, min(found)


def demand_places(pdf: bytes) -> None:
    """Sums at the top, then the rest, then nothing until the frame of the signature."""
    found = samples.words_of(pdf)[0]
    sums = [middle for text, *_, middle in found if text in ("＋", "－", "＝")]
    assert sum(30 < middle < 60 for middle in sums) >= 3, sums
    ask = [middle for text, *_, middle in found if text.startswith("对账目有疑问的")]
    signs = [middle for text, *_, middle in found if text == "编制"]
    assert 60 < ask[0] < 254
    assert signs[-1] > 257
    assert not [word for word in found if 255 < word.middle < 257]
    amounts = [word for word in found if re.fullmatch(r"-?[\d,]+\.\d\d", word.text)]
    assert not samples.overlapping(amounts)


@needs_poppler
@pytest.mark.parametrize("lines", [QUARTER, (), crowd(500, 40)], ids=["usual", "none", "crowd"])
def test_both_codes_can_be_read_and_nothing_touches_the_edge(
    lines: tuple[Line, ...], tmp_path: Path
) -> None:
    pdf = printed(bulletin(lines, specimen="演示样本，不具有效力"))
    picture = samples.pictures(pdf, tmp_path, dpi=100)[0]
    assert {one.text for one in zxingcpp.read_barcodes(picture)} == {samples.URL, PAGE}
    ink = picture.point(lambda value: 255 * (value < 128)).getbbox()
    assert ink is not None
    left, top, right, bottom = (pixel / 100 * 25.4 for pixel in ink)
    assert left >= 11
    assert top >= 3
    assert right <= 420 - 11
    assert bottom <= 297 - 5


@needs_poppler
def test_the_worst_case_is_one_sheet() -> None:
    """How long it takes is measured in tests/benchmarks, apart from whatever else runs."""
    facts = bulletin(crowd(500, 40, 16), past={})
    pdf = printed(facts)
    text = text_of_one_sheet(pdf)
    for side in ("in", "cost", "use"):
        assert format_yuan(facts.total(side)) in text
    assert "附件1000张" in text
    assert len(pdf) < 1_000_000


WILD = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@st.composite
def any_facts(draw: st.DrawFn) -> BulletinFacts:
    """Whatever words and sums: nobody has looked at them before."""
    accounts = draw(st.lists(WILD, min_size=1, max_size=20))
    parties = draw(st.lists(WILD, min_size=1, max_size=30))
    made = st.builds(
        Line,
        st.integers(1, 10**6),
        st.dates(date(2026, 7, 1), date(2026, 9, 30)),
        st.sampled_from(["in", "cost", "use"]),
        st.sampled_from(accounts),
        st.sampled_from(parties),
        WILD,
        st.sampled_from(["", *parties]),
        st.integers(-(10**11), 10**11),
        st.integers(0, 9),
    )
    lines = tuple(draw(st.lists(made, max_size=60)))
    amount = st.none() | st.integers(-(10**11), 10**11)
    past = draw(st.dictionaries(st.sampled_from(accounts), st.tuples(amount, amount)))
    version = draw(st.integers(1, 3))
    facts = bulletin(
        lines,
        past=past,
        kind=draw(st.sampled_from(["revenue", "expenses", "fund"])),
        opening_fen=draw(st.integers(-(10**11), 10**11)),
        version=version,
        correction=draw(WILD) if version > 1 else "",
        estate="样例" + draw(WILD),
        holder=draw(WILD),
        account=draw(WILD),
        explanations=tuple(draw(st.lists(WILD, max_size=6))),
        prepared=draw(WILD),
        reviewed=draw(WILD),
        phone=draw(WILD),
        clause=draw(WILD),
        households=draw(st.integers(0, 5000)),
        due_to_fund_fen=draw(st.integers(0, 10**11)),
        specimen=draw(st.sampled_from(["", "演示样本，不具有效力"])),
    )
    if draw(st.booleans()):
        facts = changed(
            facts, bank_fen=facts.closing_fen + 7, difference=draw(WILD) + "未达账项"
        )
    return facts


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(any_facts())
@needs_poppler
def test_whatever_it_says_it_is_one_sheet_with_the_true_sums(facts: BulletinFacts) -> None:
    pdf = printed(facts)
    demand_places(pdf)
    text = text_of_one_sheet(pdf)
    for fen in (facts.opening_fen, facts.in_fen, facts.out_fen, facts.closing_fen):
        assert format_yuan(fen) in text
    for side in {one.side for one in facts.headings}:
        assert format_yuan(facts.total(side)) in text
    if facts.off_fen:
        assert format_yuan(facts.closing_fen + 7) in text
        assert "银行余额比账面多0.07元" in text
    assert "监督（签名、日期）" in text


def test_the_same_bytes_each_time_with_the_data_inside(quarter: bytes) -> None:
    facts = bulletin()
    assert printed(facts) == quarter
    found = pypdf.PdfReader(BytesIO(quarter)).attachments
    assert found == {
        BULLETIN_NAME: [bulletin_json(facts)],
        TABLE_NAME: [bulletin_csv(facts)],
    }
    assert b"pdfaid" in quarter or "pdfaid" in str(
        pypdf.PdfReader(BytesIO(quarter)).trailer["/Root"]["/Metadata"].get_object().get_data()
    )


# --- its data and its table -----------------------------------------------------------------


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(any_facts())
def test_the_data_have_the_facts_again(facts: BulletinFacts) -> None:
    again = read_bulletin(bulletin_json(facts))
    assert again == facts
    assert again.title == facts.title
    assert bulletin_json(again) == bulletin_json(facts)


def test_amounts_in_the_data_are_as_printed() -> None:
    found = json.loads(bulletin_json(bulletin()))
    assert (found["opening"], found["closing"]) == ("213,456.78", "228,625.72")
    assert found["lines"][6]["amount"] == "83.17"
    assert found["headings"][0] == {
        "side": "in",
        "account": "车位场地使用费",
        "amount": "67,314.50",
        "before": "65,210.00",
        "year": "58,000.00",
    }


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: b"{}",
        lambda data: b"[]",
        lambda data: data.replace(b'"83.17"', b'"83.18"'),
        lambda data: data.replace(b'"83.17"', b'"83,17"'),
        lambda data: data.replace(b'"83.17"', b"8317"),
        lambda data: data.replace(b'"2026-07-01"', b'"1.7.2026"'),
    ],
)
def test_damaged_data_are_a_value_error(damage: Any) -> None:
    data = bulletin_json(bulletin())
    assert damage(data) != data
    with pytest.raises(ValueError, match=r"\w"):
        read_bulletin(damage(data))


def table(facts: BulletinFacts) -> list[list[str]]:
    data = bulletin_csv(facts)
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@given(LINES)
def test_the_table_adds_up(lines: tuple[Line, ...]) -> None:
    """As somebody with a spreadsheet would check it."""
    header, *rows = table(bulletin(lines, past={}))
    place = header.index("金额（元）")
    those, totals = rows[: len(lines)], rows[len(lines) + 1 :]
    sums = {row[2]: Decimal(row[place]) for row in totals if "小计" not in row[2]}
    for kind in ("收入", "成本", "使用"):
        of_lines = sum((Decimal(row[place]) for row in those if row[2] == kind), Decimal())
        small = [Decimal(row[place]) for row in totals if row[2] == f"{kind}小计"]
        assert of_lines == sum(small, Decimal()) == sums[f"{kind}合计"]
    assert sums["期末余额"] == (
        sums["期初余额"] + sums["收入合计"] - sums["成本合计"] - sums["使用合计"]
    )


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from("=+-@\t\r＝＋－＠"))
def test_no_cell_is_a_formula(text: str, sign: str) -> None:
    """OWASP, CSV Injection: = + - @, tab and carriage return, and their full-width twins."""
    bad = sign + text
    one = Line(1, date(2026, 7, 1), "in", bad, bad, bad, bad, -100, 0)
    for row in table(bulletin((one,), past={})):
        for cell in row:
            assert not cell.startswith(tuple("=+@\t\r＝＋－＠"))
            assert not cell.startswith("-") or re.fullmatch(r"-\d+\.\d\d", cell)
    assert table(bulletin((one,), past={}))[1][4] == f"'{bad}"
