"""A spreadsheet into the registry: previewed, confirmed, undone.

    roll_import = preview_import(estate_id=…, file_name=…, content=…, mapping=None, …)
    roll_preview(roll_import)        # selectors: difference and all faults of all rows
    correct_cells(…), map_columns(…) # as often as needed
    confirm_import(import_id=…, …)   # or drop_import(…)
    undo_import(import_id=…, …)

Nothing reaches units or owners before it is confirmed; confirming and undoing are one
transaction each. The file is read outside the transaction, because that takes longest.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, TypeVar

from django.db import models, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import RuleViolation
from core.tables import Row, Table, read_table
from logbook.steps import record_act
from registry.collector import paused_collector
from registry.domain.columns import mapping_faults, recognise
from registry.domain.difference import UNIT_FIELDS, Change, OwnerChange
from registry.domain.rows import OwnerRow, UnitRow
from registry.fields import keyed_hash
from registry.models import (
    Building,
    ColumnMapping,
    DataRequest,
    Estate,
    NumberCheck,
    Owner,
    Ownership,
    PhoneChange,
    RollImport,
    RollNotice,
    Unit,
)
from registry.roll_files import opened_table, opened_undo, sealed_table, sealed_undo
from registry.selectors import Preview, document_key, preview_of, registry_of, roll_preview
from registry.signals import roll_comes
from registry.steps import await_numbers, examine_roll, hold_phones, note_titles, stop_phone

# Rows per statement: bounds memory, and stays far below SQLite's limit of variables.
CHUNK = 500
T = TypeVar("T")
M = TypeVar("M", bound=models.Model)


@paused_collector()
def preview_import(
    *,
    estate_id: int,
    file_name: str,
    content: bytes,
    mapping: Mapping[str, str] | None,
    actor: str,
    at: datetime,
    whole: bool = True,
) -> RollImport:
    """Keep a file and say what it would change; units and owners are not touched.

    `mapping`: our column → header as written; None takes what this estate used last for
    these headers, else what is recognised. `whole`: units the file does not name are gone;
    False for a file of some buildings. RuleViolation table.* where the file cannot be
    read. A mapping that does not suffice is no error: see `map_columns`.
    """
    table = read_table(content, file_name)
    roll_import = RollImport(
        estate_id=estate_id,
        file_name=file_name[-200:],
        file_sha256=hashlib.sha256(content).hexdigest(),
        mapping=known_mapping(estate_id, table.header) if mapping is None else dict(mapping),
        summary={"whole": whole, "hands": [actor]},
        rows=sealed_table(table),
        actor=actor,
        created_at=at,
    )
    _look(roll_import, preview_of(roll_import, table))
    with transaction.atomic(durable=True):
        roll_import.save()
        _remember(estate_id, table, mapping)
        _log(roll_import, "roll-previewed", actor, at)
    return roll_import


@paused_collector()
def map_columns(
    *, import_id: int, mapping: Mapping[str, str], actor: str, at: datetime
) -> RollImport:
    """Look at a kept file again with other columns, and remember them for such files."""
    roll_import = _previewed(import_id)
    table = opened_table(roll_import.rows)
    roll_import.mapping = dict(mapping)
    _touch(roll_import, actor)
    _look(roll_import, preview_of(roll_import, table))
    with transaction.atomic(durable=True):
        _save_if_previewed(roll_import, "mapping", "summary")
        _remember(roll_import.estate_id, table, mapping)
        _log(roll_import, "roll-columns-mapped", actor, at)
    return roll_import


@paused_collector()
def correct_cells(
    *, import_id: int, corrections: Mapping[tuple[int, str], str], actor: str, at: datetime
) -> RollImport:
    """Type what a kept file should have said, and look at it again.

    `corrections`: (row number in the file, header as written) → text. The file on disk is
    not changed; the log says how many cells were, not what was in them.
    """
    roll_import = _previewed(import_id)
    table = _corrected(opened_table(roll_import.rows), corrections)
    roll_import.rows = sealed_table(table)
    roll_import.summary = {
        **roll_import.summary,
        "corrected": roll_import.summary.get("corrected", 0) + len(corrections),
    }
    _touch(roll_import, actor)
    _look(roll_import, preview_of(roll_import, table))
    with transaction.atomic(durable=True):
        _save_if_previewed(roll_import, "rows", "summary")
        _log(roll_import, "roll-cells-corrected", actor, at)
    return roll_import


@paused_collector()
def confirm_import(
    *,
    import_id: int,
    actor: str,
    at: datetime,
    retiring: bool = False,
    seen: str | None = None,
) -> RollImport:
    """Write a previewed file into the registry, all of it or nothing.

    `retiring`: whoever confirms has read that a large part of the roll goes; without it that
    is refused, RuleViolation "import.retires_many". `seen`: `stamp_of` the file that was shown;
    another is refused, "import.other", for its cells may have been typed anew since.

    The first roll is one person's word; whatever changes a roll is two people's: whoever had a
    hand in the file does not confirm it, RuleViolation "import.same_person".

    Refused while a row has a fault, and where the registry is no longer what the preview
    was made against, or by whoever hears `roll_comes`. Titles that end are closed with
    today's date, never deleted.
    """
    roll_import = _previewed(import_id)
    if takes_two(roll_import.estate_id):
        _demand_other(roll_import, actor)
    if seen is not None and seen != stamp_of(roll_import):
        raise RuleViolation(
            "import.other", _("您打开以后表格又改过：请看清现在改动什么，再确认一次")
        )
    preview = roll_preview(roll_import)
    if preview.mapping_faults or preview.blocking:
        raise RuleViolation(
            "import.faults",
            _("还有 %(count)s 处错误没有改正，没有写入任何内容")
            % {"count": len(preview.mapping_faults) + len(preview.blocking)},
        )
    if not preview.units:
        raise RuleViolation("import.empty", _("表格里没有一套房屋，没有写入任何内容"))
    if preview.difference.retirement and not retiring:
        raise RuleViolation("import.retires_many", preview.difference.retirement)
    with transaction.atomic(durable=True):
        estate = Estate.objects.select_for_update(no_key=True).get(pk=roll_import.estate_id)
        _registry, digest = registry_of(estate.pk)
        if not digest == preview.digest == roll_import.summary["digest"]:
            raise RuleViolation(
                "import.stale", _("预览之后名册又有改动，请重新上传一次，再核对差异")
            )
        roll_comes.send(sender=Estate, estate=estate, at=at)
        # What still waits after this was written by whoever brought the file.
        undo = _Writer(estate, actor=roll_import.actor, at=at).write(preview)
        counts = preview.difference.counts
        del preview, _registry  # room for what is read below
        roll_import.undo = sealed_undo(undo)
        roll_import.rows = b""
        roll_import.state, roll_import.confirmed_at = "confirmed", at
        registry, after = registry_of(estate.pk)
        open_findings = examine_roll(estate, at=at, registry=registry)
        roll_import.summary = {
            **roll_import.summary,
            **counts,
            "findings": open_findings,
            "phones_held": len(undo["phones_held"]),
            "confirmed_by": actor,
            "numbers_wait": len(undo["numbers_wait"]),
            "before": digest,
            "digest": after,
        }
        _save_if_previewed(roll_import, "state", "confirmed_at", "summary", "rows", "undo")
        _log(roll_import, "roll-imported", actor, at)
        touched = {"import": roll_import.pk, **_touched(undo)}
        record_act(
            f"registry/{estate.code}", "roll-owners-changed", touched, actor=actor, at=at
        )
    return roll_import


def takes_two(estate_id: int) -> bool:
    """Whether the estate has or had owners, so that one person alone no longer writes there."""
    return Ownership.objects.filter(unit__estate=estate_id).exists()


def drop_import(*, import_id: int, actor: str, at: datetime) -> RollImport:
    """Give up a preview; what was kept of the file is erased."""
    roll_import = _previewed(import_id)
    with transaction.atomic(durable=True):
        erase_preview(roll_import, actor=actor, at=at)
    return roll_import


def erase_preview(roll_import: RollImport, *, actor: str, at: datetime) -> None:
    """A step: a preview is given up, what was kept of its file is gone."""
    roll_import.state, roll_import.rows = "dropped", b""
    _save_if_previewed(roll_import, "state", "rows")
    _log(roll_import, "roll-dropped", actor, at)


def erase_undo(roll_import: RollImport, *, at: datetime) -> None:
    """A step: an import can no longer be undone; what that needed is gone."""
    roll_import.undo = b""
    roll_import.save(update_fields=["undo"])
    _log(roll_import, "roll-undo-erased", "system", at)


@paused_collector()
def undo_import(*, import_id: int, actor: str, at: datetime) -> RollImport:
    """Put the registry back exactly as it was before an import.

    What two people wrote is not taken back by who brought it, RuleViolation
    "import.same_person". Refused where the roll changed since, and where something outside the
    registry (a frozen session) rests on a unit the import touched.
    """
    with transaction.atomic(durable=True):
        roll_import = RollImport.objects.select_for_update(no_key=True).get(pk=import_id)
        estate = Estate.objects.select_for_update(no_key=True).get(pk=roll_import.estate_id)
        if roll_import.state != "confirmed" or not roll_import.undo:
            raise RuleViolation(
                "import.not_confirmed", _("这次导入没有写入、已经撤销，或者过了可以撤销的期限")
            )
        _now, digest = registry_of(estate.pk)
        if digest != roll_import.summary["digest"]:
            raise RuleViolation(
                "import.changed_since",
                _("这次导入之后名册又有改动，不能整批撤销；请导入更正后的表格"),
            )
        if not by_one(roll_import):
            _demand_other(roll_import, actor)  # two people's word is not one's to take back
        undo = opened_undo(roll_import.undo)
        if any(
            DataRequest.objects.filter(owner__in=part).exists()
            for part in _chunks(undo["owners_created"])
        ):
            raise RuleViolation(
                "import.in_use", _("这次导入的业主已经对自己的信息提了请求，不能撤销")
            )
        if _is_used(undo["units_created"] + undo["units_touched"]):
            raise RuleViolation(
                "import.in_use", _("已有表决的名册冻结了这次导入的房屋，不能撤销")
            )
        _take_back(undo, actor=actor, at=at)
        registry, digest = registry_of(estate.pk)
        if digest != roll_import.summary["before"]:
            raise RuntimeError("the undo did not restore the registry; nothing was written")
        examine_roll(estate, at=at, registry=registry)
        roll_import.state, roll_import.undo = "undone", b""
        roll_import.save(update_fields=["state", "undo"])
        _log(roll_import, "roll-import-undone", actor, at)
    return roll_import


def known_mapping(estate_id: int, header: Sequence[str]) -> dict[str, str]:
    """What the estate used last for these headers, else what is recognised by name."""
    remembered = ColumnMapping.objects.filter(
        estate=estate_id, header_sha256=_header_hash(header)
    ).first()
    return dict(remembered.mapping) if remembered else recognise(header)


def _remember(estate_id: int, table: Table, mapping: Mapping[str, str] | None) -> None:
    if mapping is not None and not mapping_faults(mapping, table.header):
        ColumnMapping.objects.update_or_create(
            estate_id=estate_id,
            header_sha256=_header_hash(table.header),
            defaults={"mapping": dict(mapping)},
        )


def _header_hash(header: Sequence[str]) -> str:
    """The same set of headers in another order is the same kind of file."""
    return hashlib.sha256("\x00".join(sorted(header)).encode()).hexdigest()


def _look(roll_import: RollImport, preview: Preview) -> None:
    """Write what a preview found into the summary: counts only."""
    roll_import.summary = {
        **roll_import.summary,
        **preview.difference.counts,
        "units": len(preview.units),
        "area": sum(unit.area or 0 for unit in preview.units),
        "faults": len(preview.blocking),
        "warnings": len(preview.faults) - len(preview.blocking),
        "mapping_faults": len(preview.mapping_faults),
        "digest": preview.digest,
    }


def hands_of(roll_import: RollImport) -> list[str]:
    """Who brought the file, said what its columns mean or what its cells should say."""
    return list(roll_import.summary.get("hands", [roll_import.actor]))


def stamp_of(roll_import: RollImport) -> str:
    """What a previewed file says and how its columns are read, in short; 64 characters."""
    columns = repr(sorted(roll_import.mapping.items())).encode()
    return hashlib.sha256(bytes(roll_import.rows) + columns).hexdigest()


def by_one(roll_import: RollImport) -> bool:
    """Whether who confirmed it had a hand in it: a first roll, or older than the rule."""
    confirmed_by = roll_import.summary.get("confirmed_by", roll_import.actor)
    return confirmed_by in hands_of(roll_import)


def _touch(roll_import: RollImport, actor: str) -> None:
    hands = sorted({*hands_of(roll_import), actor})
    roll_import.summary = {**roll_import.summary, "hands": hands}


def _demand_other(roll_import: RollImport, actor: str) -> None:
    # A command at the server is nobody's: whoever gives it reaches the database itself.
    if actor.startswith("user:") and actor in hands_of(roll_import):
        raise RuleViolation(
            "import.same_person",
            _("名册已经有业主：要由没有经手这个表格的另一个人看过以后办"),
        )


def _previewed(import_id: int) -> RollImport:
    roll_import = RollImport.objects.select_related("estate").get(pk=import_id)
    if roll_import.state != "previewed":
        raise RuleViolation("import.not_previewed", _("这次导入已经确认、撤销或放弃"))
    return roll_import


def _save_if_previewed(roll_import: RollImport, *fields: str) -> None:
    """Save under the row's lock; refused where somebody confirmed or dropped it meanwhile."""
    kept = (
        RollImport.objects.select_for_update(no_key=True).only("state").get(pk=roll_import.pk)
    )
    if kept.state != "previewed":
        raise RuleViolation("import.not_previewed", _("这次导入已经确认、撤销或放弃"))
    roll_import.save(update_fields=fields)


