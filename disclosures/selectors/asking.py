"""What a household asked and reported, for itself."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Min, Prefetch, QuerySet

from core.deadlines import local_day
from disclosures.models import PaperPage, Question, SourceReport
from disclosures.selectors.papers import plain_page
from registry.models import Ownership


def own_questions(units: Iterable[int]) -> list[Question]:
    """Questions of these units by whoever owns them now, the newest first."""
    rows = Question.objects.filter(unit__in=list(units)).select_related(
        "publication__period__book", "estate", "unit"
    )
    return by_present_owners(rows.defer("publication__csv"))


def own_reports(units: Iterable[int]) -> list[SourceReport]:
    """Missing sources reported from these units by whoever owns them now, the newest first."""
    rows = SourceReport.objects.filter(unit__in=list(units)).select_related("estate", "unit")
    rows = rows.prefetch_related(
        Prefetch("photo__pages", PaperPage.objects.defer("content", "shown"))
    )
    return by_present_owners(rows)


def own_photo(units: Iterable[int], pk: int) -> bytes | None:
    """A page of a photograph as this household sent it."""
    photos = [one.photo_id for one in own_reports(units)]
    page = PaperPage.objects.filter(pk=pk, paper__in=[one for one in photos if one]).first()
    return None if page is None else plain_page(page)


def by_present_owners(rows: QuerySet[Any]) -> list[Any]:
    """What was filed since the unit is theirs: a buyer does not read what the seller wrote."""
    found = list(rows.order_by("-filed_at", "-pk"))
    since: dict[int, date] = dict(
        Ownership.objects.filter(unit__in={one.unit_id for one in found}, valid_to__isnull=True)
        .values_list("unit")
        .annotate(Min("valid_from"))
        .order_by()
    )
    return [
        one
        for one in found
        if one.unit_id in since and local_day(one.filed_at) >= since[one.unit_id]
    ]
