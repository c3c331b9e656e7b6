"""The roll as a spreadsheet to take away: to hand it back, or to work with it on paper.

With the headers an import knows, so that another system, or this one, reads it again. Names
and numbers are masked unless a reason is given; the reason is what their owners read.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from core.errors import RuleViolation
from core.exact import format_area
from documents.papers import masked
from logbook.steps import record_act
from portal.own.kept import masked_phone
from registry.domain.sheets import workbook
from registry.models import Estate, Ownership, Unit
from registry.services.showing import REASONS

HEADER = (
    "不动产单元号", "房屋编码", "幢号", "单元", "层", "室号", "用途", "建筑面积", "面积来源",
    "状态", "业主", "证件种类", "证件号码", "共有情况", "权属依据", "联系电话", "登记日期",
    "表决人",
)  # fmt: skip
_WIDTHS = (30, 16, 10, 8, 6, 10, 10, 12, 10, 12, 16, 12, 22, 12, 16, 14, 12, 8)
_Cells = tuple[str | None, ...]


class Taken(NamedTuple):
    """`content` of an .xlsx; `masked`: nobody can be reached or proved by it."""

    content: bytes
    masked: bool


def take_roll(*, estate_id: int, reason: str, actor: str, at: datetime) -> Taken:
    """The living units with their present owners, one row each; written down before it leaves.

    `reason`: of REASONS, then in full, and every owner on it reads who took it and why; ""
    masks names, numbers and phones. RuleViolation "showing.reason", "taking.empty".
    """
    if reason and reason not in REASONS:
        raise RuleViolation("showing.reason", _("请选择为什么要看"))
    with transaction.atomic(durable=True):
        # The lock of all changes of a roll: what leaves is what the log says.
        estate = Estate.objects.select_for_update(no_key=True).get(pk=estate_id)
        units, titles = _roll(estate)
        if not units:
            raise RuleViolation("taking.empty", _("名册还是空的，没有可以下载的"))
        owners = {title.owner_id for held in titles.values() for title in held}
        log, facts = f"registry/{estate.code}", {"units": len(units), "all": len(owners)}
        if reason:
            record_act(log, "roll-taken", {**facts, "reason": reason}, actor=actor, at=at)
        else:
            record_act(log, "roll-taken-masked", facts, actor=actor, at=at)
    # Whoever reads the file reads Chinese headers, whatever the pages are in.
    with override("zh-hans"):
        rows = _rows(units, titles, full=bool(reason))
        return Taken(workbook(HEADER, rows, title="业主名册", widths=_WIDTHS), not reason)


def _roll(estate: Estate) -> tuple[list[Unit], Mapping[int, list[Ownership]]]:
    units = Unit.objects.filter(estate=estate, is_active=True).select_related("building")
    held = Ownership.objects.filter(
        unit__estate=estate, unit__is_active=True, valid_to__isnull=True
    )
    titles: dict[int, list[Ownership]] = defaultdict(list)
    for title in held.select_related("owner").order_by("pk").iterator(chunk_size=2000):
        titles[title.unit_id].append(title)
    return list(units.order_by("building", "entrance", "floor", "label")), titles


def _rows(
    units: Sequence[Unit], titles: Mapping[int, list[Ownership]], *, full: bool
) -> Iterator[_Cells]:
    for unit in units:
        held = titles.get(unit.pk, [])
        for place, title in enumerate(held):
            # None: one cell with the row above, as joint owners are written.
            yield (_of_unit(unit) if place == 0 else (None,) * 10) + _of_title(title, full)
        if not held:
            yield _of_unit(unit) + ("",) * 8


def _of_unit(unit: Unit) -> _Cells:
    return (
        unit.registry_number,
        unit.house_code,
        unit.building.name,
        unit.entrance,
        "" if unit.floor is None else str(unit.floor),
        unit.room,
        str(unit.get_use_display()),
        format_area(unit.area) if unit.area else "",
        str(unit.get_area_source_display()) if unit.area_source else "",
        str(unit.get_status_display()),
    )


def _of_title(title: Ownership, full: bool) -> _Cells:
    owner = title.owner
    number = owner.document_number
    return (
        owner.name if full else masked(owner.name),
        owner.document_kind,
        number if full or not number else f"****{number[-4:]}",
        title.share_text,
        str(title.get_basis_display()),
        owner.phone if full else masked_phone(owner.phone),
        title.valid_from.isoformat(),
        "是" if title.is_voter else "",
    )
