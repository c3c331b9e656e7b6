"""What a spreadsheet would change in the registry: new, changed, unchanged, gone.

An empty cell says nothing: it never erases what the registry knows. Owners are told apart
by the key of their document number; an owner without one is known by name within a unit.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from registry.domain.rows import OwnerRow, UnitRow

UNIT_FIELDS = (
    "label",
    "building",
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
_STATUS = UNIT_FIELDS.index("status")
# So many units gone, and at least one of so many of the living ones: rather a wrong file.
MANY_GONE, MANY_GONE_OF = 20, 5
OWNER_FIELDS = ("name", "kind", "document_kind", "document_number", "phone")
# Keys: the document number of an owner, or unit label and name where there is none.
Key = Callable[[str, str, str], str]


class Holding(NamedTuple):
    """A title in force."""

    title_id: int
    key: str  # of its owner
    basis: str
    share_text: str
    is_voter: bool


class Standing(NamedTuple):
    """A living unit of the registry: `facts` in the order of UNIT_FIELDS."""

    unit_id: int
    facts: tuple[Any, ...]
    holdings: tuple[Holding, ...]

    @property
    def label(self) -> str:
        return str(self.facts[0])


class Known(NamedTuple):
    """An owner of the registry: `facts` in the order of OWNER_FIELDS."""

    owner_id: int
    facts: tuple[str, ...]
    phone_key: str = ""  # keyed hash of the phone
    identity_check: str = ""


class Registry(NamedTuple):
    """An estate as it stands: units by label, owners by key."""

    units: Mapping[str, Standing]
    owners: Mapping[str, Known]


class Change(NamedTuple):
    """What becomes of one unit. `facts`: field → (before, after)."""

    row: UnitRow
    standing: Standing
    facts: dict[str, tuple[Any, Any]]
    opened: tuple[tuple[str, OwnerRow], ...]  # key and owner of new titles
    closed: tuple[Holding, ...]
    amended: tuple[tuple[Holding, dict[str, Any]], ...]  # titles kept with another basis, …

    @property
    def owners_change(self) -> bool:
        return bool(self.opened or self.closed)


class OwnerChange(NamedTuple):
    """An owner known already, told more: `facts` field → after; `key` new where it changed."""

    owner_id: int
    key: str
    facts: dict[str, str]


class Difference(NamedTuple):
    """Everything confirming an import would write."""

    new: tuple[UnitRow, ...]
    changed: tuple[Change, ...]
    unchanged: int
    gone: tuple[Standing, ...]
    owners: tuple[OwnerChange, ...]

    @property
    def counts(self) -> dict[str, int]:
        """The figures a preview shows first."""
        return {
            "new": len(self.new),
            "changed": len(self.changed),
            "unchanged": self.unchanged,
            "gone": len(self.gone),
            "owners_changed": len(self.owners),
        }

    @property
    def retirement(self) -> str:
        """A warning where a whole-roll file leaves out so much that it may be a part only."""
        return retirement(self.counts)


def retirement(counts: Mapping[str, int]) -> str:
    """The same from a preview's figures."""
    gone = counts["gone"]
    living = gone + counts["changed"] + counts["unchanged"]
    if gone < MANY_GONE or gone * MANY_GONE_OF < living:
        return ""
    return (
        f"名册现有 {living} 套，新表格里没有其中的 {gone} 套，导入后它们全部失效；"
        "表格只是一部分房屋的，请按“一部分房屋”重新上传"
    )


def compare(
    registry: Registry, units: Sequence[UnitRow], *, key_of: Key, whole: bool = True
) -> Difference:
    """Hold the rows against the registry.

    `whole`: the file lists the whole estate, so that a unit it does not name is gone.
    """
    comparison = _Comparison(registry, key_of)
    standing_of = _matched(registry, units)
    new, changed, unchanged = [], [], 0
    for unit in units:
        standing = standing_of.get(unit.label)
        if standing is None:
            comparison.meet_owners(unit, ())
            new.append(unit)
            continue
        change = comparison.change(unit, standing)
        if change.facts or change.owners_change or change.amended:
            changed.append(change)
        else:
            unchanged += 1
    named = {standing.unit_id for standing in standing_of.values()}
    gone = (one for one in registry.units.values() if whole and one.unit_id not in named)
    return Difference(
        tuple(new), tuple(changed), unchanged, tuple(gone), comparison.owner_changes()
    )


