"""The leak audit in words: what the totals of a roll would give away, for its organiser."""

from collections.abc import Iterable
from fractions import Fraction
from hashlib import sha256
from random import Random
from typing import NamedTuple

from django.core.cache import cache
from django.utils.translation import gettext as _

from core.exact import share_down
from voting.domain.leaks import PRIOR, TWO_THIRDS, Case, Report, audit

_SEED = 278  # the same roll gives the same figures, to everybody
_KEPT = 7 * 24 * 60 * 60  # seconds
_VERSION = 1  # of the method: a kept report of another is not used
_CERTAIN = Fraction(19, 20)


class Line(NamedTuple):
    """A case as a row of the table."""

    turnout: str
    expected: str
    chance: str
    always: int
    method: str


class Leaks(NamedTuple):
    """The sentence for the organiser, and the detail behind it. No names, no rooms."""

    sentence: str
    report: Report
    took_part: bool  # about who took part, not about the whole roll
    largest: str
    prior: tuple[str, ...]
    lines: tuple[Line, ...]


def leaks_of(areas: Iterable[int], *, took_part: bool = False) -> Leaks | None:
    """What the exact totals of parties with these areas (0.01 m²) would give away.

    `took_part`: the parties that did, after the close. None for an empty roll. A roll is
    audited once and its report kept: it takes seconds.
    """
    roll = sorted(areas)
    if not roll or roll[0] <= 0:
        return None
    digest = sha256(repr((roll, took_part)).encode()).hexdigest()
    key = f"leaks/{_VERSION}/{digest}"
    report: Report | None = cache.get(key)
    if report is None:
        report = audit(roll, rng=Random(_SEED), took_part=took_part)  # noqa: S311 (draws votes, hides nothing)
        cache.set(key, report, _KEPT)
    return Leaks(
        sentence=sentence(report),
        report=report,
        took_part=took_part,
        largest=share_down(report.largest.numerator, report.largest.denominator),
        prior=tuple(f"{100 * share // sum(PRIOR)}%" for share in PRIOR),
        lines=tuple(_line(case) for case in report.cases),
    )


def sentence(report: Report) -> str:
    """How many choices would be given away, in one sentence that claims what was computed."""
    case = report.worst
    words = "" if case.exact else _("估计：")
    if case.turnout == TWO_THIRDS:
        words += _("如果只有三分之二的业主参加，")
    words += _("按准确的人数和面积公布结果，")
    said = {"heads": case.heads, "n": _rounded(case.expected), "k": case.always}
    if 200 * case.any_ < 1:
        return words + _("一般推算不出任何一位业主的选择。")
    if 2 * case.expected < 1:
        times = {"n": _rounded(100 * case.any_)}
        return words + _("100次表决里大约有%(n)d次能推算出某位业主的选择。") % times
    if case.expected >= _CERTAIN * case.heads:
        return words + _("%(heads)d位参加的业主，几乎人人的选择都能推算出来。") % said
    words += _("%(heads)d位参加的业主里，每个事项平均大约有%(n)d位的选择能推算出来") % said
    if case.turnout != TWO_THIRDS and case.always:
        words += _("，其中%(k)d位几乎每次都能") % said
    return words + _("。")


def _line(case: Case) -> Line:
    if case.exact:
        method = _("精确：所有可能的投票结果都算过")
    elif case.counted == case.votes:
        method = _("估计：模拟%(votes)d次投票，每次都数清全部可能")
    elif case.counted:
        method = _("估计：模拟%(votes)d次投票，其中%(counted)d次数清全部可能，其余按近似公式")
    else:
        method = _("估计：模拟%(votes)d次投票，按近似公式")
    everybody = _("全部%(heads)d位")
    two_thirds = _("三分之二，%(heads)d位")
    said = {"heads": case.heads, "votes": case.votes, "counted": case.counted}
    return Line(
        turnout=(two_thirds if case.turnout == TWO_THIRDS else everybody) % said,
        expected=_decimal(case.expected),
        chance=f"{_rounded(100 * case.any_)}%",
        always=case.always,
        method=method % said,
    )


def _rounded(number: Fraction) -> int:
    return (2 * number.numerator + number.denominator) // (2 * number.denominator)


def _decimal(number: Fraction) -> str:
    tenths = _rounded(10 * number)
    return f"{tenths // 10}.{tenths % 10}"
