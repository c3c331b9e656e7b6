"""Is this file what we issued? Pure: bytes, certificates and a record in, a verdict out.

Two lines of defence. First our own reading of the signature's place: the signed ranges are
the whole file except exactly the hexadecimal signature; it is written canonically; nothing
but zeros follows it; no certificate or attribute lies in it that the signature does not
cover. pyHanko alone accepts changed padding, and readers such as pdfsig call a file with
something appended "valid". Then pyHanko's validation of the same signature.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Literal

from asn1crypto import x509
from cryptography import x509 as certs
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from documents.authority import common_name
from documents.pinning import NotPinned, der_length, pinned

# pyHanko logs a traceback for every forged file; anyone may upload one.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)

Status = Literal["genuine", "altered", "superseded", "revoked", "unknown"]

# The alphabet of codes: Crockford's base 32.
# A slash inside a PDF text may be written as \057.
_CODE = rb"(?:/|\\057)v(?:/|\\057)([0-9A-HJKMNP-TV-Z]{12})(?![0-9A-Za-z])"
_RANGE = re.compile(
    rb"/ByteRange\s*\[\s*(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s*\]"
)
_HEX = re.compile(rb"(?:[0-9A-F]{2})+")  # as pyHanko writes it; lower case is a change
# What is searched for a code at most: streams, and bytes of each before and after unpacking.
_STREAMS, _PACKED, _UNPACKED = 1000, 256 * 1024, 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What the register knows of a document."""

    code: str
    number: str
    sha256: str
    status: Literal["issued", "superseded", "revoked"]
    status_reason: str = ""
    standing_note: str = ""
    """What is in the way of what it decides, though the paper is in force."""
    superseded_by: str = ""
    """Code of the document that took its place."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """The answer, with all reasons at once, each a Chinese sentence."""

    status: Status
    reasons: tuple[str, ...]
    not_checked: tuple[str, ...] = ()
    """What could not be looked up: ``superseded``, ``revoked``, ``timestamp``."""
    sha256: str
    code: str = ""
    number: str = ""
    signer: str = ""
    signed_at: datetime | None = None
    superseded_by: str = ""


def check(pdf: bytes, *, trust_roots: Sequence[bytes], record: Record | None) -> Verdict:
    """Compare with the register.

    Args:
        trust_roots: DER certificates, an authority's or the signer's own.
        record: the entry with the file's SHA-256 or, failing that, with the code that
            `code_in` finds; None where the register has neither.
    """
    digest = hashlib.sha256(pdf).hexdigest()
    signature = _read(pdf, trust_roots)
    if record is None:
        return _without_record(pdf, digest, signature)
    same = record.sha256 == digest
    reasons = list(signature.faults)
    if not same:
        reasons.insert(0, "文件与登记的原件不一致。")
    if reasons:
        status: Status = "altered"
    elif record.status == "issued":
        status, reasons = "genuine", ["文件与登记的原件完全一致，签名有效。"]
        reasons += filter(None, [record.standing_note])
    else:
        status = record.status
        words = "已被新的文件取代" if status == "superseded" else "已被撤销"
        reasons = [f"文件是登记的原件，但{words}。", *filter(None, [record.status_reason])]
    return Verdict(
        status=status,
        reasons=tuple(reasons),
        sha256=digest,
        code=record.code,
        number=record.number,
        signer=signature.signer,
        signed_at=signature.signed_at,
        superseded_by=record.superseded_by,
    )


def _without_record(pdf: bytes, digest: str, signature: _Signature) -> Verdict:
    ours = signature.ours
    return Verdict(
        status="altered" if ours else "unknown",
        reasons=(
            "文件带有本平台的签名，但登记中没有这份文件。" if ours else _UNKNOWN,
            *(signature.faults if ours else ()),
        ),
        sha256=digest,
        signer=signature.signer,
        signed_at=signature.signed_at,
    )


def check_offline(pdf: bytes, *, trust_roots: Sequence[bytes]) -> Verdict:
    """Check the signature alone. Whether it was superseded or revoked stays open."""
    digest = hashlib.sha256(pdf).hexdigest()
    signature = _read(pdf, trust_roots)
    code = code_in(pdf) or ""
    if not signature.faults:
        status: Status = "genuine"
        reasons: tuple[str, ...] = ("签名有效，签名之后没有任何改动。",)
    elif signature.ours or code:
        status, reasons = "altered", signature.faults
    else:
        status, reasons = "unknown", (_UNKNOWN,)
    return Verdict(
        status=status,
        reasons=reasons,
        not_checked=("superseded", "revoked", *signature.not_checked),
        sha256=digest,
        code=code,
        signer=signature.signer,
        signed_at=signature.signed_at,
    )


_UNKNOWN = "文件里没有本平台的编号，也没有本平台的签名。"


def code_in(pdf: bytes) -> str | None:
    """The code of the verification address the file carries, also in a damaged file."""
    for text in _texts(pdf):
        if found := re.search(_CODE, text):
            return found[1].decode()
    return None


def _texts(pdf: bytes) -> Iterator[bytes]:
    """The file, then its compressed streams, found without believing its structure.

    Bounded: the file may be made to be expensive.
    """
    yield pdf
    for start in itertools.islice(re.finditer(rb"stream\r?\n(?=x)", pdf), _STREAMS):
        packed = pdf[start.end() : start.end() + _PACKED]
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(packed, _UNPACKED)


# --- The signature ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Signature:
    faults: tuple[str, ...]
    ours: bool = False
    """Made with, or claiming, a certificate under our trust roots."""
    signer: str = ""
    signed_at: datetime | None = None
    not_checked: tuple[str, ...] = ()


class _Fault(Exception):
    """A sentence on what is wrong."""


def _read(pdf: bytes, trust_roots: Sequence[bytes]) -> _Signature:
    ours = any(_subject(root) in pdf for root in trust_roots)
    try:
        signed = pinned(_contents(pdf))
        name = common_name(certs.load_der_x509_certificate(signed.signer))
        if not _leads_to(signed.certificates, trust_roots):
            return _Signature(("签名不是用本平台的证书做的。",), ours, name)
        signed_at, not_checked = _validated(pdf, trust_roots)
    except (_Fault, NotPinned) as fault:
        return _Signature((str(fault),), ours)
    return _Signature((), True, name, signed_at, not_checked)


def _subject(root: bytes) -> bytes:
    """The root's name as it stands in a signature, in hexadecimal."""
    name = certs.load_der_x509_certificate(root).subject
    return name.public_bytes().hex().upper().encode()


