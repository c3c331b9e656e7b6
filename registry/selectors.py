"""All reads of the registry.

Freezing a roll needs three of them, and nothing else:

    titles = current_titles(estate.pk, session.scope)   # [] scope: the whole estate
    for unit in titles:            # sorted by building, entrance, floor, label
        unit.label                 # "3幢2单元501室"
        unit.area                  # 8950 (0.01 m²) or None: not known, freezing must refuse
        unit.status                # "delivered", "unsold" or "undelivered"
        unit.use                   # "residential", "shop", "parking", "storage", "other"
        for owner in unit.owners:  # whoever owns it now; may be empty where unsold
            owner.document_hash    # the party is decided by these, never by name
            owner.is_voter         # chosen by the joint owners; a sole owner always is
    open_findings(estate.pk, session.scope)   # must be empty before freezing
    profile_for(estate, on=date)   # name → RuleValue; domain.profiles.frozen() makes it JSON

Rooms that belong to all owners (`use` "common", Civil Code art. 274) are never among the
titles. Parking spaces are: whether they count is a value of the rule profile ("parking").
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from core.tables import Table
from registry.domain.columns import mapping_faults
from registry.domain.difference import (
    OWNER_FIELDS,
    UNIT_FIELDS,
    Difference,
    Holding,
    Known,
    Registry,
    Standing,
    compare,
)
from registry.domain.doctor import Person, Room, Staff
from registry.domain.phones import PhonesTold, phones_told
from registry.domain.profiles import Layer, RuleValue, resolve
from registry.domain.rooms import natural
from registry.domain.rows import Fault, UnitRow, parse, prepare
from registry.domain.sheets import workbook
from registry.fields import KeyedDigest, keyed_hash
from registry.former import known
from registry.models import (
    Authority,
    Estate,
    Finding,
    NumberCheck,
    Owner,
    Ownership,
    PropertyManagerStaff,
    RollImport,
    RuleProfile,
    Unit,
)
from registry.roll_files import opened_table

FAULT_COLUMN = "错误原因"
_NAME, _NUMBER = OWNER_FIELDS.index("name"), OWNER_FIELDS.index("document_number")
_KIND = OWNER_FIELDS.index("kind")
# City bureau, district bureau, zone administration, street office, residents' committee.
AUTHORITY_DEPTH = 5


class TitledOwner(NamedTuple):
    """One of the present owners of a unit. Personal data: never logged, never shown whole."""

    owner_id: int
    document_hash: str
    kind: str  # "person" or "company"
    name: str
    phone: str  # may be empty
    is_voter: bool
    document_number: str  # empty where the registry gave none
    share_text: str
    number_waits: bool = False  # entered by one person: proof of nothing yet


class TitledUnit(NamedTuple):
    """One exclusive unit with its present owners. `area` in 0.01 m²."""

    unit_id: int
    label: str
    building_id: int
    building: str
    entrance: str
    floor: int | None
    room: str
    use: str
    area: int | None
    area_source: str
    status: str
    owners: tuple[TitledOwner, ...]


def current_titles(estate_id: int, scope: Sequence[Mapping[str, Any]] = ()) -> list[TitledUnit]:
    """Every living unit in the scope with its present owners, in two queries.

    `scope`: {"building": id, "entrance": text or None} each; empty means the whole estate.
    Sorted by building (by the number in its name), entrance, floor, label.
    """
    units = (
        Unit.objects.filter(_within(scope), estate_id=estate_id, is_active=True)
        .exclude(use="common")
        .select_related("building")
    )
    titles = _with_owners(
        Ownership.objects.filter(
            _within(scope, "unit__"),
            unit__estate_id=estate_id,
            unit__is_active=True,
            valid_to__isnull=True,
        )
    )
    by_unit: dict[int, list[Ownership]] = defaultdict(list)
    for title in titles.iterator(chunk_size=2000):
        by_unit[title.unit_id].append(title)
    return sorted(
        (_titled(unit, by_unit.get(unit.pk, [])) for unit in units), key=_walking_order
    )


def open_findings(estate_id: int, scope: Sequence[Mapping[str, Any]] = ()) -> list[Finding]:
    """What the roll doctor found and nobody has settled or waived yet.

    With a scope only what concerns one of its units, or the estate as a whole.
    """
    found = list(
        Finding.objects.filter(estate_id=estate_id, state="open").order_by("kind", "subject")
    )
    if not scope or not found:
        return found
    inside = set(
        Unit.objects.filter(_within(scope), estate_id=estate_id).values_list("pk", flat=True)
    )
    return [one for one in found if not one.unit_ids or inside.intersection(one.unit_ids)]


class Preview(NamedTuple):
    """An import as it would be written now."""

    units: tuple[UnitRow, ...]
    faults: tuple[Fault, ...]
    mapping_faults: tuple[str, ...]
    difference: Difference
    digest: str  # of the registry it was compared with
    phones: PhonesTold = PhonesTold()

    @property
    def blocking(self) -> list[Fault]:
        """The faults that must be corrected first; doubts are not among them."""
        return [fault for fault in self.faults if not fault.is_warning]


def document_key(label: str, name: str, number: str) -> str:
    """The keyed hash an owner is told apart by: of the number, else of the room and name."""
    if number:
        return keyed_hash(number, purpose="registry.document")
    return keyed_hash(f"{label}\x00{name}", purpose="registry.unnumbered")


def registry_of(estate_id: int) -> tuple[Registry, str]:
    """An estate's units, titles and owners as they stand, and a digest of them.

    Which joint owner votes and whose identity was verified is no part of the digest: such
    care after an import does not keep it from being undone. Neither are owners without a
    title: they are emptied when their time is over, and that changes no roll.
    """
    holdings: dict[int, list[Holding]] = defaultdict(list)
    titles = Ownership.objects.filter(
        unit__estate_id=estate_id, unit__is_active=True, valid_to__isnull=True
    ).order_by("pk")
    for unit_id, title_id, key, basis, share_text, is_voter in titles.values_list(
        "unit_id", "pk", "owner__document_hash", "basis", "share_text", "is_voter"
    ).iterator(chunk_size=5000):
        holdings[unit_id].append(Holding(title_id, key, basis, share_text, is_voter))
    units: dict[str, Standing] = {}
    for unit_id, label, *facts in (
        Unit.objects.filter(estate_id=estate_id, is_active=True)
        .order_by("pk")
        .values_list(
            "pk",
            "label",
            "building__name",
            "entrance",
            "floor",
            "room",
            "registry_number",
            "house_code",
            "use",
            "area",
            "area_source",
            "status",
        )
        .iterator(chunk_size=5000)
    ):
        units[label] = Standing(unit_id, (label, *facts), tuple(holdings.get(unit_id, ())))
    owners = {
        key: Known(owner_id, tuple(facts), phone_key, check)
        for owner_id, key, phone_key, check, *facts in Owner.objects.filter(
            known(), estate_id=estate_id
        )
        .order_by("pk")
        .values_list("pk", "document_hash", "phone_hash", "identity_check", *OWNER_FIELDS)
        .iterator(chunk_size=5000)
    }
    registry = Registry(units, owners)
    return registry, _digest(registry)


def roll_preview(roll_import: RollImport) -> Preview:
    """Read the kept file again and hold it against the registry as it stands now."""
    return preview_of(roll_import, opened_table(roll_import.rows))


def preview_of(roll_import: RollImport, table: Table) -> Preview:
    """What the table of an import would change now."""
    registry, digest = registry_of(roll_import.estate_id)
    faults = mapping_faults(roll_import.mapping, table.header)
    if faults:
        nothing = Difference((), (), 0, (), ())
        return Preview((), (), tuple(faults), nothing, digest)
    units, row_faults = parse(prepare(table, roll_import.mapping))
    difference = compare(
        registry, units, key_of=document_key, whole=roll_import.summary.get("whole", True)
    )
    phones = phones_told(registry, difference)
    return Preview(tuple(units), tuple(row_faults), (), difference, digest, phones)


def faults_workbook(roll_import: RollImport) -> bytes:
    """The given file as .xlsx with a column that says what is wrong in each row.

    Faulty cells stand on red ground. Rows without a fault are there too, so that the file
    can be corrected and uploaded again as it is.
    """
    table = opened_table(roll_import.rows)
    preview = preview_of(roll_import, table)
    header = [name for name in table.header if name != FAULT_COLUMN]
    keep = [index for index, name in enumerate(table.header) if name != FAULT_COLUMN]
    reasons: dict[int, list[str]] = defaultdict(list)
    marked = set()
    place = {row.number: index for index, row in enumerate(table.rows)}
    for fault in preview.faults:
        kind = "提示" if fault.is_warning else "错误"
        reasons[fault.row].append(f"{kind}：{fault.column or '整行'}：{fault.reason}")
        if fault.column in header and not fault.is_warning:
            marked.add((place[fault.row], header.index(fault.column)))
    rows = (
        [*(row.cells[index] for index in keep), "；".join(reasons.get(row.number, ()))]
        for row in table.rows
    )
    return workbook([*header, FAULT_COLUMN], rows, title="核对结果", marked=marked)


def doctor_rooms(registry: Registry, *, with_spaces: bool) -> list[Room]:
    """The rooms of an estate for the roll doctor.

    `with_spaces`: parking and storage spaces too, where the estate's rules count them.
    """
    left_out = {"common"} if with_spaces else {"common", "parking", "storage"}
    use, area, status = (UNIT_FIELDS.index(name) for name in ("use", "area", "status"))
    return [
        Room(
            unit_id=one.unit_id,
            label=one.label,
            area=one.facts[area],
            is_developers=one.facts[status] != "delivered",
            people=tuple(_person(holding, registry) for holding in one.holdings),
        )
        for one in registry.units.values()
        if one.facts[use] not in left_out
    ]


def _person(holding: Holding, registry: Registry) -> Person:
    known = registry.owners[holding.key]
    return Person(
        key=holding.key,
        name=known.facts[_NAME],
        number=known.facts[_NUMBER],
        phone_key=known.phone_key,
        is_voter=holding.is_voter,
        identity_check=known.identity_check,
        is_company=known.facts[_KIND] == "company",
    )


def staff_of(estate_id: int) -> list[Staff]:
    """The property manager's people, as the doctor compares them."""
    return [
        Staff(one.name, one.phone_hash)
        for one in PropertyManagerStaff.objects.filter(estate_id=estate_id)
    ]


