"""Closing a period and publishing it: prepared by who holds the money, put out by another.

A version is a signed paper with its data, frozen. A correction is entries for the next version
and that version: another paper, which supersedes the last, and a new publicity period.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from secrets import choice
from typing import NamedTuple

from django.db import transaction

from accounts.permissions import Permission, roles_with
from core.codes import LENGTH, new_code
from core.deadlines import local_day, publicity_end
from core.errors import RuleViolation
from core.exact import format_yuan
from core.reasons import Reason, demand_none, explains
from disclosures.domain.bodies import BODIES, demand_other
from disclosures.domain.closing import Stated, asked, closing_reasons
from disclosures.models import Book, Closing, Period, Publication
from disclosures.selectors.bodies import body_of
from disclosures.selectors.figures import figures_of, seen_digest
from disclosures.selectors.rules import AccountRules, account_rules
from disclosures.selectors.statements import Frame, bulletin_of, publication_of
from disclosures.steps import (
    By,
    Pages,
    demand_holder,
    do_duty,
    locked_book,
    note,
    period_at,
    shown_text,
)
from documents.bulletins import BULLETIN_NAME, bulletin_csv, bulletin_json, render_bulletin
from documents.steps import mark_superseded, next_number, note_standing, store_signed

SERIES, MOST_ENTRIES = "公布", 5000


class Statement(NamedTuple):
    """The bank's balance and everything that has to be said of a period."""

    bank_fen: int | None
    bank_on: date | None
    difference: str
    explanations: Mapping[str, str]
    correction: str


def prepare(
    *,
    book_id: int,
    day: date,
    statement: Statement,
    paper: tuple[str, bytes] | None,
    by: By,
    at: datetime,
) -> Closing:
    """Close a period for another body to publish.

    Args:
        day: any day of the period.
        paper: the bank's statement.

    RuleViolation "closing.invalid" with every reason, "closing.not_over",
    "closing.waits" where one waits already, "accounts.not_holder".
    """
    pages = Pages("statement", *paper) if paper else None
    with transaction.atomic(durable=True):
        book = locked_book(book_id)
        _demand_keeper(book, by)
        period = _over(book, day, at)
        if period.closings.filter(state="prepared").exists():
            raise RuleViolation("closing.waits", "这一期已经提交，正在等审核公布")
        found = _said_reasons(book, period, statement, pages is not None, local_day(at))
        found += _size_reasons(period)
        rules = account_rules(book.estate, local_day(at))
        figures = figures_of(period, rules)
        stated = _stated(period, statement)
        if period.version and not _changed(period):
            found.append(Reason("closing.same", "这一期已经公布，账上没有变动，不用再公布"))
        demand_none("closing.invalid", found + closing_reasons(figures, stated))
        known = {one.key for one in asked(figures)}
        closing = period.closings.create(
            version=period.version + 1,
            bank_fen=statement.bank_fen,
            bank_on=statement.bank_on,
            statement=pages.keep(book.estate, actor=by.actor, at=at) if pages else None,
            difference=statement.difference.strip(),
            explanations={
                key: text.strip()
                for key, text in statement.explanations.items()
                if key in known
            },
            correction=statement.correction.strip() if period.version else "",
            figures=seen_digest(period),
            prepared_by=by.actor,
            prepared_role=by.role,
            prepared_at=at,
        )
        facts = {"closing": closing.pk, "period": str(period.first), "version": closing.version}
        note(book, "closing.prepared", facts, by=by, at=at)
    return closing


@transaction.atomic(durable=True)
def give_back(*, closing_id: int, reason: str, by: By, at: datetime) -> Closing:
    """Return a closing to whoever prepared it; who prepared it may take it back too.

    RuleViolation "closing.state", "closing.reason", "accounts.role".
    """
    book, closing = _locked(closing_id)
    if by.actor != closing.prepared_by and by.role not in roles_with(Permission.CHECK_ACCOUNTS):
        raise RuleViolation("accounts.role", "您的角色不能办这一步")
    _demand_waiting(closing)
    found = shown_text("reason", "原因", reason, 200)
    if not explains(reason):
        found.append(Reason("closing.reason", "请写明为什么退回（至少4个字）", "reason"))
    demand_none("closing.reason", found)
    closing.state, closing.reason = "returned", reason.strip()[:200]
    closing.decided_by, closing.decided_role, closing.decided_at = by.actor, by.role, at
    closing.save()
    note(book, "closing.returned", {"closing": closing.pk}, by=by, at=at)
    return closing


