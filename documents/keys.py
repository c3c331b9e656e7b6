"""The signing identity and the trusted certificates that the settings name."""

from pathlib import Path

from django.conf import settings
from pyhanko.sign.timestamps import TimeStamper

from core.errors import RuleViolation
from documents.authority import Identity, certificates, development_identity, pkcs12_identity
from documents.signing import timestamper_at


def identity() -> Identity:
    """Who signs: the PKCS#12 file of the settings, else the development authority.

    Raises:
        RuleViolation: production without a certificate, or one that cannot be opened.
    """
    if settings.SIGNER_PKCS12:
        return pkcs12_identity(Path(settings.SIGNER_PKCS12), _password())
    if settings.DEBUG or (Path(settings.CA_DIR) / "signer.key").exists():
        return development_identity(Path(settings.CA_DIR))
    raise RuleViolation(
        "signer.missing", "还没有配置签名证书，不能签发文件。请联系系统管理员。"
    )


def trust_roots() -> tuple[bytes, ...]:
    """Whose signatures are ours (DER): the signer's own certificate and its predecessors'.

    Not the authority's: under a commercial one everybody's signature would be ours.
    Predecessors stand in the PEM file ``SIGNER_TRUST_FILE``; without them papers they signed
    no longer verify.
    """
    earlier = settings.SIGNER_TRUST_FILE
    roots = certificates(Path(earlier).read_bytes()) if earlier else ()
    try:
        return (identity().certificate, *roots)
    except RuleViolation:
        return roots  # nothing can be signed here, but papers can be checked


def timestamper() -> TimeStamper | None:
    return timestamper_at(settings.TSA_URL)


def _password() -> bytes:
    if not settings.SIGNER_PASSWORD_FILE:
        return b""
    try:
        return Path(settings.SIGNER_PASSWORD_FILE).read_bytes().strip()
    except OSError as error:
        raise RuleViolation("signer.password", "签名证书的密码文件打不开。") from error