def _contents(pdf: bytes) -> bytes:
    """The CMS object of the one signature, which covers all of the file but itself."""
    ranges = _RANGE.findall(pdf)
    if not ranges:
        raise _Fault("文件没有数字签名，或者签名已损坏。")
    if len(ranges) > 1:
        raise _Fault("文件里有不止一个签名，签发以后又有更新。")
    start, before, after, rest = (int(number) for number in ranges[0])
    if start != 0 or after + rest != len(pdf):
        raise _Fault("签名没有覆盖整个文件：签发以后有内容被追加或截去。")
    if before >= after or pdf[before : before + 1] != b"<" or pdf[after - 1 : after] != b">":
        raise _Fault("签名没有覆盖整个文件。")
    digits = pdf[before + 1 : after - 1]
    if not _HEX.fullmatch(digits):
        raise _Fault("签名的数据已损坏。")
    data = bytes.fromhex(digits.decode())
    length = der_length(data)
    if any(data[length:]):
        raise _Fault("签名后面的填充被改动过。")
    return data[:length]


def _leads_to(certificates: Sequence[bytes], trust_roots: Sequence[bytes]) -> bool:
    """Cheap first look, so that only files that claim to be ours are parsed any further."""
    known = [certs.load_der_x509_certificate(root) for root in trust_roots]
    for der in certificates:
        certificate = certs.load_der_x509_certificate(der)
        if any(certificate == root or _issued(certificate, root) for root in known):
            return True
    return False


def _issued(certificate: certs.Certificate, issuer: certs.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _validated(
    pdf: bytes, trust_roots: Sequence[bytes]
) -> tuple[datetime | None, tuple[str, ...]]:
    """pyHanko's word on the signature, at the time it was made."""
    try:
        (embedded,) = PdfFileReader(BytesIO(pdf)).embedded_signatures
        signed_at = embedded.self_reported_timestamp
        status = validate_pdf_signature(
            embedded,
            _context(trust_roots, signed_at),
            ts_validation_context=_context(trust_roots, signed_at),
        )
    except Exception as error:  # a damaged file may fail anywhere inside a PDF library
        raise _Fault("文件已损坏，签名无法验证。") from error
    stamp = status.timestamp_validity
    if not (status.intact and status.valid and status.trusted):
        raise _Fault("文件内容与签名不符，签发以后被改动过。")
    if status.coverage != SignatureCoverageLevel.ENTIRE_FILE:
        raise _Fault("签名没有覆盖整个文件。")
    if stamp is not None and not (stamp.intact and stamp.valid):
        raise _Fault("时间戳与签名不符。")
    unknown_clock = stamp is not None and not stamp.trusted
    return signed_at, ("timestamp",) if unknown_clock else ()


def _context(trust_roots: Sequence[bytes], moment: datetime | None) -> ValidationContext:
    return ValidationContext(
        trust_roots=[x509.Certificate.load(root) for root in trust_roots],
        moment=moment,
        allow_fetching=False,
        revocation_mode="soft-fail",
    )
