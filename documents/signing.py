"""PAdES signatures with pyHanko: B-B, or B-T where a time-stamping authority is set.

The signature is invisible and covers the whole file. It proves that nothing was changed
since, and by which platform; it is not a seal.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from io import BytesIO

from asn1crypto import keys, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.ades.api import CAdESSignedAttrSpec
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.timestamps import HTTPTimeStamper, TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from documents.authority import Identity

FIELD = "YishiSignature"
# Hex digits kept free for the CMS object: a chain of RSA certificates fits, and a time-stamp.
_RESERVED = 16_384
_RESERVED_WITH_TIMESTAMP = 40_960


def sign(
    pdf: bytes,
    *,
    identity: Identity,
    at: datetime,
    verify_url: str,
    timestamper: TimeStamper | None = None,
) -> bytes:
    """The signed file.

    Args:
        pdf: not signed yet.
        at: signing time, from the record; aware.
        verify_url: goes into the signature dictionary, so that a damaged copy can still be
            traced to its number.
        timestamper: gives B-T; see `timestamper_at`.
    """
    return asyncio.run(_sign(pdf, identity, at, verify_url, timestamper))


def timestamper_at(url: str) -> TimeStamper | None:
    """The time-stamping authority at ``url`` (RFC 3161); None for an empty address."""
    return HTTPTimeStamper(url, timeout=10) if url else None


class _Writer(IncrementalPdfFileWriter):  # type: ignore[misc]
    """Leaves alone what was rendered: pyHanko would date the metadata by the clock and call
    the file PDF 2.0, while PDF/A-3 is PDF 1.7 (ISO 19005-3)."""

    def _update_meta(self) -> None:
        pass

    def ensure_output_version(self, version: tuple[int, int]) -> None:
        pass


async def _sign(
    pdf: bytes,
    identity: Identity,
    at: datetime,
    verify_url: str,
    timestamper: TimeStamper | None,
) -> bytes:
    writer = _Writer(BytesIO(pdf))
    session = signers.PdfSigner(
        signers.PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm="sha256",
            location=verify_url,
            reason="平台数字签名（防篡改），不代替印章",
            subfilter=fields.SigSeedSubFilter.PADES,
        ),
        _signer(identity),
        timestamper=timestamper,
    ).init_signing_session(writer)
    session.system_time = at  # the record's time, not the clock's
    document = session.prepare_tbs_document(
        validation_info=None,
        bytes_reserved=_RESERVED_WITH_TIMESTAMP if timestamper else _RESERVED,
    )
    prepared, output = document.digest_tbs_document()
    await document.perform_signature(
        document_digest=prepared.document_digest,
        pdf_cms_signed_attrs=PdfCMSSignedAttributes(
            signing_time=at, cades_signed_attrs=CAdESSignedAttrSpec()
        ),
    )
    signed: bytes = output.getvalue()
    return signed


def _signer(identity: Identity) -> signers.SimpleSigner:
    store = SimpleCertificateStore()
    store.register_multiple(x509.Certificate.load(each) for each in identity.chain)
    return signers.SimpleSigner(
        signing_cert=x509.Certificate.load(identity.certificate),
        signing_key=keys.PrivateKeyInfo.load(identity.key),
        cert_registry=store,
        embed_roots=False,
    )
