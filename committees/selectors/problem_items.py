"""The items places added to the fifth class of problems, along the line of authorities."""

from django.db.models import Q, QuerySet

from committees.models import ProblemItem
from registry.models import Authority
from registry.selectors import AUTHORITY_DEPTH


def authority_line(authority_id: int) -> list[Authority]:
    """An authority and those above it, nearest first."""
    rows = Authority.objects.select_related("parent__parent__parent__parent")
    step: Authority | None = rows.get(pk=authority_id)
    line: list[Authority] = []
    while step is not None and len(line) < AUTHORITY_DEPTH:
        line.append(step)
        step = step.parent
    return line


def added_items(authority_id: int) -> dict[int, ProblemItem]:
    """The items that hold for an authority: its own and those of the ones above it."""
    line = [one.pk for one in authority_line(authority_id)]
    rows = ProblemItem.objects.filter(authority__in=line).order_by("number")
    return {one.number: one for one in rows}


def numbers_near(authority_id: int) -> set[int]:
    """The numbers in use at an authority, above it and below it."""
    below, path = Q(), "authority"
    for _level in range(AUTHORITY_DEPTH):
        below |= Q(**{path: authority_id})
        path += "__parent"
    used = set(ProblemItem.objects.filter(below).values_list("number", flat=True))
    return used | added_items(authority_id).keys()


def items_of(authorities: QuerySet[Authority]) -> QuerySet[ProblemItem]:
    """The items these authorities added."""
    rows = ProblemItem.objects.filter(authority__in=authorities).select_related("authority")
    return rows.order_by("number", "pk")