def works_for_manager(estate_id: int, *, name: str, phone_hash: str = "") -> bool:
    """Whether somebody of that name, or with that phone, works for the property manager."""
    same = Q(name_hash=keyed_hash(name.strip(), purpose="registry.staff"))
    if phone_hash:
        same |= Q(phone_hash=phone_hash)
    return PropertyManagerStaff.objects.filter(same, estate_id=estate_id).exists()


def roll_figures(estate_id: int) -> dict[str, int]:
    """What a roll's first page shows: units, area (0.01 m²), owners.

    Of the units, `spaces` (parking, storage) count in a vote only where the estate's rules
    say so, `common` rooms never; each with its area.
    """
    units = Unit.objects.filter(estate_id=estate_id, is_active=True)
    space, common = Q(use__in=("parking", "storage")), Q(use="common")
    counted = units.aggregate(
        units=Count("pk"),
        spaces=Count("pk", filter=space),
        spaces_area=Sum("area", filter=space, default=0),
        common=Count("pk", filter=common),
        common_area=Sum("area", filter=common, default=0),
        # Last: an aggregate of that name hides the column from those after it.
        area=Sum("area", default=0),
    )
    present = Q(ownerships__valid_to__isnull=True, ownerships__unit__is_active=True)
    owners = Owner.objects.filter(present, estate_id=estate_id).distinct().count()
    return {**counted, "owners": owners}


