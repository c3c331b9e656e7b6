"""Make one photograph plain: `documents.intake` has this done in a process of its own.

What cannot be read is an exception, whichever: the process ends by it, and is known by that.
"""

import io
import re
from collections.abc import Iterable

from pi_heif import register_heif_opener
from PIL import Image, ImageOps, MpoImagePlugin, TiffImagePlugin

from core.errors import RuleViolation

_PIXELS = 60_000_000  # an A3 page at 400 dpi has 31 million
SIDE = 2400  # small print stays readable
# ITU-T T.81 B.1.1: the marker of a segment; not a stuffed byte, not a restart inside a scan.
_MARKER = re.compile(rb"\xff([^\xff\x00\xd0-\xd7])")
_END = b"\xd9"

# Nothing can be imported once a file is read, and Pillow imports as it meets things: phones'
# pictures of several (MPO) and what they say of themselves (Exif is a TIFF).
Image.preinit()
_MET_LATER = (MpoImagePlugin, TiffImagePlugin)
register_heif_opener()


def answer(content: bytes, kind: str) -> bytes:
    """The page as `packed` has it. RuleViolation "paper.pixels"."""
    formats = ["HEIF"] if kind == "heic" else ["JPEG", "PNG"]
    try:
        picture = Image.open(io.BytesIO(content), formats=formats)
    except Image.DecompressionBombError:  # Pillow's own limit, three times ours
        raise _too_large() from None
    if picture.width * picture.height > _PIXELS:
        raise _too_large()
    is_jpeg = content.startswith(b"\xff\xd8")
    # A JPEG is unpacked at the size that is needed, not at that of the camera.
    picture.draft("RGB", (SIDE, SIDE))
    drawn = picture.convert("RGB")
    if is_jpeg and not (_has_end(content) and _is_drawn_to_the_end(drawn)):
        raise ValueError("the second half has not come")
    return packed([plain(ImageOps.exif_transpose(drawn))])


def _too_large() -> RuleViolation:
    return RuleViolation("paper.pixels", "照片太大，请用6000万像素以下的照片或扫描件")


def _has_end(content: bytes) -> bool:
    """Where a half was filled up with noughts there is none, and libjpeg draws the noughts."""
    place = 2
    while found := _MARKER.search(content, place):
        if found[1] == _END:
            return True
        place = found.end() + int.from_bytes(content[found.end() : found.end() + 2])
    return False


def _is_drawn_to_the_end(drawn: Image.Image) -> bool:
    """Where a half was closed by a marker, libjpeg draws middle grey down to the last row."""
    width, height = drawn.size
    last = drawn.crop((0, max(height - 8, 0), width, height))
    return last.getextrema() != ((128, 128),) * 3


def plain(picture: Image.Image) -> bytes:
    """A JPEG with nothing but the picture in it."""
    picture.thumbnail((SIDE, SIDE))
    page = Image.new("RGB", picture.size)
    page.paste(picture)
    with io.BytesIO() as out:
        page.save(out, "JPEG", quality=82, optimize=True)
        return out.getvalue()


def packed(pages: Iterable[bytes]) -> bytes:
    """Each page behind its length in four bytes."""
    return b"".join(len(page).to_bytes(4) + page for page in pages)
