"""Problems of an invented estate, for tests."""

from __future__ import annotations

from datetime import date, datetime
from itertools import count as counter

from committees.domain.problems import Said
from committees.models import Problem
from committees.services.problem_closings import close_problem
from committees.services.problems import Origin, note_progress, report_problem
from disclosures.steps import By
from registry.models import Authority, Division, Estate
from tests.committees.city import AT
from tests.disclosures.accounts import voucher

FOUND, DUE, TODAY = date(2026, 10, 8), date(2026, 10, 31), date(2026, 11, 2)
CLERK = By("user:31", "residents_committee")
STREET = By("user:32", "street_office")
BUREAU = By("user:33", "bureau")
_serial = counter(1)


def said(**changes: object) -> Said:
    given = {
        "item": 1,
        "content": "北门垃圾桶满溢，三天没有清运",
        "unit": "样例物业有限公司",
        "company": "样例物业有限公司",
        "person": "赵工",
        "measures": "每天早晚各清运一次",
    }
    return Said(**(given | changes))


def origin(**changes: object) -> Origin:
    given = {
        "source": "own",
        "found_on": FOUND,
        "deadline": DUE,
        "submission": f"form {next(_serial)}",
    }
    return Origin(**(given | changes))


def place(name: str = "东苑", where: str = "999901001001", **changes: object) -> Estate:
    """An estate under the residents' committee of a 社区 of tests.committees.city."""
    desk = changes.pop("authority", None) or Authority.objects.get(name=f"{where}居委会")
    return Estate.objects.create(
        code=f"E{Estate.objects.count():07}", name=name,
        division=Division.objects.get(code=where), authority=desk, **changes,
    )  # fmt: skip


def reported(
    estate: Estate, *, by: By | None = None, at: datetime = AT, **changes: object
) -> Problem:
    """Keys of `origin` and of `said` alike; by another clerk each time."""
    by = by or By(f"user:{1000 + next(_serial)}", CLERK.role)
    where = {key: changes.pop(key) for key in list(changes) if key in Origin._fields}
    return report_problem(
        estate_id=estate.pk, origin=origin(**where), said=said(**changes), by=by, at=at
    )


def progressed(problem: Problem, text: str = "已经清运两次", **changes: object):
    given = {"day": date(2026, 10, 20), "person": "", "papers": [], "by": CLERK, "at": AT}
    return note_progress(problem_id=problem.pk, text=text, **(given | changes))


def closed(problem: Problem, **changes: object) -> Problem:
    given = {
        "day": date(2026, 10, 25), "inspector": "钱检", "text": "现场看过，已经清运干净",
        "papers": [voucher()], "by": STREET, "at": AT,
    }  # fmt: skip
    return close_problem(problem_id=problem.pk, **(given | changes))
