"""Roles: given, confirmed by a second person, lent to a deputy, taken back.

Nobody decides about the own rights. A role of officials, a role that names owners where there
is a roll, and whatever is lent give nothing until another operator has confirmed it: one
person alone, or one stolen account, can make nobody a bureau, nor read a roll through a friend.
"""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.labels import ROLE_PLACES, role_title
from accounts.models import RoleGrant, User
from accounts.permissions import (
    NAMES_PEOPLE,
    ROLE_PERMISSIONS,
    Permission,
    has_permission,
    takes_two,
)
from accounts.selectors import is_party_to, overlapping, reaches_roll, takes_second
from accounts.services.operators import two_operators_stay
from accounts.steps import end_sign_ins, queue_message
from core.deadlines import local_day
from core.errors import RuleViolation
from logbook.steps import PLATFORM_LOG, record_act
from registry.models import Authority, Estate

# 代理 bridges an absence; who stays away for longer gets a successor.
LONGEST_DEPUTY = timedelta(days=90)


@transaction.atomic(durable=True)
def grant_role(
    *,
    user: User,
    role: str,
    place: Estate | Authority | None,
    valid_from: date,
    valid_to: date | None,
    actor: User,
    at: datetime,
) -> RoleGrant:
    """Give `user` a role at one place from one day to another, both included.

    Where it `takes_two` it waits for `confirm_grant`. RuleViolation grant.refused with every
    reason in facts["reasons"].
    """
    _locked(user)
    grant = RoleGrant(
        user=user,
        role=role,
        estate=place if isinstance(place, Estate) else None,
        authority=place if isinstance(place, Authority) else None,
        valid_from=valid_from,
        valid_to=valid_to,
        granted_by=_who(actor),
        waits=takes_two(role, has_roll=reaches_roll(place)),
    )
    _demand(grant_faults(grant, actor))
    return _granted(grant, actor, at)


@transaction.atomic(durable=True)
def appoint_deputy(
    *,
    grant: RoleGrant,
    user: User,
    valid_from: date,
    valid_to: date,
    reason: str,
    actor: User,
    at: datetime,
) -> RoleGrant:
    """代理: `user` holds the role of `grant` beside its holder, at most 90 days.

    Asked for by the holder (`actor`), in force once an operator confirmed it, over whenever
    the lent role is. RuleViolation grant.refused with every reason.
    """
    _locked(user)
    grant = RoleGrant.objects.select_for_update(no_key=True).get(pk=grant.pk)
    deputy = RoleGrant(
        user=user,
        role=grant.role,
        estate=grant.estate,
        authority=grant.authority,
        valid_from=valid_from,
        valid_to=valid_to,
        granted_by=_who(actor),
        waits=True,
        deputy_of=grant,
    )
    _demand(_deputy_faults(deputy, grant, actor, local_day(at)))
    return _granted(deputy, actor, at, reason=reason, deputy_of=grant.pk)


@transaction.atomic(durable=True)
def confirm_grant(*, grant: RoleGrant, actor: User, at: datetime) -> RoleGrant:
    """The second pair of eyes: it holds from now on; one that held by a single word where no
    roll was stays when a roll comes.

    RuleViolation grant.no_wait, grant.over, grant.same_person, grant.refused.
    """
    _locked(grant.user)
    grant = _undecided(grant, local_day(at))
    if grant.valid_to is not None and grant.valid_to < local_day(at):
        raise RuleViolation("grant.over", _("这项授权已经结束"))
    if is_party_to(actor, grant):
        raise RuleViolation(
            "grant.same_person", _("提出授权的人和本人不能确认，请由另一位管理员确认")
        )
    _demand_operator(actor)
    lent = grant.deputy_of
    if lent is not None and not RoleGrant.objects.standing(local_day(at)).filter(pk=lent.pk):
        raise RuleViolation("grant.over", _("被代理的授权已经结束"))
    # What was granted in between counts too.
    _demand(_clashes(grant))
    told, grant.waits, grant.confirmed_by = not grant.waits, False, _who(actor)
    grant.save(update_fields=["waits", "confirmed_by"])
    note_grant(grant, "confirm_grant", actor, at)
    if not told:
        _tell(grant, at)
    return grant


