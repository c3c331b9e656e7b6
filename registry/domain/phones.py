"""What a file says of the phones of owners who are known already, in figures."""

from typing import NamedTuple

from registry.domain.difference import Difference, Registry


class PhonesTold(NamedTuple):
    """Owners: `changed` have another number than the file's, `first` have none so far."""

    changed: int = 0
    first: int = 0


def phones_told(registry: Registry, difference: Difference) -> PhonesTold:
    """How many known owners' phones the file changes, and how many it is the first to name."""
    told = {one.owner_id for one in difference.owners if "phone" in one.facts}
    known = [one for one in registry.owners.values() if one.owner_id in told]
    first = sum(not one.phone_key for one in known)
    return PhonesTold(len(known) - first, first)
