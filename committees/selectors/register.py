"""The estate register as it stands, and what a file handed in would change of it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from hashlib import sha256
from typing import NamedTuple

from django.db.models import Max, QuerySet

from committees.domain.estate_register import (
    FIELDS,
    FORMED,
    HEADER,
    MANAGEMENT,
    NONE,
    OWNERS,
    Fault,
    RegisterRow,
    parse,
    words,
)
from committees.domain.places import Place, PlaceIndex, written
from committees.models import Committee, EstateRecord, RegisterImport
from committees.selectors.desks import Desks
from registry.models import Authority, Division, Estate
from registry.roll_files import opened_table
from registry.selectors import estates_under

ROWS = "committees.registerimport.rows"  # what a kept file is encrypted for
KIND_CODES = {"owners": OWNERS, "management": MANAGEMENT}
_NAME, _PLACE, _FORMED = 1, 3, 6
_DIGITS = (4, 6, 9, 12)  # of city, county, street, 社区


class Known(NamedTuple):
    """An estate as the register has it: its row, with the records it comes from."""

    estate: Estate
    row: RegisterRow
    record: EstateRecord | None
    committee: Committee | None


class Difference(NamedTuple):
    """A column of the annex with what stood there and what a file says instead."""

    column: str
    old: str
    new: str


class Step(NamedTuple):
    """One row of a file and what it does: a new estate, a change, or nothing."""

    row: RegisterRow
    division: str
    authority: int
    known: Known | None

    @property
    def is_new(self) -> bool:
        return self.known is None

    @property
    def kept(self) -> list[Difference]:
        """What is known and stays, because the file leaves the cell empty."""
        if self.known is None:
            return []
        return [
            Difference(HEADER[place or 0], told, told)
            for place, name in FIELDS.items()
            if name in self.row.blank and (told := words(self.row, name))
        ]

    @property
    def changed(self) -> list[str]:
        """Names of the fields of `RegisterRow` that would change."""
        if self.known is None:
            return []
        pairs = zip(RegisterRow._fields, self.row, self.known.row, strict=True)
        passed = {"row", "place", "blank"}
        return [name for name, new, old in pairs if new != old and name not in passed]

    @property
    def differences(self) -> list[Difference]:
        """What would change, in words, column by column."""
        if self.known is None:
            return []
        old, names = self.known.row, set(self.changed)
        return [
            Difference(HEADER[place or 0], words(old, name), words(self.row, name))
            for place, name in FIELDS.items()
            if name in names
        ]

    @property
    def ended(self) -> Committee | None:
        """The committee this row ends."""
        return _ended(self.row, self.known)


class Plan(NamedTuple):
    """What a file would do. With a fault it does nothing. `absent`: estates it leaves out."""

    steps: list[Step]
    faults: list[Fault]
    absent: int

    @property
    def new(self) -> list[Step]:
        return [step for step in self.steps if step.is_new]

    @property
    def changes(self) -> list[Step]:
        return [step for step in self.steps if step.changed]

    @property
    def kept(self) -> list[Step]:
        """The rows that leave something empty that is known, and stays."""
        return [step for step in self.steps if step.kept]

    @property
    def ending(self) -> list[Step]:
        """The rows that end a committee."""
        return [step for step in self.steps if step.ended]

    @property
    def digest(self) -> str:
        """By which it is known whether what was looked at is still what would be done."""
        told = [
            (step.known.estate.pk if step.known else None, step.row, step.differences,
             step.ended.pk if step.ended else None)
            for step in self.steps
        ]  # fmt: skip
        return sha256(repr(told).encode()).hexdigest()

    @property
    def same(self) -> int:
        return len(self.steps) - len(self.new) - len(self.changes)


def place_index() -> PlaceIndex:
    """Every division that is known, one query."""
    rows = Division.objects.values_list("code", "name", "level", "parent")
    return PlaceIndex(
        Place(code, name, level, parent or "") for code, name, level, parent in rows
    )


def place_names(codes: Iterable[str]) -> dict[str, str]:
    """Of each code the place as the register writes it; one query.

    A code begins with those of the divisions above it (2, 4, 6, 9 of its 12 digits).
    """
    wanted = set(codes)
    above = {code: [code[:digits].ljust(12, "0") for digits in _DIGITS] for code in wanted}
    rows = Division.objects.filter(code__in={one for chain in above.values() for one in chain})
    names = dict(rows.values_list("code", "name"))
    return {
        code: written([names[one] for one in dict.fromkeys(chain) if one in names])
        for code, chain in above.items()
    }


def known_estates(estates: QuerySet[Estate]) -> Iterator[Known]:
    """The register's rows of these estates, by place and name; four queries."""
    places = place_names(estates.order_by().values_list("division", flat=True).distinct())
    records = newest_records(estates)
    committees = {
        one.estate_id: one
        for one in Committee.objects.filter(estate__in=estates, ended_on__isnull=True)
    }
    for estate in estates.select_related("seen").order_by("division", "name", "pk"):
        record, committee = records.get(estate.pk), committees.get(estate.pk)
        row = RegisterRow(
            row=0,
            name=estate.name,
            small_names=estate.small_names,
            place=places[estate.division_id],
            boundaries=record.boundaries if record else "",
            service=record.service if record else None,
            formed=KIND_CODES[committee.kind] if committee else (NONE if record else None),
            party=record.party if record else None,
            manager=record.manager if record else "",
            fee_rate=record.fee_rate if record else None,
        )
        yield Known(estate, row, record, committee)


