"""Reading papers. Verification is public: whoever holds a code or a file may ask."""

from __future__ import annotations

import hashlib
from typing import Literal, cast

from django.db.models import QuerySet
from django.http import Http404

from documents.models import Document
from documents.verification import Record, code_in


def document_or_none(code: str) -> Document | None:
    """The paper with that code, without its bytes."""
    return _light().filter(code=code).first()


def public_pdf(code: str) -> bytes:
    """The stored bytes of a public paper; else Http404."""
    found = Document.objects.filter(code=code, is_public=True).values_list("pdf").first()
    if found is None:
        raise Http404
    return bytes(found[0])


def record_for(pdf: bytes) -> Record | None:
    """What is registered under the file's SHA-256 or, failing that, the code it carries."""
    digest = hashlib.sha256(pdf).hexdigest()
    found = _light().filter(sha256=digest).first()
    if found is None and (code := code_in(pdf)):
        found = _light().filter(code=code).first()
    return None if found is None else _record(found)


def _light() -> QuerySet[Document]:
    return Document.objects.select_related("superseded_by", "estate").defer(
        "pdf", "facts", "superseded_by__pdf", "superseded_by__facts"
    )


def _record(document: Document) -> Record:
    return Record(
        code=document.code,
        number=document.number,
        sha256=document.sha256,
        status=cast(Literal["issued", "superseded", "revoked"], document.status),
        status_reason=document.status_reason,
        superseded_by=document.superseded_by.code if document.superseded_by else "",
    )
