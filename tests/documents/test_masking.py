"""Boxes: read strictly, burnt in for good."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.errors import RuleViolation
from documents.masking import MOST_BOXES, Box, boxes_from, masked

WHITE = io.BytesIO()
Image.new("RGB", (503, 701), "white").save(WHITE, "JPEG")


@st.composite
def boxes(draw):
    left, top = draw(st.integers(0, 999)), draw(st.integers(0, 999))
    return Box(left, top, draw(st.integers(1, 1000 - left)), draw(st.integers(1, 1000 - top)))


@given(boxes())
def test_every_pixel_under_a_box_is_black(box):
    shown = Image.open(io.BytesIO(masked(WHITE.getvalue(), [box]))).convert("L")
    assert shown.size == (503, 701)
    for part_x in (0, 0.5, 1):
        for part_y in (0, 0.5, 1):
            x = min(int((box.left + part_x * box.width) * 503 / 1000), 502)
            y = min(int((box.top + part_y * box.height) * 701 / 1000), 700)
            assert shown.getpixel((x, y)) < 60  # JPEG rings a little at an edge


def test_the_rest_stays():
    shown = Image.open(io.BytesIO(masked(WHITE.getvalue(), [Box(0, 0, 500, 500)])))
    assert shown.convert("L").getpixel((480, 680)) > 240


@given(st.lists(boxes(), max_size=MOST_BOXES))
def test_what_a_form_posts_is_read_back(wanted):
    text = ";".join(",".join(map(str, box)) for box in wanted)
    assert boxes_from(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "1,2,3", "1,2,3,4,5", "a,b,c,d", "1,2,-3,4", "0,0,0,10", "0,0,10,0", "990,0,11,5",
        "0,990,5,11", "1.5,2,3,4", "１,2,3,4", "99999999999999999999,1,1,1",
        ";".join(["0,0,1,1"] * (MOST_BOXES + 1)),
    ],
)  # fmt: skip
def test_bad_boxes(text):
    with pytest.raises(RuleViolation) as refused:
        boxes_from(text)
    assert refused.value.code == "mask.boxes"


def test_nothing_is_no_box():
    assert boxes_from(" ; \n") == []
