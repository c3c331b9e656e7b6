"""Whose key signs the papers: 平台数字签名（防篡改），不代替印章.

Development makes its own authority on P-256 (pdfsig cannot read Ed25519). Production brings
a PKCS#12 file by setting; keys inside a PKCS#11 module need the package python-pkcs11, which
is not among the dependencies.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from core.errors import RuleViolation

_NOT_BEFORE = datetime(2024, 1, 1, tzinfo=UTC)
_VALID = timedelta(days=20 * 365)


@dataclass(frozen=True, slots=True)
class Identity:
    """A signing key with its certificate; all parts DER."""

    certificate: bytes
    key: bytes = field(repr=False)
    """PKCS#8, unencrypted: kept in memory only."""
    chain: tuple[bytes, ...] = ()
    """Intermediate certificates to send along, without the root."""

    @property
    def name(self) -> str:
        """The common name, as papers and pages show it."""
        return common_name(x509.load_der_x509_certificate(self.certificate))


def common_name(certificate: x509.Certificate) -> str:
    """The subject's common name, or the whole subject where it has none."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def development_identity(directory: Path, *, not_before: datetime = _NOT_BEFORE) -> Identity:
    """The signer of a development authority under ``directory``, made if not there yet.

    ``ca.pem`` is what readers trust. ``not_before`` must lie before everything that will be
    signed; it has no effect once the authority exists.
    """
    if not (directory / "signer.key").exists():
        _make_once(directory, not_before)
    certificate = x509.load_pem_x509_certificate((directory / "signer.pem").read_bytes())
    key = serialization.load_pem_private_key((directory / "signer.key").read_bytes(), None)
    return Identity(certificate.public_bytes(_DER), _pkcs8(key))


def pkcs12_identity(path: Path, password: bytes) -> Identity:
    """Production's signer: key, certificate and intermediates from a PKCS#12 file.

    Raises:
        RuleViolation: the file cannot be opened or holds no key with a certificate.
    """
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(path.read_bytes(), password)
    except (OSError, ValueError) as error:
        raise RuleViolation(
            "signer.unreadable", "签名证书文件打不开，请检查文件和密码的设置。"
        ) from error
    if key is None or certificate is None:
        raise RuleViolation("signer.incomplete", "签名证书文件里没有私钥或证书。")
    chain = tuple(other.public_bytes(_DER) for other in others if other.subject != other.issuer)
    return Identity(certificate.public_bytes(_DER), _pkcs8(key), chain)


def certificates(pem: bytes) -> tuple[bytes, ...]:
    """The certificates of a PEM bundle (or one DER certificate), as DER.

    Raises:
        ValueError: there are none.
    """
    if b"-----BEGIN" in pem:
        return tuple(each.public_bytes(_DER) for each in x509.load_pem_x509_certificates(pem))
    return (x509.load_der_x509_certificate(pem).public_bytes(_DER),)


# --- The development authority ---------------------------------------------------------

_DER = serialization.Encoding.DER
_PEM = serialization.Encoding.PEM


def _make_once(directory: Path, not_before: datetime) -> None:
    """Make it aside and move it into place whole: two processes may come at once."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".ca-") as aside:
        made = Path(aside) / "ca"
        made.mkdir(mode=0o700)
        _make(made, not_before)
        try:
            made.rename(directory)
        except OSError:
            if not (directory / "signer.key").exists():
                raise


def _make(directory: Path, not_before: datetime) -> None:
    ca_key = ec.generate_private_key(ec.SECP256R1())
    signer_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = _name("议事开发用证书机构")
    ca = (
        _builder(ca_name, ca_name, ca_key.public_key(), not_before)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    signer = (
        _builder(
            _name("议事平台文书签名（开发用）"), ca_name, signer_key.public_key(), not_before
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()),
            critical=False,
        )
        .sign(ca_key, hashes.SHA256())
    )
    # The authority's key is not kept: it signs once, and nobody can make a second signer.
    _write(directory / "ca.pem", ca.public_bytes(_PEM), 0o644)
    _write(directory / "signer.pem", signer.public_bytes(_PEM), 0o644)
    _write(
        directory / "signer.key",
        signer_key.private_bytes(
            _PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        0o600,
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "议事（开发环境）"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, not_before: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_before + _VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _write(path: Path, data: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(data)


def _pkcs8(key: object) -> bytes:
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise RuleViolation("signer.key", "签名证书的密钥只能是椭圆曲线（P-256）或 RSA。")
    return key.private_bytes(
        _DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
