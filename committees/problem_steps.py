"""Small writes on a problem that join the caller's transaction."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from accounts.permissions import Permission, roles_with
from committees.models import Problem, ProblemPage, ProblemStep
from committees.selectors.problems import PAGES
from core.errors import RuleViolation
from core.reasons import Reason, demand_none
from disclosures.steps import By
from documents.intake import pages_of
from logbook.steps import record_act
from registry.fields import seal_bytes
from voting.domain.drafts import file_name

MOST_FILES, MOST_PAGES = 10, 40


class Page(NamedTuple):
    """A page of what somebody handed in, made plain: a JPEG with nothing but the picture."""

    name: str
    source_sha256: str
    content: bytes


def pages_of_files(files: Sequence[tuple[str, bytes]]) -> list[Page]:
    """Every page of some files (name, content); before any transaction, for it takes its time.

    RuleViolations of documents.intake.pages_of; "paper.refused" for too many.
    """
    too_many = f"一次最多传{MOST_FILES}个文件、{MOST_PAGES}页"
    if len(files) > MOST_FILES:
        demand_none("paper.refused", [Reason("paper.too_many", too_many, "papers")])
    found = []
    for name, content in files:
        digest = hashlib.sha256(content).hexdigest()
        kept = file_name(name)[:80] or "未命名"
        found += [Page(kept, digest, page) for page in pages_of(content)]
    if len(found) > MOST_PAGES:
        demand_none("paper.refused", [Reason("paper.too_many", too_many, "papers")])
    return found


def locked_problem(problem_id: int) -> Problem:
    """The problem under its row lock: the first lock of every command on it."""
    rows = Problem.objects.select_for_update(of=("self",), no_key=True)
    found: Problem = rows.select_related("estate", "added_item").get(pk=problem_id)
    return found


def first_step(made: Problem, *, by: By, at: datetime, **said: Any) -> ProblemStep:
    """What a new problem begins with; `said`: text and rows of what the system found."""
    return ProblemStep.objects.create(
        problem=made,
        number=1,
        kind="reported",
        day=made.found_on,
        state=made.state,
        deadline=made.deadline,
        actor=by.actor,
        role=by.role,
        at=at,
        **said,
    )


def put_step(
    problem: Problem, kind: str, *, day: date, text: str, by: By, at: datetime, **said: Any
) -> ProblemStep:
    """The next step of a problem whose row is locked, and which stands as after it.

    The caller saves the problem with "last_step" and whatever else the step changed.
    """
    problem.last_step += 1
    return ProblemStep.objects.create(
        problem=problem,
        number=problem.last_step,
        kind=kind,
        day=day,
        text=text.strip(),
        state=problem.state,
        deadline=problem.deadline,
        actor=by.actor,
        role=by.role,
        at=at,
        **{name: one.strip() if isinstance(one, str) else one for name, one in said.items()},
    )


def keep_pages(step: ProblemStep, pages: Sequence[Page]) -> None:
    """The evidence of a step, before its problem is saved."""
    ProblemPage.objects.bulk_create(
        ProblemPage(
            step=step,
            number=number,
            name=page.name,
            source_sha256=page.source_sha256,
            content=seal_bytes(page.content, purpose=PAGES),
            sha256=hashlib.sha256(page.content).hexdigest(),
        )
        for number, page in enumerate(pages, 1)
    )


def demand_role(by: By, permission: Permission) -> None:
    """RuleViolation "problem.role" unless the role may."""
    if by.role not in roles_with(permission):
        raise RuleViolation("problem.role", "您的角色不能办这一步")


def demand_open(problem: Problem) -> None:
    """RuleViolation "problem.closed" where it is closed."""
    if problem.state == "closed":
        raise RuleViolation("problem.closed", "这个问题已经销号；还要再办的，请先重新打开")


def note(
    problem: Problem, act: str, facts: Mapping[str, object], *, by: By, at: datetime
) -> None:
    """Write an act down in the estate's log: numbers and hashes, no names."""
    body = {"problem": problem.number, "role": by.role, **facts}
    record_act(f"estate/{problem.estate.code}", act, body, actor=by.actor, at=at)
