"""Entries: written by whoever holds the money, reviewed by another body, never changed."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction

from accounts.permissions import Permission, roles_with
from core.deadlines import local_day
from core.errors import RuleViolation
from core.reasons import Reason, demand_none, explains
from disclosures.domain.bodies import demand_other
from disclosures.domain.entries import (
    Line,
    Money,
    digest,
    lines_of,
    money_reasons,
    needs_decision,
    reversed_lines,
)
from disclosures.domain.headings import OF_BOOK, SOURCES
from disclosures.models import Book, Contract, Entry, EntryPaper, Posting
from disclosures.selectors.papers import hashes_of
from disclosures.steps import By, Pages, demand_holder, locked_book, note, period_at, shown_text

_MOST_PAPERS = 10


class Said(NamedTuple):
    """What is typed in beside the amount. `party`: of people no names."""

    dated_on: date
    party: str
    text: str
    contract: int | None = None
    decision: str = ""


Upload = tuple[str, bytes]


def enter(
    *,
    book_id: int,
    money: Money,
    said: Said,
    papers: Sequence[Upload],
    submission: str,
    by: By,
    at: datetime,
) -> Entry:
    """Write an entry down with its vouchers, for another body to review.

    The same submission is one entry. RuleViolation "entry.invalid" with every reason,
    "accounts.not_holder", those of documents.intake.pages_of.
    """
    kept = [Pages("voucher", name, content) for name, content in papers[:_MOST_PAPERS]]
    with transaction.atomic(durable=True):
        book = locked_book(book_id)
        demand_holder(book, by)
        known = book.entries.filter(submission=submission).first()
        if known is not None:
            return known
        found = _reasons(book, money, said, at)
        found += _paper_reasons(len(papers), had=0)
        demand_none("entry.invalid", found)
        entry = book.entries.create(
            submission=submission,
            entered_by=by.actor,
            entered_role=by.role,
            entered_at=at,
            **_fields(money, said),
        )
        _attach(entry, kept, by, at)
        note(book, "entry.entered", {"draft": entry.pk}, by=by, at=at)
    return entry


def edit(
    *,
    entry_id: int,
    money: Money,
    said: Said,
    papers: Sequence[Upload],
    by: By,
    at: datetime,
) -> Entry:
    """Put a draft or a returned entry right; papers are added to those it has.

    RuleViolation "entry.invalid", "entry.state", "accounts.not_holder".
    """
    kept = [Pages("voucher", name, content) for name, content in papers[:_MOST_PAPERS]]
    with transaction.atomic(durable=True):
        book, entry = _locked(entry_id)
        demand_holder(book, by)
        demand_open(entry)
        if entry.reverses_id is not None:
            raise RuleViolation("entry.state", "冲正的内容不能改，写错了请作废重写")
        found = _reasons(book, money, said, at)
        found += _paper_reasons(len(papers), had=entry.papers.count())
        demand_none("entry.invalid", found)
        for name, value in _fields(money, said).items():
            setattr(entry, name, value)
        entry.state, entry.reason = "draft", ""
        # Whoever wrote it last is who another body reviews.
        entry.entered_by, entry.entered_role, entry.entered_at = by.actor, by.role, at
        entry.save()
        _attach(entry, kept, by, at)
        note(book, "entry.edited", {"draft": entry.pk}, by=by, at=at)
    return entry


@transaction.atomic(durable=True)
def take_paper_off(*, entry_id: int, paper_id: int, by: By, at: datetime) -> Entry:
    """Take a wrong paper off a draft; it stays on record. RuleViolation "entry.state"."""
    book, entry = _locked(entry_id)
    demand_holder(book, by)
    demand_open(entry)
    entry.papers.filter(paper=paper_id).delete()
    note(book, "entry.paper_off", {"draft": entry.pk, "paper": paper_id}, by=by, at=at)
    return entry


@transaction.atomic(durable=True)
def reverse(*, entry_id: int, dated_on: date, reason: str, by: By, at: datetime) -> Entry:
    """Draft the taking back (冲正) of a reviewed entry; that one stays as it is.

    Of a published period it is dated within that period, which is then published again.
    RuleViolation "entry.invalid", "reversal.not_sealed", "reversal.twice",
    "reversal.of_reversal".
    """
    book, entry = _locked(entry_id)
    demand_holder(book, by)
    if entry.state != "sealed":
        raise RuleViolation("reversal.not_sealed", "只有已经复核的才能冲正")
    if entry.reverses_id is not None:
        raise RuleViolation(
            "reversal.of_reversal", "冲正的一笔不能再冲正；原来那一笔没有错的，请另外再记一笔"
        )
    if entry.reversals.exclude(state="dropped").exists():
        raise RuleViolation("reversal.twice", "这一笔已经冲正，或者冲正正在等复核")
    found = shown_text("reason", "原因", reason, 180)
    if reason.strip() and not explains(reason):
        found.append(Reason("entry.reason", "请写明为什么冲正（至少4个字）", "reason"))
    found += _day_reasons(book, dated_on, at)
    if dated_on < entry.dated_on:
        found.append(Reason("entry.day", "冲正的日期不能早于原来那一笔", "dated_on"))
    demand_none("entry.invalid", found)
    made = book.entries.create(
        submission=f"reversal-{entry.pk}-{entry.reversals.count()}",
        reverses=entry,
        dated_on=dated_on,
        heading=entry.heading,
        fen=entry.fen,
        kept=entry.kept,
        kept_fen=entry.kept_fen,
        party=entry.party,
        contract=entry.contract,
        decision=entry.decision,
        text=f"冲正第{entry.number}笔：{reason.strip()}"[:200],
        entered_by=by.actor,
        entered_role=by.role,
        entered_at=at,
    )
    note(book, "entry.reversal", {"draft": made.pk, "of": entry.number}, by=by, at=at)
    return made


@transaction.atomic(durable=True)
def return_entry(*, entry_id: int, reason: str, by: By, at: datetime) -> Entry:
    """Give a draft back to whoever entered it. RuleViolation "entry.state", "entry.reason"."""
    book, entry = _locked(entry_id)
    _demand_reviewer(entry, by)
    if entry.state != "draft":
        raise RuleViolation("entry.state", "这一笔现在不在等复核，请刷新页面再看")
    return _end(book, entry, "returned", reason, by=by, at=at)


@transaction.atomic(durable=True)
def drop(*, entry_id: int, reason: str, by: By, at: datetime) -> Entry:
    """Give a draft up. RuleViolation "entry.state", "entry.reason"."""
    book, entry = _locked(entry_id)
    demand_holder(book, by)
    if entry.state == "dropped":
        return entry
    demand_open(entry)
    return _end(book, entry, "dropped", reason, by=by, at=at)


@transaction.atomic(durable=True)
def review(*, entry_id: int, by: By, at: datetime, seen: str = "") -> Entry:
    """Book an entry under the next number, in its period's next version; it never changes.

    Harmless where the same person did it already. `seen`: what `seen_of` said of what was
    looked at. RuleViolation "entry.changed", "accounts.same_person",
    "accounts.same_body", "accounts.role", "entry.state", "entry.papers".
    """
    book, entry = _locked(entry_id)
    if entry.state == "sealed" and entry.reviewed_by == by.actor:
        return entry
    _demand_reviewer(entry, by)
    if entry.state != "draft":
        raise RuleViolation("entry.state", "这一笔现在不在等复核，请刷新页面再看")
    if seen and seen != seen_of(entry):
        raise RuleViolation("entry.changed", "您看过以后内容有改动，请再看一遍")
    if entry.reverses_id is None and not entry.papers.exists():
        raise RuleViolation("entry.papers", "没有原始凭证，不能复核入账")
    lines = _lines(book, entry)
    Posting.objects.bulk_create(
        Posting(entry=entry, ledger=one.ledger, fen=one.fen) for one in lines
    )
    book.last_number += 1
    book.save(update_fields=["last_number"])
    period = period_at(book, entry.dated_on)
    entry.number, entry.period, entry.version = book.last_number, period, period.version + 1
    entry.state = "sealed"
    entry.reviewed_by, entry.reviewed_role, entry.reviewed_at = by.actor, by.role, at
    entry.digest = digest(facts_of(entry), lines)
    entry.save()
    facts = {
        "number": entry.number,
        "draft": entry.pk,
        "period": str(period.first),
        "version": entry.version,
        "digest": entry.digest,
    }
    note(book, "entry.reviewed", facts, by=by, at=at)
    return entry


def seen_of(entry: Entry) -> str:
    """What somebody who reviews has before the eyes: another one, if anything was changed."""
    return digest(facts_of(entry), _lines(entry.book, entry))


def facts_of(entry: Entry) -> dict[str, object]:
    """What the digest of an entry is of, beside its postings."""
    return {
        "number": entry.number,
        "dated_on": entry.dated_on.isoformat(),
        "heading": entry.heading,
        "party": entry.party,
        "text": entry.text,
        "contract": entry.contract_id,
        "decision": entry.decision,
        "reverses": entry.reverses_id,
        "papers": hashes_of(entry),
    }


def _lines(book: Book, entry: Entry) -> list[Line]:
    money = Money(entry.heading, entry.fen, entry.kept, entry.kept_fen)
    lines = lines_of(book.kind, money)
    return reversed_lines(lines) if entry.reverses_id else lines


def _locked(entry_id: int) -> tuple[Book, Entry]:
    book = locked_book(Entry.objects.values_list("book", flat=True).get(pk=entry_id))
    entry = Entry.objects.select_for_update(of=("self",), no_key=True).get(pk=entry_id)
    entry.book = book
    return book, entry


def demand_open(entry: Entry) -> None:
    """RuleViolation "entry.state" unless it may still be changed."""
    if entry.state not in {"draft", "returned"}:
        raise RuleViolation("entry.state", "已经复核或者作废的不能改，写错了请冲正重记")


def _demand_reviewer(entry: Entry, by: By) -> None:
    if by.role not in roles_with(Permission.CHECK_ACCOUNTS):
        raise RuleViolation("accounts.role", "您的角色不能复核")
    demand_other(by.actor, by.role, than=(entry.entered_by, entry.entered_role))


def _end(book: Book, entry: Entry, state: str, reason: str, *, by: By, at: datetime) -> Entry:
    found = shown_text("reason", "原因", reason, 200)
    if reason.strip() and not explains(reason):
        found.append(Reason("entry.reason", "原因请写清楚（至少4个字）", "reason"))
    demand_none("entry.reason", found)
    entry.state, entry.reason = state, reason.strip()
    entry.save(update_fields=["state", "reason"])
    note(book, f"entry.{state}", {"draft": entry.pk}, by=by, at=at)
    return entry


def _fields(money: Money, said: Said) -> dict[str, object]:
    return {
        "heading": money.heading,
        "fen": money.fen,
        "kept": money.kept,
        "kept_fen": money.kept_fen,
        "dated_on": said.dated_on,
        "party": said.party.strip(),
        "text": said.text.strip(),
        "contract_id": said.contract,
        "decision": said.decision.strip(),
    }


def _attach(entry: Entry, kept: Sequence[Pages], by: By, at: datetime) -> None:
    for pages in kept:
        paper = pages.keep(entry.book.estate, actor=by.actor, at=at)
        EntryPaper.objects.create(entry=entry, paper=paper)


def _reasons(book: Book, money: Money, said: Said, at: datetime) -> list[Reason]:
    found = money_reasons(book.kind, money)
    found += shown_text("party", "对方", said.party, 80)
    found += shown_text("text", "摘要", said.text, 200)
    found += shown_text("decision", "依据的决定", said.decision, 120, may_be_empty=True)
    found += _day_reasons(book, said.dated_on, at)
    undecided = [key for key in (money.heading, money.kept) if needs_decision(key)]
    if undecided and not explains(said.decision):
        title = OF_BOOK[book.kind][undecided[0]].title
        sentence = f"“{title}”要有业主的决定，请写决议的文号"
        found.append(Reason("entry.decision", sentence, "decision"))
    if said.contract is not None and not _contract_fits(book, money, said.contract):
        sentence = "这份合同不是这个小区的，或者不是这个科目的"
        found.append(Reason("entry.contract", sentence, "contract"))
    return found


def _contract_fits(book: Book, money: Money, contract: int) -> bool:
    found = Contract.objects.filter(pk=contract, source__estate=book.estate_id).first()
    return (
        found is not None
        and book.kind == "revenue"
        and SOURCES[found.source.kind][1] == money.heading
    )


def _day_reasons(book: Book, day: date, at: datetime) -> list[Reason]:
    if day > local_day(at):
        return [Reason("entry.day", "日期还没有到", "dated_on")]
    if day < book.opened_on:
        sentence = f"这本账从 {book.opened_on} 开始，以前的钱在期初余额里"
        return [Reason("entry.day", sentence, "dated_on")]
    return []


def _paper_reasons(new: int, *, had: int) -> list[Reason]:
    if new + had > _MOST_PAPERS:
        return [Reason("entry.papers", f"一笔最多{_MOST_PAPERS}份原始凭证", "papers")]
    if not new + had:
        return [Reason("entry.papers", "请拍照或者上传原始凭证，至少一份", "papers")]
    return []