def newest_records(estates: QuerySet[Estate]) -> dict[int, EstateRecord]:
    """What was reported last of each estate."""
    rows = EstateRecord.objects.filter(estate__in=estates)
    newest = rows.order_by().values("estate").annotate(newest=Max("pk")).values("newest")
    return {one.estate_id: one for one in EstateRecord.objects.filter(pk__in=newest)}


def records_of(estate: Estate) -> list[EstateRecord]:
    """Everything that was reported of an estate, the newest first."""
    return list(estate.records.order_by("-pk"))


def plan_of(handed_in: RegisterImport) -> Plan:
    """What a file that was handed in would do today.

    An empty cell of a file reports nothing, and what is known stays; by hand, who empties a
    field that showed it takes it away (a committee never goes so).
    """
    rows, faults = parse(opened_table(handed_in.rows, purpose=ROWS))
    if not handed_in.file_name:
        rows = [
            row._replace(blank=tuple(one for one in row.blank if one == "formed"))
            for row in rows
        ]
    return _plan(handed_in.authority, handed_in.day, rows, faults)


def _plan(
    authority: Authority, day: date, rows: Sequence[RegisterRow], faults: Sequence[Fault]
) -> Plan:
    index = place_index()
    known = list(known_estates(estates_under(authority)))
    by_name: dict[tuple[str, str], list[Known]] = defaultdict(list)
    elsewhere: dict[str, list[Known]] = defaultdict(list)
    for one in known:
        by_name[one.estate.division_id, one.estate.name].append(one)
        elsewhere[one.estate.name].append(one)
    desks = Desks(authority)
    steps, found, seen = [], list(faults), dict[tuple[str, str, str], int]()
    for row in rows:
        division = index.find(row.place) if row.place else None
        if division is None or not index.is_community(division):
            found += _place_faults(row, division, index)
            continue
        key = (division, row.name, row.small_names)
        if key in seen:
            found.append(Fault(row.row, _NAME, f"和第{seen[key]}行是同一个物业管理区域"))
            continue
        seen[key] = row.row
        same, wrong = _known(row, by_name[division, row.name], elsewhere[row.name], index)
        # One that is known stays with whom it has; a new one goes to whoever answers there.
        desk = same.estate.authority_id if same else desks.of(division)
        if desk is None and wrong is None:
            wrong = Fault(row.row, _PLACE, f"“{row.place}”不在您的辖区")
        wrong = wrong or _committee_fault(row, same)
        if wrong or desk is None:
            found += [wrong] if wrong else []
            continue
        step = Step(row.over(same.row) if same else row, division, desk, same)
        if older := _older(step, day):
            found.append(older)
            continue
        steps.append(step)
    met = {step.known.estate.pk for step in steps if step.known}
    found.sort(key=lambda fault: (fault.row, fault.column or 0))
    return Plan(steps, found, len(known) - len(met))


def _place_faults(row: RegisterRow, division: str | None, index: PlaceIndex) -> list[Fault]:
    """Why a text leads to no 社区; nothing where it is empty, which `parse` has said."""
    return (
        [Fault(row.row, _PLACE, no_community(row.place, division, index))] if row.place else []
    )


def no_community(place: str, division: str | None, index: PlaceIndex) -> str:
    """Why a place as registers write it leads to no 社区; `division`: where it does lead."""
    if division is not None:
        return f"“{place[:40]}”要写到社区（村）"
    if near := index.near(place):
        return f"没有找到“{place[:40]}”这个地方；最接近的是：{'；'.join(near)}"
    return f"没有找到“{place[:40]}”这个地方"


def _known(
    row: RegisterRow, here: Sequence[Known], anywhere: Sequence[Known], index: PlaceIndex
) -> tuple[Known | None, Fault | None]:
    """The estate a row is about, None for a new one; else why that cannot be told."""
    same = [one for one in here if one.estate.small_names == row.small_names] or list(here)
    if len(same) == 1:
        return same[0], None
    if same:
        told = f"这个社区有{len(same)}个“{row.name}”，请在小区名称里分清楚"
        return None, Fault(row.row, _NAME, told)
    # Nothing here: the same name with the same 小区 elsewhere has moved, or is another.
    moved = [
        one for one in anywhere if row.small_names and one.estate.small_names == row.small_names
    ]
    if moved:
        was = index.written(moved[0].estate.division_id)
        told = f"“{row.name}”登记在{was}；确实划转了的，请先办划转，再填台账"
        return None, Fault(row.row, _PLACE, told)
    return None, None


def _older(step: Step, day: date) -> Fault | None:
    """What was reported later is not put back by something older."""
    record = step.known.record if step.known else None
    if record is None or record.day <= day or not step.changed:
        return None
    sentence = f"已经有{record.day}的数据，比这一份新；请删去这一行，或者核对数据截至的日期"
    return Fault(step.row.row, None, sentence)


def _committee_fault(row: RegisterRow, known: Known | None) -> Fault | None:
    """A register does not end a committee whose papers are here."""
    committee = _ended(row, known)
    if committee is None or committee.source == "register" or row.formed is None:
        return None
    have, told = FORMED[KIND_CODES[committee.kind]], FORMED[row.formed]
    sentence = (
        f"这里登记有{have}（{committee.formed_on}成立），台账填的是{told}；请先办终止或者换届"
    )
    return Fault(row.row, _FORMED, sentence)


def _ended(row: RegisterRow, known: Known | None) -> Committee | None:
    """The committee on record of which a row says that there is none, or another."""
    committee = known.committee if known else None
    if committee is None or row.formed in {None, KIND_CODES[committee.kind]}:
        return None
    return committee
