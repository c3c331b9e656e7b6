"""What the system found is put on the problem register, once; what is gone is noted."""

from collections.abc import Sequence
from datetime import date, datetime
from hashlib import sha256

from django.db import transaction

from committees.models import Problem
from committees.problem_steps import first_step, locked_problem, note, put_step
from committees.selectors.findings import Due, compare, filed_at
from committees.selectors.problems import company_at
from core.deadlines import local_day
from disclosures.selectors.findings import Finding
from disclosures.steps import By, locked_estate, next_number
from registry.models import Estate

_SYSTEM = By("system")
_GONE = "系统里已经没有这一条，请核实以后验收销号"
_AGAIN = "系统里又有这一条："
_MOST = 2000  # characters of the rows' sentences; the rows themselves are all kept


@transaction.atomic(durable=True)
def file_findings(*, estate_id: int, found: Sequence[Finding], at: datetime) -> int:
    """Write down everything the system finds at an estate today; how many things were new.

    Compared under the estate's lock, so that two sweepers file nothing twice. A finding that is
    gone is noted as progress: whether the problem is over, a person says.
    """
    estate = locked_estate(estate_id)
    today = local_day(at)
    filed = filed_at(Estate.objects.filter(pk=estate.pk))
    due = compare(found, filed.get(estate.pk, {}))
    for finding in due.new:
        _file(estate, finding, at)
    _note_changes(due, today, at)
    return len(due.new) + len(due.back) + len(due.anew) + len(due.gone)


def _file(estate: Estate, finding: Finding, at: datetime) -> None:
    made = Problem.objects.create(
        estate=estate,
        number=next_number(estate.problems),
        submission=sha256(finding.key.encode()).hexdigest(),
        item=finding.code,
        source="system",
        finding=finding.key,
        found_on=finding.since,
        content=_words(finding),
        company=company_at(estate)[:80],
        unit=finding.unit[:80],
        recorded_by=_SYSTEM.actor,
        recorded_at=at,
    )
    first_step(made, by=_SYSTEM, at=at, rows=_rows(finding))
    facts = {"item": made.item, "source": "system", "rows": len(finding.evidence)}
    note(made, "problem.found", facts, by=_SYSTEM, at=at)


def _note_changes(due: Due, today: date, at: datetime) -> None:
    for pk in due.gone:
        problem = locked_problem(pk)
        if problem.state == "closed":
            continue
        put_step(problem, "gone", day=today, text=_GONE, by=_SYSTEM, at=at)
        problem.save(update_fields=["last_step"])
        note(problem, "problem.gone", {}, by=_SYSTEM, at=at)
    for kind, those in (("again", due.back), ("reopened", due.anew)):
        for finding in those:
            _found_again(kind, finding, today, at)


def _found_again(kind: str, finding: Finding, today: date, at: datetime) -> None:
    known = Problem.objects.get(finding=finding.key)
    problem = locked_problem(known.pk)
    if (problem.state == "closed") is not (kind == "reopened"):
        return  # somebody closed it, or opened it again, just now
    problem.state, problem.closed_on = "open", None
    put_step(
        problem, kind, day=today, text=_AGAIN + _words(finding, _MOST - len(_AGAIN)),
        by=_SYSTEM, at=at, rows=_rows(finding),
    )  # fmt: skip
    problem.save(update_fields=["last_step", "state", "closed_on"])
    note(problem, f"problem.{kind}", {"rows": len(finding.evidence)}, by=_SYSTEM, at=at)


def _words(finding: Finding, most: int = _MOST) -> str:
    return "；".join(one.sentence for one in finding.evidence)[:most]


def _rows(finding: Finding) -> list[str]:
    return [f"{one.model}:{one.pk}" for one in finding.evidence]
