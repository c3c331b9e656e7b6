"""张贴: where papers have to hang, that one was hung, and that it was taken down."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import cast

from django.conf import settings
from django.db import IntegrityError, transaction

from core.errors import RuleViolation
from core.files import PICTURES, content_reasons
from core.reasons import Reason, demand_none
from documents.models import Document, Posting, PostingPhoto, PostingPlace
from documents.scans import plain_picture
from documents.selectors import PHOTO
from logbook.steps import record_act
from registry.fields import seal_bytes
from registry.models import Estate

_MOST_PHOTOS = 6
_NAME = 60
_WHO = 40


@transaction.atomic(durable=True)
def add_place(*, estate_id: int, name: str, actor: str, at: datetime) -> PostingPlace:
    """Name a place where the papers of an estate have to hang; the same name is one place.

    RuleViolation "place.invalid".
    """
    estate = Estate.objects.select_for_update(no_key=True).get(pk=estate_id)
    plain = " ".join(name.split())
    found = []
    if not plain.isprintable() or not plain:
        found.append(Reason("place.name", "请写明张贴的地方，例如“1幢1单元门口”", "name"))
    if len(plain) > _NAME:
        found.append(Reason("place.name", f"张贴的地方最多{_NAME}个字", "name"))
    demand_none("place.invalid", found)
    place, made = PostingPlace.objects.get_or_create(estate=estate, name=plain, is_active=True)
    if made:
        facts = {"place": place.pk}
        record_act(f"estate/{estate.code}", "posting_place.added", facts, actor=actor, at=at)
    return place


@transaction.atomic(durable=True)
def retire_place(*, place_id: int, actor: str, at: datetime) -> None:
    """From now on nothing has to hang there; what hung there stays on record."""
    place = (
        PostingPlace.objects.select_for_update(of=("self",), no_key=True)
        .select_related("estate")
        .get(pk=place_id)
    )
    if not place.is_active:
        return
    place.is_active = False
    place.save(update_fields=["is_active"])
    facts = {"place": place.pk}
    record_act(
        f"estate/{place.estate.code}", "posting_place.retired", facts, actor=actor, at=at
    )


@transaction.atomic(durable=True)
def post_paper(
    *,
    document_id: int,
    place_id: int,
    posted_by: str,
    posted_at: datetime | None,
    photos: Sequence[bytes],
    actor: str,
    at: datetime,
) -> Posting:
    """Record that a paper hangs at a place; photographs may follow with `add_photo`.

    RuleViolation "posting.invalid" with every reason, "posting.hangs",
    "picture.unreadable", "picture.too_large".
    """
    document = _light(document_id)
    place = PostingPlace.objects.get(pk=place_id, estate=document.walls, is_active=True)
    found = _who_reasons(posted_by, "posted_by")
    found += _time_reasons(posted_at, "posted_at", after=document.issued_at, now=at)
    found += _photo_reasons(photos)
    if document.status != "issued":
        found.append(Reason("posting.retired", "这份文件已经不再有效，不要张贴", "posted_by"))
    demand_none("posting.invalid", found)
    plain = [plain_picture(photo) for photo in photos]
    if Posting.objects.filter(
        document=document, place=place, taken_down_at__isnull=True
    ).exists():
        raise _hangs()
    try:
        with transaction.atomic():
            posting = Posting.objects.create(
                document=document,
                place=place,
                posted_by=posted_by.strip(),
                posted_at=cast(datetime, posted_at),
                recorded_by=actor,
                recorded_at=at,
            )
    except IntegrityError:  # two people at once
        raise _hangs() from None
    digests = [_keep(posting, "posted", photo, actor, at) for photo in plain]
    _record(posting, "paper.posted", actor, at, photos=digests)
    return posting


@transaction.atomic(durable=True)
def add_photo(*, posting_id: int, photo: bytes, actor: str, at: datetime) -> PostingPhoto:
    """A photograph of what hangs, where none was taken at once; the same one is kept once.

    RuleViolation "posting.invalid", "picture.unreadable", "picture.too_large".
    """
    posting = _locked(posting_id)
    found = _photo_reasons([photo])
    if posting.taken_down_at is not None:
        found.append(Reason("posting.down", "已经取下，不能再补张贴时的照片", "photo"))
    elif posting.photos.count() >= _MOST_PHOTOS:
        found.append(Reason("posting.photos", f"一处最多{_MOST_PHOTOS}张照片", "photo"))
    demand_none("posting.invalid", found)
    plain = plain_picture(photo)
    digest = sha256(plain).hexdigest()
    kept = posting.photos.filter(sha256=digest).first()
    if kept is not None:
        return kept
    _keep(posting, "posted", plain, actor, at)
    _record(posting, "paper.photographed", actor, at, photos=[digest])
    return posting.photos.get(sha256=digest)


@transaction.atomic(durable=True)
def take_down(
    *,
    posting_id: int,
    taken_down_by: str,
    taken_down_at: datetime | None,
    photos: Sequence[bytes],
    actor: str,
    at: datetime,
) -> Posting:
    """Record that a paper no longer hangs there. Harmless where the same was said already.

    RuleViolation "posting.invalid" with every reason, "posting.down".
    """
    posting = _locked(posting_id)
    if posting.taken_down_at is not None:
        if posting.taken_down_at == taken_down_at:
            return posting
        raise RuleViolation("posting.down", "这一处已经记过取下了")
    found = _who_reasons(taken_down_by, "posted_by")
    found += _time_reasons(taken_down_at, "posted_at", after=posting.posted_at, now=at)
    found += _photo_reasons(photos)
    demand_none("posting.invalid", found)
    plain = [plain_picture(photo) for photo in photos]
    posting.taken_down_at = taken_down_at
    posting.taken_down_by = taken_down_by.strip()
    posting.taken_down_recorded_by = actor
    posting.save(update_fields=["taken_down_at", "taken_down_by", "taken_down_recorded_by"])
    digests = [_keep(posting, "taken_down", photo, actor, at) for photo in plain]
    _record(posting, "paper.taken_down", actor, at, photos=digests)
    return posting


def _light(document_id: int) -> Document:
    return Document.objects.select_related("estate").defer("pdf", "facts").get(pk=document_id)


def _locked(posting_id: int) -> Posting:
    return (
        Posting.objects.select_for_update(of=("self",), no_key=True)
        .select_related("document__estate", "place")
        .defer("document__pdf", "document__facts")
        .get(pk=posting_id)
    )


def _hangs() -> RuleViolation:
    return RuleViolation(
        "posting.hangs", "这份文件在这里已经记过张贴；换了一张的，先记下取下，再记张贴"
    )


def _who_reasons(who: str, field: str) -> list[Reason]:
    plain = who.strip()
    if not plain or not plain.isprintable():
        return [Reason("posting.who", "请写明是谁办的", field)]
    if len(plain) > _WHO:
        return [Reason("posting.who", f"姓名最多{_WHO}个字", field)]
    return []


def _time_reasons(
    moment: datetime | None, field: str, *, after: datetime, now: datetime
) -> list[Reason]:
    if moment is None:
        return [Reason("posting.time", "请填写日期和时间", field)]
    if moment > now:
        return [Reason("posting.future", "时间还没有到：办好了再来记", field)]
    # Forms give whole minutes.
    if moment < after.replace(second=0, microsecond=0):
        return [Reason("posting.before", "时间早于这份文件签发或者张贴的时间，请核对", field)]
    return []


def _photo_reasons(photos: Sequence[bytes]) -> list[Reason]:
    found = []
    if len(photos) > _MOST_PHOTOS:
        found.append(Reason("posting.photos", f"一处最多{_MOST_PHOTOS}张照片", "photo"))
    for photo in photos:
        found += [
            Reason(reason.code, reason.sentence, "photo")
            for reason in content_reasons(photo, most=settings.UPLOAD_MAX_BYTES, only=PICTURES)
        ]
    return list(dict.fromkeys(found))


def _keep(posting: Posting, moment: str, photo: bytes, actor: str, at: datetime) -> str:
    digest = sha256(photo).hexdigest()
    PostingPhoto.objects.create(
        posting=posting,
        moment=moment,
        content=seal_bytes(photo, purpose=PHOTO),
        sha256=digest,
        recorded_by=actor,
        recorded_at=at,
    )
    return digest


def _record(
    posting: Posting, act: str, actor: str, at: datetime, *, photos: Sequence[str]
) -> None:
    facts = {
        "document": posting.document.code,
        "sha256": posting.document.sha256,
        "place": posting.place_id,
        "photos": list(photos),
    }
    record_act(f"estate/{posting.document.walls.code}", act, facts, actor=actor, at=at)
