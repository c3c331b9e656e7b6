"""收支公布 (D5): what came in and went out in a period, for the wall, as data and as a table.

Shape of its data (``bulletin.json``, canonical JSON, travels inside the PDF and makes the web
page): amounts as printed, days and moments as in ISO 8601; `read_bulletin` has the facts again.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from core.canonical import canonical, parse_canonical
from core.exact import format_yuan, read_yuan
from core.text import plain_cell
from documents import bulletin_sheet, rendering
from documents.papers import PaperFacts
from documents.wording import SIDES, a_household, period

BULLETIN_NAME, TABLE_NAME = "bulletin.json", "bulletin.csv"
NAMES = {
    "revenue": "公共收益收支公布",
    "expenses": "业主委员会经费收支公布",
    "fund": "住宅专项维修资金使用公布",
}


class Line(NamedTuple):
    """One movement of money, in fen; a correction that takes back is negative."""

    number: int
    """Of the voucher in its book."""
    dated_on: date
    side: str
    """``in``, ``cost`` or ``use``."""
    account: str
    """Its heading in words: ``广告``."""
    party: str
    """Who paid or was paid, as may be shown."""
    text: str
    basis: str
    """The contract or decision it rests on; empty where there is none."""
    fen: int
    papers: int
    """Pictures of papers to look at."""


class Heading(NamedTuple):
    """The total of an account in fen, of the period before and of the same a year ago.

    None: not published then.
    """

    side: str
    account: str
    fen: int
    before_fen: int | None
    year_fen: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class BulletinFacts(PaperFacts):
    """Everything the paper says. ValueError where its figures do not add up."""

    kind: str
    """A key of `NAMES`."""
    first: date
    last: date
    version: int
    correction: str
    """What changed since the version before; empty in the first."""
    holder: str
    """Who keeps the money."""
    account: str
    """Bank and last four digits, or why there is no account of its own."""
    opening_fen: int
    closing_fen: int
    lines: tuple[Line, ...]
    headings: tuple[Heading, ...]
    bank_fen: int | None
    bank_on: date | None
    difference: str
    """Why the bank's statement differs; empty where it does not."""
    due_to_fund_fen: int
    """What has to go to the maintenance fund for this period, and what went."""
    to_fund_fen: int
    households: int
    explanations: tuple[str, ...]
    """Of jumps, and of expected income that did not come."""
    prepared: str
    """Bodies, not people."""
    reviewed: str
    page_url: str
    """The public page with every voucher."""
    phone: str
    until: datetime
    """The first instant after it may be taken down."""
    clause: str

    def __post_init__(self) -> None:
        if self.kind not in NAMES or self.first > self.last:
            raise ValueError("no such kind, or a period that ends before it begins")
        demand_sums(self.lines, self.headings)
        if self.opening_fen + self.in_fen - self.out_fen != self.closing_fen:
            raise ValueError("opening, in and out do not make the closing balance")
        if (self.bank_fen is None) != (self.bank_on is None):
            raise ValueError("a bank balance needs its day")
        if self.bank_fen not in (None, self.closing_fen) and not self.difference:
            raise ValueError("the bank's balance differs and nothing says why")

    @property
    def period(self) -> str:
        return period(self.first, self.last)

    @property
    def name(self) -> str:
        return NAMES[self.kind]

    @property
    def title(self) -> str:
        return f"{self.estate}{self.period}{self.name}"

    @property
    def in_fen(self) -> int:
        return self.total("in")

    @property
    def cost_fen(self) -> int:
        return self.total("cost")

    @property
    def use_fen(self) -> int:
        return self.total("use")

    @property
    def out_fen(self) -> int:
        return self.cost_fen + self.use_fen

    @property
    def papers(self) -> int:
        return sum(one.papers for one in self.lines)

    @property
    def off_fen(self) -> int:
        """By how much the bank's balance is above the books'."""
        return 0 if self.bank_fen is None else self.bank_fen - self.closing_fen

    def total(self, side: str) -> int:
        """Of one side, in fen."""
        return sum(one.fen for one in self.headings if one.side == side)

    def a_household(self, fen: int) -> str:
        """``平均每户约12元``, rounded down; empty where there is nothing to say."""
        return a_household(fen, self.households)


def demand_sums(lines: Iterable[Line], headings: Iterable[Heading]) -> None:
    """ValueError unless every heading is the sum of its lines; none is missing or double."""
    sums: Counter[tuple[str, str]] = Counter()
    for line in lines:
        sums[line.side, line.account] += line.fen
    named = set()
    for heading in headings:
        key = heading.side, heading.account
        if heading.side not in SIDES or key in named:
            raise ValueError(f"no such side, or twice: {heading.account[:40]}")
        if sums[key] != heading.fen:
            raise ValueError(f"the lines do not make the total of {heading.account[:40]}")
        named.add(key)
    if sums.keys() - named:
        raise ValueError("lines without a heading")


