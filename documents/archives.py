"""Is this archive bundle whole? Pure: a zip file and certificates in, a verdict out.

The signed contents list inside says what has to be there; every byte of every file is
hashed and compared, and nothing else may lie in the file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Literal
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from pyhanko.pdf_utils.reader import PdfFileReader

from documents.contents import CONTENTS_NAME, CONTENTS_PATH
from documents.verification import check_offline

_MOST_ITEMS = 100_000
_MOST_LIST = 64 * 1024 * 1024  # bytes of the contents list
_CHUNK = 1024 * 1024
# Everything in the file has one time, so that the same record gives the same bytes.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)

Status = Literal["whole", "altered", "unknown"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchiveVerdict:
    """The answer, with all reasons at once, each a Chinese sentence."""

    status: Status
    reasons: tuple[str, ...]
    items: int = 0
    session: str = ""
    number: str = ""
    signer: str = ""
    contents: bytes = field(default=b"", repr=False)
    """The signed list, for asking the register whether a later one took its place."""


def entry(path: str) -> ZipInfo:
    """How a file stands in a bundle: stored as it is, without a time of its own."""
    info = ZipInfo(path, ZIP_TIME)
    info.compress_type = ZIP_STORED
    info.create_system = 3
    info.external_attr = 0o600 << 16
    return info


def check_archive(path: Path, *, trust_roots: Sequence[bytes]) -> ArchiveVerdict:
    """Check a bundle against the signed list inside it. Never raises for a bad file."""
    try:
        with ZipFile(path) as packed:
            return _checked(packed, trust_roots)
    except (BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return ArchiveVerdict(status="unknown", reasons=("文件打不开，或者不是归档包。",))


def attached(pdf: bytes, name: str) -> bytes:
    """A file that travels inside a paper of ours. ValueError where it has none of the name."""
    try:
        names = PdfFileReader(BytesIO(pdf)).root["/Names"]["/EmbeddedFiles"]["/Names"]
        held = {str(names[at]): names[at + 1] for at in range(0, len(names), 2)}
        return bytes(held[name]["/EF"]["/F"].data)
    except Exception as error:  # a damaged file may fail anywhere inside a PDF library
        raise ValueError(f"no {name} inside") from error


def _checked(packed: ZipFile, trust_roots: Sequence[bytes]) -> ArchiveVerdict:
    infos = packed.infolist()
    names = [info.filename for info in infos]
    if names.count(CONTENTS_PATH) != 1:
        return ArchiveVerdict(status="unknown", reasons=("里面没有签名的目录，不是归档包。",))
    if packed.getinfo(CONTENTS_PATH).file_size > _MOST_LIST or len(names) > _MOST_ITEMS:
        return ArchiveVerdict(status="unknown", reasons=("目录太大，不会是归档包。",))
    contents = packed.read(CONTENTS_PATH)
    signed = check_offline(contents, trust_roots=trust_roots)
    if signed.status != "genuine":
        status: Status = "altered" if signed.status == "altered" else "unknown"
        return ArchiveVerdict(
            status=status, reasons=tuple(f"目录：{each}" for each in signed.reasons)
        )
    listed = json.loads(attached(contents, CONTENTS_NAME))
    faults = [*_strange(names, listed["items"]), *_differing(packed, listed["items"])]
    return ArchiveVerdict(
        status="altered" if faults else "whole",
        reasons=tuple(faults)
        or (f"目录的签名有效，{len(listed['items'])} 件文件与目录完全一致。",),
        items=len(listed["items"]),
        session=listed["session"],
        number=signed.number,
        signer=signed.signer,
        contents=contents,
    )


def _strange(names: Sequence[str], items: Sequence[dict[str, Any]]) -> list[str]:
    known = {item["path"] for item in items} | {CONTENTS_PATH}
    found = [f"多出一件，目录里没有：{name}" for name in names if name not in known]
    return found + [
        f"有两件同名：{name}" for name in sorted(set(names)) if names.count(name) > 1
    ]


def _differing(packed: ZipFile, items: Sequence[dict[str, Any]]) -> list[str]:
    present = {info.filename: info for info in packed.infolist()}
    found = []
    for item in items:
        info = present.get(item["path"])
        if info is None:
            found.append(f"少了一件：{item['path']}")
        elif info.file_size != item["size"] or _digest(packed, info) != item["sha256"]:
            found.append(f"被改动过：{item['path']}")
    return found


def _digest(packed: ZipFile, info: ZipInfo) -> str:
    digest = hashlib.sha256()
    try:
        with packed.open(info) as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except (BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError):
        return ""
    return digest.hexdigest()
