"""Reading papers. Verification is public: whoever holds a code or a file may ask."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal, cast

from django.db.models import Prefetch, QuerySet
from django.http import Http404

from documents.models import Document, Posting, PostingPhoto, PostingPlace, Seal, StampedCopy
from documents.verification import Record, code_in
from registry.fields import open_bytes

PHOTO, SCAN = "documents.photo.content", "documents.scan.content"  # what they are sealed for


def document_or_none(code: str) -> Document | None:
    """The paper with that code, without its bytes."""
    return _light().filter(code=code).first()


def public_pdf(code: str) -> bytes:
    """The stored bytes of a public paper; else Http404."""
    found = Document.objects.filter(code=code, is_public=True).values_list("pdf").first()
    if found is None:
        raise Http404
    return bytes(found[0])


def document_pdf(document: Document) -> bytes:
    """The stored bytes of a paper, for those who may see it."""
    return bytes(Document.objects.values_list("pdf", flat=True).get(pk=document.pk))


def record_for(pdf: bytes) -> Record | None:
    """What is registered under the file's SHA-256 or, failing that, the code it carries."""
    digest = hashlib.sha256(pdf).hexdigest()
    found = _light().filter(sha256=digest).first()
    if found is None and (code := code_in(pdf)):
        found = _light().filter(code=code).first()
    return None if found is None else _record(found)


def papers_of(estate_id: int) -> QuerySet[Document]:
    """The papers of an estate, the newest first, without their bytes."""
    return _light().filter(estate_id=estate_id).order_by("-issued_at", "-pk")


# --- where papers hang --------------------------------------------------------------------


def places_to_post(estate_id: int) -> list[PostingPlace]:
    """Where the papers of an estate have to hang."""
    return list(PostingPlace.objects.filter(estate_id=estate_id, is_active=True))


def postings_of(documents: Iterable[Document]) -> QuerySet[Posting]:
    """Every posting of these papers, the oldest first, with photographs but not their bytes."""
    photos = Prefetch("photos", queryset=PostingPhoto.objects.defer("content"))
    found = Posting.objects.filter(document__in=[document.pk for document in documents])
    return found.select_related("place").prefetch_related(photos)


def photo_bytes(photo: PostingPhoto) -> bytes:
    """The photograph, a JPEG."""
    return open_bytes(bytes(photo.content), purpose=PHOTO)


# --- seals --------------------------------------------------------------------------------


def seals_of(estate_id: int) -> QuerySet[Seal]:
    """The seals of an estate with keepers and uses, for the register."""
    return Seal.objects.filter(estate_id=estate_id).prefetch_related("custodies__uses")


# --- stamped copies -----------------------------------------------------------------------


def stamped_copies(document: Document) -> QuerySet[StampedCopy]:
    """Every scan of a paper, whatever became of it, the oldest first; without their bytes."""
    return document.stamped_copies.defer("content")


def public_copies(document: Document) -> QuerySet[StampedCopy]:
    """What anybody may see beside a paper: confirmed scans of a public one."""
    if not document.is_public:
        return StampedCopy.objects.none()
    return stamped_copies(document).filter(state="confirmed")


def public_scan(code: str, pk: int) -> StampedCopy:
    """A confirmed scan of a public paper, with its bytes; else Http404."""
    found = StampedCopy.objects.filter(
        pk=pk, state="confirmed", document__code=code, document__is_public=True
    ).first()
    if found is None:
        raise Http404
    return found


def scan_bytes(copy: StampedCopy) -> bytes:
    """The scan as kept."""
    return open_bytes(bytes(copy.content), purpose=SCAN)


def _light() -> QuerySet[Document]:
    return Document.objects.select_related("superseded_by", "estate", "authority").defer(
        "pdf", "facts", "superseded_by__pdf", "superseded_by__facts"
    )


def _record(document: Document) -> Record:
    return Record(
        code=document.code,
        number=document.number,
        sha256=document.sha256,
        status=cast(Literal["issued", "superseded", "revoked"], document.status),
        status_reason=document.status_reason,
        standing_note=document.standing_note,
        superseded_by=document.superseded_by.code if document.superseded_by else "",
    )
