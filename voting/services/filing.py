"""备案 with the street office: due, submitted, received or returned; never approved.

《物业管理条例》 art. 16 and 建房〔2009〕274号 arts. 33-34.
"""

from collections.abc import Mapping
from datetime import date, datetime
from hashlib import sha256
from secrets import choice

from django.conf import settings
from django.db import transaction

from core.codes import LENGTH, new_code
from core.deadlines import local_day
from core.errors import RuleViolation
from core.reasons import Reason, demand_none
from core.workdays import duty_end
from documents.filing_receipts import (
    RECEIPT_NAME,
    FilingReceiptFacts,
    receipt_json,
    render_receipt,
)
from documents.labels import label
from documents.models import Document
from documents.papers import Attachment
from documents.steps import next_number, store_signed
from logbook.steps import record_act
from registry.fields import open_bytes, seal_bytes
from voting.domain.drafts import attachment_reasons, content_type, file_name
from voting.domain.filing import (
    FILING_DAYS,
    PAPERS,
    missing_reasons,
    papers_needed,
    return_reasons,
)
from voting.models import Filing, FilingPaper, Session
from voting.selectors import papers_of_filing, result_of

_PURPOSE = "voting.filing.content"
_NUMBER = 40
_MOST_PAPERS = 20


@transaction.atomic(durable=True)
def open_filing(*, session_id: int, at: datetime) -> Filing:
    """Look at a resolved session: what has to be filed, and until when. Once.

    RuleViolation "filing.not_resolved".
    """
    session = (
        Session.objects.select_for_update(of=("self",), no_key=True)
        .select_related("estate", "resolution")
        .get(pk=session_id)
    )
    opened = Filing.objects.filter(session=session).first()
    if opened is not None:
        return opened
    if session.state != "resolved" or session.resolution is None:
        raise RuleViolation("filing.not_resolved", "还没有出决议，没有要备案的")
    first = session.organiser_kind == "preparatory_group"
    passed = [
        motion.question.matter
        for motion in result_of(session).motions
        if motion.result == "passed"
    ]
    needed = [] if session.rehearsal or session.scope else papers_needed(passed, first=first)
    stated = session.profile.get("committee.filing_days")
    due = duty_end(session.resolution.issued_at, stated["value"] if stated else FILING_DAYS)
    filing = Filing.objects.create(
        estate=session.estate,
        session=session,
        kind="formation" if first and "report" in needed else "change",
        state="due" if needed else "not_due",
        required=needed,
        due_at=due.at,
        due_warning=due.warning,
        opened_at=at,
    )
    if needed:
        # The minutes of what was decided are ours already; the organiser adds the texts.
        _put(
            filing, needed[0], session.resolution.number, session.resolution, None, "system", at
        )
        _record(filing, "filing.opened", "system", at, required=needed)
    return filing


@transaction.atomic(durable=True)
def add_paper(
    *,
    filing_id: int,
    item: str,
    name: str,
    content: bytes,
    actor: str,
    at: datetime,
) -> FilingPaper:
    """Add a paper to a filing that is not with the street office; the same one is one.

    RuleViolation "filing.invalid", "filing.not_yours_now".
    """
    filing = _locked(filing_id)
    _demand_state(filing, "due", "returned")
    plain = file_name(name)
    found = attachment_reasons(name=plain, content=content, most=settings.UPLOAD_MAX_BYTES)
    if item not in PAPERS:
        found.append(Reason("filing.paper", "请选择是哪一种材料", "item"))
    if filing.papers.filter(removed_at__isnull=True).count() >= _MOST_PAPERS:
        found.append(Reason("filing.many", f"一次备案最多{_MOST_PAPERS}份材料", "content"))
    demand_none("filing.invalid", found)
    digest = sha256(content).hexdigest()
    same = filing.papers.filter(item=item, sha256=digest, removed_at__isnull=True).first()
    return same or _put(filing, item, plain, None, content, actor, at)


@transaction.atomic(durable=True)
def remove_paper(*, paper_id: int, actor: str, at: datetime) -> None:
    """Take a paper out again; it stays on record. RuleViolation "filing.not_yours_now"."""
    filing = _locked(FilingPaper.objects.values_list("filing", flat=True).get(pk=paper_id))
    _demand_state(filing, "due", "returned")
    paper = filing.papers.get(pk=paper_id)
    if paper.removed_at is None:
        paper.removed_at = at
        paper.save(update_fields=["removed_at"])
        _record(filing, "filing.paper_removed", actor, at, sha256=paper.sha256)


@transaction.atomic(durable=True)
def submit_filing(*, filing_id: int, actor: str, at: datetime) -> Filing:
    """Hand the papers to the street office; late is possible, and shown as late.

    RuleViolation "filing.incomplete" with every paper that is missing,
    "filing.not_yours_now".
    """
    filing = _locked(filing_id)
    if filing.state == "submitted":
        return filing
    _demand_state(filing, "due", "returned")
    given = {paper.item for paper in papers_of_filing(filing)}
    demand_none("filing.incomplete", missing_reasons(filing.required, given))
    filing.state, filing.submitted_by, filing.submitted_at = "submitted", actor, at
    filing.save(update_fields=["state", "submitted_by", "submitted_at"])
    _record(filing, "filing.submitted", actor, at)
    return filing


