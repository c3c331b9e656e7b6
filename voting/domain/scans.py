"""Pictures without where they were taken: what a camera writes beside the picture goes.

JPEG (ISO/IEC 10918-1 Annex B): APP1 (Exif, XMP), APP13 (IPTC) and comments are left out; an
orientation is kept, alone, in a fresh Exif segment (Exif 2.32, 4.5.4), or the page would lie
on its side. PNG (ISO/IEC 15948, 11.3): eXIf, tEXt, zTXt, iTXt and tIME are left out. A PDF
stays as it is. The picture itself is not touched, so nothing of a mark is lost.
"""

import struct

_PNG = b"\x89PNG\r\n\x1a\n"
_TELLING = {b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"}
_DROPPED = {0xE1, 0xED, 0xFE}
_SOS = 0xDA
_ALONE = {0x01, *range(0xD0, 0xD8)}  # markers without a length
_ORIENTATION = 0x0112


def without_place(content: bytes) -> bytes:
    """The picture without position, time and device. ValueError where it is cut or broken."""
    if content.startswith(b"\xff\xd8"):
        return _jpeg(content)
    if content.startswith(_PNG):
        return _png(content)
    return content


def _jpeg(content: bytes) -> bytes:
    kept, at, turned = [], 2, 1
    while True:
        if content[at : at + 1] != b"\xff" or at + 4 > len(content):
            raise ValueError("not a JPEG file from beginning to end")
        marker = content[at + 1]
        if marker == 0xFF:  # fill
            at += 1
            continue
        if marker in _ALONE:
            kept.append(content[at : at + 2])
            at += 2
            continue
        (size,) = struct.unpack(">H", content[at + 2 : at + 4])
        end = at + 2 + size
        if size < 2 or end > len(content):
            raise ValueError("a segment of the JPEG file is cut")
        if marker == 0xE1 and content[at + 4 : at + 10] == b"Exif\x00\x00":
            turned = _orientation(content[at + 10 : end])
        if marker not in _DROPPED:
            kept.append(content[at:end])
        at = end
        if marker == _SOS:
            break
    # Pictures hidden behind the first one (previews, depth) go with their own Exif.
    last = content.find(b"\xff\xd9", at)
    if last < 0:
        raise ValueError("the JPEG file is cut")
    exif = [_exif(turned)] if 1 < turned <= 8 else []
    return b"".join([b"\xff\xd8", *exif, *kept, content[at : last + 2]])


def _orientation(tiff: bytes) -> int:
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8:
        return 1
    (first,) = struct.unpack(f"{order}I", tiff[4:8])
    if first + 2 > len(tiff):
        return 1
    (count,) = struct.unpack(f"{order}H", tiff[first : first + 2])
    for at in range(first + 2, first + 2 + 12 * count, 12):
        if at + 12 > len(tiff):
            break
        tag, _type, _count, value = struct.unpack(f"{order}HHIH", tiff[at : at + 10])
        if tag == _ORIENTATION:
            return int(value)
    return 1


def _exif(turned: int) -> bytes:
    tiff = b"MM\x00\x2a" + struct.pack(">IHHHIHHI", 8, 1, _ORIENTATION, 3, 1, turned, 0, 0)
    body = b"Exif\x00\x00" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def _png(content: bytes) -> bytes:
    kept, at = [_PNG], len(_PNG)
    while True:
        if at + 12 > len(content):
            raise ValueError("the PNG file is cut")
        (size,) = struct.unpack(">I", content[at : at + 4])
        kind, end = content[at + 4 : at + 8], at + 12 + size
        if end > len(content):
            raise ValueError("a chunk of the PNG file is cut")
        if kind not in _TELLING:
            kept.append(content[at:end])
        at = end
        if kind == b"IEND":
            return b"".join(kept)