def _log(roll_import: RollImport, act: str, actor: str, at: datetime) -> None:
    counts = {
        name: roll_import.summary[name]
        for name in ("units", "new", "changed", "unchanged", "gone", "faults", "corrected")
        if name in roll_import.summary
    }
    facts = {"import": roll_import.pk, "sha256": roll_import.file_sha256, **counts}
    record_act(f"registry/{roll_import.estate.code}", act, facts, actor=actor, at=at)


def _corrected(table: Table, corrections: Mapping[tuple[int, str], str]) -> Table:
    rows = {row.number: row for row in table.rows}
    settled = set()
    for (number, header), text in corrections.items():
        if number not in rows or header not in table.header:
            raise RuleViolation(
                "import.no_such_cell", _("表格里没有第 %(row)s 行的这一列") % {"row": number}
            )
        column = table.header.index(header)
        cells = list(rows[number].cells)
        cells[column] = text
        rows[number] = Row(number, tuple(cells))
        settled.add((number, column))
    faults = tuple(one for one in table.faults if (one.row, one.column) not in settled)
    return table._replace(rows=list(rows.values()), faults=faults)


class _Writer:
    """Writes a difference and notes what undoing it takes."""

    def __init__(self, estate: Estate, *, actor: str, at: datetime) -> None:
        self.estate = estate
        self.actor, self.at = actor, at
        self.today = timezone.localdate(at)
        self.buildings = {one.name: one for one in Building.objects.filter(estate=estate)}
        self.undo: dict[str, Any] = {
            "buildings_created": [],
            "units_created": [],
            "units_touched": [],
            "units_gone": [],
            "units_before": [],
            "owners_created": [],
            "owners_before": [],
            "titles_created": [],
            "titles_closed": [],
            "titles_before": [],
            "phones_held": [],
            "numbers_wait": [],
            "notices": [],
        }

    def write(self, preview: Preview) -> dict[str, Any]:
        difference = preview.difference
        # First what makes room: labels of units that are gone, titles that end.
        self._close_units([standing.unit_id for standing in difference.gone])
        self._close_titles(
            [holding.title_id for one in difference.gone for holding in one.holdings]
            + [holding.title_id for one in difference.changed for holding in one.closed]
        )
        self._change_units([one for one in difference.changed if one.facts])
        self._change_owners(difference.owners)
        self._amend_titles(difference.changed)
        unit_ids = self._create_units(difference.new)
        self._open_titles(
            [
                (
                    unit_id,
                    unit,
                    document_key(unit.label, owner.name, owner.document_number),
                    owner,
                )
                for unit_id, unit in zip(unit_ids, difference.new, strict=True)
                for owner in unit.owners
            ]
            + [
                (one.standing.unit_id, one.row, key, owner)
                for one in difference.changed
                for key, owner in one.opened
            ]
        )
        self._wait_with_successors()
        joined = [
            holding.title_id
            for one in difference.changed
            if one.opened
            for holding in one.standing.holdings
            if holding not in one.closed
        ]
        for part in _chunks(joined):
            self.undo["notices"] += note_titles(part, kind="joined", at=self.at)
        return self.undo

    def _building(self, name: str) -> int:
        if name not in self.buildings:
            self.buildings[name] = Building.objects.create(estate=self.estate, name=name)
            self.undo["buildings_created"].append(self.buildings[name].pk)
        return self.buildings[name].pk

    def _create_units(self, units: Sequence[UnitRow]) -> list[int]:
        made = _created(
            Unit(
                estate=self.estate,
                building_id=self._building(unit.building),
                entrance=unit.entrance,
                floor=unit.floor,
                room=unit.room,
                label=unit.label,
                registry_number=unit.registry_number,
                house_code=unit.house_code,
                use=unit.use or "residential",
                area=unit.area,
                area_source=unit.area_source,
                status=unit.status or "delivered",
            )
            for unit in units
        )
        self.undo["units_created"] = made
        return made

    def _open_titles(self, titles: Sequence[tuple[int, UnitRow, str, OwnerRow]]) -> None:
        known = dict(
            Owner.objects.filter(estate=self.estate).values_list("document_hash", "pk")
        )
        missing = {key: owner for _unit, _row, key, owner in titles if key not in known}
        made = _created(self._new_owner(key, owner) for key, owner in missing.items())
        known.update(zip(missing, made, strict=True))
        self.undo["owners_created"] = made
        self.undo["titles_created"] = _created(
            Ownership(
                unit_id=unit_id,
                owner_id=known[key],
                basis=row.basis or "register",
                share_text=owner.share_text,
                is_voter=owner.is_voter,
                valid_from=self._start(row),
            )
            for unit_id, row, key, owner in titles
        )

    def _new_owner(self, key: str, owner: OwnerRow) -> Owner:
        return Owner(
            estate=self.estate,
            kind=owner.kind,
            name=owner.name,
            document_kind=owner.document_kind,
            document_number=owner.document_number,
            document_hash=key,
            phone=owner.phone,
            phone_hash=phone_hash(owner.phone),
        )

    def _start(self, unit: UnitRow) -> date:
        """The day of registration where the file states one that is not in the future."""
        stated = date.fromisoformat(unit.owned_from) if unit.owned_from else self.today
        return min(stated, self.today)

    def _close_units(self, unit_ids: list[int]) -> None:
        self.undo["units_gone"] = unit_ids
        self.undo["units_touched"] += unit_ids
        for part in _chunks(unit_ids):
            Unit.objects.filter(pk__in=part).update(is_active=False)

    def _close_titles(self, title_ids: list[int]) -> None:
        self.undo["titles_closed"] = title_ids
        for part in _chunks(title_ids):
            Ownership.objects.filter(pk__in=part).update(valid_to=self.today)
            self.undo["notices"] += note_titles(part, kind="ended", at=self.at)

    def _change_units(self, changes: Sequence[Change]) -> None:
        names = {"building": "building_id"}
        self.undo["units_touched"] += [one.standing.unit_id for one in changes]
        for part in _chunks(changes):
            wanted = {one.standing.unit_id: one.facts for one in part}
            units = list(Unit.objects.filter(pk__in=wanted))
            for unit in units:
                before = {}
                for field, (_old, new) in wanted[unit.pk].items():
                    column = names.get(field, field)
                    before[column] = getattr(unit, column)
                    setattr(unit, column, self._building(new) if field == "building" else new)
                self.undo["units_before"].append([unit.pk, before])
            Unit.objects.bulk_update(
                units, [names.get(field, field).removesuffix("_id") for field in UNIT_FIELDS]
            )

    def _change_owners(self, changes: Sequence[OwnerChange]) -> None:
        for part in _chunks(changes):
            wanted = {one.owner_id: one for one in part}
            owners = list(Owner.objects.filter(pk__in=wanted))
            held = self._wait_with_phones(owners, wanted)
            for owner in owners:
                self.undo["owners_before"].append(
                    [owner.pk, {field: getattr(owner, field) for field in _OWNER_COLUMNS}]
                )
                for field, value in wanted[owner.pk].facts.items():
                    if field != "phone" or owner.pk not in held:
                        setattr(owner, field, value)
                owner.document_hash = wanted[owner.pk].key
                owner.phone_hash = phone_hash(owner.phone)
                # Another name or number is another identity to check.
                if {"name", "document_number"} & wanted[owner.pk].facts.keys():
                    owner.identity_check = ""
            Owner.objects.bulk_update(owners, _OWNER_COLUMNS)
            # A known owner is told a number only where there was none.
            numbered = [pk for pk, one in wanted.items() if "document_number" in one.facts]
            self._await(numbered)

    def _wait_with_phones(
        self, owners: Sequence[Owner], told: Mapping[int, OwnerChange]
    ) -> set[int]:
        """Numbers of owners who are on the roll already wait for a second person; of whom.

        Whoever has the phone passes the check before a vote. What its owner took off the roll,
        or stopped, no file brings back.
        """
        phones = {
            owner.pk: told[owner.pk].facts["phone"]
            for owner in owners
            if "phone" in told[owner.pk].facts
        }
        refused = _refused(phones)
        self._hold({pk: one for pk, one in phones.items() if one not in refused[pk]})
        return set(phones)

    def _wait_with_successors(self) -> None:
        """So do the phones and documents of new owners of units that have or had other owners:
        whoever puts a name of the own in an owner's place, or beside it, gets no vote by it."""
        first = min(self.undo["owners_created"], default=0)
        before = Ownership.objects.filter(unit__estate=self.estate, owner__lt=first)
        if not before.exists():
            return  # the first roll: nobody was there before anybody
        others = Ownership.objects.filter(unit=OuterRef("unit"), owner__lt=first)
        for part in _chunks(self.undo["owners_created"]):
            titles = Ownership.objects.filter(Exists(others), owner__in=part)
            owners = Owner.objects.filter(pk__in=titles.values("owner"))
            self._await(owners.values_list("pk", flat=True))
            owners = owners.exclude(phone_hash="")
            phones = {owner.pk: owner.phone for owner in owners}
            Owner.objects.filter(pk__in=phones).update(phone="", phone_hash="")
            self._hold(phones)

    def _hold(self, phones: Mapping[int, str]) -> None:
        if phones:
            held = hold_phones(phones, way="file", actor=self.actor, at=self.at)
            self.undo["phones_held"] += [one.pk for one in held]

    def _await(self, owners: Iterable[int]) -> None:
        self.undo["numbers_wait"] += await_numbers(owners, actor=self.actor, at=self.at)

    def _amend_titles(self, changes: Sequence[Change]) -> None:
        amended = {holding.title_id: terms for one in changes for holding, terms in one.amended}
        for part in _chunks(list(amended)):
            titles = list(Ownership.objects.filter(pk__in=part))
            for title in titles:
                self.undo["titles_before"].append(
                    [title.pk, {field: getattr(title, field) for field in _TITLE_COLUMNS}]
                )
                for field, value in amended[title.pk].items():
                    setattr(title, field, value)
            Ownership.objects.bulk_update(titles, _TITLE_COLUMNS)
        chosen = [pk for pk, terms in amended.items() if "is_voter" in terms]
        for part in _chunks(chosen):
            self.undo["notices"] += note_titles(part, kind="voter", at=self.at)


