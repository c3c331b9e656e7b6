"""年度收支报告 for the owners' assembly, and the motion that puts it before the owners."""

import hashlib
import json
from dataclasses import replace
from datetime import date, datetime
from secrets import choice
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from accounts.permissions import Permission, roles_with
from core.codes import LENGTH, new_code
from core.deadlines import local_day
from core.errors import RuleViolation
from core.reasons import Reason, demand_none
from disclosures.domain.bodies import BODIES, ROLES
from disclosures.domain.motions import PURPOSES, Year, motion_words
from disclosures.models import Book, YearAccount
from disclosures.selectors.annual import YearRows, year_rows
from disclosures.selectors.bodies import body_of
from disclosures.selectors.books import holding_of
from disclosures.selectors.rules import account_rules
from disclosures.steps import By, locked_book, note
from documents.papers import fingerprint
from documents.selectors import document_pdf
from documents.steps import mark_superseded, next_number, store_signed
from documents.year_accounts import (
    YEAR_ACCOUNT_NAME,
    YearAccountFacts,
    render_year_account,
    year_account_json,
)
from registry.models import Unit
from voting.models import Motion, Session
from voting.services.convening import locked_draft
from voting.steps import SESSION_CODE, Question, attach, begin_draft, put_motion

_SERIES = "年报"


class Convene(NamedTuple):
    """A session of its own: what it is called and who holds it."""

    title: str
    organiser_kind: str
    organiser: str
    contact_phone: str


@transaction.atomic(durable=True)
def issue_year_account(*, book_id: int, year: int, by: By, at: datetime) -> YearAccount:
    """The year's account as a signed paper; the same paper while nothing changed.

    RuleViolation "year.not_over", "year.unpublished" with the periods that lack, "year.kind",
    "accounts.role", "signer.missing".
    """
    book = locked_book(book_id)
    if by.role not in roles_with(Permission.CHECK_ACCOUNTS):
        raise RuleViolation("accounts.role", "您的角色不能办这一步")
    if book.kind != "revenue":
        raise RuleViolation("year.kind", "年度收支报告只有公共收益的账才有")
    rows = _demand_whole(book, year, at)
    facts = _facts(book, year, rows, by, at)
    digest = hashlib.sha256(year_account_json(facts)).hexdigest()
    last = book.year_accounts.filter(year=year, document__status="issued").last()
    if last is not None and last.content_sha256 == digest:
        return last
    code = new_code(LENGTH, choice)
    facts = replace(
        facts,
        number=next_number(book.estate, series=_SERIES, at=at),
        code=code,
        verify_url=f"{settings.PUBLIC_URL}/v/{code}",
        issued_at=at,
    )
    data = year_account_json(facts)
    document = store_signed(
        facts=facts,
        kind="year_account",
        title=facts.title[:200],
        estate=book.estate,
        pdf=render_year_account(facts, attachments={YEAR_ACCOUNT_NAME: data}),
        data=data,
    )
    if last is not None:
        mark_superseded(last.document, by=document, reason="账目更正以后重新出具")
    made = YearAccount.objects.create(
        book=book,
        year=year,
        document=document,
        content_sha256=digest,
        made_by=by.actor,
        made_at=at,
    )
    note(book, "year.issued", {"year": year, "sha256": document.sha256}, by=by, at=at)
    return made


@transaction.atomic(durable=True)
def propose(
    *,
    account_id: int,
    purpose: str,
    session_id: int | None,
    convene: Convene | None,
    by: By,
    at: datetime,
) -> Motion:
    """Put a motion about a year's account into a draft session, with the paper attached.

    The organiser edits it like any other until the notice. RuleViolation "motion.purpose",
    "year.replaced", "accounts.role", those of voting's drafts.
    """
    account = YearAccount.objects.select_related("document", "book__estate").get(pk=account_id)
    if by.role not in roles_with(Permission.MANAGE_SESSION):
        raise RuleViolation("accounts.role", "表决由组织者起草，您的角色不能办这一步")
    if account.document.status != "issued":
        raise RuleViolation("year.replaced", "这份年度报告已被新的取代，请用新的")
    rows = year_rows(account.book, account.year)
    stated = json.loads(bytes(account.document.facts))
    codes = [one["code"] for one in stated["periods"]]
    if rows.lacking or codes != [one.code for one in rows.periods]:
        raise RuleViolation("year.replaced", "账目已经更正，请先重新出具年度报告")
    if purpose not in PURPOSES:
        sentence = "请选择要业主决定什么"
        demand_none("motion.purpose", [Reason("motion.purpose", sentence, "purpose")])
    session = _session(account.book, session_id, convene, by, at)
    words = motion_words(
        purpose,
        Year(
            account.year,
            account.document.number,
            fingerprint(account.document.sha256),
            rows.total("in"),
            rows.total("cost"),
            rows.total("use"),
            rows.periods[-1].closing_fen,
        ),
    )
    motion = put_motion(session, Question(words.matter, words.title, words.text))
    name = f"{account.document.code}.pdf"
    attach(motion, name=name, content=document_pdf(account.document))
    facts = {"year": account.year, "session": session.code, "purpose": purpose}
    note(account.book, "year.proposed", facts, by=by, at=at)
    return motion


def _session(
    book: Book, session_id: int | None, convene: Convene | None, by: By, at: datetime
) -> Session:
    if session_id is not None:
        session = locked_draft(session_id)
        if session.estate_id == book.estate_id and not session.scope and not session.rehearsal:
            return session
    if convene is None:
        sentence = "请选择放进哪一次会议，或者新开一次"
        demand_none("motion.session", [Reason("motion.session", sentence, "session")])
    assert convene is not None  # noqa: S101 (asked above)
    return begin_draft(
        Session(
            estate=book.estate,
            code=new_code(SESSION_CODE, choice),
            title=convene.title,
            organiser_kind=convene.organiser_kind,
            organiser=convene.organiser,
            contact_phone=convene.contact_phone,
            paper=True,
            created_by=by.actor,
            created_at=at,
        )
    )


def _demand_whole(book: Book, year: int, at: datetime) -> YearRows:
    if not book.opened_on.year <= year < local_day(at).year:
        raise RuleViolation("year.not_over", "只有已经结束、并且记了账的年度才有收支报告")
    rows = year_rows(book, year)
    if rows.lacking:
        names = "、".join(rows.lacking)
        raise RuleViolation("year.unpublished", f"还没有公布（或者要重新公布）：{names}")
    return rows


def _facts(book: Book, year: int, rows: YearRows, by: By, at: datetime) -> YearAccountFacts:
    rules = account_rules(book.estate, local_day(at))
    holding = holding_of(book, date(year, 12, 31)) or holding_of(book)
    assert holding is not None  # noqa: S101 (a revenue book has one from its first day)
    return YearAccountFacts(
        number="",
        code="",
        verify_url="",
        estate=book.estate.name,
        issued_at=at,
        issuer=body_of(book.estate, by.role),
        year=year,
        holder=holding.name,
        account=holding.account,
        periods=rows.periods,
        headings=rows.as_headings(),
        households=Unit.objects.filter(
            estate=book.estate_id, is_active=True, use="residential"
        ).count(),
        open_questions=rows.open_questions,
        explanations=rows.explanations,
        prepared=BODIES[ROLES[holding.holder]],
        reviewed="、".join(rows.reviewed),
        clause=rules.basis("revenue.publish"),
    )
