"""验收销号: a problem is looked over and closed, or opened again.

整治一个、验收一个、销号一个 (枣住建房字〔2020〕15号, 三(三)).
"""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from accounts.permissions import Permission
from committees.domain.problems import (
    day_reasons,
    deadline_reasons,
    name_key,
    person_reasons,
    why_reasons,
)
from committees.models import Problem, ProblemStep
from committees.problem_steps import (
    demand_open,
    demand_role,
    keep_pages,
    locked_problem,
    note,
    pages_of_files,
    put_step,
)
from core.deadlines import local_day
from core.errors import RuleViolation
from core.reasons import Reason, demand_none
from disclosures.steps import By

_P = Permission


def close_problem(
    *,
    problem_id: int,
    day: date,
    inspector: str,
    text: str,
    papers: Sequence[tuple[str, bytes]],
    by: By,
    at: datetime,
) -> Problem:
    """验收销号: looked over by somebody who neither answers for it nor reported its progress.

    RuleViolation "problem.invalid" with every reason, "problem.closed", "problem.same_person",
    "problem.no_progress", "problem.role", those of documents.intake.pages_of.
    """
    demand_role(by, _P.CLOSE_PROBLEM)
    pages = pages_of_files(papers)
    with transaction.atomic(durable=True):
        problem = locked_problem(problem_id)
        demand_open(problem)
        done = _demand_looked_over_by_another(problem, by)
        wrong = person_reasons("inspector", "验收人", inspector)
        names = [problem.person, *(one.person for one in done)]
        known = {name_key(name) for name in names} - {""}
        if name_key(inspector) in known:
            sentence = "验收人不能是责任人或者报告进展的人，请由另一个人验收"
            wrong.append(Reason("problem.inspector", sentence, "inspector"))
        wrong += why_reasons("text", "验收情况", text)
        wrong += day_reasons(
            "day", "销号的日期", day,
            not_before=max(problem.found_on, *(one.day for one in done)),
            what="发现的日期和最近一次进展的日期", today=local_day(at),
        )  # fmt: skip
        if not pages:
            sentence = "请上传验收的照片或者文件，没有佐证不能销号"
            wrong.append(Reason("problem.evidence", sentence, "papers"))
        demand_none("problem.invalid", wrong)
        problem.state, problem.closed_on = "closed", day
        step = put_step(problem, "closed", day=day, text=text, person=inspector, by=by, at=at)
        keep_pages(step, pages)
        problem.save(update_fields=["last_step", "state", "closed_on"])
        facts = {"sha256": sorted({page.source_sha256 for page in pages})}
        note(problem, "problem.closed", facts, by=by, at=at)
    return problem


@transaction.atomic(durable=True)
def reopen_problem(
    *, problem_id: int, reason: str, deadline: date, by: By, at: datetime
) -> Problem:
    """It is back, or never was put right: open again until a new day.

    RuleViolation "problem.invalid", "problem.open", "problem.role".
    """
    demand_role(by, _P.CLOSE_PROBLEM)
    problem = locked_problem(problem_id)
    if problem.state != "closed":
        raise RuleViolation("problem.open", "这个问题没有销号，不用重新打开")
    today = local_day(at)
    wrong = why_reasons("reason", "重新打开的原因", reason, 200)
    if deadline < today:
        wrong.append(Reason("problem.deadline", "新的时限不能早于今天", "deadline"))
    wrong += deadline_reasons(deadline, today)
    demand_none("problem.invalid", wrong)
    problem.state, problem.closed_on = "open", None
    put_step(problem, "reopened", day=today, text=reason, by=by, at=at)
    problem.save(update_fields=["last_step", "state", "closed_on"])
    if problem.deadline != deadline:
        problem.deadline = deadline
        put_step(problem, "moved", day=today, text=reason, by=by, at=at)
        problem.save(update_fields=["last_step", "deadline"])
    note(problem, "problem.reopened", {"deadline": deadline.isoformat()}, by=by, at=at)
    return problem


def _demand_looked_over_by_another(problem: Problem, by: By) -> list[ProblemStep]:
    """All progress since it was opened, the last of which somebody else entered."""
    steps = list(problem.steps.order_by("-number"))
    opened = next(one.number for one in steps if one.kind in ("reported", "reopened"))
    done = [one for one in steps if one.number > opened and one.kind in ("progress", "gone")]
    if not done:
        raise RuleViolation("problem.no_progress", "还没有整改进展，请先填进展，再验收销号")
    entered = next((one for one in steps if one.kind == "progress"), None)
    if entered is not None and entered.actor == by.actor:
        raise RuleViolation(
            "problem.same_person", "最近一次进展是您填的，不能自己销号，请另一个人来验收"
        )
    return done
