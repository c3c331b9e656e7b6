"""The receipt as a picture."""

from __future__ import annotations

from dataclasses import fields
from io import BytesIO

import zxingcpp
from PIL import Image, ImageChops

from documents.papers import ReceiptFacts
from documents.receipt_image import _font, receipt_png
from tests.documents import samples


def opened(png: bytes) -> Image.Image:
    return Image.open(BytesIO(png)).convert("L")


def test_it_works() -> None:
    facts = samples.receipt(units=("1幢***301",) * 5, phone="0000-0000000", specimen="演示样本")
    png = receipt_png(facts)
    picture = opened(png)
    assert picture.width == 750
    assert picture.height < 1800
    assert len(png) < 80_000
    (found,) = zxingcpp.read_barcodes(picture)
    assert found.text == facts.check_url


def test_no_place_for_a_choice() -> None:
    """A receipt that shows the choice can be demanded by whoever bought it."""
    names = {field.name for field in fields(ReceiptFacts)}
    assert not names & {"choice", "choices", "answers", "motions", "options"}


def test_rare_characters_are_drawn() -> None:
    font = _font(34, False)
    missing = font.getmask("\U0010fffd")
    for character in samples.RARE:
        drawn = font.getmask(character)
        assert bytes(drawn) != bytes(missing), character


def test_long_names_stay_on_the_sheet() -> None:
    picture = opened(receipt_png(samples.receipt(estate="样例花园" * 12)))
    margin = picture.crop((picture.width - 30, 0, picture.width, picture.height))
    white = Image.new("L", margin.size, margin.getpixel((0, 0)))
    assert ImageChops.difference(margin, white).getbbox() is None


def test_a_replaced_credential_has_a_line_of_its_own() -> None:
    plain, replaced = (
        opened(receipt_png(samples.receipt(replaced=yes))) for yes in (False, True)
    )
    assert replaced.height > plain.height + 80
    (found,) = zxingcpp.read_barcodes(replaced)
    assert found.text == samples.receipt().check_url
