"""Roles of invented people, as two operators give them."""

from collections.abc import Mapping
from datetime import datetime

from accounts.models import User
from accounts.selectors import takes_second
from accounts.services.grants import confirm_grant, grant_role
from core.deadlines import local_day
from registry.models import Authority, Estate


def give(
    user: User, role: str, place: Estate | Authority, people: Mapping[str, User], at: datetime
) -> None:
    """One operator grants, the other confirms where it takes two, or will with a roll."""
    grant = grant_role(
        user=user,
        role=role,
        place=place,
        valid_from=local_day(at),
        valid_to=None,
        actor=people["operator"],
        at=at,
    )
    if takes_second(grant, local_day(at)):
        confirm_grant(grant=grant, actor=people["operator2"], at=at)