def verification_figures(estate_id: int) -> dict[str, int]:
    """How many present owners were not asked about, are asked, agree and differ."""
    titles = Ownership.objects.filter(
        unit__estate_id=estate_id, unit__is_active=True, valid_to__isnull=True
    )
    owners = Owner.objects.filter(pk__in=titles.values("owner"))
    answers = dict(owners.values_list("identity_check").annotate(Count("pk")))
    return {
        "not_asked": answers.get("", 0),
        "asked": answers.get("asked", 0),
        "agrees": answers.get("agrees", 0),
        "differs": answers.get("differs", 0),
    }


def profile_layers(code: str) -> list[Layer]:
    """All versions of a profile and of what it rests on, base first, each code by date."""
    chain: list[list[RuleProfile]] = []
    wanted: str | None = code
    while wanted:
        versions = list(
            RuleProfile.objects.filter(code=wanted)
            .select_related("base")
            .order_by("valid_from")
        )
        chain.insert(0, versions)
        wanted = next((version.base.code for version in versions if version.base), None)
    return [
        Layer(version.code, version.valid_from, version.valid_to, version.values)
        for versions in chain
        for version in versions
    ]


def profile_for(estate: Estate, on: date) -> dict[str, RuleValue]:
    """The rules an estate runs under on a day: name → value with clause."""
    return resolve(profile_layers(estate.profile_code), on)


