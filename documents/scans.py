"""Pictures and scans people hand in: made plain, and read for the codes of our papers."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO

import zxingcpp
from PIL import Image, ImageOps

from core.codes import read_code
from core.errors import RuleViolation
from core.files import content_type
from documents.verification import code_in

_ADDRESS = re.compile(r"/v/([0-9A-Za-z]{12})(?![0-9A-Za-z])")
_JPEG = re.compile(rb"stream\r?\n(?=\xff\xd8\xff)")
_TAIL = 4096  # bytes at the end of a PDF, where its last line stands
_PIXELS = 60_000_000  # an A3 page at 400 dpi has 31 million
_SIDE = 2400  # of what is kept: a stamp and small print stay readable
_PAGES = 20  # of a scan, looked at for a code


def plain_picture(content: bytes) -> bytes:
    """A JPEG of the same picture with nothing but the picture in it.

    Where and with what it was taken (EXIF) goes; which way is up is applied first.

    Raises:
        RuleViolation: "picture.unreadable", "picture.too_large".
    """
    with BytesIO() as out:
        _opened(content).save(out, "JPEG", quality=82, optimize=True)
        return out.getvalue()


def plain_scan(content: bytes) -> tuple[bytes, str]:
    """What is kept of a scan, and its media type: a picture made plain, or the PDF as it is.

    Raises:
        RuleViolation: "picture.unreadable", "picture.too_large", "scan.unreadable".
    """
    if content_type(content) == "application/pdf":
        if b"%%EOF" not in content[-_TAIL:]:
            raise RuleViolation(
                "scan.unreadable", "这个 PDF 没有传完整，请重新扫描，或者改传 JPEG、PNG"
            )
        return content, "application/pdf"
    return plain_picture(content), "image/jpeg"


def codes_on(content: bytes) -> frozenset[str]:
    """The codes of papers of ours that a scan shows in QR codes, or carries in its text."""
    if content_type(content) != "application/pdf":
        return frozenset(_codes(content))
    found = {code for picture in _pictures(content) for code in _codes(picture)}
    written = code_in(content)
    return frozenset(found | ({written} if written else set()))


def _codes(picture: bytes) -> Iterator[str]:
    with suppress(RuleViolation):
        for barcode in zxingcpp.read_barcodes(_opened(picture).convert("L")):
            for typed in _ADDRESS.findall(barcode.text):
                if code := read_code(typed):
                    yield code


def _opened(content: bytes) -> Image.Image:
    try:
        picture = Image.open(BytesIO(content), formats=("JPEG", "PNG"))
        if picture.width * picture.height > _PIXELS:
            raise _too_large()
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    except Image.DecompressionBombError:  # Pillow's own limit, three times ours
        raise _too_large() from None
    except (OSError, ValueError, SyntaxError) as error:
        raise RuleViolation(
            "picture.unreadable", "图片打不开，可能没有传完整，请重新拍照或扫描再传"
        ) from error
    upright.thumbnail((_SIDE, _SIDE))
    plain = Image.new("RGB", upright.size)
    plain.paste(upright)
    return plain


def _too_large() -> RuleViolation:
    return RuleViolation("picture.too_large", "图片太大，请用6000万像素以下的照片或扫描件")


def _pictures(pdf: bytes) -> Iterator[bytes]:
    """The JPEGs in a scanned PDF, found without believing its structure; scanners put one on
    each page."""
    for start in itertools.islice(_JPEG.finditer(pdf), _PAGES):
        end = pdf.find(b"endstream", start.end())
        yield pdf[start.end() : end if end > 0 else len(pdf)]
