"""公共收益: where common income comes from, what it is booked under, and in which periods.

Civil Code 282: income from common parts belongs to all owners, less reasonable cost; 943: it is
made public regularly. Everything is integer fen; what is pro rata is an exact fraction.
"""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

# What income is booked under, as local rules name it (清远市物业管理条例 55, 淄博 58).
INCOME = {
    "parking": "车位场地使用费",
    "advertising": "广告",
    "rooms": "公共部位和物业用房租金",
    "telecom": "通信设施占用费",
    "equipment": "快递柜等设备的场地费",
    "damages": "公共设施受损赔偿",
    "interest": "孳息",
    "other_income": "其他收入",
}
# 合理成本 (Civil Code 282): taken off with proof.
COST = {
    "upkeep": "设施维护和能耗",
    "tax": "税费",
    "collection": "约定的管理成本",
    "other_cost": "其他合理成本",
}
# What the rest may be used for; each rests on a decision, but for the fund (165号令 27).
USE = {
    "to_fund": "转入维修资金",
    "committee": "业委会经费",
    "fees": "抵减物业费",
    "other_use": "业主决定的其他用途",
}
SOURCES = {
    "parking": ("占用共有道路、场地的车位", "parking"),
    "lift_ad": ("电梯广告", "advertising"),
    "outdoor_ad": ("户外广告", "advertising"),
    "locker": ("快递柜、售货机等", "equipment"),
    "base_station": ("通信基站", "telecom"),
    "room": ("公共部位、物业用房出租", "rooms"),
    "venue": ("场地、会所等", "rooms"),
    "other": ("其他", "other_income"),
}
MONTHS = {"monthly": 1, "quarterly": 3, "half_yearly": 6, "yearly": 12}
# How a price is stated → for how many months it is; a single payment is for none.
PRICED = {"month": 1, "quarter": 3, "year": 12, "once": 0}


class Period(NamedTuple):
    """A period of account, both days included."""

    first: date
    last: date


class Term(NamedTuple):
    """A price and the days it holds for, both included; `last` None: until further notice."""

    fen: int
    priced: str  # a key of PRICED
    first: date
    last: date | None = None


def period_of(frequency: str, day: date) -> Period:
    """The period a day lies in. KeyError for another frequency."""
    months = MONTHS[frequency]
    first = day.month - (day.month - 1) % months
    last = first + months - 1
    return Period(date(day.year, first, 1), date(day.year, last, monthrange(day.year, last)[1]))


def before(frequency: str, period: Period) -> Period:
    """The period before one."""
    return period_of(frequency, period.first - timedelta(days=1))


def after(frequency: str, period: Period) -> Period:
    """The period after one."""
    return period_of(frequency, period.last + timedelta(days=1))


def year_before(frequency: str, period: Period) -> Period:
    """The same period of the year before."""
    return period_of(frequency, date(period.first.year - 1, period.first.month, 1))


def expected(term: Term, period: Period) -> Fraction:
    """What a source should bring in a period, in fen, by days where a month is not whole.

    A single payment counts in the period its first day lies in.
    """
    first = max(term.first, period.first)
    last = period.last if term.last is None else min(term.last, period.last)
    if first > last:
        return Fraction(0)
    months = PRICED[term.priced]
    if not months:
        return Fraction(term.fen if term.first >= period.first else 0)
    return Fraction(term.fen, months) * sum(_months(first, last))


def _months(first: date, last: date) -> Iterable[Fraction]:
    """The part of each calendar month that lies between two days, both included."""
    while first <= last:
        whole = monthrange(first.year, first.month)[1]
        end = min(date(first.year, first.month, whole), last)
        yield Fraction((end - first).days + 1, whole)
        first = end + timedelta(days=1)


def jumps(now_fen: int, before_fen: int, *, above: tuple[int, int], least_fen: int) -> bool:
    """Whether an amount differs from an earlier one by more than a fraction of it.

    By cross-multiplication. Differences below `least_fen` are none; from nothing to something
    is one.
    """
    num, den = above
    difference = abs(now_fen - before_fen)
    return difference >= least_fen and difference * den > abs(before_fen) * num


def to_transfer(net_fen: int, share: tuple[int, int]) -> int:
    """What of the net income goes to the fund at least: the share, rounded up to the fen.

    "Never less": half a fen is a fen. Nothing where nothing is left.
    """
    num, den = share
    return -(-max(net_fen, 0) * num // den)
