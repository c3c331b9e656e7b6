"""Bars as SVG: well-formed, true to scale, small, and plain to a screen reader."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from documents.charts import WIDTH, Bar, Group, bars, height
from tests.documents import samples

SVG = "{http://www.w3.org/2000/svg}"
IN = Group(
    "收入",
    (
        Bar("车位场地使用费", 4_523_000, "45,230.00", 4_200_000, "42,000.00"),
        Bar("公共部位和物业用房租金", 1_800_000, "18,000.00", 1_500_000, "15,000.00"),
        Bar("快递柜等设备的场地费", 450_000, "4,500.00", 0, "0.00"),
        Bar("通信设施占用费", 1_234, "12.34", 1_100, "11.00"),
    ),
)
OUT = Group(
    "支出",
    (
        Bar("转入维修资金", 3_000_000, "30,000.00", 2_000_000, "20,000.00"),
        Bar("约定的管理成本", 600_000, "6,000.00", 700_000, "7,000.00"),
        Bar("设施维护和能耗", 590_000, "5,900.00", 710_000, "7,100.00"),
        Bar("业委会经费", -300_000, "-3,000.00", 300_000, "3,000.00"),
    ),
    out=True,
)


def lengths(drawn: ET.Element, kind: str) -> list[int]:
    """Of the boxes of one kind, in order."""
    found = drawn.find(f"{SVG}path[@class='{kind}']")
    return [] if found is None else [int(n) for n in re.findall(r"h(\d+)v", found.attrib["d"])]


def test_it_is_small_and_carries_no_style_of_its_own() -> None:
    """CSP allows no style attribute; 3 KB are what a chart may cost a phone."""
    text = bars([IN, OUT], title="收入和支出")
    assert len(text.encode()) <= 3_000
    assert " style=" not in text
    assert "<style" not in text
    assert "<script" not in text
    assert not re.search(r'(href|src)="', text)


def test_all_values_are_text_and_read_aloud() -> None:
    drawn = ET.fromstring(bars([IN, OUT], title="收入和支出"))
    assert drawn.attrib["role"] == "img"
    names = drawn.attrib["aria-labelledby"].split()
    described = {part.attrib["id"]: part.text for part in drawn if "id" in part.attrib}
    assert described[names[0]] == "收入和支出"
    shown = [text.text for text in drawn.iter(f"{SVG}text")]
    for bar in (*IN.bars, *OUT.bars):
        assert {bar.label, bar.text, f"上期 {bar.before_text}"} <= set(shown)
        assert f"{bar.label} {bar.text}，上期 {bar.before_text}" in str(described[names[1]])
    assert drawn.attrib["viewBox"] == f"0 0 {WIDTH} {height([IN, OUT])}"


def test_boxes_are_true_to_one_scale() -> None:
    """Within one unit: 45,230 is the longest of all, and 12.34 is still to be seen."""
    drawn = ET.fromstring(bars([IN, OUT], title="收支"))
    longest, *_, least = lengths(drawn, "in")
    assert least == 1
    for values, kind in (
        ([b.value for b in IN.bars], "in"),
        ([b.value for b in OUT.bars[:3]], "out"),  # what is negative has no box
        ([4_200_000, 1_500_000, 1_100, 2_000_000, 700_000, 710_000, 300_000], "before"),
    ):
        found = lengths(drawn, kind)
        assert len(found) == len(values)
        for value, length in zip(values, found, strict=True):
            assert abs(length - value * longest / 4_523_000) <= 1


@given(
    st.lists(
        st.builds(
            lambda label, value, before: Bar(
                label, value, str(value), before, "" if before is None else str(before)
            ),
            st.text(),
            st.integers(-(10**12), 10**12),
            st.none() | st.integers(-(10**12), 10**12),
        ),
        max_size=8,
    ),
    st.booleans(),
)
def test_whatever_the_words_it_is_svg_and_stays_inside(some: list[Bar], out: bool) -> None:
    drawn = ET.fromstring(bars([Group("甲<&>乙", tuple(some), out=out)], title="a<b"))
    for kind in ("in", "out", "before"):
        assert all(length < WIDTH for length in lengths(drawn, kind))
    for text in drawn.iter(f"{SVG}text"):
        assert 0 < float(text.attrib["y"]) <= height([Group("", tuple(some))])
    assert drawn.find(f"{SVG}title").text == "a<b"  # type: ignore[union-attr]


def test_two_on_a_page_have_names_of_their_own() -> None:
    first, second = (bars([OUT], title="支出", name=name) for name in ("a", "b"))
    ids = re.findall(r' id="([^"]+)"', first + second)
    assert len(ids) == len(set(ids)) == 6
    assert "url(#b-h)" in second


@samples.needs_poppler
def test_in_and_out_differ_in_black_and_white(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Equal boxes: what came in is full, what went out hatched, what was before empty."""
    from weasyprint import HTML

    one = Bar("", 1, "", 1, "")
    text = bars([Group("", (one,)), Group("", (one,), out=True)], title="x")
    style = "<style>@page{size:320px 140px;margin:0}body{margin:0}svg{display:block}</style>"
    pdf = HTML(string=f"{style}{text}").write_pdf()
    picture = samples.pictures(pdf, tmp_path, dpi=192)[0]  # two pixels a unit

    def dark(top: int, thick: int) -> float:
        box = picture.crop((20, 2 * top + 4, 300, 2 * (top + thick) - 4))
        return sum(1 for value in box.tobytes() if value < 160) / (box.width * box.height)

    assert dark(36, 9) > 0.95
    assert 0.2 < dark(36 + 57, 9) < 0.8
    assert dark(36 + 9, 6) < 0.05
