"""公共收益来源登记册 as everybody sees it: sources, who pays how much, what owners reported."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from disclosures.domain.wording import covered
from disclosures.models import Contract, Source, SourceReport
from disclosures.selectors.public import ANSWERED, photo_pages
from registry.models import Estate


class Listed(NamedTuple):
    """A source with the contracts that run or are to come, and those that are over."""

    source: Source
    running: Sequence[Contract]
    over: Sequence[Contract]


class Reported(NamedTuple):
    """What an owner reported: nothing of it before it is answered, then all but covered
    words; photographs by the numbers of their pages."""

    report: SourceReport
    place: str
    text: str
    pages: Sequence[int]


class Register(NamedTuple):
    """Sources that bring something, those that ended, and reports, the newest first."""

    present: Sequence[Listed]
    ended: Sequence[Listed]
    reports: Sequence[Reported]


def register_of(estate: Estate, today: date) -> Register:
    """Everything on the register of an estate, as it stands on a day."""
    listed = [_listed(one, today) for one in estate.sources.prefetch_related("contracts").all()]
    reports = list(estate.source_reports.order_by("-number"))
    pages = photo_pages(reports)
    return Register(
        present=[one for one in listed if one.source.ended_on is None],
        ended=[one for one in listed if one.source.ended_on is not None],
        reports=[_reported(one, pages.get(one.photo_id or 0, [])) for one in reports],
    )


def _listed(source: Source, today: date) -> Listed:
    running: list[Contract] = []
    over: list[Contract] = []
    for one in source.contracts.all():
        last = one.ended_on or one.last
        (over if last is not None and last < today else running).append(one)
    return Listed(source, running, over)


def _reported(report: SourceReport, pages: Sequence[int]) -> Reported:
    if report.state not in ANSWERED:
        return Reported(report, "", "", ())
    place, text = (covered(one, report.covered) for one in (report.place, report.text))
    return Reported(report, place, text, pages)
