"""Storing a paper, and what may change afterwards."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from core.errors import RuleViolation
from documents import keys
from documents.models import Document
from documents.selectors import record_for
from documents.steps import mark_revoked, mark_superseded, store_signed
from documents.verification import check
from tests.documents import samples
from tests.factories import make_estate

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _signer(settings: Any, ca_dir: Path, identity: object) -> None:
    settings.CA_DIR = ca_dir


def store(pdf: bytes, **changes: Any) -> Document:
    facts = samples.resolution(**changes)
    with transaction.atomic():
        return store_signed(
            facts=facts,
            kind="resolution",
            title=facts.title,
            estate=make_estate(),
            pdf=pdf,
            data=samples.TALLY,
        )


def test_it_works(unsigned: bytes) -> None:
    document = store(unsigned)
    document.refresh_from_db()
    pdf = bytes(document.pdf)
    assert document.sha256 == hashlib.sha256(pdf).hexdigest()
    assert document.facts_sha256 == hashlib.sha256(samples.TALLY).hexdigest()
    assert document.signer == "议事平台文书签名（开发用）"
    verdict = check(pdf, trust_roots=keys.trust_roots(), record=record_for(pdf))
    assert verdict.status == "genuine"
    assert verdict.number == document.number


def test_found_by_the_code_it_carries(unsigned: bytes) -> None:
    pdf = bytes(store(unsigned).pdf) + b"\n"
    record = record_for(pdf)
    assert record is not None
    assert check(pdf, trust_roots=keys.trust_roots(), record=record).status == "altered"
    assert record_for(b"") is None


@pytest.mark.django_db(transaction=True)
def test_refuses_without_a_transaction(unsigned: bytes) -> None:
    facts = samples.resolution()
    with pytest.raises(RuntimeError):
        store_signed(
            facts=facts,
            kind="resolution",
            title=facts.title,
            estate=make_estate(),
            pdf=unsigned,
            data=b"{}",
        )
    assert not Document.objects.exists()


def test_superseded_then_no_longer_retired(unsigned: bytes) -> None:
    old, new = store(unsigned), store(unsigned, code="0" * 12)
    mark_superseded(old, by=new, reason="更正面积")
    pdf = bytes(old.pdf)
    verdict = check(pdf, trust_roots=keys.trust_roots(), record=record_for(pdf))
    assert (verdict.status, verdict.superseded_by) == ("superseded", "0" * 12)
    with pytest.raises(RuntimeError):
        mark_revoked(old, reason="再撤销")


def test_the_database_keeps_the_bytes(unsigned: bytes) -> None:
    document = store(unsigned)
    for change in ({"pdf": b"x"}, {"sha256": "0" * 64}, {"number": "4号"}, {"code": "1" * 12}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Document.objects.filter(pk=document.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Document.objects.filter(pk=document.pk).delete()


def test_production_without_a_certificate(settings: Any, tmp_path: Path) -> None:
    settings.CA_DIR = tmp_path / "none"
    with pytest.raises(RuleViolation, match="签名证书"):
        keys.identity()
    assert keys.trust_roots() == ()


def test_papers_of_an_earlier_signer(settings: Any, unsigned: bytes, tmp_path: Path) -> None:
    pdf = bytes(store(unsigned).pdf)
    (earlier,) = keys.trust_roots()
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    settings.SIGNER_TRUST_FILE = tmp_path / "earlier.pem"
    pem = x509.load_der_x509_certificate(earlier).public_bytes(Encoding.PEM)
    settings.SIGNER_TRUST_FILE.write_bytes(pem)
    settings.CA_DIR = tmp_path / "none"
    verdict = check(pdf, trust_roots=keys.trust_roots(), record=record_for(pdf))
    assert verdict.status == "genuine"
