"""Problems as the printed registers have them: for staff, with names."""

from collections.abc import Iterable, Iterator
from itertools import islice

from django.db.models import QuerySet

from committees.domain.problem_sheets import Row
from committees.models import Problem
from committees.selectors.problems import Done, progress_of
from registry.models import Division

_CHUNK = 1000


def register_rows(problems: QuerySet[Problem]) -> Iterator[Row]:
    """Every problem of a query, by place, estate and number; some queries a thousand."""
    rows = problems.select_related(None).select_related("estate")
    ordered = rows.order_by("estate__division", "estate__name", "estate", "number").iterator(
        chunk_size=_CHUNK
    )
    while some := list(islice(ordered, _CHUNK)):
        names = _division_names(one.estate.division_id for one in some)
        progress = progress_of(some)
        for one in some:
            yield _row(one, progress.get(one.pk, []), names)


def _row(one: Problem, steps: list[Done], names: dict[str, str]) -> Row:
    estate, code = one.estate, one.estate.division_id
    return Row(
        project=estate.pk,
        name=estate.name,
        district=names.get(_county(code), ""),
        company=one.company,
        group=one.group,
        content=one.content,
        measures=one.measures,
        progress=progress_words(steps),
        unit=one.unit,
        person=one.person,
        deadline=one.deadline,
        is_closed=one.state == "closed",
        remarks=one.remarks,
        standard=one.standard,
        neighborhood=names.get(code, ""),
        street=names.get(_street(code), ""),
    )


def progress_words(steps: Iterable[Done]) -> str:
    """What was done, a line a step."""
    lines = []
    for step in steps:
        words = "验收销号" if step.kind == "closed" else step.text
        if step.kind == "reopened":
            words = f"重新打开：{step.text}"
        lines.append(f"{step.day:%Y-%m-%d} {words}")
    return "\n".join(lines)


def _division_names(codes: Iterable[str]) -> dict[str, str]:
    own = set(codes)
    wanted = own | {_street(code) for code in own} | {_county(code) for code in own}
    return dict(Division.objects.filter(code__in=wanted).values_list("code", "name"))


def _street(code: str) -> str:
    return code[:9].ljust(12, "0")


def _county(code: str) -> str:
    """区县, as annex 1 has it too: by the codes, which put a zone into one."""
    return code[:6].ljust(12, "0")
