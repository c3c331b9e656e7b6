"""How many problems a place has: today, and as a period ended; against a count by hand."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from functools import reduce
from itertools import count as counter
from random import Random

import pytest

from accounts.permissions import Permission
from accounts.reach import Reach
from committees.models import Problem
from committees.selectors.problems import ProblemCount, problem_counts
from committees.services.problem_closings import reopen_problem
from committees.services.problems import move_deadline
from core.deadlines import start_of
from registry.models import Authority
from tests.committees.city import authority, city
from tests.committees.troubles import BUREAU, CLERK, STREET, closed, place, progressed, reported
from tests.town import grant, make_user

pytestmark = pytest.mark.django_db
_people = counter()


@pytest.fixture
def bureau():
    return city()


def reach(who: Authority, role: str = "bureau", chosen: int | None = None) -> Reach:
    user = make_user(f"watcher{next(_people)}")
    grant(user, role, who)
    return Reach(user, Permission.KEEP_PROBLEMS, chosen)


def whole(counts: dict[int, ProblemCount]) -> ProblemCount:
    return reduce(ProblemCount.plus, counts.values(), ProblemCount())


def test_by_authority_and_what_adds_up(bureau):
    today = date(2026, 11, 2)
    east, west = place(), place("西苑", "999902001001")
    reported(east, deadline=date(2026, 10, 31))
    reported(east, deadline=today)
    done = reported(west)
    progressed(done)
    closed(done)
    counts = problem_counts(reach(bureau), today)
    assert counts == {
        east.authority_id: ProblemCount(2, 0, 2, 1, 0),
        west.authority_id: ProblemCount(1, 1, 0, 0, 0),
    }
    assert whole(counts) == (3, 1, 2, 1, 0)
    assert whole(problem_counts(reach(authority("西区住建局")), today)) == (1, 1, 0, 0, 0)
    user = make_user("keeper")
    grant(user, "residents_committee", west.authority)
    alone = Reach(user, Permission.KEEP_PROBLEMS, None)
    assert whole(problem_counts(alone, today)) == (1, 1, 0, 0, 0)
    below = reach(bureau).rolled(counts, ProblemCount(), ProblemCount.plus)
    assert {one.name: count.found for one, count in below} == {
        "东区住建局": 2, "西区住建局": 1, "样例高新区管委会": 0,
    }  # fmt: skip


def test_a_period_is_told_the_same_later(bureau):
    """Entered in September, closed on 20 October, opened again on 5 November."""
    on = [start_of(date(2026, *day)) for day in ((9, 10), (10, 12), (10, 20))]
    problem = reported(
        place(), found_on=date(2026, 9, 10), deadline=date(2026, 9, 30), at=on[0]
    )
    progressed(problem, day=date(2026, 10, 12), at=on[1])
    closed(problem, day=date(2026, 10, 20), at=on[2])
    again = start_of(date(2026, 11, 5))
    reopen_problem(
        problem_id=problem.pk, reason="垃圾又满溢了", deadline=date(2026, 11, 20), by=STREET,
        at=again,
    )  # fmt: skip
    watcher = reach(authority("东区住建局"))

    def told(first: str, last: str) -> ProblemCount:
        days = date.fromisoformat(first), date.fromisoformat(last)
        return whole(problem_counts(watcher, days[1], first=days[0]))

    assert told("2026-08-01", "2026-08-31") == (0, 0, 0, 0, 0)
    assert told("2026-09-01", "2026-09-30") == (1, 0, 1, 0, 0)
    assert told("2026-10-01", "2026-10-15") == (0, 0, 1, 1, 0)
    assert told("2026-10-01", "2026-10-31") == (0, 1, 0, 0, 0)
    assert told("2026-11-01", "2026-11-20") == (0, 0, 1, 0, 0)
    assert told("2026-11-01", "2026-11-30") == (0, 0, 1, 1, 0)
    assert told("2026-09-01", "2026-11-30") == (1, 1, 1, 1, 0)


def test_what_is_entered_late_is_counted_once_in_the_month_it_came(bureau):
    """Found on 30 October and entered on 2 November, looked over on 31 October and closed in
    the books on 3 November: no month misses it, and none that is over changes."""
    entered, books = start_of(date(2026, 11, 2)), start_of(date(2026, 11, 3))
    problem = reported(
        place(), found_on=date(2026, 10, 30), deadline=date(2026, 11, 30), at=entered
    )
    progressed(problem, day=date(2026, 10, 30), at=entered)
    closed(problem, day=date(2026, 10, 31), at=books)
    watcher = reach(bureau)
    october = problem_counts(watcher, date(2026, 10, 31), first=date(2026, 10, 1))
    november = problem_counts(watcher, date(2026, 11, 30), first=date(2026, 11, 1))
    assert whole(october) == (0, 0, 0, 0, 0)
    assert whole(november) == (1, 1, 0, 0, 0)
    second = problem_counts(watcher, date(2026, 11, 2), first=date(2026, 11, 2))
    assert whole(second) == (1, 0, 1, 0, 0)


def test_any_course_against_a_diary(bureau):
    """Seventy random acts; a diary of states by day says the same for every period."""
    dice, day = Random(22), date(2026, 7, 1)
    estates = [place(), place("西苑", "999902001001"), place("南苑", "999901002001")]
    diary: dict[int, list[tuple[date, str, date]]] = {}
    for number in range(70):
        day += timedelta(days=dice.randrange(3))
        at = start_of(day) + timedelta(hours=10, minutes=number)
        due = day + timedelta(days=dice.randrange(1, 25))
        if (len(diary) < 12 and dice.random() < 0.3) or not diary:
            made = reported(dice.choice(estates), found_on=day, deadline=due, at=at)
            diary[made.pk] = [(day, "open", due)]
            continue
        pk = dice.choice(list(diary))
        problem, (_day, state, known) = Problem.objects.get(pk=pk), diary[pk][-1]
        if state == "closed":
            reopen_problem(
                problem_id=pk, reason="又出现了这个问题", deadline=due, by=STREET, at=at
            )
            diary[pk].append((day, "open", due))
        elif dice.random() < 0.5:
            progressed(problem, f"进展之{number}号", day=day, by=CLERK, at=at)
            closed(problem, day=day, by=BUREAU, at=at)
            diary[pk].append((day, "closed", known))
        elif due != known:
            move_deadline(
                problem_id=pk, deadline=due, reason="连续下雨不能施工", by=STREET, at=at
            )
            diary[pk].append((day, state, due))
    watcher = reach(bureau)
    for _round in range(25):
        first = date(2026, 7, 1) + timedelta(days=dice.randrange(90))
        last = first + timedelta(days=dice.randrange(60))
        wanted: Counter[str] = Counter()
        for acts in diary.values():
            wanted["found"] += first <= acts[0][0] <= last
            wanted["closed"] += any(
                state == "closed" and first <= on <= last for on, state, _due in acts
            )
            then = [act for act in acts if act[0] <= last]
            if then and then[-1][1] == "open":
                wanted["open"] += 1
                wanted["overdue"] += then[-1][2] < last
        told = whole(problem_counts(watcher, last, first=first))
        assert told == tuple(wanted[name] for name in ProblemCount._fields)


def test_so_few_queries(bureau, django_assert_num_queries):
    reported(place())
    watcher = reach(bureau)
    with django_assert_num_queries(1):
        problem_counts(watcher, date(2026, 11, 2))
    with django_assert_num_queries(3):
        problem_counts(watcher, date(2026, 11, 2), first=date(2026, 10, 1))
