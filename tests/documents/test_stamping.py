"""Stamped prints that come back: the right paper, two people, and what shows where."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from django.test import Client

from core.errors import RuleViolation
from documents.models import Document, StampedCopy
from documents.selectors import scan_bytes
from documents.services.stamping import confirm_scan, decline_scan, link_scan
from tests.documents.test_postings import make_document
from tests.documents.test_scans import CODE, OTHER, photo, scan
from tests.factories import FREEZE, make_estate

pytestmark = pytest.mark.django_db
ONE, TWO = "user:1", "user:2"


def link(document: Document, content: bytes) -> StampedCopy:
    return link_scan(document_id=document.pk, content=content, actor=ONE, at=FREEZE)


def codes(refused: Any) -> set[str]:
    return {reason.code for reason in refused.value.facts["reasons"]}


@pytest.mark.parametrize("kind", ["PNG", "PDF"])
def test_it_works(kind: str, client: Client) -> None:
    document = make_document(code=CODE)
    copy = link(document, scan(CODE, kind=kind))
    assert (copy.qr, copy.state) == ("read", "uploaded")
    assert copy.document_sha256 == document.sha256
    page, file = f"/v/{CODE}", f"/v/{CODE}/stamped/{copy.pk}"
    assert "盖章扫描件" not in client.get(page).content.decode()  # nobody has seen it yet
    assert client.get(file).status_code == 404
    confirm_scan(copy_id=copy.pk, actor=TWO, at=FREEZE)
    shown = client.get(page).content.decode()
    assert copy.sha256 in shown
    assert "印章真假，请向盖章的单位核实" in shown
    served = client.get(file)
    assert sha256(served.content).hexdigest() == copy.sha256
    assert served.headers["Content-Disposition"].startswith(
        "attachment" if kind == "PDF" else "inline"
    )
    assert "sandbox" in served.headers["Content-Security-Policy"]


def test_a_scan_of_another_paper_is_refused_by_name() -> None:
    document = make_document(code=CODE)
    other = make_document(document.estate, code=OTHER, number="样例花园业〔2026〕2号")
    for kind in ("PNG", "PDF"):
        with pytest.raises(RuleViolation) as refused:
            link(document, scan(OTHER, kind=kind))
        assert refused.value.code == "stamp.other_paper"
        assert other.number in str(refused.value)
    assert not StampedCopy.objects.exists()


def test_without_a_code_the_choice_counts_and_the_page_says_so() -> None:
    copy = link(make_document(), photo())
    assert copy.qr == "none"
    assert b"Exif" not in scan_bytes(copy)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "attachment.empty"),
        (b"MZ\x90\0 an EXE named scan.pdf", "attachment.type"),
        (b"%PDF-" + b"0" * (30 * 2**20), "attachment.too_large"),
    ],
)
def test_bad_files(content: bytes, reason: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        link(make_document(), content)
    assert codes(refused) == {reason}


def test_the_electronic_original_is_no_scan() -> None:
    pdf = b"%PDF-1.7 /v/7K4M2QXH9T3W %%EOF"
    document = make_document(pdf=pdf, sha256=sha256(pdf).hexdigest())
    with pytest.raises(RuleViolation) as refused:
        link(document, pdf)
    assert refused.value.code == "stamp.original"


def test_the_second_person_is_another_one() -> None:
    copy = link(make_document(), scan(CODE))
    for act in (
        lambda: confirm_scan(copy_id=copy.pk, actor=ONE, at=FREEZE),
        lambda: decline_scan(copy_id=copy.pk, reason="没有盖章", actor=ONE, at=FREEZE),
    ):
        with pytest.raises(RuleViolation) as refused:
            act()
        assert refused.value.code == "stamp.same_person"
    with pytest.raises(RuleViolation) as refused:
        decline_scan(copy_id=copy.pk, reason=" ", actor=TWO, at=FREEZE)
    assert codes(refused) == {"stamp.reason"}
    decline_scan(copy_id=copy.pk, reason="没有盖章", actor=TWO, at=FREEZE)
    with pytest.raises(RuleViolation) as refused:
        confirm_scan(copy_id=copy.pk, actor="user:3", at=FREEZE)
    assert refused.value.code == "stamp.decided"


def test_twice_is_once_and_a_declined_one_may_come_again() -> None:
    document = make_document()
    first = link(document, scan(CODE))
    assert link(document, scan(CODE)).pk == first.pk
    decline_scan(copy_id=first.pk, reason="缺一页", actor=TWO, at=FREEZE)
    assert link(document, scan(CODE)).pk != first.pk


def test_a_paper_that_is_not_public_shows_no_scan(client: Client) -> None:
    document = make_document(make_estate(), is_public=False)
    copy = link(document, scan(CODE))
    confirm_scan(copy_id=copy.pk, actor=TWO, at=FREEZE)
    assert "盖章扫描件" not in client.get(f"/v/{CODE}").content.decode()
    assert client.get(f"/v/{CODE}/stamped/{copy.pk}").status_code == 404
