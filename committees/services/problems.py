"""A problem on its way: reported, and put right step by step.

report_problem(estate_id=…, origin=Origin(…), said=Said(…), …)
note_progress(…)    move_deadline(…)    correct_problem(…)    # services.problem_closings
"""

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from accounts.permissions import Permission
from committees.domain.problems import (
    Said,
    day_reasons,
    found_reasons,
    item_reasons,
    person_reasons,
    said_reasons,
    why_reasons,
)
from committees.models import Problem, ProblemItem, ProblemStep
from committees.problem_steps import (
    demand_open,
    demand_role,
    first_step,
    keep_pages,
    locked_problem,
    note,
    pages_of_files,
    put_step,
)
from committees.selectors.problem_items import added_items, authority_line, numbers_near
from core.deadlines import local_day
from core.errors import RuleViolation
from core.reasons import Reason, demand_none
from disclosures.steps import By, locked_estate, next_number
from logbook.steps import record_act
from registry.models import Authority, Estate

_P = Permission
REPEATED = timedelta(days=1)  # the same within it is a repetition
_SOURCES = {key for key, _words in Problem.SOURCES} - {"system"}
_CORRECTED = ("item", "content", "company", "unit", "person", "campaign", "standard",
              "measures", "remarks")  # fmt: skip


class Origin(NamedTuple):
    """Where a problem comes from, since when, until when it is to be put right.

    `source`: a key of Problem.SOURCES but "system"; `submission` tells a repetition.
    """

    source: str
    found_on: date
    deadline: date | None
    submission: str


@transaction.atomic(durable=True)
def report_problem(
    *, estate_id: int, origin: Origin, said: Said, by: By, at: datetime
) -> Problem:
    """Put a problem on the register; the same submission is one.

    RuleViolation "problem.invalid" with every reason, "problem.role", "problem.again" with
    the key of the first where the same person wrote the same down within a day.
    """
    demand_role(by, _P.KEEP_PROBLEMS)
    estate = locked_estate(estate_id)
    known = estate.problems.filter(submission=origin.submission).first()
    if known is not None:
        return known
    added = added_items(estate.authority_id)
    wrong = said_reasons(said, added.keys())
    if origin.source not in _SOURCES:
        wrong.append(Reason("problem.source", "请选择问题从哪里来", "source"))
    wrong += found_reasons(origin.found_on, origin.deadline, local_day(at))
    if origin.deadline is None:
        wrong.append(Reason("problem.deadline", "请填写整改完成时限", "deadline"))
    demand_none("problem.invalid", wrong)
    _demand_new(estate, origin, said, by, at)
    made = Problem.objects.create(
        estate=estate,
        number=next_number(estate.problems),
        **origin._asdict(),
        added_item=added.get(said.item),
        **_fields(said),
        recorded_by=by.actor,
        recorded_at=at,
    )
    first_step(made, by=by, at=at)
    note(made, "problem.reported", {"item": made.item, "source": made.source}, by=by, at=at)
    return made


def note_progress(
    *,
    problem_id: int,
    day: date,
    text: str,
    person: str,
    papers: Sequence[tuple[str, bytes]],
    by: By,
    at: datetime,
) -> ProblemStep:
    """What was done to put it right, as `person` of the responsible unit reports it.

    Harmless where the last step says the same. RuleViolation "problem.invalid",
    "problem.closed", "problem.role", those of documents.intake.pages_of.
    """
    demand_role(by, _P.KEEP_PROBLEMS)
    pages = pages_of_files(papers)
    with transaction.atomic(durable=True):
        problem = locked_problem(problem_id)
        last = problem.steps.order_by("number").last()
        if last is not None and (last.kind, last.day, last.text, last.actor) == (
            "progress", day, text.strip(), by.actor,
        ):  # fmt: skip
            return last
        demand_open(problem)
        wrong = why_reasons("text", "整改进展", text)
        wrong += person_reasons("person", "报告人", person, may_be_empty=True)
        wrong += day_reasons(
            "day", "进展的日期", day,
            not_before=problem.found_on, what="发现的日期", today=local_day(at),
        )  # fmt: skip
        demand_none("problem.invalid", wrong)
        step = put_step(problem, "progress", day=day, text=text, person=person, by=by, at=at)
        keep_pages(step, pages)
        problem.save(update_fields=["last_step"])
        note(problem, "problem.progress", {"pages": len(pages)}, by=by, at=at)
    return step


