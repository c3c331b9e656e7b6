"""Inviting people and giving them roles. Nobody decides about the own rights."""

import re
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.labels import ROLE_PLACES, role_title
from accounts.models import RoleGrant, User
from accounts.phones import clean_phone, phone_hash
from accounts.steps import end_sign_ins, queue_message
from core.deadlines import local_day
from core.errors import RuleViolation
from logbook.steps import record_act
from registry.models import Authority, Estate

PLATFORM_LOG = "platform"
_USERNAME = re.compile(r"[\w.@+-]{1,60}")


@transaction.atomic(durable=True)
def invite_user(
    *, username: str, display_name: str, phone: str, actor: User, at: datetime
) -> User:
    """Make an account without a password; its owner signs in by a code to the phone.

    RuleViolation user.username_taken, user.phone_taken, phone.invalid, phone.missing.
    """
    phone = clean_phone(phone)
    if not phone:
        raise RuleViolation("phone.missing", _("请填手机号：没有手机号就收不到登录验证码"))
    if User.objects.filter(username=username).exists():
        raise RuleViolation("user.username_taken", _("这个用户名已经有人用了，请换一个"))
    if User.objects.filter(phone_hash=phone_hash(phone)).exists():
        raise RuleViolation("user.phone_taken", _("这个手机号已经有账号，请给那个账号授权"))
    user = User(
        username=username, display_name=display_name, phone=phone, phone_hash=phone_hash(phone)
    )
    user.set_unusable_password()
    user.save()
    record_act(PLATFORM_LOG, "invite_user", {"user": user.pk}, actor=_who(actor), at=at)
    return user


@transaction.atomic(durable=True)
def make_operator(
    *, username: str, display_name: str = "", password: str = "", actor: str, at: datetime
) -> User:
    """Whoever has the server's command line names who runs the platform; nobody else can be
    the first to grant a role. Harmless for somebody who is operator already.

    A new account without `password` has none. RuleViolation user.username,
    user.inactive.
    """
    if not _USERNAME.fullmatch(username):
        raise RuleViolation(
            "user.username", _("用户名只能用字母、数字、汉字和 @ . + - _，最多60个字")
        )
    user, made = User.objects.select_for_update(no_key=True).get_or_create(
        username=username, defaults={"display_name": display_name[:40]}
    )
    if not user.is_active:
        raise RuleViolation("user.inactive", _("这个账号已停用"))
    if password:
        user.set_password(password)
    elif made:
        user.set_unusable_password()
    user.display_name = display_name[:40] or user.display_name
    user.save(update_fields=["password", "display_name"])
    day = local_day(at)
    grant = RoleGrant(user=user, role="operator", valid_from=day, granted_by=actor)
    is_one = any(one.role == "operator" for one in _overlapping(grant))
    if not is_one:
        grant.save()
    if password or not is_one:
        facts = {"user": user.pk, "granted": not is_one, "password": bool(password)}
        record_act(PLATFORM_LOG, "make_operator", facts, actor=actor, at=at)
    return user


@transaction.atomic(durable=True)
def deactivate_user(*, user: User, reason: str, actor: User, at: datetime) -> None:
    """Close an account at once; the person is signed out with the next click."""
    if user.pk == actor.pk:
        raise RuleViolation("user.self", _("不能停用自己的账号，请由另一位管理员操作"))
    User.objects.filter(pk=user.pk).update(is_active=False)
    end_sign_ins(user, at=at)
    record_act(
        PLATFORM_LOG,
        "deactivate_user",
        {"user": user.pk, "reason": reason},
        actor=_who(actor),
        at=at,
    )


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

    RuleViolation grant.refused with every reason in facts["reasons"].
    """
    # Two operators at once must not make two people's one role, or a supervisor of the own
    # session: the person's row is the lock.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    grant = RoleGrant(
        user=user,
        role=role,
        estate=place if isinstance(place, Estate) else None,
        authority=place if isinstance(place, Authority) else None,
        valid_from=valid_from,
        valid_to=valid_to,
        granted_by=_who(actor),
    )
    reasons = grant_faults(grant, actor)
    if reasons:
        raise RuleViolation("grant.refused", "；".join(reasons), reasons=reasons)
    grant.save()
    record_act(
        log_of(grant),
        "grant_role",
        {
            "grant": grant.pk,
            "user": user.pk,
            "role": role,
            "from": valid_from.isoformat(),
            "to": valid_to.isoformat() if valid_to else None,
        },
        actor=_who(actor),
        at=at,
    )
    queue_message(
        key=f"grant:{grant.pk}",
        phone=user.phone,
        template="invited",
        params={
            "inviter": str(actor),
            "role": str(role_title(role)),
            "url": f"{settings.PUBLIC_URL}/accounts/login/code/",
        },
        at=at,
    )
    return grant


@transaction.atomic(durable=True)
def revoke_role(*, grant: RoleGrant, reason: str, actor: User, at: datetime) -> None:
    """End a grant at once. The row stays: who could do what, when, must remain readable."""
    grant = RoleGrant.objects.select_for_update(no_key=True).get(pk=grant.pk)
    day = local_day(at)
    if grant.valid_to is not None and grant.valid_to < day:
        raise RuleViolation("grant.over", _("这项授权已经结束"))
    grant.valid_to = day - timedelta(days=1)
    grant.save(update_fields=["valid_to"])
    # Whoever lost a role signs in anew: no page made for it stays open in a browser.
    end_sign_ins(grant.user, at=at)
    record_act(
        log_of(grant),
        "revoke_role",
        {"grant": grant.pk, "user": grant.user_id, "reason": reason},
        actor=_who(actor),
        at=at,
    )


def grant_faults(grant: RoleGrant, actor: User | None) -> list[str]:
    """Everything that speaks against a grant by `actor`; None: by no person."""
    faults = []
    if actor is not None and grant.user_id == actor.pk:
        faults.append(_("不能给自己授权，请由另一位管理员操作"))
    if not grant.user.is_active:
        faults.append(_("这个账号已停用"))
    if grant.valid_to and grant.valid_to < grant.valid_from:
        faults.append(_("结束日期早于开始日期"))
    wanted = ROLE_PLACES[grant.role]
    if not wanted.fits(grant.estate, grant.authority):
        faults.append(str(wanted.sentence))
    overlapping = _overlapping(grant)
    if any(other.role == grant.role for other in overlapping):
        faults.append(_("这个人在这段时间已经有同样的授权"))
    # 监票人 watches over the organiser, so nobody is both at one estate.
    pair = {"organiser": "supervisor", "supervisor": "organiser"}.get(grant.role)
    if any(other.role == pair for other in overlapping):
        faults.append(_("同一个人不能在同一小区既当组织者又当监票人"))
    return faults


def _overlapping(grant: RoleGrant) -> list[RoleGrant]:
    others = RoleGrant.objects.filter(
        user=grant.user, estate=grant.estate, authority=grant.authority
    )
    return [
        other
        for other in others
        if (grant.valid_to is None or other.valid_from <= grant.valid_to)
        and (other.valid_to is None or other.valid_to >= grant.valid_from)
    ]


def log_of(grant: RoleGrant) -> str:
    """The log a grant's beginning and end stand in."""
    return f"estate/{grant.estate.code}" if grant.estate else PLATFORM_LOG


def _who(actor: User) -> str:
    return f"user:{actor.pk}"
