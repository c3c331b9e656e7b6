"""Delivery of the letters: marked at the door, evidenced, checked by a second person."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import transaction

from accounts.permissions import Permission, roles_with
from core.deadlines import publicity_end, start_of
from core.errors import RuleViolation
from documents.scans import plain_scan
from logbook.steps import record_act
from registry.fields import open_bytes, seal_bytes
from voting.domain.delivering import NOTICE_DAYS, refusal, state_of
from voting.domain.drafts import attachment_reasons
from voting.domain.reasons import demand_none
from voting.models import (
    DeliveryCheck,
    DeliveryEvidence,
    DeliveryMark,
    Party,
    PartyUnit,
    Session,
)
from voting.selectors import living_marks, marks_of, silence_counts
from voting.steps import Signer

_PURPOSE = "voting.delivery.content"
_SUBMISSION = re.compile(r"[\w.:-]{1,64}", re.ASCII)
_KINDS = {kind for kind, _label in DeliveryMark.KINDS} - {"substituted"}
_NOTE = 200
SAME_PRESS = timedelta(minutes=10)


@transaction.atomic(durable=True)
def mark_delivery(
    *,
    party_id: int,
    kind: str,
    submission: str,
    signer: Signer,
    at: datetime,
    evidence_id: int | None = None,
    note: str = "",
) -> DeliveryMark:
    """What happened to a letter at the door. Sent twice (`submission`, or the same within
    ten minutes), it is one mark.

    RuleViolation "delivery.role", "delivery.kind", "delivery.submission", "delivery.state",
    "delivery.note".
    """
    _demand_role(signer, Permission.DELIVER)
    if kind not in _KINDS:
        raise RuleViolation("delivery.kind", "请选择送达的情况")
    if not _SUBMISSION.fullmatch(submission):
        raise RuleViolation("delivery.submission", "表单不完整，请刷新页面再记")
    if len(note) > _NOTE:
        raise RuleViolation("delivery.note", f"说明最多{_NOTE}个字")
    party = (
        Party.objects.select_for_update(of=("self",), no_key=True)
        .select_related("session__estate")
        .get(pk=party_id)
    )
    same = DeliveryMark.objects.filter(party=party, submission=submission).first()
    if same is not None:
        return same
    living = living_marks(party)
    last = living[-1] if living else None
    if last and last.kind == kind and at - last.happened_at < SAME_PRESS:
        return last  # back in the browser, and pressed once more
    problem = refusal(kind, state_of(marks_of(living), at=at), has_mark=last is not None)
    if problem:
        raise RuleViolation("delivery.state", problem)
    back = kind == "taken_back"
    made = DeliveryMark.objects.create(
        session=party.session,
        party=party,
        kind=kind,
        takes_back=last if back else None,
        evidence_id=evidence_id,
        note=note.strip(),
        submission=submission,
        marked_by=signer.actor,
        marked_role=signer.role,
        happened_at=at,
    )
    facts = {"session": party.session.code, "party": party.number, "kind": kind}
    _record(party.session, "delivery.marked", facts, signer, at)
    return made


@transaction.atomic(durable=True)
def hand_out(
    *, session_id: int, building: str, entrance: str, signer: Signer, at: datetime
) -> int:
    """The letters of an entrance were given to who carries them round; how many.

    Harmless for letters that have a mark already.
    """
    _demand_role(signer, Permission.DELIVER)
    session = Session.objects.select_related("estate").get(pk=session_id)
    here = PartyUnit.objects.filter(
        party__session=session, building=building, entrance=entrance
    )
    found = session.parties.select_for_update(no_key=True).filter(pk__in=here.values("party"))
    parties = [
        party
        for party in found.order_by("number")
        if _address(party) == (building, entrance) and not party.deliveries.exists()
    ]
    DeliveryMark.objects.bulk_create(
        DeliveryMark(
            session=session,
            party=party,
            kind="handed_out",
            submission="handed_out",
            marked_by=signer.actor,
            marked_role=signer.role,
            happened_at=at,
        )
        for party in parties
    )
    facts = {"session": session.code, "building": building, "letters": len(parties)}
    _record(session, "delivery.handed_out", facts, signer, at)
    return len(parties)


@transaction.atomic(durable=True)
def add_evidence(
    *,
    session_id: int,
    kind: str,
    place: tuple[str, str],
    content: bytes,
    signer: Signer,
    at: datetime,
) -> DeliveryEvidence:
    """Keep a signed sheet of an entrance, or a photograph, encrypted and without EXIF.

    The entrance's delivered marks without evidence, made by the same person, rest on a sheet
    from now on: marks are never changed, so the sheet is found by its place. RuleViolation
    "delivery.evidence" with every reason, "picture.unreadable".
    """
    _demand_role(signer, Permission.DELIVER)
    session = Session.objects.select_related("estate").get(pk=session_id)
    demand_none(
        "delivery.evidence",
        attachment_reasons(name="证据", content=content, most=settings.UPLOAD_MAX_BYTES),
    )
    kept, media = plain_scan(content)
    digest = sha256(kept).hexdigest()
    same = session.evidence.filter(
        sha256=digest, building=place[0], entrance=place[1], kind=kind
    ).first()
    if same is not None:
        return same
    made = DeliveryEvidence.objects.create(
        session=session,
        kind=kind,
        building=place[0],
        entrance=place[1],
        content_type=media,
        content=seal_bytes(kept, purpose=_PURPOSE),
        sha256=digest,
        added_by=signer.actor,
        added_role=signer.role,
        added_at=at,
    )
    facts = {"session": session.code, "sha256": digest, "kind": kind}
    _record(session, "delivery.evidence", facts, signer, at)
    return made


@transaction.atomic(durable=True)
def check_delivery(
    *, session_id: int, mark_ids: Sequence[int], signer: Signer, at: datetime
) -> int:
    """A second person compared these marks with sheet or photograph; how many are new.

    Never the person who marked. Where silence counts, in another role too. RuleViolation
    "delivery.same_person", "delivery.same_role", "delivery.no_evidence", "delivery.role".
    """
    _demand_role(signer, Permission.CONFIRM_STANDIN)
    session = (
        Session.objects.select_for_update(of=("self",), no_key=True)
        .select_related("estate")
        .get(pk=session_id)
    )
    strict = silence_counts(session)
    found = list(
        session.deliveries.filter(pk__in=mark_ids, taken_back__isnull=True).exclude(
            kind="taken_back"
        )
    )
    sheets = set(session.evidence.filter(kind="sheet").values_list("building", "entrance"))
    for mark in found:
        if mark.marked_by == signer.actor:
            raise RuleViolation("delivery.same_person", "记录的人不能自己核对，请另一个人来办")
        if strict and mark.marked_role == signer.role:
            raise RuleViolation("delivery.same_role", "要由另一种角色的人核对")
        if mark.evidence_id is None and _address(mark.party) not in sheets:
            raise RuleViolation(
                "delivery.no_evidence", "还没有签收表或者照片，没有可以核对的证据"
            )
    done = set(DeliveryCheck.objects.filter(mark__in=found).values_list("mark", flat=True))
    fresh = [mark for mark in found if mark.pk not in done]
    DeliveryCheck.objects.bulk_create(
        DeliveryCheck(
            mark=mark, checked_by=signer.actor, checked_role=signer.role, checked_at=at
        )
        for mark in fresh
    )
    facts = {"session": session.code, "marks": len(fresh)}
    _record(session, "delivery.checked", facts, signer, at)
    return len(fresh)


@transaction.atomic(durable=True)
def substitute_by_notice(
    *,
    session_id: int,
    numbers: Sequence[int],
    posted_on: date,
    content: bytes,
    days: int = NOTICE_DAYS,
    signer: Signer,
    at: datetime,
) -> int:
    """公告送达: a list of rooms hangs in the estate since `posted_on`; how many letters.

    `content`: the posting photograph. Counts once its period is over (Civil Code 201-203).
    RuleViolation "delivery.none", "delivery.posted", "delivery.evidence".
    """
    _demand_role(signer, Permission.DELIVER)
    session = (
        Session.objects.select_for_update(of=("self",), no_key=True)
        .select_related("estate")
        .get(pk=session_id)
    )
    if start_of(posted_on) > at or days < 1:
        raise RuleViolation("delivery.posted", "张贴日期还没有到，或者天数不对")
    reasons = attachment_reasons(
        name="张贴照片", content=content, most=settings.UPLOAD_MAX_BYTES
    )
    demand_none("delivery.evidence", reasons)
    parties = [
        party
        for party in session.parties.select_for_update(no_key=True)
        .filter(number__in=numbers)
        .order_by("number")
        if state_of(marks_of(living_marks(party)), at=at) == "failed"
    ]
    if not parties:
        raise RuleViolation("delivery.none", "没有拒收或者退回的房屋可以公告送达")
    kept, media = plain_scan(content)
    photo = DeliveryEvidence.objects.create(
        session=session,
        kind="notice",
        content_type=media,
        content=seal_bytes(kept, purpose=_PURPOSE),
        sha256=sha256(kept).hexdigest(),
        added_by=signer.actor,
        added_role=signer.role,
        added_at=at,
    )
    until = publicity_end(start_of(posted_on), days)
    DeliveryMark.objects.bulk_create(
        DeliveryMark(
            session=session,
            party=party,
            kind="substituted",
            evidence=photo,
            posted_on=posted_on,
            until=until,
            submission=f"notice:{photo.pk}",
            marked_by=signer.actor,
            marked_role=signer.role,
            happened_at=at,
        )
        for party in parties
    )
    facts = {
        "session": session.code,
        "letters": len(parties),
        "posted_on": posted_on.isoformat(),
        "sha256": photo.sha256,
    }
    _record(session, "delivery.substituted", facts, signer, at)
    return len(parties)


def content_of(evidence: DeliveryEvidence) -> bytes:
    """The sheet or photograph."""
    return open_bytes(bytes(evidence.content), purpose=_PURPOSE)


def _address(party: Party) -> tuple[str, str]:
    first = party.units.order_by("pk").first()
    return (first.building, first.entrance) if first else ("", "")


def _demand_role(signer: Signer, permission: Permission) -> None:
    if signer.role not in roles_with(permission):
        raise RuleViolation("delivery.role", "您的角色不能办这件事")


def _record(
    session: Session, act: str, facts: Mapping[str, object], signer: Signer, at: datetime
) -> None:
    record_act(f"estate/{session.estate.code}", act, facts, actor=signer.actor, at=at)
