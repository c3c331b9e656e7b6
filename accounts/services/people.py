"""Accounts: who is invited, who runs the platform, who leaves."""

import re
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import RoleGrant, User
from accounts.phones import clean_phone, phone_hash
from accounts.selectors import overlapping
from accounts.services.grants import end_grants
from accounts.services.operators import two_operators_stay
from accounts.steps import end_sign_ins
from core.deadlines import local_day
from core.errors import RuleViolation
from logbook.steps import PLATFORM_LOG, record_act

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
    holder = User.objects.filter(phone_hash=phone_hash(phone)).first()
    if holder is not None and not holder.is_active:
        raise RuleViolation(
            "user.phone_taken",
            _(
                "这个手机号是已停用的账号“%(username)s”的。是同一个人，"
                "请到那个账号的页面申请重新启用，再授权"
            )
            % {"username": holder.username},
        )
    if holder is not None:
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
    is_one = any(one.role == "operator" for one in overlapping(grant))
    if not is_one:
        grant.save()
    if password or not is_one:
        facts = {"user": user.pk, "granted": not is_one, "password": bool(password)}
        record_act(PLATFORM_LOG, "make_operator", facts, actor=actor, at=at)
    return user


@transaction.atomic(durable=True)
def deactivate_user(*, user: User, reason: str, actor: User, at: datetime) -> None:
    """离任: close an account at once and end everything it held or lent; the person is signed
    out with the next click. The account stays: papers name it.

    RuleViolation user.self, grant.last_two.
    """
    if user.pk == actor.pk:
        raise RuleViolation("user.self", _("不能停用自己的账号，请由另一位管理员操作"))
    with two_operators_stay(at):
        # The lock under which roles are given: none slips in behind.
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        held = (
            RoleGrant.objects.select_for_update(no_key=True)
            .filter(user=user)
            .exclude(valid_to__lt=local_day(at))
        )
        end_grants(list(held), reason=reason, actor=actor, at=at)
        User.objects.filter(pk=user.pk).update(is_active=False)
        end_sign_ins(user, at=at)
    record_act(
        PLATFORM_LOG,
        "deactivate_user",
        {"user": user.pk, "reason": reason},
        actor=_who(actor),
        at=at,
    )


def _who(actor: User) -> str:
    return f"user:{actor.pk}"
