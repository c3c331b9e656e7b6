"""Which group at the provider is which role, where: a small JSON file.

{"groups": {"yishi-bureau": {"role": "bureau", "authority": "样例市住建局"},
            "yishi-desk":   [{"role": "organiser", "estate": "7Q2M8KXH"}],
            "yishi-admin":  {"role": "operator"}}}

An authority is named as it is called, or by its number where two have one name.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings

from accounts.labels import ROLE_PLACES
from registry.models import Authority, Estate


class MappingFault(ValueError):
    """The file cannot be used; the text says where it is wrong."""


class Named(NamedTuple):
    """A role at a place, as the file names it."""

    role: str
    estate: str
    authority: str | int | None


class Given(NamedTuple):
    """A role at a place that exists."""

    role: str
    estate: int | None
    authority: int | None


def read_mapping() -> dict[str, list[Named]]:
    """The file of the settings. MappingFault."""
    try:
        text = Path(settings.OIDC_GROUPS_FILE).read_text(encoding="utf-8")
        groups = json.loads(text)["groups"]
        return {
            str(group): [_named(one) for one in (roles if isinstance(roles, list) else [roles])]
            for group, roles in groups.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise MappingFault(f"{settings.OIDC_GROUPS_FILE}: {wrong}") from wrong


def _named(one: dict[str, Any]) -> Named:
    unknown = set(one) - {"role", "estate", "authority"}
    if unknown or one.get("role") not in ROLE_PLACES:
        raise MappingFault(f"role {one.get('role')!r}, unknown keys {sorted(unknown)}")
    found = Named(one["role"], str(one.get("estate", "")), one.get("authority"))
    wanted = ROLE_PLACES[found.role]
    expected = (wanted.estate, bool(wanted.kinds))
    if (bool(found.estate), found.authority is not None) != expected:
        raise MappingFault(f"role {found.role!r} is not for such a place")
    return found


def groups_in(claims: dict[str, Any]) -> list[str]:
    """The person's groups; a provider may send one as plain text."""
    said = claims.get(settings.OIDC_GROUPS_CLAIM, [])
    said = [said] if isinstance(said, str) else said
    return [one for one in said if isinstance(one, str)] if isinstance(said, list) else []


def roles_of(groups: Iterable[str]) -> list[Given]:
    """The roles these groups give. MappingFault where a place does not exist."""
    mapping = read_mapping()
    named = [one for group in groups for one in mapping.get(group, [])]
    return list(dict.fromkeys(_given(one) for one in named))


def _given(one: Named) -> Given:
    if one.estate:
        estate = Estate.objects.filter(code=one.estate).values_list("pk", flat=True).first()
        if estate is None:
            raise MappingFault(f"no estate {one.estate}")
        return Given(one.role, estate, None)
    if one.authority is None:
        return Given(one.role, None, None)
    by = {"pk": one.authority} if isinstance(one.authority, int) else {"name": one.authority}
    found = Authority.objects.filter(**by, kind__in=ROLE_PLACES[one.role].kinds)
    numbers = list(found.values_list("pk", flat=True)[:2])
    if len(numbers) != 1:
        raise MappingFault(f"{len(numbers)} or more authorities {one.authority}")
    return Given(one.role, None, numbers[0])
