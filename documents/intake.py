"""A photograph or scan of a voucher becomes plain pages that can be shown to everybody.

Nothing but the pictures of its pages is kept: where a photograph was taken (EXIF), programs and
files inside a PDF, text layers, whatever else was in the file is gone. It is read in a process
of its own (`core.limited`), for parsers of pictures are what hostile files aim at; the virus
scanner looked over it before, where one is set (`documents.uploads`).
"""

from django.conf import settings

from core import limited
from core.errors import RuleViolation
from core.reasons import Reason, demand_none

_MEMORY, _SECONDS = 2 * 2**30, 90
# ISO/IEC 23008-12 annex B: brands of still pictures coded with HEVC.
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


def kind_of(content: bytes) -> str | None:
    """picture, heic or pdf by the first bytes; None for what is not taken."""
    if content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        return "picture"
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC:
        return "heic"
    return "pdf" if content.startswith(b"%PDF-") else None


def pages_of(content: bytes) -> list[bytes]:
    """The pages as JPEGs, at most 2400 pixels a side; a photograph is one page.

    RuleViolation "paper.refused" with facts["reasons"] (empty, too large, another type),
    "paper.unreadable", and those of the two readers.
    """
    kind = kind_of(content)
    demand_none("paper.refused", _reasons(content, kind))
    reader = ("intake_pdf",) if kind == "pdf" else ("intake_reader", str(kind))
    try:
        packed = limited.answer(
            f"documents.{reader[0]}", content, *reader[1:], memory=_MEMORY, seconds=_SECONDS
        )
    except limited.Failed:
        sentence = "文件打不开，可能没有传完整，请重新拍照或扫描再传"
        raise RuleViolation("paper.unreadable", sentence) from None
    return _unpacked(packed)


def _unpacked(packed: bytes) -> list[bytes]:
    """Pages as `documents.intake_reader.packed` joins them."""
    pages, place = [], 0
    while place < len(packed):
        start = place + 4
        place = start + int.from_bytes(packed[place:start])
        pages.append(packed[start:place])
    return pages


# What `pages_of` refuses with: about the file, whatever the field of a form is called.
REFUSALS = frozenset(
    {
        "paper.refused", "paper.unreadable", "paper.pixels", "paper.password", "paper.pages",
        "paper.program", "paper.form", "paper.attached", "paper.complex", "paper.page_size",
    }
)  # fmt: skip


def _reasons(content: bytes, kind: str | None) -> list[Reason]:
    most = settings.UPLOAD_MAX_BYTES
    if not content:
        return [Reason("paper.empty", "这个文件是空的（0字节），请重新拍照或扫描", "papers")]
    if len(content) > most:
        sentence = f"文件超过{most // 2**20} MB，请拍小一点或者分成几个文件"
        return [Reason("paper.too_large", sentence, "papers")]
    if kind is None:
        sentence = "只收照片（JPEG、PNG、HEIC）和 PDF；这个文件的内容不是其中任何一种"
        return [Reason("paper.type", sentence, "papers")]
    return []
