"""Yearly papers of the maintenance fund (165号令 30, 31): of a unit, and of an account.

Neither names an owner. The unit's statement is for its owner; the account's totals are
published, with the list by rooms as a table of its own, whose hash is on the paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from core.canonical import canonical
from core.exact import format_yuan
from documents import rendering
from documents.papers import PaperFacts
from documents.wording import day

STATEMENT_NAME, REPORT_NAME = "statement.json", "report.json"


class Entry(NamedTuple):
    """One movement in fen, `balance` after it; `paper`: what it rests on."""

    day: date
    fen: int
    text: str
    paper: str
    balance: int
    repair: str = ""


class Due(NamedTuple):
    """What is still owed of a share, in fen."""

    day: date
    text: str
    left: int


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitStatementFacts(PaperFacts):
    """分户对账单: everything that happened to a unit's sub-account in a year."""

    year: int
    unit: str
    bank: str
    source: str
    """Who states the balances; empty where the books are kept here."""
    begin_on: date
    begin_fen: int
    entries: tuple[Entry, ...]
    end_on: date
    end_fen: int
    first_deposit_fen: int | None
    owed: tuple[Due, ...]

    @property
    def title(self) -> str:
        return f"住宅专项维修资金{self.year}年度分户对账单"

    @property
    def came(self) -> int:
        return sum(one.fen for one in self.entries if one.fen > 0)

    @property
    def went(self) -> int:
        return -sum(one.fen for one in self.entries if one.fen < 0)

    @property
    def owed_fen(self) -> int:
        return sum(one.left for one in self.owed)


class Total(NamedTuple):
    """One line of the totals: its words and fen, negative went out."""

    title: str
    fen: int


class RepairCost(NamedTuple):
    """A repair paid in the year from this account: fen, for how many units."""

    title: str
    code: str
    fen: int
    units: int


@dataclass(frozen=True, kw_only=True, slots=True)
class YearReportFacts(PaperFacts):
    """年度收支公布: what an account took in, paid, and holds."""

    year: int
    account: str
    """The estate, or its building."""
    bank: str
    source: str
    begin_on: date
    begin_fen: int
    totals: tuple[Total, ...]
    end_on: date
    end_fen: int
    repairs: tuple[RepairCost, ...]
    units: int
    owed_fen: int
    table_sha256: str
    """Of the list by rooms."""

    @property
    def title(self) -> str:
        return f"住宅专项维修资金{self.year}年度收支公布"


def statement_json(facts: UnitStatementFacts) -> bytes:
    """The unit's statement as data; amounts as printed: canonical JSON has no minus."""
    return canonical(
        {
            "estate": facts.estate,
            "number": facts.number,
            "unit": facts.unit,
            "year": facts.year,
            "bank": facts.bank,
            "source": facts.source,
            "begin_on": day(facts.begin_on),
            "begin": format_yuan(facts.begin_fen),
            "entries": [
                {"day": day(one.day), "amount": format_yuan(one.fen), "text": one.text,
                 "paper": one.paper, "balance": format_yuan(one.balance),
                 "repair": one.repair}
                for one in facts.entries
            ],
            "end_on": day(facts.end_on),
            "end": format_yuan(facts.end_fen),
            "first_deposit": format_yuan(facts.first_deposit_fen or 0),
            "owed": [
                {"day": day(one.day), "text": one.text, "left": format_yuan(one.left)}
                for one in facts.owed
            ],
        }
    )  # fmt: skip


def report_json(facts: YearReportFacts) -> bytes:
    """The account's totals as data; amounts as in `statement_json`."""
    return canonical(
        {
            "estate": facts.estate,
            "number": facts.number,
            "account": facts.account,
            "year": facts.year,
            "bank": facts.bank,
            "source": facts.source,
            "begin_on": day(facts.begin_on),
            "begin": format_yuan(facts.begin_fen),
            "totals": [
                {"title": one.title, "amount": format_yuan(one.fen)} for one in facts.totals
            ],
            "end_on": day(facts.end_on),
            "end": format_yuan(facts.end_fen),
            "repairs": [
                {"title": one.title, "code": one.code, "cost": format_yuan(one.fen),
                 "units": one.units}
                for one in facts.repairs
            ],
            "units": facts.units,
            "owed": format_yuan(facts.owed_fen),
            "table_sha256": facts.table_sha256,
        }
    )  # fmt: skip


def render_statement(facts: UnitStatementFacts, *, attachments: Mapping[str, bytes]) -> bytes:
    """The unsigned PDF; ``attachments`` travel inside, `STATEMENT_NAME` first."""
    return rendering.render("fund_statement.html", {}, facts=facts, attachments=attachments)


def render_report(facts: YearReportFacts, *, attachments: Mapping[str, bytes]) -> bytes:
    """The unsigned PDF; ``attachments`` travel inside, `REPORT_NAME` first."""
    return rendering.render("fund_report.html", {}, facts=facts, attachments=attachments)
