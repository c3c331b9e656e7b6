"""What a previewed file would change, in words for its page."""

from typing import Any

from django.utils.translation import gettext as _

from core.exact import format_area
from core.tables import Table
from portal.sentences import said
from registry.domain.columns import COLUMNS
from registry.domain.difference import Change
from registry.domain.rows import UnitRow
from registry.models import Owner
from registry.selectors import Preview

# A page stays readable; the workbook has them all.
SHOWN = 200
# Fields of a unit whose change a page shows, with their titles.
_SHOWN_FIELDS = {"area": "面积", "use": "用途", "status": "状态", "label": "房号"}


def difference_context(found: Preview, table: Table, *, whole: bool) -> dict[str, Any]:
    """What the page of a previewed file shows; `whole`: every change, for somebody answers for
    all of them, else the first ones."""
    shown = max(SHOWN, *found.difference.counts.values()) if whole else SHOWN
    rows = {row.number: row.cells for row in table.rows}
    place = {name: index for index, name in reversed(list(enumerate(table.header)))}

    def cell(row: int, column: str) -> dict[str, Any]:
        if column not in place or row not in rows:
            return {}
        index = place[column]
        return {"name": f"cell-{row}-{index}", "text": rows[row][index]}

    doubts = [fault for fault in found.faults if fault.is_warning]
    return {
        "found": found,
        "area": format_area(sum(unit.area or 0 for unit in found.units)),
        "blocking": [
            {"fault": fault, **cell(fault.row, fault.column)}
            for fault in found.blocking[:SHOWN]
        ],
        "hints": [fault for fault in doubts if not fault.row],
        "doubts": [fault for fault in doubts if fault.row][:SHOWN],
        "doubts_count": sum(1 for fault in doubts if fault.row),
        "changed": [_change_lines(change) for change in found.difference.changed[:shown]],
        "new": [_new_line(unit) for unit in found.difference.new[:shown]],
        "gone": [standing.label for standing in found.difference.gone[:shown]],
        "renamed": _renamed(found, shown),
        "numbered": sum("document_number" in one.facts for one in found.difference.owners),
        "shown": shown,
        "faults_shown": SHOWN,
    }


def _renamed(found: Preview, shown: int) -> list[tuple[str, str]]:
    """Names of owners known already, before and after."""
    told = {
        one.owner_id: one.facts["name"]
        for one in found.difference.owners
        if "name" in one.facts
    }
    before = Owner.objects.in_bulk(list(told)[:shown])
    return [(owner.name, told[pk]) for pk, owner in sorted(before.items())]


def _change_lines(change: Change) -> dict[str, Any]:
    lines = []
    for field, (before, after) in change.facts.items():
        if field == "area":
            before, after = (format_area(one) if one else "—" for one in (before, after))
        title = _SHOWN_FIELDS.get(field) or COLUMNS.get(field, COLUMNS["room"]).title
        lines.append(f"{said(title)}{_('：')}{before or '—'} → {after}")
    if change.owners_change:
        gone, come = len(change.closed), [owner.name for _key, owner in change.opened]
        lines.append(_("业主变更：%(gone)s 位转出") % {"gone": gone})
        lines += [_("新业主：%(name)s") % {"name": name} for name in come]
    if change.amended:
        lines.append(_("权属依据、份额或表决人有变"))
    chosen = [owner.name for owner in change.row.owners if owner.is_voter]
    if chosen and (
        change.owners_change or any("is_voter" in one for _h, one in change.amended)
    ):
        lines.append(_("表决人：%(name)s") % {"name": chosen[0]})
    return {"label": change.row.label, "lines": lines}


def _new_line(unit: UnitRow) -> str:
    """A room that comes, and whose: a room taken off the roll may come back as another's."""
    owners = _("、").join(owner.name for owner in unit.owners)
    return f"{unit.label}{_('：')}{owners}" if owners else unit.label
