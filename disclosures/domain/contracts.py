"""What is wrong with a contract over a source of common income."""

from datetime import date, timedelta
from typing import NamedTuple

from core.exact import format_yuan
from core.reasons import Reason
from disclosures.domain.entries import MAX_FEN
from disclosures.domain.periods import PRICED

FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2100, 12, 31)


class Term(NamedTuple):
    """A contract's kind of source, payer, price and days."""

    source: str
    payer_kind: str
    outsider: bool
    fen: int
    priced: str
    first: date
    last: date | None


def contract_reasons(term: Term, *, parking_months: int | None) -> list[Reason]:
    """Every reason, by field.

    `parking_months`: bays may be let to outsiders for so many months at once
    (山东省物业管理条例 42: 每次租期不得超过六个月); None: the place has no such rule.
    """
    found = []
    if type(term.fen) is not int or not 0 < term.fen <= MAX_FEN:
        most = format_yuan(MAX_FEN)
        found.append(Reason("contract.fen", f"金额要大于零，且不超过 {most} 元", "fen"))
    if term.priced not in PRICED:
        found.append(Reason("contract.priced", "请选择怎么计价", "priced"))
    if term.payer_kind not in {"organisation", "persons"}:
        found.append(Reason("contract.payer", "请选择付款方是单位还是个人", "payer_kind"))
    sentence = f"日期要在 {FIRST_DAY.year} 年和 {LAST_DAY.year} 年之间"
    strange = [
        Reason("contract.days", sentence, field)
        for field, day in (("first", term.first), ("last", term.last))
        if day is not None and not FIRST_DAY <= day <= LAST_DAY
    ]
    if strange:
        return found + strange
    if term.last is not None and term.last < term.first:
        found.append(Reason("contract.days", "止日不能早于起日", "last"))
    elif parking_months is not None and _too_long(term, parking_months):
        sentence = f"车位对业主以外的人出租，每次租期不得超过{parking_months}个月"
        found.append(Reason("contract.parking", sentence, "last"))
    return found


def _too_long(term: Term, months: int) -> bool:
    """Whether bays are let to outsiders for longer at once than the place allows."""
    if term.source != "parking" or not term.outsider:
        return False
    return term.last is None or term.last > latest_end(term.first, months)


def latest_end(first: date, months: int) -> date:
    """The last day of a lease of so many months (Civil Code 202: ends the day before the
    corresponding day; where the month has none, on its last day)."""
    month = first.month - 1 + months
    year, month = first.year + month // 12, month % 12 + 1
    try:
        return date(year, month, first.day) - timedelta(days=1)
    except ValueError:
        following = date(year + month // 12, month % 12 + 1, 1)
        return following - timedelta(days=1)
