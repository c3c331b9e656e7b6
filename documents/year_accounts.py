"""年度公共收益收支报告: what the periods of a year come to, for the owners' assembly.

Shape of its data (``year.json``, canonical JSON, travels inside the PDF): amounts as printed,
days as in ISO 8601.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from core.canonical import canonical
from core.exact import format_yuan
from documents import rendering
from documents.bulletin_rows import joined
from documents.fitting import EM, width
from documents.papers import PaperFacts
from documents.wording import SIDES, a_household, period

YEAR_ACCOUNT_NAME = "year.json"


class YearPeriod(NamedTuple):
    """One period as it was published last, in fen, and the publication."""

    first: date
    last: date
    opening_fen: int
    in_fen: int
    cost_fen: int
    use_fen: int
    closing_fen: int
    due_to_fund_fen: int
    to_fund_fen: int
    number: str
    code: str
    version: int
    published_on: date

    @property
    def words(self) -> str:
        """``第三季度``: within its year."""
        return period(self.first, self.last).removeprefix(f"{self.first.year}年")


class YearHeading(NamedTuple):
    """The total of an account in fen, and of the year before; None: not published then."""

    side: str
    """``in``, ``cost`` or ``use``."""
    account: str
    fen: int
    before_fen: int | None

    @property
    def more_fen(self) -> int | None:
        return None if self.before_fen is None else self.fen - self.before_fen


@dataclass(frozen=True, kw_only=True, slots=True)
class YearAccountFacts(PaperFacts):
    """Everything the report says. ValueError where its figures do not add up."""

    year: int
    holder: str
    """Who keeps the money."""
    account: str
    """Bank and last four digits, or why there is no account of its own."""
    periods: tuple[YearPeriod, ...]
    """In order, without a gap; at least one."""
    headings: tuple[YearHeading, ...]
    households: int
    open_questions: int
    """Asked by owners about these publications and not yet answered."""
    explanations: tuple[str, ...]
    prepared: str
    """Bodies, not people: who keeps the money, and who looked over what it rests on."""
    reviewed: str
    clause: str

    def __post_init__(self) -> None:
        if not self.periods:
            raise ValueError("a year without a period")
        for one in self.periods:
            if one.opening_fen + one.in_fen - one.cost_fen - one.use_fen != one.closing_fen:
                raise ValueError("opening, in and out do not make a closing balance")
        for one, after in zip(self.periods, self.periods[1:], strict=False):
            if one.closing_fen != after.opening_fen:
                raise ValueError("a period does not begin with what the one before left")
            if one.last + timedelta(days=1) != after.first:
                raise ValueError("periods with a gap, or out of order")
        for side in SIDES:
            of_headings = sum(one.fen for one in self.headings if one.side == side)
            if of_headings != sum(getattr(one, f"{side}_fen") for one in self.periods):
                raise ValueError(f"headings and periods differ: {side}")
        if {one.side for one in self.headings} - set(SIDES):
            raise ValueError("no such side")

    @property
    def title(self) -> str:
        return f"{self.estate}{self.year}年度公共收益收支报告"

    @property
    def whole(self) -> YearPeriod:
        """All periods as one; it has no publication of its own."""
        return self.periods[0]._replace(
            last=self.periods[-1].last,
            in_fen=sum(one.in_fen for one in self.periods),
            cost_fen=sum(one.cost_fen for one in self.periods),
            use_fen=sum(one.use_fen for one in self.periods),
            closing_fen=self.periods[-1].closing_fen,
            due_to_fund_fen=sum(one.due_to_fund_fen for one in self.periods),
            to_fund_fen=sum(one.to_fund_fen for one in self.periods),
            number="",
            code="",
        )


class _Side(NamedTuple):
    total: YearHeading
    headings: tuple[YearHeading, ...]


def year_account_json(facts: YearAccountFacts) -> bytes:
    """Everything the report says, as data."""
    return canonical(
        {
            "number": facts.number,
            "code": facts.code,
            "estate": facts.estate,
            "issuer": facts.issuer,
            "specimen": facts.specimen,
            "year": facts.year,
            "holder": facts.holder,
            "account": facts.account,
            "whole": _amounts(facts.whole),
            "periods": [
                {"first": one.first.isoformat(), "last": one.last.isoformat(),
                 **_amounts(one),
                 "number": one.number, "code": one.code, "version": one.version,
                 "published_on": one.published_on.isoformat()}
                for one in facts.periods
            ],
            "headings": [
                {"side": one.side, "account": one.account, "amount": format_yuan(one.fen),
                 "before": None if one.before_fen is None else format_yuan(one.before_fen)}
                for one in facts.headings
            ],
            "households": facts.households,
            "open_questions": facts.open_questions,
            "explanations": list(facts.explanations),
            "prepared": facts.prepared,
            "reviewed": facts.reviewed,
            "clause": facts.clause,
        }
    )  # fmt: skip


def render_year_account(facts: YearAccountFacts, *, attachments: Mapping[str, bytes]) -> bytes:
    """The unsigned PDF, A4; ``attachments`` travel inside, `YEAR_ACCOUNT_NAME` first."""
    whole = facts.whole
    context = {
        "whole": whole,
        "short": whole.due_to_fund_fen - whole.to_fund_fen,
        "sides": [_side(facts, side) for side in SIDES],
        "in_each": a_household(whole.in_fen, facts.households),
        "out_each": a_household(whole.cost_fen + whole.use_fen, facts.households),
        "narrow": "narrow" if _widest(facts) > 6 * EM + 4 else "",
    }
    return rendering.render(
        "year_account.html",
        context,
        facts=facts,
        attachments=attachments,
        styles=("paper.css", "year_account.css"),
    )


def _amounts(one: YearPeriod) -> dict[str, str]:
    return {
        name.removesuffix("_fen"): format_yuan(getattr(one, name))
        for name in YearPeriod._fields
        if name.endswith("_fen")
    }


def _side(facts: YearAccountFacts, side: str) -> _Side:
    those = tuple(one for one in facts.headings if one.side == side)
    before = joined(one.before_fen for one in those)
    name = f"{SIDES[side]}合计"
    return _Side(YearHeading(side, name, sum(one.fen for one in those), before), those)


def _widest(facts: YearAccountFacts) -> int:
    """Of all amounts in tables, in tenths of an em."""
    return max(
        width(text) for one in (*facts.periods, facts.whole) for text in _amounts(one).values()
    )