def spaces_count(rules: Mapping[str, RuleValue]) -> bool:
    """Whether parking and storage spaces count in a vote under these rules.

    Without a rule of the estate's own they do not: courts differ, and 建房〔2009〕274号
    leaves it to the rules of procedure.
    """
    return "parking" in rules and rules["parking"].value != "none"


def authority_chain(estate: Estate) -> list[Authority]:
    """The estate's authority and those above it, nearest first."""
    chain: list[Authority] = []
    step: Authority | None = estate.authority
    while step is not None and len(chain) < AUTHORITY_DEPTH:
        chain.append(step)
        step = step.parent
    return chain


def guiding_authority(estate: Estate) -> Authority:
    """Who guides and supervises the assembly: the street office, else the estate's authority.

    《物业管理条例》 art. 10; a residents' committee helps, it does not supervise.
    """
    chain = authority_chain(estate)
    return next((one for one in chain if one.kind == "street_office"), estate.authority)


def estates_under(authority: Authority) -> QuerySet[Estate]:
    """The estates an authority is responsible for, directly or through those below it."""
    reached = Q()
    path = "authority"
    for _level in range(AUTHORITY_DEPTH):
        reached |= Q(**{path: authority})
        path += "__parent"
    return Estate.objects.filter(reached).order_by("name")


def _digest(registry: Registry) -> str:
    # Piece by piece, in the order of the keys it was read in: one text would be large.
    digest = KeyedDigest(purpose="registry.state")
    for unit in registry.units.values():
        holdings = [holding[:-1] for holding in unit.holdings]
        digest.update(repr((unit.unit_id, unit.facts, holdings)))
    present = {holding.key for unit in registry.units.values() for holding in unit.holdings}
    for key, owner in registry.owners.items():
        if key in present:
            digest.update(repr((key, owner.owner_id, owner.facts)))
    return digest.hexdigest()


def _within(scope: Iterable[Mapping[str, Any]], path: str = "") -> Q:
    wanted = Q()
    for part in scope:
        one = Q(**{f"{path}building_id": part["building"]})
        if part.get("entrance") is not None:
            one &= Q(**{f"{path}entrance": part["entrance"]})
        wanted |= one
    return wanted


def owners_of_units(unit_ids: Sequence[int]) -> dict[int, tuple[TitledOwner, ...]]:
    """The present owners of these units, by unit; a unit nobody owns is not there."""
    by_unit: dict[int, list[Ownership]] = defaultdict(list)
    found = Ownership.objects.filter(unit__in=unit_ids, valid_to__isnull=True)
    for title in _with_owners(found):
        by_unit[title.unit_id].append(title)
    return {unit: _owners(titles) for unit, titles in by_unit.items()}


def _with_owners(titles: QuerySet[Ownership]) -> QuerySet[Ownership]:
    waits = Exists(open_number_checks().filter(owner=OuterRef("owner")))
    return titles.select_related("owner").annotate(number_waits=waits).order_by("pk")


def open_number_checks() -> QuerySet[NumberCheck]:
    """Document numbers that one person entered and no other has confirmed."""
    return NumberCheck.objects.filter(confirmed_at__isnull=True)


def _owners(titles: Sequence[Ownership]) -> tuple[TitledOwner, ...]:
    sole = len(titles) == 1
    return tuple(
        TitledOwner(
            owner_id=title.owner_id,
            document_hash=title.owner.document_hash,
            kind=title.owner.kind,
            name=title.owner.name,
            phone=title.owner.phone,
            is_voter=title.is_voter or sole,
            document_number=title.owner.document_number,
            share_text=title.share_text,
            number_waits=title.number_waits,  # type: ignore[attr-defined]
        )
        for title in titles
    )


def _titled(unit: Unit, titles: Sequence[Ownership]) -> TitledUnit:
    return TitledUnit(
        unit_id=unit.pk,
        label=unit.label,
        building_id=unit.building_id,
        building=unit.building.name,
        entrance=unit.entrance,
        floor=unit.floor,
        room=unit.room,
        use=unit.use,
        area=unit.area,
        area_source=unit.area_source,
        status=unit.status,
        owners=_owners(titles),
    )


def _walking_order(unit: TitledUnit) -> tuple[Any, ...]:
    """10幢 after 2幢, ground floor first: the order in which letters are carried round."""
    return (
        natural(unit.building),
        natural(unit.entrance),
        unit.floor if unit.floor is not None else -999,
        natural(unit.label),
    )
