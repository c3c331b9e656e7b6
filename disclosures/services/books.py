"""Opening a book, saying who holds its money, what share goes to the fund."""

import re
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction

from accounts.permissions import Permission, roles_with
from core.deadlines import local_day
from core.errors import RuleViolation
from core.exact import format_yuan
from core.reasons import Reason, demand_none, explains
from disclosures.domain.bodies import ROLES
from disclosures.domain.entries import MAX_FEN
from disclosures.domain.periods import MONTHS, is_as_often, period_of
from disclosures.models import Book, Holding, SplitDecision
from disclosures.selectors.rules import account_rules
from disclosures.steps import By, Pages, locked_book, locked_estate, note, shown_text

_NUMBER = re.compile(r"[0-9]{8,32}")
_OFTEN = dict(Book.FREQUENCIES)
CIVIL_CODE = date(2021, 1, 1)


class Held(NamedTuple):
    """Who holds the money, and in which account; `why_not` where it is not apart."""

    holder: str
    name: str
    is_apart: bool
    bank: str = ""
    number: str = ""
    why_not: str = ""


@transaction.atomic(durable=True)
def open_book(
    *,
    estate_id: int,
    kind: str,
    frequency: str,
    opened_on: date,
    opening: tuple[int, str],
    held: Held | None,
    by: By,
    at: datetime,
) -> Book:
    """Begin the books of one kind of money.

    Args:
        opened_on: any day of the first period.
        opening: the balance in fen as that period begins, and what it rests on.
        held: None for the fund, whose books are kept by another.

    RuleViolation "book.invalid" with every reason, "book.known", "accounts.role" where the
    manager would begin those of the fund, whose use it never publishes (165号令 30).
    """
    estate = locked_estate(estate_id)
    if kind == "fund" and by.role == ROLES["property_manager"]:
        raise RuleViolation("accounts.role", "物业不能建维修资金使用的账，请业委会、居委会来建")
    fen, rests_on = opening
    found = []
    if kind not in dict(Book.KINDS):
        found.append(Reason("book.kind", "请选择账的种类", "kind"))
    elif frequency not in MONTHS:
        found.append(Reason("book.frequency", "请选择多久公布一次", "frequency"))
    else:
        rules = account_rules(estate, local_day(at))
        least = rules.frequency(kind)
        if not is_as_often(frequency, least):
            sentence = f"这里至少要{_OFTEN[least]}公布一次（{rules.clause(f'{kind}.publish')}）"
            found.append(Reason("book.frequency", sentence, "frequency"))
    found += _opening_reasons(opened_on, fen, rests_on, local_day(at))
    if kind != "fund":
        found += _held_reasons(held)
    demand_none("book.invalid", found)
    if estate.books.filter(kind=kind).exists():
        raise RuleViolation("book.known", "这个小区已经有这本账")
    book = Book.objects.create(
        estate=estate,
        kind=kind,
        frequency=frequency,
        opened_on=period_of(frequency, opened_on).first,
        opening_fen=fen if kind != "fund" else 0,
        opening_note=rests_on.strip(),
        opened_by=by.actor,
        opened_at=at,
    )
    facts = {"kind": kind, "frequency": frequency, "opening": fen, "since": str(book.opened_on)}
    note(book, "book.opened", facts, by=by, at=at)
    if held is not None:
        _hold(book, held, book.opened_on, by=by, at=at)
    return book


@transaction.atomic(durable=True)
def change_holder(*, book_id: int, held: Held, since: date, by: By, at: datetime) -> Holding:
    """Another body, or another account, holds the money from a day on.

    RuleViolation "book.invalid" with every reason.
    """
    book = locked_book(book_id)
    found = _held_reasons(held)
    last = book.holdings.order_by("since", "pk").last()
    if since > local_day(at) or (last is not None and since < last.since):
        sentence = "日期不能晚于今天，也不能早于上一次登记的日期"
        found.append(Reason("holder.day", sentence, "since"))
    demand_none("book.invalid", found)
    return _hold(book, held, since, by=by, at=at)


