"""Loose bytes that a valid CMS signature may carry, and ours may not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from asn1crypto import cms, core
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from documents.authority import Identity, development_identity
from documents.pinning import NotPinned, der_length, pinned
from documents.signing import sign
from documents.verification import check_offline
from tests.documents import samples


@pytest.fixture(scope="module")
def der(signed: bytes) -> bytes:
    found = re.search(rb"/Contents <([0-9A-F]+)>", signed)
    assert found
    data = bytes.fromhex(found[1].decode())
    return data[: der_length(data)]


def changed(der: bytes, change: str, tmp_path: Path) -> bytes:
    info = cms.ContentInfo.load(der)
    signed = info["content"]
    if change == "further certificate":
        other = development_identity(tmp_path / "ca").certificate
        signed["certificates"].append(cms.CertificateChoices.load(other))
    elif change == "certificate twice":
        signed["certificates"].append(signed["certificates"][0].copy())
    elif change == "unsigned attribute":
        attribute = cms.CMSAttribute(
            {"type": "content_type", "values": [cms.ContentType("data")]}
        )
        signed["signer_infos"][0]["unsigned_attrs"] = [attribute]
    elif change == "version":
        signed["version"] = "v5"
    elif change == "second digest algorithm":
        signed["digest_algorithms"].append(cms.DigestAlgorithm({"algorithm": "sha512"}))
    elif change == "revocation lists":
        signed["crls"] = []
    elif change == "content inside":
        signed["encap_content_info"]["content"] = core.OctetString(b"x")
    elif change == "no signer":
        signed["signer_infos"] = []
    return bytes(info.dump(force=True))


def test_it_works(der: bytes, identity: Identity) -> None:
    assert pinned(der).signer == identity.certificate


@pytest.mark.parametrize(
    "change",
    [
        "further certificate",
        "certificate twice",
        "unsigned attribute",
        "version",
        "second digest algorithm",
        "revocation lists",
        "content inside",
        "no signer",
    ],
)
def test_loose_bytes(change: str, der: bytes, tmp_path: Path) -> None:
    other = changed(der, change, tmp_path)
    assert other != der
    with pytest.raises(NotPinned):
        pinned(other)


def test_every_byte_of_the_wrapping(der: bytes, identity: Identity) -> None:
    """What lies outside of the signed attributes, the certificate and the signature value."""
    info = cms.ContentInfo.load(der)["content"]["signer_infos"][0]
    covered = [identity.certificate, info["signed_attrs"].dump(), info["signature"].native]
    inside: set[int] = set()
    for part in covered:
        start = der.index(part)
        inside |= set(range(start, start + len(part)))
    loose = [position for position in range(len(der)) if position not in inside]
    assert len(loose) > 100
    for position in loose:
        for value in (0, der[position] ^ 1, der[position] ^ 0x20, 255):
            if value == der[position]:
                continue
            other = der[:position] + bytes((value,)) + der[position + 1 :]
            with pytest.raises(NotPinned):
                pinned(other)


def test_indefinite_length(der: bytes) -> None:
    """BER says the same in other bytes."""
    with pytest.raises(NotPinned):
        pinned(b"\x30\x80" + der[4:] + b"\0\0")


# --- Time-stamps (B-T) -----------------------------------------------------------------


@pytest.fixture(scope="module")
def stamped(unsigned: bytes, identity: Identity) -> tuple[bytes, bytes]:
    """A file with a time-stamp, and the authority's certificate. pyHanko's own stamper
    can only RSA; the certificate is made here."""
    from asn1crypto import keys
    from asn1crypto import x509 as asn1_x509
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import NoEncryption, PrivateFormat

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "样例时间戳")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(samples.AT.replace(year=2025))
        .not_valid_after(samples.AT.replace(year=2045))
        .add_extension(
            x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
        )
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )
    stamper = DummyTimeStamper(
        tsa_cert=asn1_x509.Certificate.load(certificate),
        tsa_key=keys.PrivateKeyInfo.load(
            key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        ),
        certs_to_embed=SimpleCertificateStore(),
        fixed_dt=samples.AT,
    )
    pdf = sign(
        unsigned,
        identity=identity,
        at=samples.AT,
        verify_url=samples.URL,
        timestamper=stamper,
    )
    return pdf, certificate


def test_a_time_stamp(stamped: tuple[bytes, bytes], roots: tuple[bytes, ...]) -> None:
    pdf, certificate = stamped
    verdict = check_offline(pdf, trust_roots=roots)
    assert verdict.status == "genuine", verdict.reasons
    assert "timestamp" in verdict.not_checked
    trusted = check_offline(pdf, trust_roots=[*roots, certificate])
    assert trusted.not_checked == ("superseded", "revoked")


def test_a_changed_time_stamp(stamped: tuple[bytes, bytes], roots: tuple[bytes, ...]) -> None:
    pdf, _ = stamped
    found = re.search(rb"/Contents <([0-9A-F]+)>", pdf)
    assert found
    data = bytes.fromhex(found[1].decode())
    length = der_length(data)
    token = data.index(bytes.fromhex("060b2a864886f70d010910020e"))
    for offset in range(token, length, 31):
        place = found.start(1) + 2 * offset
        other = (
            pdf[:place] + (b"1" if pdf[place : place + 1] != b"1" else b"2") + pdf[place + 1 :]
        )
        assert check_offline(other, trust_roots=roots).status == "altered", offset
