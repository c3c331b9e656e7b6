"""Where papers hang, and since when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from core.errors import RuleViolation
from documents.models import Document, Posting, PostingPhoto
from documents.selectors import photo_bytes
from documents.services.posting import (
    add_photo,
    add_place,
    post_paper,
    take_down,
)
from logbook.models import Entry
from tests.documents.test_scans import photo
from tests.factories import FREEZE, make_estate

pytestmark = pytest.mark.django_db
ACTOR = "user:1"
HUNG = FREEZE + timedelta(hours=3)
NOW = FREEZE + timedelta(days=30)


def make_document(estate: Any = None, code: str = "7K4M2QXH9T3W", **fields: Any) -> Document:
    return Document.objects.create(
        **{
            "code": code,
            "number": "样例花园业〔2026〕1号",
            "kind": "notice",
            "title": "公告",
            "estate": estate or make_estate(),
            "pdf": b"%PDF-1.7",
            "sha256": code.ljust(64, "0"),
            "facts": b"{}",
            "facts_sha256": "1" * 64,
            "signer": "测试",
            "issued_at": FREEZE,
            **fields,
        }
    )


@pytest.fixture
def wall() -> Any:
    document = make_document()
    places = [
        add_place(estate_id=document.estate_id, name=name, actor=ACTOR, at=FREEZE)
        for name in ("大门公告栏", "1幢1单元门口")
    ]
    return document, places


def hang(document: Document, place: Any, **changes: Any) -> Posting:
    return post_paper(
        **{
            "document_id": document.pk,
            "place_id": place.pk,
            "posted_by": "王一",
            "posted_at": HUNG,
            "photos": [photo()],
            "actor": ACTOR,
            "at": NOW,
            **changes,
        }
    )


def codes(refused: Any) -> set[str]:
    return {reason.code for reason in refused.value.facts["reasons"]}


def test_the_photograph_is_kept_encrypted_and_plain(wall: Any) -> None:
    document, (gate, _door) = wall
    hang(document, gate)
    kept = PostingPhoto.objects.get()
    assert photo_bytes(kept)[:3] == b"\xff\xd8\xff"
    assert b"\xff\xd8\xff" not in bytes(kept.content)[:40]
    assert b"Exif" not in photo_bytes(kept)
    entry = Entry.objects.filter(log__name=f"estate/{document.estate.code}").last()
    assert kept.sha256.encode() in bytes(entry.line)
    assert "王一" not in bytes(entry.line).decode()


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"posted_by": " "}, {"posting.who"}),
        ({"posted_by": "王" * 41}, {"posting.who"}),
        ({"posted_at": None}, {"posting.time"}),
        ({"posted_at": NOW + timedelta(minutes=1)}, {"posting.future"}),
        ({"posted_at": FREEZE - timedelta(minutes=1)}, {"posting.before"}),
        ({"photos": [b""]}, {"attachment.empty"}),
        ({"photos": [b"MZ\x90\0"]}, {"attachment.type"}),
        ({"photos": [b"%PDF-1.4"]}, {"attachment.type"}),
        ({"photos": [b"\xff\xd8\xff" + b"0" * (30 * 2**20)]}, {"attachment.too_large"}),
        ({"photos": [b"x"] * 7}, {"posting.photos", "attachment.type"}),
        (
            {"posted_by": "", "posted_at": None, "photos": [b""]},
            {"posting.who", "posting.time", "attachment.empty"},
        ),
    ],
)
def test_every_reason_at_once_and_nothing_written(
    wall: Any, changes: dict[str, Any], reasons: set[str]
) -> None:
    document, (gate, _door) = wall
    with pytest.raises(RuleViolation) as refused:
        hang(document, gate, **changes)
    assert codes(refused) == reasons
    assert not Posting.objects.exists()


def test_one_sheet_at_a_place_and_only_papers_that_hold(wall: Any) -> None:
    document, (gate, _door) = wall
    hang(document, gate)
    with pytest.raises(RuleViolation) as refused:
        hang(document, gate)
    assert refused.value.code == "posting.hangs"
    Document.objects.filter(pk=document.pk).update(status="revoked")
    with pytest.raises(RuleViolation) as refused:
        hang(document, _door)
    assert codes(refused) == {"posting.retired"}


def test_a_place_of_another_estate_is_none(wall: Any) -> None:
    document, _places = wall
    other = add_place(estate_id=make_estate("西苑").pk, name="大门", actor=ACTOR, at=FREEZE)
    with pytest.raises(type(other).DoesNotExist):
        hang(document, other)


def test_taken_down_once_and_not_before_it_hung(wall: Any) -> None:
    document, (gate, _door) = wall
    posting = hang(document, gate)
    down = {"posting_id": posting.pk, "taken_down_by": "李二", "actor": ACTOR, "at": NOW}
    with pytest.raises(RuleViolation) as refused:
        take_down(taken_down_at=HUNG - timedelta(hours=1), photos=[], **down)
    assert codes(refused) == {"posting.before"}
    when = HUNG + timedelta(days=5)
    first = take_down(taken_down_at=when, photos=[photo()], **down)
    assert take_down(taken_down_at=when, photos=[], **down).pk == first.pk
    with pytest.raises(RuleViolation) as refused:
        take_down(taken_down_at=when + timedelta(days=1), photos=[], **down)
    assert refused.value.code == "posting.down"
    with pytest.raises(RuleViolation) as refused:
        add_photo(posting_id=posting.pk, photo=photo(), actor=ACTOR, at=NOW)
    assert codes(refused) == {"posting.down"}


def test_the_same_photograph_is_kept_once(wall: Any) -> None:
    document, (gate, _door) = wall
    posting = hang(document, gate, photos=[])
    for _twice in range(2):
        add_photo(posting_id=posting.pk, photo=photo(), actor=ACTOR, at=NOW)
    assert posting.photos.count() == 1


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "大\x00门"])
def test_a_place_has_a_name(name: str) -> None:
    with pytest.raises(RuleViolation):
        add_place(estate_id=make_estate().pk, name=name, actor=ACTOR, at=FREEZE)


def test_the_database_refuses_to_change_what_was_recorded(wall: Any) -> None:
    document, (gate, _door) = wall
    posting = hang(document, gate)
    for sql in (
        f"UPDATE documents_posting SET posted_at = recorded_at WHERE id = {posting.pk}",
        f"DELETE FROM documents_posting WHERE id = {posting.pk}",
        "UPDATE documents_postingphoto SET sha256 = 'x'",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
