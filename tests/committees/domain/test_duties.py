"""The list of duties: which article, by when; the list of what is prohibited."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from committees.domain.breaches import CLOSED, PROHIBITED, STATES, demand_step, following
from committees.domain.duties import (
    DUTIES,
    MONTHS,
    OCCASION,
    RECURRING,
    after,
    months_later,
    periods,
    recurring,
)
from core.errors import RuleViolation

FORMED = date(2024, 3, 15)
days = st.dates(date(2020, 1, 1), date(2032, 12, 31))


@pytest.mark.parametrize(
    ("acts", "today", "due", "late"),
    [
        # 山东省物业管理条例 28: at least once a year. Formed on 15 March, the first year ends
        # with 15 March of the next.
        ([], date(2025, 3, 15), date(2025, 3, 15), 0),
        ([], date(2025, 3, 16), date(2025, 3, 15), 1),
        # The meeting that elected the committee is none of its own.
        ([FORMED], date(2025, 3, 16), date(2025, 3, 15), 1),
        ([date(2024, 3, 16)], date(2025, 3, 16), date(2026, 3, 15), 0),
        ([date(2025, 3, 15)], date(2025, 3, 16), date(2026, 3, 15), 0),
        # Held late it counts for the year it is held in.
        ([date(2025, 3, 16)], date(2026, 3, 16), date(2027, 3, 15), 0),
        # Never held: overdue since the first year.
        ([], date(2026, 3, 16), date(2025, 3, 15), 366),
        # What is announced for later has not been done.
        ([date(2025, 5, 1)], date(2025, 4, 1), date(2025, 3, 15), 17),
    ],
)
def test_a_yearly_duty(acts: list[date], today: date, due: date, late: int) -> None:
    found = recurring(FORMED, 12, acts, today)
    assert (found.due_on, found.late) == (due, late)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 8, 31), 6, date(2025, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 12, 15), 1, date(2025, 1, 15)),
        (date(2024, 3, 15), 0, date(2024, 3, 15)),
    ],
)
def test_the_corresponding_day(day: date, months: int, later: date) -> None:
    """Civil Code 202: without a corresponding day the month's last is the end."""
    assert months_later(day, months) == later


@given(days, st.sampled_from(sorted(MONTHS.values())), st.lists(days, max_size=6), days)
def test_what_is_due_is_what_the_periods_say(
    formed: date, months: int, acts: list[date], today: date
) -> None:
    """Day by day over every period: overdue exactly where one that is over was empty and
    nothing was done since."""
    due = recurring(formed, months, acts, today)
    rows = periods(formed, months, acts, today)[::-1]
    done = [one for one in acts if formed < one <= today]
    assert due.last_done == max(done, default=None)
    for one, following_one in itertools.pairwise(rows):
        assert one.last + timedelta(days=1) == following_one.first
    for one in rows:
        inside = [act for act in done if one.first <= act <= one.last]
        assert one.done_on == min(inside, default=None)
    empty_since = []
    for one in reversed(rows):
        if one.done_on is not None:
            break
        empty_since.append(one)
    missed = [one for one in empty_since if one.last < today]
    assert bool(due.late) == bool(missed)
    if missed:
        assert due.due_on == missed[-1].last
        assert due.late == (today - missed[-1].last).days
    else:
        assert due.due_on >= today


@pytest.mark.parametrize(
    ("done", "today", "before", "due", "late"),
    [
        # 274号 39: posted within three days of the decision; the agenda seven days before.
        (None, date(2026, 3, 4), False, date(2026, 3, 4), 0),
        (None, date(2026, 3, 5), False, date(2026, 3, 4), 1),
        (date(2026, 3, 4), date(2026, 9, 1), False, date(2026, 3, 4), 0),
        (date(2026, 3, 10), date(2026, 9, 1), False, date(2026, 3, 4), 6),
        (None, date(2026, 2, 26), True, date(2026, 2, 26), 0),
        (None, date(2026, 2, 27), True, date(2026, 2, 26), 1),
    ],
)
def test_what_hangs_on_an_event(
    done: date | None, today: date, before: bool, due: date, late: int
) -> None:
    found = after(date(2026, 3, 1), 3, done, today, before=before)
    assert (found.due_on, found.late) == (due, late)


def test_every_duty_says_what_it_needs() -> None:
    for code, duty in DUTIES.items():
        assert code == duty.code
        assert duty.title
        assert duty.source
        assert bool(duty.event) == (duty.way == OCCASION)
        assert bool(duty.rule) == (duty.way != "standing")
        if duty.way == RECURRING:
            assert duty.rule == f"duties.{code}"


def test_ten_things_are_prohibited() -> None:
    assert list(PROHIBITED) == list(range(1, 11))
    assert "冒充业主电子投票" in PROHIBITED[10]  # 杭州 31(4)


def test_a_report_ends_in_a_result_and_stays_there() -> None:
    reached = {"reported"}
    for _round in STATES:
        reached |= {step for state in reached for step in following(state)}
    assert reached == set(STATES)
    assert {state for state in STATES if not following(state)} == CLOSED
    # Nothing is settled that nobody took up.
    assert following("reported") == ("taken_up",)
    with pytest.raises(RuleViolation, match="刷新页面"):
        demand_step("founded", "taken_up")
    demand_step("passed_on", "founded")
