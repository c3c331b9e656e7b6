"""Identities: the development authority and PKCS#12."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    load_der_private_key,
    pkcs12,
)

from core.errors import RuleViolation
from documents.authority import (
    Identity,
    certificates,
    development_identity,
    pkcs12_identity,
)
from documents.signing import sign
from documents.verification import check_offline
from tests.documents import samples


def test_the_authority_predates_what_it_signs(tmp_path: Path) -> None:
    start = datetime(2025, 9, 1, tzinfo=UTC)
    identity = development_identity(tmp_path / "ca", not_before=start)
    certificate = x509.load_der_x509_certificate(identity.certificate)
    assert certificate.not_valid_before_utc == start
    (ca,) = certificates((tmp_path / "ca" / "ca.pem").read_bytes())
    certificate.verify_directly_issued_by(x509.load_der_x509_certificate(ca))


def test_made_once_and_kept_private(tmp_path: Path) -> None:
    first = development_identity(tmp_path / "ca")
    assert development_identity(tmp_path / "ca") == first
    assert stat.S_IMODE((tmp_path / "ca" / "signer.key").stat().st_mode) == 0o600
    assert not list(tmp_path.glob(".ca-*"))


def test_the_key_does_not_show(identity: Identity) -> None:
    assert "key" not in repr(identity)
    assert identity.name == "议事平台文书签名（开发用）"


def test_pkcs12(tmp_path: Path, identity: Identity, unsigned: bytes) -> None:
    path = tmp_path / "signer.p12"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"signer",
            load_der_private_key(identity.key, None),  # type: ignore[arg-type]
            x509.load_der_x509_certificate(identity.certificate),
            None,
            BestAvailableEncryption(b"password"),
        )
    )
    opened = pkcs12_identity(path, b"password")
    assert opened.certificate == identity.certificate
    pdf = sign(unsigned, identity=opened, at=samples.AT, verify_url=samples.URL)
    assert check_offline(pdf, trust_roots=[identity.certificate]).status == "genuine"
    with pytest.raises(RuleViolation, match="密码"):
        pkcs12_identity(path, b"wrong")
    with pytest.raises(RuleViolation):
        pkcs12_identity(tmp_path / "none.p12", b"")


@pytest.mark.parametrize("content", [b"", b"not a certificate", b"-----BEGIN CERTIFICATE-----"])
def test_no_certificates(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the library says
        certificates(content)
