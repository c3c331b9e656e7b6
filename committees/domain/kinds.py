"""Which committee each kind of formation leads to."""

from collections.abc import Mapping

COMMITTEES: Mapping[str, str] = {
    "owners_committee": "owners",
    "renewal": "owners",
    "management_committee": "management",
}
