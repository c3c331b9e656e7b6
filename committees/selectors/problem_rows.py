"""Problems as the printed registers have them: for staff, with names."""

from collections.abc import Iterable, Iterator
from itertools import islice

from django.db.models import QuerySet

from committees.domain.problem_sheets import Row
from committees.models import Problem
from committees.selectors.problems import Done, progress_of
from registry.models import Authority, Division, Estate

_CHUNK = 1000


def register_rows(problems: QuerySet[Problem]) -> Iterator[Row]:
    """Every problem of a query, by place, estate and number; some queries a thousand."""
    zones = _zones()
    rows = problems.select_related(None).select_related("estate")
    ordered = rows.order_by("estate__division", "estate__name", "estate", "number").iterator(
        chunk_size=_CHUNK
    )
    while some := list(islice(ordered, _CHUNK)):
        names = _division_names(one.estate.division_id for one in some)
        progress = progress_of(some)
        for one in some:
            yield _row(one, progress.get(one.pk, []), names, zones)


def _row(
    one: Problem,
    steps: list[Done],
    names: dict[str, str],
    zones: dict[int, str],
) -> Row:
    estate, code = one.estate, one.estate.division_id
    return Row(
        project=estate.pk,
        name=estate.name,
        district=_district(estate, names, zones),
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


def _district(estate: Estate, names: dict[str, str], zones: dict[int, str]) -> str:
    """区县; a zone reports for itself, although the codes put it into a district."""
    return zones.get(estate.authority_id) or names.get(
        estate.division_id[:6].ljust(12, "0"), ""
    )


def _division_names(codes: Iterable[str]) -> dict[str, str]:
    own = set(codes)
    wanted = own | {_street(code) for code in own} | {code[:6].ljust(12, "0") for code in own}
    return dict(Division.objects.filter(code__in=wanted).values_list("code", "name"))


def _street(code: str) -> str:
    return code[:9].ljust(12, "0")


def _zones() -> dict[int, str]:
    """Of each authority in a zone the zone's name; one query."""
    rows = Authority.objects.values_list("pk", "parent", "kind", "name")
    known = {pk: (parent, kind, name) for pk, parent, kind, name in rows}
    found = {}
    for pk in known:
        step: int | None = pk
        while step is not None:
            parent, kind, name = known[step]
            if kind == "zone_administration":
                found[pk] = name.removesuffix("管理委员会").removesuffix("管委会")
                break
            step = parent
    return found