_TITLE_COLUMNS = ("basis", "share_text", "is_voter")
_OWNER_COLUMNS = (
    "name",
    "kind",
    "document_kind",
    "document_number",
    "document_hash",
    "phone",
    "phone_hash",
    "identity_check",
)


def _key(unit: UnitRow, owner: OwnerRow) -> str:
    return document_key(unit.label, owner.name, owner.document_number)


def phone_hash(phone: str) -> str:
    """The keyed hash a phone is found by, the same one accounts use; "" for none."""
    return keyed_hash(phone, purpose="phone") if phone else ""


def _touched(undo: Mapping[str, Any]) -> dict[str, Any]:
    """Whose data an import wrote: numbers of rows for the log, how many where it is many."""
    owners = set(undo["owners_created"]) | {pk for pk, _before in undo["owners_before"]}
    if len(owners) > CHUNK:
        return {"all": len(owners)}
    titles = undo["titles_created"] + undo["titles_closed"]
    titles += [pk for pk, _before in undo["titles_before"]]
    for part in _chunks(titles):
        owners |= set(Ownership.objects.filter(pk__in=part).values_list("owner", flat=True))
    for part in _chunks(undo["units_touched"]):
        held = Ownership.objects.filter(unit__in=part, valid_to__isnull=True)
        owners |= set(held.values_list("owner", flat=True))
    return {"owners": sorted(owners)} if len(owners) <= CHUNK else {"all": len(owners)}