@transaction.atomic(durable=True)
def return_filing(
    *, filing_id: int, reasons: Mapping[str, str], actor: str, at: datetime
) -> Filing:
    """Give the papers back, with every reason at once, each beside its paper.

    RuleViolation "filing.invalid", "filing.not_yours_now", "filing.same_person".
    """
    filing = _locked(filing_id)
    _demand_state(filing, "submitted")
    _demand_another(filing, actor)
    demand_none("filing.invalid", return_reasons(reasons))
    filing.state, filing.returned_by, filing.returned_at = "returned", actor, at
    filing.reasons = [
        [paper, reasons[paper].strip()] for paper in PAPERS if reasons.get(paper, "").strip()
    ]
    filing.save(update_fields=["state", "returned_by", "returned_at", "reasons"])
    _record(filing, "filing.returned", actor, at, papers=[one[0] for one in filing.reasons])
    return filing


@transaction.atomic(durable=True)
def receive_filing(
    *, filing_id: int, receipt_number: str, received_on: date | None, actor: str, at: datetime
) -> Filing:
    """Take the papers in under a number of the street's register; the receipt follows.

    RuleViolation "filing.invalid", "filing.not_yours_now", "filing.same_person".
    """
    filing = _locked(filing_id)
    number = receipt_number.strip()
    if (filing.state, filing.receipt_number) == ("received", number):
        return filing
    _demand_state(filing, "submitted")
    _demand_another(filing, actor)
    found = []
    if not number or not number.isprintable() or len(number) > _NUMBER:
        found.append(
            Reason("filing.number", f"请填写登记编号，最多{_NUMBER}个字", "receipt_number")
        )
    if received_on is None:
        found.append(Reason("filing.day", "请填写收到的日期", "received_on"))
    elif received_on > local_day(at):
        found.append(Reason("filing.future", "收到的日期还没有到", "received_on"))
    elif filing.submitted_at and received_on < local_day(filing.submitted_at):
        found.append(Reason("filing.before", "收到的日期早于提交的日期", "received_on"))
    demand_none("filing.invalid", found)
    filing.state, filing.received_by, filing.received_at = "received", actor, at
    filing.receipt_number, filing.received_on = number, received_on
    filing.save(
        update_fields=["state", "received_by", "received_at", "receipt_number", "received_on"]
    )
    _record(filing, "filing.received", actor, at)
    return filing


@transaction.atomic(durable=True)
def issue_filing_receipt(*, filing_id: int, at: datetime) -> Document:
    """Render, sign and store the receipt of a filing that was received, once.

    RuleViolation "filing.not_received", "signer.missing".
    """
    filing = _locked(filing_id)
    if filing.receipt is not None:
        return filing.receipt
    if filing.state != "received" or not (filing.received_on and filing.submitted_at):
        raise RuleViolation("filing.not_received", "街道还没有接收，不能出回执")
    session, estate = filing.session, filing.estate
    code = new_code(LENGTH, choice)
    facts = FilingReceiptFacts(
        number=next_number(estate, series="备案", at=at),
        code=code,
        verify_url=f"{settings.PUBLIC_URL}/v/{code}",
        estate=estate.name,
        issued_at=at,
        issuer=estate.authority.name,
        specimen="",
        title="业主大会备案回执",
        submitted_by=session.organiser,
        submitted_on=local_day(filing.submitted_at),
        occasion=f"{session.title}（{label(filing, 'kind')}）",
        register_number=filing.receipt_number,
        received_on=filing.received_on,
        papers=tuple(
            Attachment(name=paper.name, sha256=paper.sha256, note=PAPERS[paper.item])
            for paper in papers_of_filing(filing)
        ),
    )
    data = receipt_json(facts)
    document = store_signed(
        facts=facts,
        kind="receipt",
        title=f"{facts.title}（{session.title}）",
        estate=estate,
        pdf=render_receipt(facts, attachments={RECEIPT_NAME: data}),
        data=data,
    )
    filing.receipt = document
    filing.save(update_fields=["receipt"])
    _record(filing, "filing.receipt", "system", at, sha256=document.sha256)
    return document


def content_of_paper(paper: FilingPaper) -> bytes:
    """An uploaded paper; empty for one of ours."""
    sealed = bytes(paper.content)
    return open_bytes(sealed, purpose=_PURPOSE) if sealed else b""


def _locked(filing_id: int) -> Filing:
    """Under the lock of its session, as everything that belongs to one."""
    session_id = Filing.objects.values_list("session", flat=True).get(pk=filing_id)
    Session.objects.select_for_update(no_key=True).get(pk=session_id)
    return Filing.objects.select_related("session", "estate__authority").get(pk=filing_id)


def _demand_state(filing: Filing, *states: str) -> None:
    if filing.state not in states:
        raise RuleViolation(
            "filing.not_yours_now",
            f"这次备案现在是“{label(filing, 'state')}”，不能这样办",
        )


def _demand_another(filing: Filing, actor: str) -> None:
    if filing.submitted_by == actor:
        raise RuleViolation(
            "filing.same_person", "备案是您提交的，不能自己接收或者退回，请另一个人来办"
        )


def _put(
    filing: Filing,
    item: str,
    name: str,
    document: Document | None,
    content: bytes | None,
    actor: str,
    at: datetime,
) -> FilingPaper:
    digest = document.sha256 if document else sha256(content or b"").hexdigest()
    paper = FilingPaper.objects.create(
        filing=filing,
        item=item,
        name=name[:120],
        document=document,
        content_type=(content_type(content) or "") if content else "",
        content=seal_bytes(content, purpose=_PURPOSE) if content else b"",
        sha256=digest,
        added_by=actor,
        added_at=at,
    )
    _record(filing, "filing.paper_added", actor, at, item=item, sha256=digest)
    return paper


def _record(filing: Filing, act: str, actor: str, at: datetime, **facts: object) -> None:
    said = {"session": filing.session.code, **facts}
    record_act(f"estate/{filing.estate.code}", act, said, actor=actor, at=at)