@transaction.atomic(durable=True)
def move_deadline(
    *, problem_id: int, deadline: date, reason: str, by: By, at: datetime
) -> Problem:
    """Set the day until which it is to be put right, or another one, with the reason.

    RuleViolation "problem.invalid", "problem.closed", "problem.role".
    """
    demand_role(by, _P.CLOSE_PROBLEM)
    problem = locked_problem(problem_id)
    demand_open(problem)
    if problem.deadline == deadline:
        return problem
    today = local_day(at)
    wrong = why_reasons("reason", "改时限的原因", reason, 200)
    wrong += found_reasons(problem.found_on, deadline, today)
    if deadline < today and not wrong:
        wrong.append(Reason("problem.deadline", "新的时限不能早于今天", "deadline"))
    demand_none("problem.invalid", wrong)
    problem.deadline = deadline
    put_step(problem, "moved", day=today, text=reason, by=by, at=at)
    problem.save(update_fields=["last_step", "deadline"])
    note(problem, "problem.moved", {"deadline": deadline.isoformat()}, by=by, at=at)
    return problem


@transaction.atomic(durable=True)
def correct_problem(
    *, problem_id: int, said: Said, reason: str, by: By, at: datetime
) -> Problem:
    """Say something otherwise than it was written down; what it said before stays on record.

    RuleViolation "problem.invalid", "problem.same", "problem.closed", "problem.role".
    """
    demand_role(by, _P.KEEP_PROBLEMS)
    problem = locked_problem(problem_id)
    demand_open(problem)
    added = added_items(problem.estate.authority_id)
    if problem.added_item is not None:
        added.setdefault(problem.item, problem.added_item)
    wrong = said_reasons(said, added.keys()) + why_reasons("reason", "更正的原因", reason, 200)
    demand_none("problem.invalid", wrong)
    given = _fields(said)
    before = {
        name: getattr(problem, name)
        for name in _CORRECTED
        if getattr(problem, name) != given[name]
    }
    if not before:
        raise RuleViolation("problem.same", "没有改动，不用更正")
    for name in before:
        setattr(problem, name, given[name])
    problem.added_item = added.get(problem.item)
    words = json.dumps(before, ensure_ascii=False)
    put_step(
        problem, "corrected", day=local_day(at), text=reason, before=words, by=by, at=at
    )  # fmt: skip
    problem.save(update_fields=["last_step", "added_item", *before])
    note(problem, "problem.corrected", {"fields": sorted(before)}, by=by, at=at)
    return problem


@transaction.atomic(durable=True)
def add_item(
    *, authority_id: int, number: int, words: str, actor: str, at: datetime
) -> ProblemItem:
    """Add a kind of problem to the fifth class, for an authority and all below it.

    RuleViolation "item.invalid". One number means one thing along every line of authorities.
    """
    # Numbers are given out one at a time under the topmost authority.
    line = authority_line(authority_id)
    Authority.objects.select_for_update(no_key=True).get(pk=line[-1].pk)
    wrong = item_reasons(number, words, numbers_near(authority_id))
    demand_none("item.invalid", wrong)
    made = ProblemItem.objects.create(
        authority_id=authority_id,
        number=number,
        words=words.strip(),
        added_by=actor,
        added_at=at,
    )
    record_act(f"authority/{authority_id}", "problem-item-added", {"number": number},
               actor=actor, at=at)  # fmt: skip
    return made


def _demand_new(estate: Estate, origin: Origin, said: Said, by: By, at: datetime) -> None:
    """A form that was gone back to and sent anew comes as another submission."""
    first = estate.problems.filter(
        item=said.item,
        content=said.content.strip(),
        found_on=origin.found_on,
        recorded_by=by.actor,
        recorded_at__gt=at - REPEATED,
    ).first()
    if first is not None:
        raise RuleViolation("problem.again", f"已经登记过：第{first.number}号", first=first.pk)


def _fields(said: Said) -> dict[str, object]:
    """What was typed, by the columns it goes to."""
    given = said._asdict()
    given.pop("group")
    return {
        name: value.strip() if isinstance(value, str) else value
        for name, value in given.items()
    }
