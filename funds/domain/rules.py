"""The fund's rules of a place, read from its profile: every value with its clause."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from registry.domain.profiles import RuleValue, unverified

# Name → (value where the profile says nothing, words for its source).
_OURS = "平台默认，法律没有规定"
DEFAULTS: dict[str, Any] = {
    "fund.applicants": [
        "owners_committee", "management_committee", "property_manager",
        "residents_committee", "owners",
    ],
    "fund.min_quotes": 3,
    "fund.review_steps": ["street", "bureau"],
    "fund.review_days": {"street": 3, "bureau": 5, "second": 2, "committee": 5, "seller": 5},
    "fund.two_people_above_fen": 5_000_000,
    "fund.over_budget_redecide": [0, 100],
    "fund.emergency_codes": ["E1", "E2", "E3", "E4", "E5", "E6", "E99"],
    "fund.emergency_applicants": ["owners_assembly", "owners_committee"],
    "fund.emergency_deciders": ["owners_committee"],
    "fund.emergency_clock_hours": 48,
    "fund.emergency_desk_hours": {"finding": 12, "decision": 12, "review": 24},
    "fund.emergency_advance": [50, 100],
    "fund.emergency_post_days": 7,
    "fund.emergency_parties": 3,
    "fund.split_months": 12,
    "fund.split_above_fen": 5_000_000,
}  # fmt: skip


class Rule(NamedTuple):
    """One value with its clause."""

    value: Any
    clause: str


class FundRules:
    """The rules of one estate on one day.

    `rules["fund.min_quotes"]` is a `Rule`. KeyError for a name that is none of ours.
    """

    def __init__(self, values: Mapping[str, RuleValue]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> Rule:
        default = DEFAULTS[name]
        stated = self._values.get(name)
        return Rule(default, _OURS) if stated is None else Rule(stated.value, stated.clause)

    def unverified(self) -> list[str]:
        """Names whose clause nobody has read and no official answers for."""
        return unverified(self._values, DEFAULTS)
