"""What a person holds today: read once a page, whoever asks.

The gate makes room on the person of a request (`remember`); the first question fills it. A
person from anywhere else (a command, a sweeper, a test) is asked anew each time.
"""

from datetime import date
from typing import NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.utils import timezone

from accounts.models import RoleGrant, User

Visitor = User | AnonymousUser
_ROOM, _SIGNED_IN_THERE = "_held_today", "_signed_in_at_provider"
# Roles that come with groups at the identity provider (`services.groups`).
BY_PROVIDER = "oidc:"


class Held(NamedTuple):
    """A role in force: for an estate, for an authority, or (neither) for the platform."""

    role: str
    estate: int | None
    authority: int | None


def today() -> date:
    """The date in Asia/Shanghai, by which grants begin and end."""
    return timezone.localdate()


def in_force(path: str) -> Q:
    """What began and has not ended today; `path` leads to its two dates."""
    now = today()
    return Q(**{f"{path}valid_from__lte": now}) & (
        Q(**{f"{path}valid_to__isnull": True}) | Q(**{f"{path}valid_to__gte": now})
    )


def remember(user: Visitor, *, at_provider: bool) -> None:
    """Make room for what this person holds; what was kept there is forgotten.

    Roles that come with groups count only in a session that began at the provider: in any
    other nobody would ask it whether the group is still there.
    """
    setattr(user, _ROOM, None)
    setattr(user, _SIGNED_IN_THERE, at_provider)


def held_by(user: Visitor) -> list[Held]:
    """The grants of `user` in force today, the oldest first; none of an inactive person."""
    if not (user.is_authenticated and user.is_active):
        return []
    kept: list[Held] | None = getattr(user, _ROOM, None)
    if kept is not None:
        return kept
    rows = RoleGrant.objects.standing(today()).filter(user=user).order_by("pk")
    if not getattr(user, _SIGNED_IN_THERE, True):
        rows = rows.exclude(granted_by__startswith=BY_PROVIDER)
    found = [Held(*row) for row in rows.values_list("role", "estate", "authority")]
    if hasattr(user, _ROOM):
        setattr(user, _ROOM, found)
    return found
