"""A photograph or scan of a voucher becomes plain pages that can be shown to everybody.

Nothing but the pictures of its pages is kept: where a photograph was taken (EXIF), programs and
files inside a PDF, text layers, whatever else was in the file is gone. It is read in a process
of its own with bounded memory and time (`documents.intake_reader`), for parsers of pictures are
what hostile files aim at, and is looked over by the virus scanner first, where one is set.
"""

import json
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from core.errors import RuleViolation
from core.reasons import Reason, demand_none
from documents.intake_reader import UNREADABLE
from documents.scanning import demand_clean

_MAX_SECONDS = 90
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
    "paper.unreadable", "paper.pixels", "paper.password", "paper.pages", "scan.infected",
    "scan.unavailable".
    """
    kind = kind_of(content)
    demand_none("paper.refused", _reasons(content, kind))
    demand_clean(content)
    try:
        child = subprocess.run(  # noqa: S603 (our own module)
            [sys.executable, "-m", "documents.intake_reader", str(kind)],
            cwd=Path(__file__).parent.parent,
            input=content,
            capture_output=True,
            timeout=_MAX_SECONDS,
            check=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        raise RuleViolation("paper.unreadable", UNREADABLE) from None
    head, _newline, rest = child.stdout.partition(b"\n")
    answer = json.loads(head)
    if "code" in answer:
        raise RuleViolation(answer["code"], answer["sentence"])
    pages, place = [], 0
    for size in answer["pages"]:
        pages.append(rest[place : place + size])
        place += size
    return pages


# What `pages_of` refuses with: about the file, whatever the field of a form is called.
REFUSALS = frozenset(
    {
        "paper.refused", "paper.unreadable", "paper.pixels", "paper.password", "paper.pages",
        "scan.infected", "scan.unavailable",
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
