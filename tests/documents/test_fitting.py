"""Texts are cut visibly and are never wider than the room they were cut for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageFont

from documents.fitting import EM, cut, lines, plain, width

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(TEXT, st.integers(EM, 600))
def test_what_is_cut_fits_and_says_so(text: str, room: int) -> None:
    found = cut(text, room)
    assert width(found) <= room
    if found != plain(text):
        assert found.endswith("…")
        assert plain(text).startswith(found[:-1].rstrip())
        assert width(plain(text)) > room


@given(TEXT, st.integers(5 * EM, 600))
def test_lines_are_enough(text: str, room: int) -> None:
    """As greedy filling by characters would need at least."""
    text = plain(text)
    assert lines(text, room) >= -(-width(text) // room)
    assert lines(text, width(text) + EM) == 1


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("甲\n乙\t丙", "甲 乙 丙"),
        ("　甲　乙　", "甲 乙"),
        ("a\u202eb\u200bc\x00d\ufffe", "abcd"),
        ("䶮𬭎\U000323b0", "䶮𬭎\U000323b0"),  # the last one is newer than Python's tables
    ],
)
def test_nothing_is_left_that_steers_printing(text: str, printed: str) -> None:
    assert plain(text) == printed


@pytest.mark.parametrize(
    "text",
    [
        "样例市鑫达文化传媒有限公司",
        "业主大会决议〔2026〕3号",
        "1,234,567.89",
        "-12,345,678.90",
        "https://vote.example.gov.cn/v/7K4M2QXH9T3W",
        "WWW Mmm @100%",
        "The quick brown fox jumps over the lazy dog",
        "THE QUICK BROWN FOX JUMPS",
    ],
)
def test_reckoned_widths_are_not_below_those_of_the_type(text: str) -> None:
    """Measured with the fonts themselves, regular and bold."""
    for weight in ("Regular", "Bold"):
        path = f"/usr/share/fonts/opentype/noto/NotoSansCJK-{weight}.ttc"
        try:
            font = ImageFont.truetype(path, 100)
        except OSError:
            pytest.skip("needs fonts-noto-cjk")
        assert width(text) * 10 >= font.getlength(text)
