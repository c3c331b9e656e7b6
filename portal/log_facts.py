"""What of an act leaves the house in an export of the log, and what does not.

Acts hold numbers, codes and hashes (`logbook.steps.record_act`); a few hold text that a
person typed. What goes out is what has the shape of a number, a date, a code or a hash. Any
other text stays, and its name is told, so that whoever audits can ask for it.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from accounts.masking import masked

_CODE = re.compile(r"[A-Za-z0-9._:/+=,-]{0,128}")
# Texts of the house, not of a person: numbers of papers, and of a building.
_TEXTS = frozenset({"number", "opinion", "building"})
# Typed freely by somebody, whatever it looks like.
_TYPED = frozenset({"official", "seen", "for", "reference", "court"})
# Shown in columns of their own.
_APART = frozenset({"actor", "role", "reason"})
_ACTOR = re.compile(r"[a-z]+(?::\d+)?|manage\.py [a-z_]+")


class Facts(NamedTuple):
    """`shown` of an act, and the names of what is `kept` back."""

    shown: dict[str, Any]
    kept: list[str]


def facts_of(body: Mapping[str, Any]) -> Facts:
    """What may be exported of an act's body."""
    rest = {key: value for key, value in body.items() if key not in _APART}
    shown = {key: value for key, value in rest.items() if _may_leave(key, value)}
    return Facts(shown, sorted(rest.keys() - shown.keys()))


def actor_of(body: Mapping[str, Any]) -> str:
    """Who acted, by number: "user:7", "party:12", "system", "manage.py rotate_keys"."""
    actor = str(body.get("actor", ""))
    return actor if _ACTOR.fullmatch(actor) else "***"


def role_of(body: Mapping[str, Any]) -> str:
    """In which role, where the act says so."""
    role = str(body.get("role", ""))
    return role if _CODE.fullmatch(role) else ""


def reason_of(body: Mapping[str, Any]) -> str:
    """Why, as staff wrote it: numbers of people are covered."""
    return masked(str(body.get("reason", "")))


def _may_leave(key: str, value: Any) -> bool:
    if key in _TYPED:
        return False
    if isinstance(value, list):
        return all(_may_leave(key, one) for one in value)
    # No number of a person is shorter than eleven digits.
    if value is None or (isinstance(value, int) and abs(value) < 10**10):
        return True
    text = str(value)
    if isinstance(value, str) and not (key in _TEXTS or _CODE.fullmatch(text)):
        return False
    return isinstance(value, str | int) and masked(text) == text