@transaction.atomic(durable=True)
def publish(*, closing_id: int, phone: str, by: By, at: datetime) -> Publication:
    """Put a version out: signed paper with its data, table, page. The period is closed.

    Harmless where the same person did it already. RuleViolation "closing.changed" where the
    books moved since it was prepared, "closing.invalid" with every reason, "closing.state",
    "accounts.same_body", "accounts.same_person", "accounts.role", "signer.missing".
    """
    book, closing = _locked(closing_id)
    if closing.state == "published" and closing.decided_by == by.actor:
        return closing.publication
    if by.role not in roles_with(Permission.CHECK_ACCOUNTS):
        raise RuleViolation("accounts.role", "您的角色不能审核公布")
    demand_other(by.actor, by.role, than=(closing.prepared_by, closing.prepared_role))
    _demand_waiting(closing)
    period = Period.objects.select_for_update(no_key=True).get(pk=closing.period_id)
    period.book = book
    if closing.version != period.version + 1 or closing.figures != seen_digest(period):
        raise RuleViolation(
            "closing.changed", "提交以后账上有变动，请退回，由记账的单位重新提交"
        )
    rules = account_rules(book.estate, local_day(at))
    figures = figures_of(period, rules)
    statement = Statement(
        closing.bank_fen, closing.bank_on, closing.difference, closing.explanations,
        closing.correction,
    )  # fmt: skip
    found = closing_reasons(figures, _stated(period, statement))
    found += shown_text("phone", "咨询电话", phone, 30)
    demand_none("closing.invalid", found)
    code = new_code(LENGTH, choice)
    number = next_number(book.estate, series=SERIES, at=at)
    frame = _frame(book, closing, rules, phone, by, at)._replace(number=number, code=code)
    facts = bulletin_of(closing, period, figures, frame)
    data = bulletin_json(facts)
    document = store_signed(
        facts=facts,
        kind="accounts",
        title=facts.title[:200],
        estate=book.estate,
        pdf=render_bulletin(facts, attachments={BULLETIN_NAME: data}),
        data=data,
    )
    before = publication_of(period)
    if before is not None:
        mark_superseded(before.document, by=document, reason=closing.correction)
        _doubt_years(book, period)
    made = Publication.objects.create(
        period=period,
        version=closing.version,
        closing=closing,
        document=document,
        csv=bulletin_csv(facts),
        opening_fen=figures.opening,
        closing_fen=figures.closing,
        posted_at=at,
        until=frame.until,
    )
    period.version = closing.version
    period.save(update_fields=["version"])
    closing.state = "published"
    closing.decided_by, closing.decided_role, closing.decided_at = by.actor, by.role, at
    closing.save()
    do_duty(book.estate, book.kind, period.last, at, publication=made)
    shown = {
        "period": str(period.first),
        "version": made.version,
        "sha256": document.sha256,
        "closing": format_yuan(made.closing_fen),
    }
    note(book, "period.published", shown, by=by, at=at)
    return made


def _doubt_years(book: Book, period: Period) -> None:
    """A year's account that rests on the version before says so until it is issued again."""
    note = "所依据的一期账目已经更正，等待重新出具"
    for one in book.year_accounts.filter(
        year=period.first.year, document__status="issued"
    ).select_related("document"):
        note_standing(one.document, standing="correction", note=note)


