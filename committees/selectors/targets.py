"""The share of estates that have to form, as the rules of a place say."""

from datetime import date
from typing import NamedTuple

from committees.domain.formation import Share
from core.exact import share_down
from registry.domain.profiles import RuleValue, resolve
from registry.models import Authority
from registry.selectors import profile_layers
from registry.services.places import profile_of


class Target(NamedTuple):
    """A share with the paper it comes from."""

    share: Share
    clause: str
    usable: bool = True  # somebody read the clause, or answers for it

    @property
    def words(self) -> str:
        """``70%``."""
        return share_down(*self.share).replace(".00%", "%")


def rules_at(authority: Authority | None, on: date) -> dict[str, RuleValue]:
    """The rules of an authority's place: of its nearest division, or of one above it."""
    step = authority
    while step is not None and not step.division_id:
        step = step.parent
    return resolve(profile_layers(profile_of(step.division_id or "" if step else "")), on)


def target_of(authority: Authority | None, on: date) -> Target | None:
    """None: no rule sets one."""
    found = rules_at(authority, on).get("formation.target")
    return Target(Share(*found.value), found.clause, found.usable) if found else None