def decide_split(
    *,
    book_id: int,
    share: tuple[int, int],
    since: date,
    decision: str,
    paper: tuple[str, bytes],
    by: By,
    at: datetime,
) -> SplitDecision:
    """What share of net revenue goes to the fund, as the owners decided (Civil Code 278 (9)).

    RuleViolation "split.invalid" with every reason, those of documents.intake.pages_of.
    """
    pages = Pages("decision", *paper)
    with transaction.atomic(durable=True):
        book = locked_book(book_id)
        if by.role not in roles_with(Permission.CHECK_ACCOUNTS):
            raise RuleViolation("accounts.role", "您的角色不能办这一步")
        num, den = share
        found = shown_text("decision", "决议的文号", decision, 120)
        if not (0 <= num <= den and den > 0):
            found.append(Reason("split.share", "比例要在 0 和百分之百之间", "share"))
        if book.kind != "revenue":
            found.append(Reason("split.book", "只有公共收益的账有这个比例", "share"))
        if book.periods.filter(version__gt=0, last__gte=since).exists():
            sentence = "这个日期所在的一期已经公布，比例只能从还没有公布的一期起改"
            found.append(Reason("split.day", sentence, "since"))
        demand_none("split.invalid", found)
        made = book.splits.create(
            num=num,
            den=den,
            since=since,
            decision=decision.strip(),
            paper=pages.keep(book.estate, actor=by.actor, at=at),
            recorded_by=by.actor,
            recorded_at=at,
        )
        facts = {"num": num, "den": den, "since": str(since), "sha256": pages.source_sha256}
        note(book, "split.decided", facts, by=by, at=at)
    return made


def _hold(book: Book, held: Held, since: date, *, by: By, at: datetime) -> Holding:
    digits = re.sub(r"[\s-]", "", held.number) if held.is_apart else ""
    made = book.holdings.create(
        holder=held.holder,
        name=held.name.strip(),
        is_apart=held.is_apart,
        why_not="" if held.is_apart else held.why_not.strip(),
        bank=held.bank.strip() if held.is_apart else "",
        number=digits,
        number_tail=digits[-4:],
        since=since,
        recorded_by=by.actor,
        recorded_at=at,
    )
    facts = {"holder": held.holder, "apart": held.is_apart, "since": str(since)}
    note(book, "book.held", facts, by=by, at=at)
    return made


def _opening_reasons(opened_on: date, fen: int, rests_on: str, today: date) -> list[Reason]:
    found = []
    if opened_on < CIVIL_CODE:
        sentence = f"开始记账的日期不能早于 {CIVIL_CODE}（民法典施行）"
        found.append(Reason("book.day", sentence, "opened_on"))
    if opened_on > today:
        found.append(Reason("book.day", "开始记账的日期还没有到", "opened_on"))
    if type(fen) is not int or not 0 <= fen <= MAX_FEN:
        most = format_yuan(MAX_FEN)
        found.append(Reason("book.opening", f"期初余额要在 0 和 {most} 元之间", "opening"))
    elif fen and not explains(rests_on):
        found.append(
            Reason("book.rests_on", "期初余额要写明依据，例如对账单的日期", "rests_on")
        )
    found += shown_text("rests_on", "期初余额的依据", rests_on, 200, may_be_empty=True)
    return found


def _held_reasons(held: Held | None) -> list[Reason]:
    if held is None or held.holder not in ROLES:
        return [Reason("holder.kind", "请选择这笔钱由谁保管", "holder")]
    found = shown_text("name", "保管单位的名称", held.name, 80)
    if held.is_apart:
        found += shown_text("bank", "开户银行", held.bank, 80)
        if not _NUMBER.fullmatch(re.sub(r"[\s-]", "", held.number)):
            found.append(Reason("holder.number", "银行账号应为 8 到 32 位数字", "number"))
    elif not explains(held.why_not):
        sentence = "没有单独账户的，请写明为什么（至少4个字）；公布时会写出来"
        found.append(Reason("holder.why_not", sentence, "why_not"))
    found += shown_text("why_not", "原因", held.why_not, 200, may_be_empty=True)
    return found