@transaction.atomic(durable=True)
def decline_grant(*, grant: RoleGrant, reason: str, actor: User, at: datetime) -> None:
    """It shall not be; whoever asked for it may take it back in the same way.

    RuleViolation grant.no_wait.
    """
    grant = _waiting(grant)
    _demand_operator(actor)
    _end(grant, at)
    note_grant(grant, "decline_grant", actor, at, reason=reason)


@transaction.atomic(durable=True)
def revoke_role(*, grant: RoleGrant, reason: str, actor: User, at: datetime) -> None:
    """End a grant at once, and what was lent of it. The rows stay: who could do what, when,
    must remain readable. RuleViolation grant.over, grant.last_two."""
    with two_operators_stay(at):
        _revoke(grant, reason=reason, actor=actor, at=at)


def _revoke(grant: RoleGrant, *, reason: str, actor: User, at: datetime) -> None:
    grant = RoleGrant.objects.select_for_update(no_key=True).get(pk=grant.pk)
    if grant.valid_to is not None and grant.valid_to < local_day(at):
        raise RuleViolation("grant.over", _("这项授权已经结束"))
    end_grants([grant], reason=reason, actor=actor, at=at)


def end_grants(
    grants: list[RoleGrant],
    *,
    reason: str,
    actor: User | str,
    at: datetime,
    keep: int | None = None,
) -> None:
    """End grants and what was lent of them, inside the caller's transaction.

    Whoever lost a role signs in anew: no page made for it stays open in a browser, but for
    the one (`keep`) that has just found out.
    """
    for grant in grants:
        _end(grant, at)
        end_sign_ins(grant.user, at=at, keep=keep)
        note_grant(grant, "revoke_role", actor, at, reason=reason)
        lent = grant.deputies.select_for_update(no_key=True).exclude(valid_to__lt=local_day(at))
        end_grants(list(lent), reason=reason, actor=actor, at=at)


def _granted(grant: RoleGrant, actor: User, at: datetime, **facts: str | int) -> RoleGrant:
    grant.save()
    note_grant(
        grant, "grant_role", actor, at,
        role=grant.role,
        waits=grant.waits,
        **{"from": grant.valid_from.isoformat()},
        to=grant.valid_to.isoformat() if grant.valid_to else None,
        **facts,
    )  # fmt: skip
    if not grant.waits:
        _tell(grant, at)
    return grant


def _tell(grant: RoleGrant, at: datetime) -> None:
    inviter = User.objects.get(pk=int(grant.granted_by.removeprefix("user:")))
    queue_message(
        key=f"grant:{grant.pk}",
        phone=grant.user.phone,
        template="invited",
        params={
            "inviter": str(inviter),
            "role": str(role_title(grant.role)),
            "url": f"{settings.PUBLIC_URL}/accounts/login/code/",
        },
        at=at,
    )


def _locked(user: User) -> None:
    # Two operators at once must not make two people's one role, or a supervisor of the own
    # session: the person's row is the lock.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _waiting(grant: RoleGrant) -> RoleGrant:
    found = _row(grant)
    if not found.waits:
        raise RuleViolation("grant.no_wait", _("这项授权不需要确认，或者已经处理过了"))
    return found


def _undecided(grant: RoleGrant, day: date) -> RoleGrant:
    found = _row(grant)
    return found if takes_second(found, day) else _waiting(found)


def _row(grant: RoleGrant) -> RoleGrant:
    return (
        RoleGrant.objects.select_for_update(of=("self",), no_key=True)
        .select_related("user", "deputy_of", "estate")
        .get(pk=grant.pk)
    )


def _end(grant: RoleGrant, at: datetime) -> None:
    grant.valid_to = local_day(at) - timedelta(days=1)
    grant.waits = False
    grant.save(update_fields=["valid_to", "waits"])


def _demand(faults: list[str]) -> None:
    if faults:
        raise RuleViolation("grant.refused", "；".join(faults), reasons=faults)


