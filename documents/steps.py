"""Storing and retiring papers: joins the caller's transaction and refuses to run without one.

The caller writes the log entry, with the document's SHA-256 and number.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import transaction

from core.deadlines import local_day
from documents import keys
from documents.models import Document
from documents.papers import PaperFacts
from documents.signing import sign
from documents.verification import check_offline
from registry.models import Authority, Estate


def store_signed(
    *,
    facts: PaperFacts,
    kind: str,
    title: str,
    estate: Estate | Authority,
    pdf: bytes,
    data: bytes,
    is_public: bool = True,
) -> Document:
    """Sign a rendered paper and keep its bytes; it is never rendered again.

    Args:
        facts: code, number, moment and verification address.
        estate: whose it is; an authority's for a report to the one above it.
        pdf: as rendered, unsigned.
        data: the attached data, byte for byte as attached.

    Raises:
        RuntimeError: outside a transaction.
        RuleViolation: no signing certificate.
    """
    _inside_transaction()
    identity = keys.identity()
    signed = sign(
        pdf,
        identity=identity,
        at=facts.issued_at,
        verify_url=facts.verify_url,
        timestamper=keys.timestamper(),
    )
    # What we could not verify ourselves (an expired certificate, a time-stamp with loose
    # bytes) must not go out.
    verdict = check_offline(signed, trust_roots=[identity.certificate])
    if verdict.status != "genuine":
        raise RuntimeError(f"our own signature does not verify: {verdict.reasons}")
    return Document.objects.create(
        code=facts.code,
        number=facts.number,
        kind=kind,
        title=title,
        estate=estate if isinstance(estate, Estate) else None,
        authority=estate if isinstance(estate, Authority) else None,
        pdf=signed,
        sha256=hashlib.sha256(signed).hexdigest(),
        facts=data,
        facts_sha256=hashlib.sha256(data).hexdigest(),
        signer=identity.name,
        issued_at=facts.issued_at,
        is_public=is_public,
    )


def next_number(place: Estate | Authority, *, series: str, at: datetime) -> str:
    """The next number of the year in a series of a place, e.g. 样例花园业〔2026〕3号.

    Locks the place's row, so that two papers never take the same number.
    """
    _inside_transaction()
    type(place)._default_manager.select_for_update(no_key=True).get(pk=place.pk)
    prefix = f"{place.name}{series}〔{local_day(at).year}〕"
    of = {"estate": place} if isinstance(place, Estate) else {"authority": place}
    issued = Document.objects.filter(**of, number__startswith=prefix).count()
    return f"{prefix}{issued + 1}号"


def mark_superseded(document: Document, *, by: Document, reason: str) -> None:
    """Another paper takes its place. Only an issued one can be superseded."""
    _retire(document, status="superseded", reason=reason, superseded_by=by)


def mark_revoked(document: Document, *, reason: str) -> None:
    """It no longer holds (correction ordered, decision annulled by a court)."""
    _retire(document, status="revoked", reason=reason, superseded_by=None)


def note_standing(document: Document, *, standing: str, note: str) -> None:
    """Say on the verification page what is in the way of what the paper decides; "" nothing."""
    _inside_transaction()
    Document.objects.filter(pk=document.pk).update(standing=standing, standing_note=note)
    document.refresh_from_db(fields=["standing", "standing_note"])


def _retire(
    document: Document, *, status: str, reason: str, superseded_by: Document | None
) -> None:
    _inside_transaction()
    changed = Document.objects.filter(pk=document.pk, status="issued").update(
        status=status, status_reason=reason, superseded_by=superseded_by
    )
    if changed != 1:
        raise RuntimeError("only a paper that still holds can be retired")
    document.refresh_from_db(fields=["status", "status_reason", "superseded_by"])


def _inside_transaction() -> None:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("papers are stored inside the caller's transaction only")
