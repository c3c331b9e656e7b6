"""Pictures made plain, and the codes of our papers read from scans."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from core.errors import RuleViolation
from documents import qr
from documents.scans import codes_on, plain_picture, plain_scan

CODE, OTHER = "7K4M2QXH9T3W", "0123456789AB"
URL = "https://vote.example.gov.cn/v/"


def photo(
    kind: str = "JPEG", *, size: tuple[int, int] = (1200, 800), gps: bool = True
) -> bytes:
    picture = Image.new("RGB", size, "white")
    exif = Image.Exif()
    exif[0x010F] = "Somephone"  # Make
    exif[0x0112] = 6  # turned by a quarter
    if gps:
        exif.get_ifd(0x8825).update(
            {1: "N", 2: (30.0, 31.0, 5.0), 3: "E", 4: (117.0, 3.0, 7.0)}
        )
    out = BytesIO()
    picture.save(out, kind, exif=exif)
    return out.getvalue()


def scan(*codes: str, kind: str = "PNG", turned: float = 0) -> bytes:
    """A page with the QR codes of these papers, as a scanner would give it."""
    page = Image.new("L", (1240, 1754), 250)
    for number, code in enumerate(codes):
        page.paste(qr.image(f"{URL}{code}", module=6).convert("L"), (80, 80 + 500 * number))
    out = BytesIO()
    page.rotate(turned, fillcolor=250, expand=True).convert("RGB").save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_nothing_but_the_picture_is_kept(kind: str) -> None:
    given = photo(kind)
    assert dict(Image.open(BytesIO(given)).getexif().get_ifd(0x8825))
    kept = plain_picture(given)
    picture = Image.open(BytesIO(kept))
    assert picture.format == "JPEG"
    assert dict(picture.getexif()) == {}
    assert b"Somephone" not in kept
    assert b"Exif" not in kept
    assert picture.size == (800, 1200)  # turned before its EXIF went


def test_large_pictures_become_smaller() -> None:
    assert Image.open(BytesIO(plain_picture(photo(size=(6000, 3000))))).size == (1200, 2400)


@pytest.mark.parametrize(
    "content",
    [b"", b"MZ\x90\x00", b"\xff\xd8\xff", photo()[:300], b"\x89PNG\r\n\x1a\n" + b"\0" * 40],
)
def test_what_is_no_picture_is_refused_with_a_sentence(content: bytes) -> None:
    with pytest.raises(RuleViolation) as refused:
        plain_picture(content)
    assert refused.value.code == "picture.unreadable"


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    out = BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    with pytest.raises(RuleViolation) as refused:
        plain_picture(out.getvalue())
    assert refused.value.code == "picture.too_large"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "PDF"])
@pytest.mark.parametrize("turned", [0, 3, 90])
def test_the_code_is_read_from_a_scan(kind: str, turned: float) -> None:
    assert codes_on(scan(CODE, kind=kind, turned=turned)) == {CODE}


def test_several_pages_and_none() -> None:
    assert codes_on(scan(CODE, OTHER)) == {CODE, OTHER}
    assert codes_on(scan()) == codes_on(scan(kind="PDF")) == frozenset()


def test_a_cut_off_pdf_is_refused() -> None:
    whole = scan(CODE, kind="PDF")
    assert plain_scan(whole) == (whole, "application/pdf")
    with pytest.raises(RuleViolation) as refused:
        plain_scan(whole[: len(whole) // 2])
    assert refused.value.code == "scan.unreadable"
