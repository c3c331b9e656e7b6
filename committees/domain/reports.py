"""Reports up the tree of authorities: what they count, for which days, until when.

枣住建房字〔2020〕15号 四（四）: by the 3rd of each month, the progress of the month before with
its tables, from the districts to the city. 安庆市建物发〔2023〕300号 四: 日调度, and a summary
of the last stage (16 November to 15 December) by 15 December. Nothing here reads a clock.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from core.errors import RuleViolation

MONTHLY, SUMMARY = "monthly", "summary"

# Code → words. The first three are the month's own rows (`Snapshot`), all others are counted
# when it is taken; a stock as its last day ends, unless it is of the days of the report.
FORMATION = {
    "estates": "物业管理区域（个）",
    "owners": "业主委员会（个）",
    "management": "物业管理委员会（个）",
}
COUNTED = {
    "party_known": "党员人数已知的委员会（个）",
    "party_met": "其中党员比例达标（个）",
    "problems_found": "本期登记的问题（件）",
    "problems_closed": "本期登记销号的问题（件）",
    "problems_open": "未销号的问题（件）",
    "problems_late": "其中逾期（件）",
    "late_publications": "逾期没有公布的（件）",
    "late_estates": "其中涉及小区（个）",
    "late_duties": "逾期的履职事项（件）",
    "fund_review": "维修资金用款审核中（件）",
    "fund_asked": "维修资金待确认付款（笔）",
    "fund_ready": "维修资金待划转（笔）",
    "fund_ordered": "维修资金待银行付款（笔）",
    "sessions": "本期结束的电子表决（次）",
    "votes_online": "其中网上投票（户）",
    "votes_paper": "其中纸质票（张）",
}
WORDS: Mapping[str, str] = {**FORMATION, **COUNTED}
# What is worked on; "dropped", "received" and "returned" are ends.
OPEN = frozenset({"draft", "signed", "handed_in"})
_NEXT = {
    "draft": ("signed", "dropped"),
    "signed": ("handed_in",),
    "handed_in": ("received", "returned"),
}


class Span(NamedTuple):
    """The days a report is about, both included, and the last day to hand it in."""

    first: date
    last: date
    due_on: date


class Summary(NamedTuple):
    """A stage of every year, as a profile states it: month and day."""

    first: tuple[int, int]
    last: tuple[int, int]
    due: tuple[int, int]


def month_span(last: date, due_day: int) -> Span:
    """The month that ends with `last`, due on that day of the next one.

    RuleViolation "report.month" where the day ends no month.
    """
    if (last + timedelta(days=1)).day != 1:
        raise RuleViolation("report.month", "月报按整月报，请选择一个月份")
    following = last + timedelta(days=1)
    longest = monthrange(following.year, following.month)[1]
    return Span(last.replace(day=1), last, following.replace(day=min(due_day, longest)))


def summary_span(stage: Summary, year: int) -> Span:
    """The stage in one year."""
    return Span(*(date(year, month, day) for month, day in stage))


def read_summary(value: Mapping[str, str]) -> Summary:
    """A profile's {"first": "11-16", …}."""
    found = []
    for name in Summary._fields:
        month, _hyphen, day = value[name].partition("-")
        found.append((int(month), int(day)))
    return Summary(*found)


def demand_over(kind: str, span: Span, today: date) -> None:
    """RuleViolation "report.running" before the first day a report may be drawn up on."""
    day = drawn_from(kind, span)
    if today >= day:
        return
    begins = f"{day.year}年{day.month}月{day.day}日"
    if kind == MONTHLY:
        raise RuleViolation("report.running", f"这个月还没有结束，月报从{begins}起才能填")
    raise RuleViolation("report.running", f"总结提升阶段还没有开始，从{begins}起才能填")


def drawn_from(kind: str, span: Span) -> date:
    """The first day on which a report may be drawn up.

    Its figures are frozen then, and nothing may be missing from a month: it is over. A summary
    is written while its stage runs, and due before that ends (建物发〔2023〕300号 四4: 11月16日
    至12月15日, 12月15日前报): it says the day its figures are of.
    """
    return span.first if kind == SUMMARY else span.last + timedelta(days=1)


def demand_move(state: str, to: str) -> None:
    """RuleViolation "report.state" unless a report may move on so."""
    if to not in _NEXT.get(state, ()):
        raise RuleViolation(
            "report.state", "这一步现在不能办，可能已经有人办过了，请刷新页面看最新的情况"
        )


def demand_draft(state: str) -> None:
    """RuleViolation "report.state" for what was signed off: it is written no more."""
    if state != "draft":
        raise RuleViolation("report.state", "已经审签的报表不能再改；要更正，请另出新的一版")


def demand_second(actor: str, writers: Sequence[str]) -> None:
    """RuleViolation "report.same_person": whoever wrote it does not sign it off."""
    if actor in writers:
        raise RuleViolation("report.same_person", "自己填的报表要由另一个人审签")


def demand_receiver(actor: str, senders: Sequence[str]) -> None:
    """RuleViolation "report.same_person": whoever sent it up does not take it in above."""
    if actor in senders:
        raise RuleViolation(
            "report.same_person", "您填过、审签过或者报送过这份报表，要由另一个人接收或者退回"
        )


def days_late(handed_in_on: date | None, due_on: date, today: date) -> int:
    """Days past the last day, of what was handed in or is still to be."""
    return max(((handed_in_on or today) - due_on).days, 0)