def _matched(registry: Registry, units: Iterable[UnitRow]) -> dict[str, Standing]:
    """The standing unit of each row: by label, or by its number where it was renamed."""
    units = list(units)
    named = {unit.label for unit in units}
    place = UNIT_FIELDS.index("registry_number")
    by_number = {
        standing.facts[place]: standing
        for standing in registry.units.values()
        if standing.facts[place] and standing.label not in named
    }
    matched = {}
    for unit in units:
        standing = registry.units.get(unit.label) or by_number.get(unit.registry_number)
        if standing is not None:
            matched[unit.label] = standing
    return matched


class _Comparison:
    def __init__(self, registry: Registry, key_of: Key) -> None:
        self.registry = registry
        self.key_of = key_of
        self.taken = set(registry.owners)
        self.told: dict[int, tuple[str, dict[str, str]]] = {}

    def change(self, unit: UnitRow, standing: Standing) -> Change:
        facts = {
            field: (before, after)
            for field, before, after in zip(
                UNIT_FIELDS, standing.facts, unit_facts(unit), strict=True
            )
            if after not in (before, "", None)
        }
        if not unit.status and unit.owners and standing.facts[_STATUS] == "unsold":
            # The developer's room has an owner now, and the file has no column for it.
            facts["status"] = ("unsold", "delivered")
        owners = self.meet_owners(unit, standing.holdings)
        held = {holding.key: holding for holding in standing.holdings}
        # A row without owners says nothing about them: undelivered and unsold rooms often
        # come without, and a delivered one without is a fault already.
        closed = [one for key, one in held.items() if key not in owners] if owners else []
        opened = [(key, owner) for key, owner in owners.items() if key not in held]
        amended = []
        for key, owner in owners.items():
            if key in held:
                terms = self._amended(unit, owner, held[key], bool(closed or opened))
                if terms:
                    amended.append((held[key], terms))
        return Change(unit, standing, facts, tuple(opened), tuple(closed), tuple(amended))

    def meet_owners(self, unit: UnitRow, holdings: Sequence[Holding]) -> dict[str, OwnerRow]:
        """The owners of a row by key; notes what the row tells of owners known already."""
        owners = {}
        for owner in unit.owners:
            key = self.key_of(unit.label, owner.name, owner.document_number)
            namesake = self._namesake(owner, holdings)
            if namesake and not owner.document_number:
                key = namesake.key
            elif namesake and key not in self.taken and self._is_unnumbered(namesake):
                # The number of an owner who had none so far: the same title goes on.
                self.taken.add(key)
                self._tell(namesake.key, owner, key)
                key = namesake.key
            if key in self.registry.owners:
                self._tell(key, owner)
            owners[key] = owner
        return owners

    def owner_changes(self) -> tuple[OwnerChange, ...]:
        return tuple(
            OwnerChange(owner_id, key, facts)
            for owner_id, (key, facts) in self.told.items()
            if facts
        )

    def _tell(self, key: str, owner: OwnerRow, new_key: str = "") -> None:
        known = self.registry.owners[key]
        told_key, facts = self.told.get(known.owner_id, (key, {}))
        for field, before in zip(OWNER_FIELDS, known.facts, strict=True):
            after = getattr(owner, field)
            if after and after != before:
                facts[field] = after
        self.told[known.owner_id] = (new_key or told_key, facts)

    def _namesake(self, owner: OwnerRow, holdings: Sequence[Holding]) -> Holding | None:
        same = [
            holding
            for holding in holdings
            if holding.key in self.registry.owners
            and self.registry.owners[holding.key].facts[0] == owner.name
        ]
        return same[0] if len(same) == 1 else None

    def _is_unnumbered(self, holding: Holding) -> bool:
        return not self.registry.owners[holding.key].facts[
            OWNER_FIELDS.index("document_number")
        ]

    def _amended(
        self, unit: UnitRow, owner: OwnerRow, holding: Holding, owners_change: bool
    ) -> dict[str, Any]:
        terms: dict[str, Any] = {}
        if unit.basis and unit.basis != holding.basis:
            terms["basis"] = unit.basis
        if owner.share_text and owner.share_text != holding.share_text:
            terms["share_text"] = owner.share_text
        if owners_change and not owner.is_voter:
            # Other joint owners, another choice to make.
            voter = False
        else:
            voter = owner.is_voter or (
                holding.is_voter and not any(one.is_voter for one in unit.owners)
            )
        if voter != holding.is_voter:
            terms["is_voter"] = voter
        return terms


def unit_facts(unit: UnitRow) -> tuple[Any, ...]:
    """The facts of a row in the order of UNIT_FIELDS."""
    return tuple(getattr(unit, field) for field in UNIT_FIELDS)