def bulletin_json(facts: BulletinFacts) -> bytes:
    """Everything the paper says, and every line, as data."""
    return canonical(
        {
            **{name: getattr(facts, name) for name in _AS_THEY_ARE},
            **{name: format_yuan(getattr(facts, f"{name}_fen")) for name in _AMOUNTS},
            **{name: _written(getattr(facts, name)) for name in _MOMENTS},
            **{name: getattr(facts, name).isoformat() for name in _DAYS},
            "bank": _printed(facts.bank_fen),
            "bank_on": facts.bank_on and facts.bank_on.isoformat(),
            "explanations": list(facts.explanations),
            "lines": [
                {"number": one.number, "dated_on": one.dated_on.isoformat(),
                 "side": one.side, "account": one.account, "party": one.party,
                 "text": one.text, "basis": one.basis, "amount": format_yuan(one.fen),
                 "papers": one.papers}
                for one in facts.lines
            ],
            "headings": [
                {"side": one.side, "account": one.account, "amount": format_yuan(one.fen),
                 "before": _printed(one.before_fen), "year": _printed(one.year_fen)}
                for one in facts.headings
            ],
        }
    )  # fmt: skip


def read_bulletin(data: bytes) -> BulletinFacts:
    """The facts `bulletin_json` wrote. ValueError for anything else."""
    found = parse_canonical(data)
    try:
        return _read(found)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not the data of a bulletin") from error


def bulletin_csv(facts: BulletinFacts) -> bytes:
    """Every line, then the totals, for spreadsheets: amounts in yuan without commas."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(_COLUMNS)
    for one in facts.lines:
        words = (SIDES[one.side], one.account, one.party, one.text, one.basis)
        known = (one.number, one.dated_on.isoformat(), *map(plain_cell, words))
        table.writerow([*known, _bare(one.fen), one.papers])
    table.writerow([])
    table.writerow(["", facts.first.isoformat(), "期初余额", *_NONE, _bare(facts.opening_fen)])
    for side, name in SIDES.items():
        for sum_ in (one for one in facts.headings if one.side == side):
            account = plain_cell(sum_.account)
            table.writerow(["", "", f"{name}小计", account, *_NONE[1:], _bare(sum_.fen)])
        table.writerow(["", "", f"{name}合计", *_NONE, _bare(facts.total(side))])
    table.writerow(["", facts.last.isoformat(), "期末余额", *_NONE, _bare(facts.closing_fen)])
    return out.getvalue().encode("utf-8-sig")


def render_bulletin(facts: BulletinFacts, *, attachments: Mapping[str, bytes]) -> bytes:
    """The unsigned PDF, one page A3 landscape; ``attachments`` travel inside.

    What does not fit is joined and cut (`bulletin_sheet`): the page behind the larger QR code
    has it all.
    """
    page_qr = rendering.code_drawing(facts.page_url)
    for sheet in bulletin_sheet.attempts(facts):
        try:
            return rendering.render(
                "bulletin.html",
                {"sheet": sheet, "page_qr": page_qr},
                facts=facts,
                attachments=attachments,
                styles=("paper.css", "bulletin.css"),
                pages=1,
            )
        except rendering.PageOverflow:
            continue
    raise rendering.PageOverflow("a bulletin does not fit on one page")


_AS_THEY_ARE = (
    "number", "code", "verify_url", "estate", "issuer", "specimen", "kind", "version",
    "correction", "holder", "account", "difference", "households", "prepared", "reviewed",
    "page_url", "phone", "clause",
)  # fmt: skip
_AMOUNTS = ("opening", "closing", "due_to_fund", "to_fund")
_MOMENTS = ("issued_at", "until")
_DAYS = ("first", "last")
_COLUMNS = (
    "凭证号", "日期", "类别", "科目", "付款人或收款人", "摘要", "依据", "金额（元）",
    "附件张数",
)  # fmt: skip
_NONE = ("",) * 4


def _read(found: dict[str, Any]) -> BulletinFacts:
    plain: dict[str, Any] = {name: found[name] for name in _AS_THEY_ARE}
    plain |= {f"{name}_fen": read_yuan(found[name]) for name in _AMOUNTS}
    plain |= {name: datetime.fromisoformat(found[name]) for name in _MOMENTS}
    plain |= {name: date.fromisoformat(found[name]) for name in _DAYS}
    return BulletinFacts(
        **plain,
        bank_fen=_fen(found["bank"]),
        bank_on=found["bank_on"] and date.fromisoformat(found["bank_on"]),
        explanations=tuple(found["explanations"]),
        lines=tuple(
            Line(
                one["number"], date.fromisoformat(one["dated_on"]), one["side"],
                one["account"], one["party"], one["text"], one["basis"],
                read_yuan(one["amount"]), one["papers"],
            )
            for one in found["lines"]
        ),
        headings=tuple(
            Heading(
                one["side"], one["account"], read_yuan(one["amount"]), _fen(one["before"]),
                _fen(one["year"]),
            )
            for one in found["headings"]
        ),
    )  # fmt: skip


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _printed(fen: int | None) -> str | None:
    return None if fen is None else format_yuan(fen)


def _fen(text: str | None) -> int | None:
    return None if text is None else read_yuan(text)


def _bare(fen: int) -> str:
    return format_yuan(fen).replace(",", "")
