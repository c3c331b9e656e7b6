"""No loose byte in a CMS signature (RFC 5652). Pure.

The signer signs the signed attributes, and these hold the digest of the content and of the
signer's certificate (RFC 5035). All else in the object is open to change: versions, names of
algorithms, further certificates, unsigned attributes. `pinned` takes the object apart and
puts it together again from the covered parts and from constants; the same bytes must come out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from asn1crypto import cms, parser
from cryptography import x509 as certs
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_TIMESTAMP = bytes.fromhex("060b2a864886f70d010910020e")
_NULL = b"\x05\x00"
_DIGESTS = {
    "sha256": bytes.fromhex("0609608648016503040201"),
    "sha384": bytes.fromhex("0609608648016503040202"),
    "sha512": bytes.fromhex("0609608648016503040203"),
}
_ECDSA = {
    "sha256": bytes.fromhex("06082a8648ce3d040302"),
    "sha384": bytes.fromhex("06082a8648ce3d040303"),
    "sha512": bytes.fromhex("06082a8648ce3d040304"),
}
_RSA = {
    "sha256": bytes.fromhex("06092a864886f70d01010b"),
    "sha384": bytes.fromhex("06092a864886f70d01010c"),
    "sha512": bytes.fromhex("06092a864886f70d01010d"),
}
_RSA_PLAIN = bytes.fromhex("06092a864886f70d010101")
_VERSIONS = (b"\x02\x01\x01", b"\x02\x01\x03")


class NotPinned(Exception):
    """The object holds something its signature does not cover; a Chinese sentence."""

    def __init__(self, sentence: str = "签名的数据被改动过。") -> None:
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Pinned:
    """A CMS signature without loose bytes; its signature is not checked here."""

    signer: bytes
    """The signer's certificate, DER."""
    certificates: tuple[bytes, ...]
    """All that it carries, the signer's included."""


def der_length(data: bytes) -> int:
    """How many bytes the first DER value of ``data`` takes."""
    try:
        header = parser.parse(data)
    except ValueError:
        raise NotPinned("签名的数据已损坏。") from None
    return sum(len(part) for part in header[3:6])


def pinned(der: bytes) -> Pinned:
    """Demand that every byte of ``der`` is covered or could not be otherwise.

    Raises:
        NotPinned: it is not so.
    """
    try:
        return _pinned(der)
    except (ValueError, TypeError, KeyError, AttributeError, LookupError):
        raise NotPinned("签名的数据已损坏。") from None


def _pinned(der: bytes) -> Pinned:
    signed = cms.ContentInfo.load(der, strict=True)["content"]
    (info,) = signed["signer_infos"]
    carried = tuple(each.chosen.dump() for each in signed["certificates"])
    signer = _signer(info, carried)
    _demand_issued(signer, carried)
    content = signed["encap_content_info"]
    algorithm = info["digest_algorithm"]
    version = signed["version"].dump()
    again = _tlv(
        0x30,
        _SIGNED_DATA,
        _tlv(
            0xA0,
            _tlv(
                0x30,
                version,
                _tlv(0x31, algorithm.dump()),
                _content(content),
                _tlv(0xA0, *carried),
                _tlv(
                    0x31,
                    _tlv(
                        0x30,
                        b"\x02\x01\x01",
                        _signer_id(signer),
                        algorithm.dump(),
                        info["signed_attrs"].dump(),
                        info["signature_algorithm"].dump(),
                        _tlv(0x04, info["signature"].native),
                        _unsigned(info["unsigned_attrs"]),
                    ),
                ),
            ),
        ),
    )
    if again != der or version not in _VERSIONS or not _known_algorithms(info, signer):
        raise NotPinned
    return Pinned(signer, carried)


def _tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def _content(content: Any) -> bytes:
    """``data`` without content (the file is outside), or a time-stamp's own content."""
    if content["content_type"].native == "data":
        return _tlv(0x30, bytes.fromhex("06092a864886f70d010701"))
    if content["content_type"].native != "tst_info":
        raise NotPinned
    inner = _tlv(0x04, content["content"].parsed.dump())
    return _tlv(0x30, bytes.fromhex("060b2a864886f70d0109100104"), _tlv(0xA0, inner))


def _signer(info: Any, carried: Sequence[bytes]) -> bytes:
    """The certificate whose digest the signed attributes hold."""
    for attribute in info["signed_attrs"]:
        kind = attribute["type"].native
        if kind in ("signing_certificate_v2", "1.2.840.113549.1.9.16.2.47"):
            first = attribute["values"][0]["certs"][0]
            name = first["hash_algorithm"]["algorithm"].native
        elif kind in ("signing_certificate", "1.2.840.113549.1.9.16.2.12"):
            first, name = attribute["values"][0]["certs"][0], "sha1"
        else:
            continue
        for der in carried:
            if (
                hashlib.new(name, der, usedforsecurity=False).digest()
                == first["cert_hash"].native
            ):
                return der
    raise NotPinned("签名里没有签名人的证书。")


def _demand_issued(signer: bytes, carried: Sequence[bytes]) -> None:
    """Every other certificate is signed by one that is carried too (a root by itself)."""
    known = [certs.load_der_x509_certificate(der) for der in carried]
    for certificate, der in zip(known, carried, strict=True):
        if der == signer:
            continue
        if not any(_issued(certificate, issuer) for issuer in known) or not _minimal(der):
            raise NotPinned("签名里有多余的证书。")
    if len(set(carried)) != len(carried):
        raise NotPinned("签名里有多余的证书。")


def _issued(certificate: certs.Certificate, issuer: certs.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _minimal(der: bytes) -> bool:
    """The parts of a certificate outside of what its issuer signed are as they must be."""
    certificate = certs.load_der_x509_certificate(der)
    tbs = certificate.tbs_certificate_bytes
    inner: bytes = cms.Certificate.load(der)["tbs_certificate"]["signature"].dump()
    return der == _tlv(0x30, tbs, inner, _tlv(0x03, b"\x00", certificate.signature))


def _signer_id(signer: bytes) -> bytes:
    certificate = cms.Certificate.load(signer)
    serial = certificate["tbs_certificate"]["serial_number"].dump()
    return _tlv(0x30, certificate.issuer.dump(), serial)


def _known_algorithms(info: Any, signer: bytes) -> bool:
    digest: bytes = info["digest_algorithm"].dump()
    signature: bytes = info["signature_algorithm"].dump()
    key = certs.load_der_x509_certificate(signer).public_key()
    for name, identifier in _DIGESTS.items():
        if digest not in (_tlv(0x30, identifier), _tlv(0x30, identifier, _NULL)):
            continue
        if isinstance(key, ec.EllipticCurvePublicKey):
            return signature == _tlv(0x30, _ECDSA[name])
        if isinstance(key, rsa.RSAPublicKey):
            return signature in (_tlv(0x30, _RSA[name], _NULL), _tlv(0x30, _RSA_PLAIN, _NULL))
    return False


def _unsigned(attributes: Any) -> bytes:
    """Nothing, or one time-stamp of the signature that is pinned itself."""
    if not attributes:
        return b""
    (attribute,) = attributes
    (token,) = attribute["values"]
    der = token.dump()
    pinned(der)
    return _tlv(0xA1, _tlv(0x30, _TIMESTAMP, _tlv(0x31, der)))
