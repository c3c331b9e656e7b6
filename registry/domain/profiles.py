"""Rule profiles: thresholds, periods and percentages as data, each with its clause.

A profile is a chain of layers, the nation first, then province, city and the estate's own
rules of procedure; a later layer overrides a value of an earlier one by its name. Every
value says where it comes from, and whether somebody read that place.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from registry.domain.citations import citation


class Layer(NamedTuple):
    """One profile as stored: `values` is name → {"value", "clause", "verified", …}."""

    code: str
    valid_from: date
    valid_to: date | None
    values: Mapping[str, Mapping[str, Any]]

    def in_force(self, on: date) -> bool:
        """Both dates are days on which the layer holds."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


class RuleValue(NamedTuple):
    """One value, its source as pages and papers cite it, and the official who answers for it
    if it was not read."""

    value: Any
    clause: str
    profile: str
    verified: bool
    confirmed_by: str = ""

    @property
    def usable(self) -> bool:
        """Whether production may rely on it: read in its source, or confirmed by name."""
        return self.verified or bool(self.confirmed_by)


def resolve(layers: Sequence[Layer], on: date) -> dict[str, RuleValue]:
    """The values in force on a day.

    `layers`: base first, versions of one profile by date. Those not in force on that day
    add nothing.
    """
    values: dict[str, RuleValue] = {}
    for layer in layers:
        if not layer.in_force(on):
            continue
        for name, stated in layer.values.items():
            values[name] = RuleValue(
                stated["value"],
                citation(stated["clause"]),
                layer.code,
                bool(stated["verified"]),
                stated.get("confirmed_by", ""),
            )
    return values


def unverified(
    values: Mapping[str, RuleValue], names: Iterable[str] | None = None
) -> list[str]:
    """The names production must not rely on yet, sorted; of all values or of some."""
    wanted = values if names is None else [name for name in names if name in values]
    return sorted(name for name in wanted if not values[name].usable)


def frozen(values: Mapping[str, RuleValue]) -> dict[str, dict[str, Any]]:
    """The form a session keeps: plain JSON, name → {"value", "clause", "profile", …}."""
    return {name: values[name]._asdict() for name in sorted(values)}


def thawed(kept: Mapping[str, Mapping[str, Any]]) -> dict[str, RuleValue]:
    """The inverse of `frozen`."""
    return {name: RuleValue(**fields) for name, fields in kept.items()}
