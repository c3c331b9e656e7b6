"""Roles that come with groups at the identity provider, and go with them."""

from datetime import datetime

from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.db.models import Q

from accounts.held import BY_PROVIDER
from accounts.models import RoleGrant, User
from accounts.oidc.groups import Given
from accounts.services.grants import end_grants, grant_faults, note_grant
from core.deadlines import local_day
from logbook.steps import PLATFORM_LOG, record_act

Key = tuple[str, int | None, int | None]


def actor_name(issuer: str) -> str:
    """Who gave such a role, as grants and logs say it."""
    return f"{BY_PROVIDER}{issuer.split('://', 1)[-1]}"[:80]


@transaction.atomic(durable=True)
def welcome(
    *, provider: str, person: str, display_name: str, issuer: str, at: datetime
) -> None:
    """An account for `person`, whom the provider vouches for; harmless where there is one.

    Its roles follow in `settle_groups`.
    """
    # By its own name, never by one the provider says: that could be somebody's who is here.
    user, made = User.objects.select_for_update(no_key=True).get_or_create(
        username=f"sso-{person[:24]}", defaults={"display_name": display_name[:40]}
    )
    if not made:
        return
    user.set_unusable_password()
    user.save(update_fields=["password"])
    SocialAccount.objects.create(user=user, provider=provider, uid=person)
    record_act(PLATFORM_LOG, "invite_user", {"user": user.pk}, actor=actor_name(issuer), at=at)


def is_settled(user: User, given: list[Given], at: datetime) -> bool:
    """Whether nothing is to be done; a read, so that asking every minute writes nothing."""
    open_now = {_key(grant) for grant in _open(user, at)}
    return open_now == {tuple(one) for one in given}


@transaction.atomic(durable=True)
def settle_groups(
    *, user: User, given: list[Given], issuer: str, keep: int | None, at: datetime
) -> list[str]:
    """Begin what the person's groups give (without a second operator: who keeps the groups
    and who keeps the mapping are two already) and end what they no longer give; by hand given
    roles are left alone. Returns why some could not be given (监票人 of the own session).

    Where something ended, every browser of the person but `keep` is signed out.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    actor, wanted, faults = actor_name(issuer), {tuple(one) for one in given}, []
    ended = [grant for grant in _open(user, at) if _key(grant) not in wanted]
    end_grants(ended, reason="group gone", actor=actor, at=at, keep=keep)
    there = {_key(grant) for grant in _open(user, at)}
    for one in given:
        if tuple(one) not in there:
            faults += _give(user, one, actor, at)
    return faults


def _give(user: User, one: Given, actor: str, at: datetime) -> list[str]:
    grant = RoleGrant(
        user=user,
        role=one.role,
        estate_id=one.estate,
        authority_id=one.authority,
        valid_from=local_day(at),
        granted_by=actor,
    )
    if faults := grant_faults(grant, None):
        return faults
    grant.save()
    begun = {"from": grant.valid_from.isoformat(), "to": None}
    note_grant(grant, "grant_role", actor, at, role=one.role, **begun)
    return []


def _open(user: User, at: datetime) -> list[RoleGrant]:
    day = local_day(at)
    return list(
        RoleGrant.objects.filter(
            Q(valid_to=None) | Q(valid_to__gte=day),
            user=user,
            deputy_of=None,
            granted_by__startswith=BY_PROVIDER,
        ).select_related("estate")
    )


def _key(grant: RoleGrant) -> Key:
    return grant.role, grant.estate_id, grant.authority_id
