"""An entry of a book: two lines or three that sum to zero, in integer fen.

Debit positive: money at the bank is a debit, income a credit, cost and use debits.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from core.canonical import canonical
from core.reasons import Reason
from disclosures.domain.headings import BANK, DECIDED, OF_BOOK, sign

MAX_FEN = 10**13


class Line(NamedTuple):
    """One posting: BANK or a heading; debit positive."""

    ledger: str
    fen: int


class Money(NamedTuple):
    """What a person says of a movement: so much under a heading, less what was kept back.

    `kept_fen` under `kept`: what a payer kept for tax or for its cost, so that less came to
    the bank than is income (收支两条线: neither is hidden in the other).
    """

    heading: str
    fen: int
    kept: str = ""
    kept_fen: int = 0


def lines_of(book: str, money: Money) -> list[Line]:
    """The postings of a movement; `book` is a key of OF_BOOK."""
    headings = OF_BOOK[book]
    effect = sign(headings[money.heading].side) * money.fen
    lines = [Line(money.heading, -effect)]
    if money.kept:
        lines.append(Line(money.kept, money.kept_fen))
        effect -= money.kept_fen
    if effect:
        lines.append(Line(BANK, effect))
    return lines


def reversed_lines(lines: Iterable[Line]) -> list[Line]:
    """The postings that take others back."""
    return [Line(one.ledger, -one.fen) for one in lines]


def money_reasons(book: str, money: Money) -> list[Reason]:
    """Everything that keeps a movement from being booked, by field of the form."""
    found = []
    headings = OF_BOOK[book]
    heading = headings.get(money.heading)
    if heading is None:
        found.append(Reason("entry.heading", "请选择科目", "heading"))
    if money.fen == 0:
        found.append(Reason("entry.fen", "请填写金额，要大于零", "fen"))
    elif type(money.fen) is not int or not 0 < money.fen <= MAX_FEN:
        found.append(Reason("entry.fen", "金额要大于零，且不超过 1000 亿元", "fen"))
    if not money.kept and not money.kept_fen:
        return found
    kept = headings.get(money.kept)
    if heading is None or heading.side != "in" or kept is None or kept.side != "cost":
        sentence = "只有收入才能有对方代扣的成本，扣的要选一个成本科目"
        found.append(Reason("entry.kept", sentence, "kept"))
    if type(money.kept_fen) is not int or not 0 < money.kept_fen <= money.fen:
        found.append(Reason("entry.kept", "代扣的金额要大于零，且不超过收入的金额", "kept_fen"))
    return found


def needs_decision(heading: str) -> bool:
    """Whether money under this heading rests on a decision of the owners."""
    return heading in DECIDED


def bank_fen(lines: Iterable[Line]) -> int:
    """What an entry did to the money at the bank."""
    return sum(one.fen for one in lines if one.ledger == BANK)


def totals(book: str, lines: Iterable[Line]) -> dict[str, int]:
    """Fen per heading, as the heading goes: income of 5 is 5, so is cost of 5."""
    found: dict[str, int] = {}
    headings = OF_BOOK[book]
    for one in lines:
        if one.ledger in headings:
            fen = -sign(headings[one.ledger].side) * one.fen
            found[one.ledger] = found.get(one.ledger, 0) + fen
    return found


def digest(facts: Mapping[str, object], lines: Iterable[Line]) -> str:
    """SHA-256 of an entry's content: canonical facts, then a text line for each posting."""
    content = hashlib.sha256(canonical(dict(facts)))
    for one in lines:
        content.update(f"\n{one.ledger} {one.fen}".encode())
    return content.hexdigest()
