"""Whose a party's units are today, and whether those are the people of the frozen roll."""

from collections.abc import Sequence
from typing import NamedTuple

from registry.selectors import TitledOwner, owners_of_units
from voting.models import Party
from voting.protocol import roll
from voting.protocol.suite import suite


class HoldersToday(NamedTuple):
    """`owners` of the first unit today; `alike`: all units have the same; `as_frozen`: they
    are whom the party's commitment on the board names."""

    owners: Sequence[TitledOwner]
    alike: bool
    as_frozen: bool


def holders_today(party: Party) -> HoldersToday:
    """Today's owners of the party's units. `party` comes with its session."""
    units = list(party.units.order_by("pk").values_list("unit_id", "label", "area"))
    held = owners_of_units([unit for unit, _label, _area in units])
    owners = [held.get(unit, ()) for unit, _label, _area in units]
    keys = {frozenset(one.document_hash for one in some) for some in owners}
    now = roll.commitment(
        suite(party.session.suite),
        bytes.fromhex(party.salt),
        {
            "units": [[label, area] for _unit, label, area in units],
            "owners": sorted({one.document_hash for some in owners for one in some}),
        },
    )
    return HoldersToday(owners[0], len(keys) == 1, now == party.commitment)