def preview(*, closing: Closing, phone: str, by: By, at: datetime) -> bytes:
    """The bulletin as it would hang, marked as a preview: no number, no code, no signature."""
    period = closing.period
    rules = account_rules(period.book.estate, local_day(at))
    frame = _frame(period.book, closing, rules, phone, by, at)
    figures = figures_of(period, rules)
    facts = replace(bulletin_of(closing, period, figures, frame), specimen="预览：还没有公布")
    return render_bulletin(facts, attachments={BULLETIN_NAME: bulletin_json(facts)})


def _frame(
    book: Book, closing: Closing, rules: AccountRules, phone: str, by: By, at: datetime
) -> Frame:
    return Frame(
        number="",
        code="0" * LENGTH,
        issued_at=at,
        issuer=body_of(book.estate, by.role),
        prepared=BODIES[closing.prepared_role],
        reviewed=BODIES[by.role],
        phone=phone.strip(),
        until=publicity_end(at, rules.number("revenue.post_days")),
        clause=rules.basis(f"{book.kind}.publish"),
    )


def _stated(period: Period, statement: Statement) -> Stated:
    return Stated(
        bank_fen=statement.bank_fen,
        difference=statement.difference,
        explanations=statement.explanations,
        correction=statement.correction,
        is_correction=bool(period.version),
    )


def _said_reasons(
    book: Book, period: Period, statement: Statement, has_paper: bool, today: date
) -> list[Reason]:
    found = shown_text(
        "difference", "不一致的原因", statement.difference, 300, may_be_empty=True
    )
    found += shown_text(
        "correction", "更正了什么", statement.correction, 300, may_be_empty=True
    )
    for key, text in statement.explanations.items():
        found += shown_text(key, "说明", text, 300, may_be_empty=True)
    if book.kind == "fund":
        return found
    if statement.bank_on is None:
        found.append(Reason("closing.bank_on", "请填写对账单的日期", "bank_on"))
    elif statement.bank_on > today:
        found.append(Reason("closing.bank_on", "对账单的日期还没有到", "bank_on"))
    elif statement.bank_on < period.last:
        sentence = f"对账单要到这一期的最后一天（{period.last}）或者以后"
        found.append(Reason("closing.bank_on", sentence, "bank_on"))
    if not has_paper:
        found.append(Reason("closing.statement", "请上传银行对账单", "paper"))
    return found


def _size_reasons(period: Period) -> list[Reason]:
    """So many entries are read on one page and fit into one paper's data."""
    if period.entries.filter(state="sealed").count() <= MOST_ENTRIES:
        return []
    sentence = f"一期最多{MOST_ENTRIES}笔；这么多笔的，请把同一天同一类的合并记账"
    return [Reason("closing.too_many", sentence)]


def _over(book: Book, day: date, at: datetime) -> Period:
    if day < book.opened_on:
        raise RuleViolation("closing.not_over", f"这本账从 {book.opened_on} 开始")
    period = period_at(book, day)
    if period.last >= local_day(at):
        raise RuleViolation("closing.not_over", "这一期还没有结束")
    period.book = book
    return period


def _changed(period: Period) -> bool:
    """Whether a published period has anything to publish again."""
    last = period.closings.filter(state="published").order_by("version").last()
    return last is None or last.figures != seen_digest(period)


def _demand_keeper(book: Book, by: By) -> None:
    """Whoever holds the money closes the period; the fund's is closed by the committee or
    the residents' committee, who publish its use (165号令 30)."""
    if book.kind != "fund":
        demand_holder(book, by)
    elif by.role not in roles_with(Permission.KEEP_ACCOUNTS) or by.role == "property_manager":
        raise RuleViolation("accounts.role", "维修资金的使用由业主委员会或者居民委员会公布")


def _demand_waiting(closing: Closing) -> None:
    if closing.state != "prepared":
        raise RuleViolation("closing.state", "这一次提交已经办完，请刷新页面再看")


def _locked(closing_id: int) -> tuple[Book, Closing]:
    rows = Closing.objects.values_list("period__book", flat=True)
    book = locked_book(rows.get(pk=closing_id))
    closing = Closing.objects.select_for_update(of=("self",), no_key=True).get(pk=closing_id)
    return book, closing
