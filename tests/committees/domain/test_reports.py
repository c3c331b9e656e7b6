"""Reports: for which days, until when, what may follow what."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from committees.domain.reports import (
    MONTHLY,
    OPEN,
    SUMMARY,
    WORDS,
    Span,
    days_late,
    demand_draft,
    demand_move,
    demand_over,
    demand_second,
    month_span,
    read_summary,
    summary_span,
)
from core.errors import RuleViolation

STAGE = read_summary({"first": "11-16", "last": "12-15", "due": "12-15"})
STATES = ("draft", "signed", "handed_in", "received", "returned", "dropped")


@pytest.mark.parametrize(
    ("last", "day", "first", "due"),
    [
        # 枣住建房字〔2020〕15号 四（四）: by the 3rd for the month before.
        (date(2026, 10, 31), 3, date(2026, 10, 1), date(2026, 11, 3)),
        (date(2026, 12, 31), 3, date(2026, 12, 1), date(2027, 1, 3)),
        (date(2024, 1, 31), 31, date(2024, 1, 1), date(2024, 2, 29)),
    ],
)
def test_a_month_is_due_on_a_day_of_the_next(
    last: date, day: int, first: date, due: date
) -> None:
    assert month_span(last, day) == Span(first, last, due)


@given(st.dates(date(2020, 1, 1), date(2035, 1, 1)))
def test_only_whole_months(day: date) -> None:
    ends = (day + timedelta(days=1)).month != day.month
    if ends:
        assert month_span(day, 3).last == day
    else:
        with pytest.raises(RuleViolation, match="整月"):
            month_span(day, 3)


def test_the_stage_of_anqing() -> None:
    """建物发〔2023〕300号 四4: 11月16日至12月15日, 12月15日前报."""
    assert summary_span(STAGE, 2026) == Span(
        date(2026, 11, 16), date(2026, 12, 15), date(2026, 12, 15)
    )


@pytest.mark.parametrize(
    ("kind", "span", "today", "refused"),
    [
        (MONTHLY, month_span(date(2026, 10, 31), 3), date(2026, 10, 31), True),
        (MONTHLY, month_span(date(2026, 10, 31), 3), date(2026, 11, 1), False),
        # 建物发〔2023〕300号 四4: written from 16 November on, due before 15 December.
        (SUMMARY, summary_span(STAGE, 2026), date(2026, 11, 15), True),
        (SUMMARY, summary_span(STAGE, 2026), date(2026, 11, 16), False),
        (SUMMARY, summary_span(STAGE, 2026), date(2026, 12, 14), False),
        (SUMMARY, summary_span(STAGE, 2026), date(2026, 12, 15), False),
        (SUMMARY, summary_span(STAGE, 2026), date(2027, 1, 1), False),
    ],
)
def test_what_is_still_running(kind: str, span: Span, today: date, refused: bool) -> None:
    if refused:
        with pytest.raises(RuleViolation, match=r"还没有(结束|开始).*从2026年11月1?[16]日起"):
            demand_over(kind, span, today)
    else:
        demand_over(kind, span, today)


def test_what_may_follow_what() -> None:
    allowed = set()
    for state in STATES:
        for to in STATES:
            with suppress(RuleViolation):
                demand_move(state, to)
                allowed.add((state, to))
    assert allowed == {
        ("draft", "signed"), ("draft", "dropped"), ("signed", "handed_in"),
        ("handed_in", "received"), ("handed_in", "returned"),
    }  # fmt: skip
    assert {state for state, _to in allowed} == OPEN


def test_whoever_wrote_it_does_not_sign_it() -> None:
    demand_second("user:2", ("user:1", "user:1"))
    for writers in (("user:2", "user:1"), ("user:1", "user:2")):
        with pytest.raises(RuleViolation, match="另一个人"):
            demand_second("user:2", writers)
    demand_draft("draft")
    with pytest.raises(RuleViolation, match="另出新的一版"):
        demand_draft("signed")


def test_days_late() -> None:
    due = date(2026, 11, 3)
    assert days_late(due, due, date(2026, 12, 1)) == 0
    assert days_late(date(2026, 11, 5), due, date(2026, 12, 1)) == 2
    assert days_late(None, due, date(2026, 11, 3)) == 0
    assert days_late(None, due, date(2026, 11, 4)) == 1


def test_every_figure_has_its_words() -> None:
    assert len(set(WORDS.values())) == len(WORDS)
