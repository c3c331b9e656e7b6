"""QR codes, read by another implementation (ZXing)."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
import zxingcpp
from PIL import Image

from documents import qr

TEXTS = [
    "B-000001",
    "https://vote.example.gov.cn/v/7K4M2QXH9T3W",
    "https://vote.example.gov.cn/q/7K4M2QXH9T3W#abcdefghijklmnopqrst_-",
    "https://a-rather-long-host-name.vote.example.gov.cn/q/7K4M2QXH9T3W#" + "x" * 60,
]


@pytest.mark.parametrize("text", TEXTS)
def test_png(text: str) -> None:
    picture = Image.open(BytesIO(qr.png(text, module=3))).convert("L")
    (found,) = zxingcpp.read_barcodes(picture)
    assert found.text == text
    assert found.ec_level == "M"


@pytest.mark.parametrize("text", TEXTS)
def test_svg_is_one_path_of_the_same_modules(text: str) -> None:
    svg = qr.svg(text)
    assert svg.count("<path") == 1
    side = int(re.search(r'viewBox="0 0 (\d+) ', svg)[1])  # type: ignore[index]
    drawn = Image.new("1", (side, side), 1)
    for x, y, width, back in re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", svg):
        assert width == back
        for column in range(int(x), int(x) + int(width)):
            drawn.putpixel((column, int(y)), 0)
    assert drawn.tobytes() == qr.image(text, module=1).tobytes()


def test_quiet_zone() -> None:
    picture = qr.image("x", module=1)
    for n in range(qr.QUIET):
        assert all(picture.getpixel((n, y)) for y in range(picture.height))
        assert all(picture.getpixel((x, n)) for x in range(picture.width))
