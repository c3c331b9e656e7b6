"""盖章扫描件: a paper printed and stamped comes back as a scan; a second person looks at it.

The platform's signature proves the file, the seal is the body's own. A stamped copy joins
both: it shows beside the paper whose hash it is linked to, and says what it is and is not.
"""

from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.db import transaction

from core.errors import RuleViolation
from core.files import content_reasons
from core.reasons import Reason, demand_none
from documents.models import Document, StampedCopy
from documents.scans import codes_on, plain_scan
from documents.selectors import SCAN, document_or_none
from logbook.steps import record_act
from registry.fields import seal_bytes

_REASON = 200


@transaction.atomic(durable=True)
def link_scan(*, document_id: int, content: bytes, actor: str, at: datetime) -> StampedCopy:
    """Link a scan to a paper; it shows nowhere before a second person has seen it.

    The QR code on the scan decides where it can be read; else the choice of whoever uploads
    it, and the second person compares. Uploaded twice, it is one. RuleViolation
    "stamp.invalid", "stamp.original", "stamp.other_paper", "scan.unreadable",
    "picture.unreadable", "picture.too_large".
    """
    document = (
        Document.objects.select_for_update(of=("self",), no_key=True)
        .select_related("estate")
        .defer("pdf", "facts")
        .get(pk=document_id)
    )
    demand_none("stamp.invalid", content_reasons(content, most=settings.UPLOAD_MAX_BYTES))
    if Document.objects.filter(sha256=sha256(content).hexdigest()).exists():
        raise RuleViolation(
            "stamp.original", "这是原来的电子文件。请打印、盖章以后扫描或者拍照，再传回来"
        )
    kept, kind = plain_scan(content)
    codes = codes_on(content)
    if codes and document.code not in codes:
        raise RuleViolation("stamp.other_paper", _other(codes))
    digest = sha256(kept).hexdigest()
    same = document.stamped_copies.filter(sha256=digest).exclude(state="declined").first()
    if same is not None:
        return same
    copy = StampedCopy.objects.create(
        document=document,
        document_sha256=document.sha256,
        content=seal_bytes(kept, purpose=SCAN),
        content_type=kind,
        sha256=digest,
        qr="read" if document.code in codes else "none",
        uploaded_by=actor,
        uploaded_at=at,
    )
    _record(copy, "stamped_copy.uploaded", actor, at)
    return copy


@transaction.atomic(durable=True)
def confirm_scan(*, copy_id: int, actor: str, at: datetime) -> StampedCopy:
    """The second person: the scan shows that paper, stamped. From now on it is shown.

    Harmless where the same person has confirmed already. RuleViolation
    "stamp.same_person", "stamp.decided".
    """
    copy = _locked(copy_id)
    if (copy.state, copy.decided_by) == ("confirmed", actor):
        return copy
    _demand_second(copy, actor)
    return _decide(copy, "confirmed", "", actor, at)


@transaction.atomic(durable=True)
def decline_scan(*, copy_id: int, reason: str, actor: str, at: datetime) -> StampedCopy:
    """The second person: it does not show that paper. It is never shown.

    RuleViolation "stamp.same_person", "stamp.decided", "stamp.invalid".
    """
    copy = _locked(copy_id)
    if (copy.state, copy.decided_by) == ("declined", actor):
        return copy
    _demand_second(copy, actor)
    plain = reason.strip()
    found = []
    if not plain:
        found.append(Reason("stamp.reason", "请写明为什么不是这份文件", "reason"))
    if len(plain) > _REASON:
        found.append(Reason("stamp.reason", f"最多{_REASON}个字", "reason"))
    demand_none("stamp.invalid", found)
    return _decide(copy, "declined", plain, actor, at)


def _locked(copy_id: int) -> StampedCopy:
    return (
        StampedCopy.objects.select_for_update(of=("self",), no_key=True)
        .select_related("document__estate")
        .defer("content", "document__pdf", "document__facts")
        .get(pk=copy_id)
    )


def _demand_second(copy: StampedCopy, actor: str) -> None:
    if copy.state != "uploaded":
        raise RuleViolation("stamp.decided", "这份扫描件已经有人看过了")
    if copy.uploaded_by == actor:
        raise RuleViolation("stamp.same_person", "上传的人不能自己确认，请另一个人来看")


def _decide(
    copy: StampedCopy, state: str, reason: str, actor: str, at: datetime
) -> StampedCopy:
    copy.state, copy.reason = state, reason
    copy.decided_by, copy.decided_at = actor, at
    copy.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    _record(copy, f"stamped_copy.{state}", actor, at)
    return copy


def _other(codes: frozenset[str]) -> str:
    code = min(codes)
    other = document_or_none(code)
    named = f"“{other.number}”" if other else f"核验码 {code} 的文件"
    return f"扫描件上的二维码是另一份文件的（{named}），请换到那份文件的页面再传"


def _record(copy: StampedCopy, act: str, actor: str, at: datetime) -> None:
    facts = {
        "document": copy.document.code,
        "document_sha256": copy.document_sha256,
        "scan_sha256": copy.sha256,
        "qr": copy.qr,
    }
    record_act(f"estate/{copy.document.walls.code}", act, facts, actor=actor, at=at)