def _demand_operator(actor: User) -> None:
    if not has_permission(actor, Permission.MANAGE_GRANTS):
        raise RuleViolation("grant.role", _("只有平台管理员可以确认或者退回授权"))


def grant_faults(grant: RoleGrant, actor: User | None) -> list[str]:
    """Everything that speaks against a grant by `actor`; None: by no person."""
    faults = []
    if actor is not None and grant.user_id == actor.pk:
        faults.append(_("不能给自己授权，请由另一位管理员操作"))
    wanted = ROLE_PLACES[grant.role]
    if not wanted.fits(grant.estate, grant.authority):
        faults.append(str(wanted.sentence))
    return faults + _clashes(grant)


def _deputy_faults(deputy: RoleGrant, grant: RoleGrant, actor: User, day: date) -> list[str]:
    faults = []
    if grant.user_id != actor.pk or grant.deputy_of_id is not None:
        faults.append(_("只有本人可以请人代理；代理人不能再请人代理"))
    if deputy.user_id == grant.user_id:
        faults.append(_("不能请自己代理"))
    if deputy.valid_from < day:
        faults.append(_("代理不能从今天以前开始"))
    if deputy.valid_to and deputy.valid_to - deputy.valid_from >= LONGEST_DEPUTY:
        faults.append(_("代理最多90天；更久的，请另行授权"))
    if not RoleGrant.objects.standing(day).filter(pk=grant.pk).exists():
        faults.append(_("这项授权还没有生效，或者已经结束"))
    elif grant.valid_to and deputy.valid_to and deputy.valid_to > grant.valid_to:
        faults.append(_("代理不能超过本人授权的期限"))
    return faults + _clashes(deputy)


def _clashes(grant: RoleGrant) -> list[str]:
    faults = []
    if not grant.user.is_active:
        faults.append(_("这个账号已停用"))
    if grant.valid_to and grant.valid_to < grant.valid_from:
        faults.append(_("结束日期早于开始日期"))
    others = [other for other in overlapping(grant) if other.pk != grant.pk]
    if any(other.role == grant.role for other in others):
        faults.append(_("这个人在这段时间已经有同样的授权"))
    # 监票人 watches over the organiser, so nobody is both at one estate.
    pair = {"organiser": "supervisor", "supervisor": "organiser"}.get(grant.role)
    if any(other.role == pair for other in others):
        faults.append(_("同一个人不能在同一小区既当组织者又当监票人"))
    # The manager is paid and watched by the others of its estate.
    if any(
        (other.role == "property_manager") != (grant.role == "property_manager")
        for other in others
    ):
        faults.append(_("同一个人不能在同一小区既当物业又有别的角色"))
    # Whoever audits has no acts of their own to audit.
    all_others = [other for other in overlapping(grant, anywhere=True) if other.pk != grant.pk]
    if any((other.role == "auditor") != (grant.role == "auditor") for other in all_others):
        faults.append(_("审计人员不能再有别的角色"))
    if any(_opens_names_to_operator(grant.role, other.role) for other in all_others):
        faults.append(_("平台管理员不能再有看得到业主姓名的角色"))
    return faults


def _opens_names_to_operator(one: str, other: str) -> bool:
    """Whether an operator, who has no business with owners, would see their names."""
    roles = {one, other}
    rest = roles - {"operator"}
    return "operator" in roles and any(ROLE_PERMISSIONS[role] & NAMES_PEOPLE for role in rest)


def note_grant(
    grant: RoleGrant,
    act: str,
    actor: User | str,
    at: datetime,
    **facts: str | int | bool | None,
) -> None:
    """What became of a grant, in the log of its place."""
    place = f"estate/{grant.estate.code}" if grant.estate else PLATFORM_LOG
    body = {"grant": grant.pk, "user": grant.user_id, **facts}
    record_act(place, act, body, actor=_who(actor), at=at)


def _who(actor: User | str) -> str:
    return actor if isinstance(actor, str) else f"user:{actor.pk}"
