"""Make one photograph or PDF on stdin plain pages on stdout: `documents.intake` runs this.

Answers a line of JSON, {"pages": [sizes]} or {"code", "sentence"}, then the pages.
"""

import io
import json
import resource
import sys
from collections.abc import Iterator

import pypdfium2
from PIL import Image, ImageOps
from pillow_heif import register_heif_opener

from core.errors import RuleViolation

_MAX_MEMORY = 2 * 2**30
_PIXELS = 60_000_000  # an A3 page at 400 dpi has 31 million
_SIDE = 2400  # small print stays readable
_PAGES = 20
_DPI = 200
UNREADABLE = "文件打不开，可能没有传完整，请重新拍照或扫描再传"


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY, _MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    kind, content = sys.argv[1], sys.stdin.buffer.read()
    pages: list[bytes] = []
    try:
        pages = list(_of_pdf(content) if kind == "pdf" else _of_picture(content, kind))
        answer: dict[str, object] = {"pages": [len(page) for page in pages]}
    except RuleViolation as refused:
        pages, answer = [], {"code": refused.code, "sentence": str(refused)}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + b"".join(pages))


def _of_picture(content: bytes, kind: str) -> Iterator[bytes]:
    if kind == "heic":
        register_heif_opener()
    formats = ["HEIF"] if kind == "heic" else ["JPEG", "PNG"]
    try:
        picture = Image.open(io.BytesIO(content), formats=formats)
        if picture.width * picture.height > _PIXELS:
            raise RuleViolation("paper.pixels", "照片太大，请用6000万像素以下的照片或扫描件")
        # A JPEG is unpacked at the size that is needed, not at that of the camera.
        picture.draft("RGB", (_SIDE, _SIDE))
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError):
        raise _unreadable() from None
    yield _plain(upright)


def _of_pdf(content: bytes) -> Iterator[bytes]:
    # PDFium draws pages here and nothing else: it is built without a JavaScript engine, and
    # forms are never initialised.
    try:
        document = pypdfium2.PdfDocument(content)
        count = len(document)
    except pypdfium2.PdfiumError as error:
        if "assword" in str(error):
            raise RuleViolation("paper.password", "PDF 加了密码，请去掉密码再传") from None
        raise _unreadable() from None
    if not count:
        raise _unreadable()
    if count > _PAGES:
        raise RuleViolation("paper.pages", f"PDF 超过{_PAGES}页，请分成几个文件")
    for number in range(count):
        try:
            page = document[number]
            width, height = page.get_size()
            scale = min(_DPI / 72, _SIDE / max(width, height, 1))
            drawn = page.render(scale=scale).to_pil().convert("RGB")
        except (pypdfium2.PdfiumError, ValueError, MemoryError):
            raise _unreadable() from None
        yield _plain(drawn)


def _plain(picture: Image.Image) -> bytes:
    """A JPEG with nothing but the picture in it."""
    picture.thumbnail((_SIDE, _SIDE))
    plain = Image.new("RGB", picture.size)
    plain.paste(picture)
    with io.BytesIO() as out:
        plain.save(out, "JPEG", quality=82, optimize=True)
        return out.getvalue()


def _unreadable() -> RuleViolation:
    return RuleViolation("paper.unreadable", UNREADABLE)


if __name__ == "__main__":
    main()
