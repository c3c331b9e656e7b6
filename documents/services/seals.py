"""印章登记: which seals there are, who keeps each from when to when, and every use."""

from datetime import date, datetime
from typing import cast

from django.db import transaction

from core.deadlines import local_day
from core.reasons import Reason, demand_none
from documents.models import Document, Seal, SealCustody, SealUse
from logbook.steps import record_act
from registry.models import Estate

_MOST = {"name": 80, "number": 40, "custodian": 40, "witness": 40, "approved_by": 40}
_PAPER = 200
_COPIES = 999


@transaction.atomic(durable=True)
def register_seal(
    *,
    estate_id: int,
    name: str,
    number: str,
    custodian: str,
    since: date | None,
    actor: str,
    at: datetime,
) -> Seal:
    """A seal of the owners' bodies, and who keeps it first. RuleViolation "seal.invalid"."""
    estate = Estate.objects.select_for_update(no_key=True).get(pk=estate_id)
    found = _texts(name=name, custodian=custodian)
    found += _texts(number=number) if number.strip() else []
    found += _day(since, "since", now=at)
    if Seal.objects.filter(estate=estate, name=name.strip()).exists():
        found.append(Reason("seal.twice", "这枚印章已经登记过了", "name"))
    demand_none("seal.invalid", found)
    seal = Seal.objects.create(
        estate=estate,
        name=name.strip(),
        number=number.strip(),
        registered_by=actor,
        registered_at=at,
    )
    SealCustody.objects.create(
        seal=seal,
        custodian=custodian.strip(),
        since=cast(date, since),
        recorded_by=actor,
        recorded_at=at,
    )
    _record(seal, "seal.registered", actor, at)
    return seal


@transaction.atomic(durable=True)
def hand_over_seal(
    *, seal_id: int, to: str, on: date | None, witness: str, actor: str, at: datetime
) -> SealCustody:
    """One keeper ends on a day and the next one begins; somebody else sees it (监交).

    建房〔2009〕274号 art. 45: seals are handed over when membership ends. RuleViolation
    "seal.invalid".
    """
    seal = _locked(seal_id)
    held = seal.custodies.get(until__isnull=True)
    found = _texts(custodian=to, witness=witness)
    found += _day(on, "since", now=at)
    if on is not None and on < held.since:
        found.append(Reason("seal.before", "不能早于现在的保管人开始保管的日子", "since"))
    if to.strip() == held.custodian:
        found.append(Reason("seal.same", "接收人就是现在的保管人", "custodian"))
    if witness.strip() and witness.strip() in (to.strip(), held.custodian):
        found.append(Reason("seal.witness", "监交人要是交接双方以外的人", "witness"))
    if on is not None and held.uses.filter(used_on__gt=on).exists():
        found.append(Reason("seal.used", "这一天以后，原保管人还有用印记录，请核对", "since"))
    demand_none("seal.invalid", found)
    held.until = on
    held.save(update_fields=["until"])
    taken = SealCustody.objects.create(
        seal=seal,
        custodian=to.strip(),
        since=cast(date, on),
        witness=witness.strip(),
        recorded_by=actor,
        recorded_at=at,
    )
    _record(seal, "seal.handed_over", actor, at, custody=taken.pk)
    return taken


@transaction.atomic(durable=True)
def use_seal(
    *,
    seal_id: int,
    document: Document | None,
    paper: str,
    copies: int | None,
    approved_by: str,
    used_on: date | None,
    actor: str,
    at: datetime,
) -> SealUse:
    """One use, by whoever keeps the seal that day, approved by another person.

    `document`: where the stamped paper is one of ours; else `paper` says what it was.
    RuleViolation "seal.invalid".
    """
    seal = _locked(seal_id)
    what = f"{document.number} {document.title}"[:_PAPER] if document else paper.strip()
    found = _texts(approved_by=approved_by)
    found += _day(used_on, "used_on", now=at)
    if not what or not what.isprintable():
        found.append(Reason("seal.paper", "请写明在什么文件上用印", "paper"))
    if len(what) > _PAPER:
        found.append(Reason("seal.paper", f"文件名称最多{_PAPER}个字", "paper"))
    if type(copies) is not int or not 0 < copies <= _COPIES:
        found.append(Reason("seal.copies", f"份数请填1至{_COPIES}", "copies"))
    if document and document.estate_id != seal.estate_id:
        found.append(Reason("seal.other_estate", "这份文件不是这个小区的", "paper"))
    held = _custody_on(seal, used_on)
    if used_on is not None and held is None:
        found.append(Reason("seal.nobody", "这一天没有登记保管人，请核对日期", "used_on"))
    if held is not None and held.custodian == approved_by.strip():
        found.append(Reason("seal.approver", "批准人和保管人不能是同一个人", "approved_by"))
    demand_none("seal.invalid", found)
    use = SealUse.objects.create(
        custody=cast(SealCustody, held),
        document=document,
        paper=what,
        copies=cast(int, copies),
        approved_by=approved_by.strip(),
        used_on=cast(date, used_on),
        recorded_by=actor,
        recorded_at=at,
    )
    _record(seal, "seal.used", actor, at, use=use.pk)
    return use


def _locked(seal_id: int) -> Seal:
    return (
        Seal.objects.select_for_update(of=("self",), no_key=True)
        .select_related("estate")
        .get(pk=seal_id)
    )


def _custody_on(seal: Seal, day: date | None) -> SealCustody | None:
    """On the day of a handover both keep it in turn; the new keeper answers."""
    if day is None:
        return None
    begun = seal.custodies.filter(since__lte=day).order_by("-since", "-pk").first()
    return begun if begun and (begun.until is None or day <= begun.until) else None


_LABELS = {
    "name": "印章名称",
    "number": "备案编码",
    "custodian": "保管人",
    "witness": "监交人",
    "approved_by": "批准人",
}


def _texts(**texts: str) -> list[Reason]:
    found = []
    for field, text in texts.items():
        label, plain = _LABELS[field], text.strip()
        if not plain or not plain.isprintable():
            found.append(Reason(f"seal.{field}", f"请填写{label}", field))
        elif len(plain) > _MOST[field]:
            found.append(Reason(f"seal.{field}", f"{label}最多{_MOST[field]}个字", field))
    return found


def _day(day: date | None, field: str, *, now: datetime) -> list[Reason]:
    if day is None:
        return [Reason("seal.day", "请填写日期", field)]
    if day > local_day(now):
        return [Reason("seal.future", "日期还没有到：办好了再来记", field)]
    return []


def _record(seal: Seal, act: str, actor: str, at: datetime, **facts: int) -> None:
    record_act(
        f"estate/{seal.estate.code}", act, {"seal": seal.pk, **facts}, actor=actor, at=at
    )