def _refused(owner_ids: Iterable[int]) -> Mapping[int, set[str]]:
    """By owner: numbers the owner stopped or took off last, as long as they are kept."""
    refused: dict[int, set[str]] = defaultdict(set)
    last: dict[int, PhoneChange] = {}
    for change in PhoneChange.objects.filter(owner__in=list(owner_ids)).order_by("pk"):
        if (change.state, change.ended_by) == ("stopped", "owner"):
            refused[change.owner_id].add(change.phone)
        elif change.state == "done":
            last[change.owner_id] = change
    for pk, change in last.items():
        if not change.phone:
            refused[pk].add(change.old_phone)
    return refused


def _is_used(unit_ids: Sequence[int]) -> bool:
    """Whether anything outside the registry points at one of these units.

    The registry lies below those who freeze its units and does not know them by name.
    """
    outside = [
        relation
        for relation in Unit._meta.related_objects
        if relation.related_model._meta.app_label != Unit._meta.app_label
    ]
    return any(
        relation.related_model._default_manager.filter(
            **{f"{relation.field.name}__in": part}
        ).exists()
        for relation in outside
        for part in _chunks(unit_ids)
    )


def _take_back(undo: Mapping[str, Any], *, actor: str, at: datetime) -> None:
    held = PhoneChange.objects.select_for_update(no_key=True).filter(
        pk__in=undo.get("phones_held", []), state__in=PhoneChange.OPEN
    )
    for change in held:
        stop_phone(change, actor=actor, at=at)
    for part in _chunks(undo.get("numbers_wait", [])):
        NumberCheck.objects.filter(pk__in=part).delete()
    for part in _chunks(undo.get("notices", [])):
        RollNotice.objects.filter(pk__in=part, told_at__isnull=True).delete()
    for part in _chunks(undo["titles_created"]):
        Ownership.objects.filter(pk__in=part).delete()
    for part in _chunks(undo["units_created"]):
        Unit.objects.filter(pk__in=part).delete()
    for part in _chunks(undo["owners_created"]):
        Owner.objects.filter(pk__in=part).delete()
    _restore(Unit, undo["units_before"])
    _restore(Owner, undo["owners_before"])
    _restore(Ownership, undo["titles_before"])
    for part in _chunks(undo["titles_closed"]):
        Ownership.objects.filter(pk__in=part).update(valid_to=None)
    for part in _chunks(undo["units_gone"]):
        Unit.objects.filter(pk__in=part).update(is_active=True)
    for part in _chunks(undo["buildings_created"]):
        Building.objects.filter(pk__in=part).delete()


def _restore(model: type[M], before: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
    for pk, values in before:
        row = model._default_manager.get(pk=pk)
        for field, value in values.items():
            setattr(row, field, value)
        row.save(update_fields=[field.removesuffix("_id") for field in values])


def _created(rows: Iterator[M]) -> list[int]:
    """Insert rows as they are made, and return their keys in order."""
    keys: list[int] = []
    while part := list(islice(rows, CHUNK)):
        keys += [row.pk for row in type(part[0])._default_manager.bulk_create(part)]
    return keys


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))
