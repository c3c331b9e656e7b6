"""The three lists everybody may read (问题清单、责任清单、整改清单), masked.

Nobody's name, no phone. Of what somebody complained about, nothing that person said and nothing
that was said of it: the item of the paper stands for it (PIPL 25).
"""

import json
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.db.models import Count, Q

from committees.domain.problems import COMPLAINTS, is_late, shown
from committees.models import Problem, ProblemStep
from registry.domain.problems import CLASSES
from registry.models import Authority, Estate
from registry.selectors import AUTHORITY_DEPTH


class Course(NamedTuple):
    """A step as everybody may read it."""

    day: date
    kind: str
    label: object
    text: str


class Shown(NamedTuple):
    """A problem as everybody may read it. `complained`: somebody reported it."""

    estate: Estate
    number: int
    group: int
    group_words: str
    item_words: str
    content: str
    complained: bool
    found_on: date
    company: str
    unit: str
    measures: str
    deadline: date | None
    closed_on: date | None
    is_late: bool
    course: list[Course]


def public_at(estate: Estate) -> Q:
    """Where the problems of an estate are."""
    return Q(estate=estate)


def public_under(authority: Authority) -> Q:
    """Where those of an authority and of everything below it are."""
    found, path = Q(), "estate__authority"
    for _level in range(AUTHORITY_DEPTH):
        found |= Q(**{path: authority})
        path += "__parent"
    return found


def authority_shown(pk: int, today: date) -> Authority | None:
    """An authority that exists today; None for none."""
    lasting = Q(valid_to__isnull=True) | Q(valid_to__gte=today)
    return Authority.objects.filter(lasting, pk=pk, valid_from__lte=today).first()


def problems_shown(problems: Sequence[Problem], today: date) -> list[Shown]:
    """These problems, masked; one query."""
    steps: dict[int, list[ProblemStep]] = {one.pk: [] for one in problems}
    for step in ProblemStep.objects.filter(problem__in=steps).order_by("problem", "number"):
        steps[step.problem_id].append(step)
    return [_shown(one, steps[one.pk], today) for one in problems]


def standing_at(here: Q, today: date) -> dict[str, int]:
    """How many there are in all, open, late."""
    open_ones = Q(state="open")
    return Problem.objects.filter(here).aggregate(
        all=Count("pk"),
        open=Count("pk", filter=open_ones),
        late=Count("pk", filter=open_ones & Q(deadline__lt=today)),
    )


def _shown(one: Problem, steps: list[ProblemStep], today: date) -> Shown:
    names = [one.person, *(step.person for step in steps)]
    # Whoever answered for it before a correction may be named in what was said then.
    names += [json.loads(step.before).get("person", "") for step in steps if step.before]
    complained = one.source in COMPLAINTS

    def told(text: str) -> str:
        return "" if complained else shown(text, names)

    return Shown(
        estate=one.estate,
        number=one.number,
        group=one.group,
        group_words=CLASSES[one.group],
        item_words=one.words,
        content=told(one.content),
        complained=complained,
        found_on=one.found_on,
        company=shown(one.company, names),
        unit=shown(one.unit, names),
        measures=told(one.measures),
        deadline=one.deadline,
        closed_on=one.closed_on,
        is_late=is_late(one.deadline, one.state, today),
        # A correction says what was wrong: to those alone who saw it.
        course=[
            Course(step.day, step.kind, step.get_kind_display(), told(step.text))
            for step in steps
            if step.kind not in ("reported", "corrected")
        ],
    )
