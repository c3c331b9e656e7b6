"""The use of the maintenance fund of an estate in a period, from the books of `funds`."""

from collections import Counter
from datetime import date, timedelta
from typing import NamedTuple

from disclosures.domain.headings import OF_BOOK, sign
from funds.models import FundAccount
from funds.selectors.statements import account_between

# As funds.selectors.statements names what moved → our headings.
_HEADINGS = {
    "期初": "deposits",
    "交存": "deposits",
    "交存（分配入户）": "deposits",
    "待分配入账": "deposits",
    "利息入账": "fund_interest",
    "利息等增值收益": "fund_interest",
    "公共收益转入": "fund_revenue",
    "退回": "refunds",
    "使用": "repairs",
    "冲正": "corrections",
    "增加": "increase",
    "减少": "decrease",
}


class Repair(NamedTuple):
    """What a repair cost in the period, in fen, and how many units paid for it."""

    title: str
    code: str
    fen: int
    units: int


class FundTotals(NamedTuple):
    """A period of all accounts of an estate, in fen."""

    opening: int
    totals: dict[str, int]
    repairs: tuple[Repair, ...]
    sources: tuple[str, ...]  # who stated the balances, where not booked here
    known: bool  # of every account of the estate

    @property
    def closing(self) -> int:
        """What was there at the end, in fen."""
        headings = OF_BOOK["fund"]
        return self.opening + sum(
            sign(headings[key].side) * fen for key, fen in self.totals.items()
        )


def fund_totals(estate_id: int, first: date, last: date) -> FundTotals:
    """What moved between two days, both included."""
    opening, totals = 0, Counter[str]()
    repairs: list[Repair] = []
    sources: set[str] = set()
    accounts = list(
        FundAccount.objects.filter(estate=estate_id).select_related("special").order_by("pk")
    )
    known = bool(accounts)
    for account in accounts:
        found = account_between(account, first - timedelta(days=1), last)
        if found is None:
            known = False  # of one of several: the sum would be a part
            continue
        opening += found.begin
        for one in found.totals:
            totals[_HEADINGS[one.title]] += one.fen
        repairs += [Repair(one.title, one.code, one.fen, one.units) for one in found.repairs]
        if found.source:
            sources.add(f"{found.source}（{found.begin_on}至{found.end_on}）")
    # What came back of a repair is taken off its cost, as the list of repairs does.
    totals["repairs"] = -totals["repairs"] - totals.pop("refunds", 0)
    totals["decrease"] = -totals["decrease"]
    # A repair that came back whole is listed with nothing.
    signed = {key: fen for key, fen in totals.items() if fen or (key == "repairs" and repairs)}
    return FundTotals(opening, signed, tuple(repairs), tuple(sorted(sources)), known)
