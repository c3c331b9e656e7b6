"""Yearly papers of the fund (165号令 30, 31): issued once, superseded where books changed."""

import hashlib
from dataclasses import replace
from datetime import datetime
from secrets import choice
from typing import TypeVar

from django.conf import settings
from django.db import transaction

from core.codes import LENGTH, new_code
from core.deadlines import local_day
from core.errors import RuleViolation
from documents.fund_statements import (
    REPORT_NAME,
    STATEMENT_NAME,
    UnitStatementFacts,
    YearReportFacts,
    render_report,
    render_statement,
    report_json,
    statement_json,
)
from documents.models import Document
from documents.steps import mark_superseded, next_number, store_signed
from funds.models import FundAccount, SpecialAccount, SubAccount, YearPaper
from funds.selectors.statements import account_year, paper_in_force, rooms_table, unit_year
from logbook.steps import record_act
from registry.models import Estate

_Facts = TypeVar("_Facts", UnitStatementFacts, YearReportFacts)
_SERIES = "资金"
_FIRST_YEAR = 1998


@transaction.atomic(durable=True)
def issue_statement(*, sub_id: int, year: int, actor: str, at: datetime) -> Document:
    """The statement of a unit's sub-account for a year; the same paper while nothing changed.

    RuleViolation "statement.year", "statement.empty", "signer.missing".
    """
    sub = SubAccount.objects.select_related(
        "unit", "building", "account__estate", "account__special__authority"
    ).get(pk=sub_id)
    special = _locked(sub.account.special_id)
    _demand_over(year, at)
    found = unit_year(sub, year)
    if found is None:
        raise RuleViolation("statement.empty", "这一年还没有余额记录，没有对账单")
    facts = UnitStatementFacts(
        number="",
        code="",
        verify_url="",
        estate=sub.account.estate.name,
        issued_at=at,
        issuer=special.authority.name,
        year=year,
        unit=sub.label,
        bank=str(special),
        source=found.source,
        begin_on=found.begin_on,
        begin_fen=found.begin,
        entries=found.entries,
        end_on=found.end_on,
        end_fen=found.end,
        first_deposit_fen=sub.first_deposit_fen,
        owed=found.owed,
    )
    digest = hashlib.sha256(statement_json(facts)).hexdigest()
    before = paper_in_force(year=year, sub=sub.pk)
    if before is not None and before.content_sha256 == digest:
        return before.document
    facts = _numbered(facts, sub.account.estate, at)
    data = statement_json(facts)
    document = store_signed(
        facts=facts,
        kind="fund_statement",
        title=facts.title,
        estate=sub.account.estate,
        pdf=render_statement(facts, attachments={STATEMENT_NAME: data}),
        data=data,
        is_public=False,
    )
    YearPaper.objects.create(
        sub=sub, year=year, document=document, content_sha256=digest, made_by=actor, made_at=at
    )
    _issued(special, before, document, {"sub": sub.pk, "year": year}, actor=actor, at=at)
    return document


@transaction.atomic(durable=True)
def issue_report(*, account_id: int, year: int, actor: str, at: datetime) -> YearPaper:
    """The paper that publishes an account's year, with its list by rooms beside it.

    RuleViolation "statement.year", "statement.empty", "signer.missing".
    """
    account = FundAccount.objects.select_related("estate", "building", "special").get(
        pk=account_id
    )
    special = _locked(account.special_id)
    _demand_over(year, at)
    found = account_year(account, year)
    if found is None:
        raise RuleViolation("statement.empty", "这一年还没有余额记录，没有对账单")
    table = rooms_table(found.rooms)
    name = account.estate.name + (account.building.name if account.building else "")
    facts = YearReportFacts(
        number="",
        code="",
        verify_url="",
        estate=account.estate.name,
        issued_at=at,
        issuer=special.authority.name,
        year=year,
        account=name,
        bank=str(special),
        source=found.source,
        begin_on=found.begin_on,
        begin_fen=found.begin,
        totals=found.totals,
        end_on=found.end_on,
        end_fen=found.end,
        repairs=found.repairs,
        units=sum(not one.is_seller for one in found.rooms),
        owed_fen=found.owed,
        table_sha256=hashlib.sha256(table).hexdigest(),
    )
    digest = hashlib.sha256(report_json(facts)).hexdigest()
    before = paper_in_force(year=year, account=account.pk)
    if before is not None and before.content_sha256 == digest:
        return before
    facts = _numbered(facts, account.estate, at)
    data = report_json(facts)
    document = store_signed(
        facts=facts,
        kind="fund_report",
        title=facts.title,
        estate=account.estate,
        pdf=render_report(facts, attachments={REPORT_NAME: data}),
        data=data,
    )
    made = YearPaper.objects.create(
        account=account,
        year=year,
        document=document,
        content_sha256=digest,
        table=table,
        made_by=actor,
        made_at=at,
    )
    _issued(
        special, before, document, {"account": account.pk, "year": year}, actor=actor, at=at
    )
    return made


def _locked(special_id: int) -> SpecialAccount:
    """Nothing is sealed and no snapshot confirmed while its books are being read."""
    locked = SpecialAccount.objects.select_for_update(of=("self",), no_key=True)
    found: SpecialAccount = locked.select_related("authority").get(pk=special_id)
    return found


def _demand_over(year: int, at: datetime) -> None:
    if not _FIRST_YEAR <= year < local_day(at).year:
        raise RuleViolation("statement.year", "只有已经结束的年度才有对账单")


def _numbered(facts: _Facts, estate: Estate, at: datetime) -> _Facts:
    code = new_code(LENGTH, choice)
    return replace(
        facts,
        number=next_number(estate, series=_SERIES, at=at),
        code=code,
        verify_url=f"{settings.PUBLIC_URL}/v/{code}",
    )


def _issued(
    special: SpecialAccount,
    before: YearPaper | None,
    document: Document,
    facts: dict[str, int],
    *,
    actor: str,
    at: datetime,
) -> None:
    if before is not None:
        mark_superseded(before.document, by=document, reason="出具以后，这一年的账有了变动")
    paper = {"number": document.number, "sha256": document.sha256}
    record_act(special.log_name, "statement.issued", {**facts, **paper}, actor=actor, at=at)
