"""A year by month, drawn: one scale, no words over words, everything read aloud."""

import re
from fractions import Fraction
from xml.etree import ElementTree as ET

import pytest

from documents.trends import Point, span, trend

SVG = "{http://www.w3.org/2000/svg}"
TARGET = Fraction(7, 10)


def drawn(points: list[Point], **more: object) -> ET.Element:
    return ET.fromstring(
        trend(points, title="组建率", spoken="6月 64.53%", **more)  # type: ignore[arg-type]
    )


def point(month: int, percent: str) -> Point:
    return Point(month, Fraction(percent) / 100, f"{percent}%")


def heights(path: ET.Element) -> list[int]:
    return [int(y) for _x, y in re.findall(r"(\d+) (\d+)", path.attrib["d"])]


def paths(svg: ET.Element) -> dict[str, ET.Element]:
    return {one.attrib["class"]: one for one in svg.iter(f"{SVG}path")}


def test_it_is_named_and_read_aloud_without_style_or_script() -> None:
    svg = drawn([point(6, "64.53")])
    assert svg.attrib["role"] == "img"
    named = {one.attrib["id"]: one.text for one in svg if "id" in one.attrib}
    assert [named[one] for one in svg.attrib["aria-labelledby"].split()] == [
        "组建率", "6月 64.53%",
    ]  # fmt: skip
    text = ET.tostring(svg, encoding="unicode")
    assert "style=" not in text
    assert "<script" not in text
    assert drawn([], target=TARGET) is not None


def test_what_is_more_stands_higher_by_one_scale() -> None:
    svg = drawn([point(1, "0"), point(2, "50"), point(3, "100")], target=Fraction(1, 2))
    known = paths(svg)
    bottom, middle, top = heights(known["line"])
    assert bottom > middle > top
    assert bottom - middle == middle - top
    assert heights(known["target"]) == [middle, middle]
    assert len(list(svg.iter(f"{SVG}circle"))) == 3


@pytest.mark.parametrize(
    ("shares", "low", "high"),
    [
        (["64.53", "67.36", "70"], 60, 80), (["60", "70"], 60, 80), (["0", "100"], 0, 100),
        (["100"], 80, 100), (["0"], 0, 20), (["99.9", "70"], 70, 100), ([], 0, 100),
        (["40.01", "41"], 40, 60),
    ],
)  # fmt: skip
def test_the_axis_shows_what_is_drawn_and_not_much_else(
    shares: list[str], low: int, high: int
) -> None:
    known = [Fraction(one) / 100 for one in shares]
    assert span(known) == (Fraction(low, 100), Fraction(high, 100))
    svg = drawn([point(month, one) for month, one in enumerate(shares, 1)])
    said = {one.text for one in svg.iter(f"{SVG}text")}
    assert {f"{low}%", f"{high}%"} <= said


def test_the_ways_to_the_years_end() -> None:
    last = point(9, "64.53")
    known = paths(
        drawn(
            [last], target=TARGET, target_text="70%", needed=True, expected=point(12, "69.45")
        )
    )
    assert set(known) == {"axis", "target", "line", "pace", "outlook"}
    assert (
        known["pace"].attrib["stroke-dasharray"] != known["outlook"].attrib["stroke-dasharray"]
    )
    assert heights(known["pace"])[-1] < heights(known["outlook"])[-1]
    # In December nothing lies ahead.
    over = paths(drawn([point(12, "69")], target=TARGET, needed=True, expected=point(12, "69")))
    assert set(over) == {"axis", "target", "line"}


@pytest.mark.parametrize("now", ["40", "64.53", "68", "70", "72", "90"])
@pytest.mark.parametrize("end", ["40", "69.45", "70", "70.5", "95"])
def test_no_words_over_words(now: str, end: str) -> None:
    svg = drawn(
        [point(9, now)], target=TARGET, target_text="70%", needed=True, expected=point(12, end)
    )
    words = [(int(t.attrib["x"]), int(t.attrib["y"])) for t in svg.iter(f"{SVG}text")]
    right = [y for x, y in words if x > 376]
    assert len(right) == 2
    assert abs(right[0] - right[1]) >= 13
    line = heights(paths(svg)["target"])[0]
    label = next(y for t, (_x, y) in zip(svg.iter(f"{SVG}text"), words, strict=True)
                 if t.text == f"{now}%" and t.attrib["text-anchor"] == "middle")  # fmt: skip
    assert not label - 11 < line < label
