"""Letting a person in again who lost the phone, the app or the password, or had left.

Always by two operators: whoever gets a code to a number of the own choice signs in as somebody.
"""

from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Reset, User
from accounts.phones import clean_phone, phone_hash
from accounts.selectors import OPEN_FOR
from accounts.services.break_glass import other_operators
from accounts.steps import end_sign_ins, queue_message
from core.errors import RuleViolation
from logbook.steps import PLATFORM_LOG, record_act


@transaction.atomic(durable=True)
def forget_password(*, user: User, at: datetime) -> None:
    """A person who proved phone and device in this session gives up a forgotten password."""
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    user.set_unusable_password()
    user.save(update_fields=["password"])
    record_act(
        PLATFORM_LOG, "forget_password", {"user": user.pk}, actor=f"user:{user.pk}", at=at
    )


@transaction.atomic(durable=True)
def ask_reset(*, user: User, reason: str, actor: User, at: datetime, phone: str = "") -> Reset:
    """An operator, who knows who is asking, wants a person's password and factors forgotten.

    `phone`: the number that shall take the place of the one on record. An account that was
    closed is opened again with it: its roles have ended and are not given back.
    RuleViolation reset.self, reset.no_phone, reset.open, reset.alone, user.phone_taken,
    phone.invalid.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    phone = clean_phone(phone)
    others = [one for one in other_operators(actor, at) if one.pk != user.pk]
    _refuse_reset(user, phone, actor, others)
    waiting = Reset.objects.filter(user=user, settled_at=None)
    if waiting.filter(asked_at__gt=at - OPEN_FOR).exists():
        raise RuleViolation("reset.open", _("已经有一个重置申请在等另一位管理员确认"))
    waiting.update(settled_by=actor, settled_at=at)  # nobody confirmed it in time
    reset = Reset.objects.create(
        user=user,
        phone_hash=phone_hash(phone) if phone else "",
        reason=reason,
        asked_by=actor,
        asked_at=at,
    )
    facts = {"reset": reset.pk, "user": user.pk, "reason": reason, "number": bool(phone)}
    record_act(PLATFORM_LOG, "ask_reset", facts, actor=f"user:{actor.pk}", at=at)
    for other in others:
        queue_message(
            key=f"reset-asked:{reset.pk}:{other.pk}",
            phone=other.phone,
            template="reset_asked",
            params={"who": str(actor), "whom": str(user)},
            at=at,
        )
    return reset


@transaction.atomic(durable=True)
def confirm_reset(*, reset: Reset, actor: User, at: datetime, phone: str = "") -> None:
    """A second operator confirms: password and factors are forgotten, browsers signed out.

    The person signs in by a code to the phone on record and sets everything up anew. `phone`:
    where a new number was asked for, that number once more; the old one is told.
    RuleViolation reset.same_person, reset.self, reset.over, reset.phone, user.phone_taken.
    """
    reset = _open_reset(reset, at)
    if actor.pk == reset.asked_by_id:
        raise RuleViolation(
            "reset.same_person", _("申请和确认不能是同一个人，请另一位管理员确认")
        )
    if actor.pk == reset.user_id:
        raise RuleViolation("reset.self", _("不能重置自己的登录方式，请由另一位管理员操作"))
    user = User.objects.select_for_update(no_key=True).get(pk=reset.user_id)
    if reset.phone_hash:
        _change_phone(user, reset, clean_phone(phone), at)
    Authenticator.objects.filter(user=user).delete()
    user.set_unusable_password()
    returns, user.is_active = not user.is_active, True
    user.save(update_fields=["password", "is_active"])
    end_sign_ins(user, at=at)
    reset.settled_by, reset.settled_at, reset.done = actor, at, True
    reset.save(update_fields=["settled_by", "settled_at", "done"])
    changed = bool(reset.phone_hash)
    facts = {"reset": reset.pk, "user": user.pk, "number": changed, "returns": returns}
    record_act(PLATFORM_LOG, "confirm_reset", facts, actor=f"user:{actor.pk}", at=at)
    queue_message(
        key=f"reset:{reset.pk}", phone=user.phone, template="let_in_again", params={}, at=at
    )


@transaction.atomic(durable=True)
def withdraw_reset(*, reset: Reset, actor: User, at: datetime) -> None:
    """Any operator stops it. RuleViolation reset.over."""
    reset = _open_reset(reset, at)
    reset.settled_by, reset.settled_at = actor, at
    reset.save(update_fields=["settled_by", "settled_at"])
    facts = {"reset": reset.pk, "user": reset.user_id}
    record_act(PLATFORM_LOG, "withdraw_reset", facts, actor=f"user:{actor.pk}", at=at)


def _change_phone(user: User, reset: Reset, phone: str, at: datetime) -> None:
    """Put the new number in place of the old one, which is told."""
    if not phone or phone_hash(phone) != reset.phone_hash:
        raise RuleViolation(
            "reset.phone",
            _("和申请时填的新号码不一样。请向本人核对，再填一次；申请填错的，撤回后重新申请。"),
        )
    _refuse_taken(user, phone)
    if user.phone:
        queue_message(
            key=f"staff-phone:{reset.pk}", phone=user.phone, template="staff_phone",
            params={"tail": phone[-4:]}, at=at,
        )  # fmt: skip
    user.phone, user.phone_hash, user.phone_verified = phone, phone_hash(phone), False
    user.save(update_fields=["phone", "phone_hash", "phone_verified"])


def _refuse_taken(user: User, phone: str) -> None:
    if User.objects.filter(phone_hash=phone_hash(phone)).exclude(pk=user.pk).exists():
        raise RuleViolation("user.phone_taken", _("这个手机号是别的账号的，请核对"))


def _refuse_reset(user: User, phone: str, actor: User, others: list[User]) -> None:
    if user.pk == actor.pk:
        raise RuleViolation("reset.self", _("不能重置自己的登录方式，请由另一位管理员操作"))
    if not (user.phone or phone):
        raise RuleViolation(
            "reset.no_phone",
            _("这个账号没有手机号，重置后登录不了；请同时填一个手机号"),
        )
    if phone:
        _refuse_taken(user, phone)
    if not others:
        raise RuleViolation(
            "reset.alone",
            _("没有另一位管理员可以确认；请先授权一位，或者在服务器上用命令重设密码"),
        )


def _open_reset(reset: Reset, at: datetime) -> Reset:
    found = Reset.objects.select_for_update(no_key=True).get(pk=reset.pk)
    if found.settled_at is not None or at - found.asked_at >= OPEN_FOR:
        raise RuleViolation("reset.over", _("这个申请已经处理过，或者超过24小时没有确认"))
    return found
