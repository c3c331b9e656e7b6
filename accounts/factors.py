"""Two factors: what was proven in this session, what a role asks for, and what is missing.

An SMS code alone is one factor, and so is a password. Officials (whoever decides,
publishes, freezes, or sees personal data of many) prove a password and a thing only they
have; for committees the phone that takes the SMS code is thing enough. A passkey with user
verification is both at once, and a provider of government identities answers for both.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum, StrEnum
from typing import Any, NamedTuple

from accounts.held import Visitor, held_by


class Factor(StrEnum):
    """One thing that can be proven in a session."""

    PASSWORD = "password"  # noqa: S105 (its name, not one)
    CODE = "code"  # six digits sent to the phone on record
    DEVICE = "device"  # authenticator app, security key or recovery code
    PASSKEY = "passkey"  # a key that asked for finger, face or PIN
    PROVIDER = "provider"  # single sign-on


class Level(IntEnum):
    """How much a person's roles ask for; the highest counts."""

    NONE = 0
    COMMITTEE = 1
    OFFICIAL = 2


class Step(StrEnum):
    """What is missing next."""

    SET_PASSWORD = "set_password"  # noqa: S105
    TYPE_PASSWORD = "type_password"  # noqa: S105
    PROVE_DEVICE = "prove_device"
    ENTER_CODE = "enter_code"
    SET_UP_DEVICE = "set_up_device"
    SIGN_IN_AGAIN = "sign_in_again"


class Account(NamedTuple):
    """What an account has to prove something with."""

    password: bool
    phone: bool
    device: bool


OFFICIAL_ROLES = frozenset({"street_office", "bureau", "operator", "auditor"})
_F = Factor
_STRONG = frozenset({_F.PASSKEY, _F.PROVIDER})
_WHOLE = [
    frozenset({_F.PASSKEY}),
    frozenset({_F.PROVIDER}),
    frozenset({_F.PASSWORD, _F.DEVICE}),
]
# Sets of factors, any of which is enough.
ENOUGH: dict[Level, list[frozenset[Factor]]] = {
    Level.NONE: [frozenset()],
    Level.COMMITTEE: [*_WHOLE, frozenset({_F.PASSWORD, _F.CODE})],
    Level.OFFICIAL: _WHOLE,
}


def level_of_roles(roles: Iterable[str]) -> Level:
    """What these roles together ask for."""
    levels = [Level.OFFICIAL if role in OFFICIAL_ROLES else Level.COMMITTEE for role in roles]
    return max(levels, default=Level.NONE)


def level_of(user: Visitor) -> Level:
    """What the roles `user` holds today ask for."""
    return level_of_roles(one.role for one in held_by(user))


def proven(records: Iterable[Mapping[str, Any]]) -> frozenset[Factor]:
    """The factors in allauth's records of one session. Whatever is unknown proves nothing."""
    found = set()
    for one in records:
        method, kind = one.get("method"), one.get("type")
        if method == "password":
            found.add(_F.PASSWORD)
        elif method == "code":
            found.add(_F.CODE)
        elif method == "socialaccount":
            found.add(_F.PROVIDER)
        elif method == "mfa" and kind in {"totp", "webauthn", "recovery_codes"}:
            passkey = kind == "webauthn" and one.get("passwordless")
            found.add(_F.PASSKEY if passkey else _F.DEVICE)
    return frozenset(found)


def is_enough(level: Level, shown: frozenset[Factor]) -> bool:
    """Whether what was proven lets somebody of that level in."""
    return any(some <= shown for some in ENOUGH[level])


def missing(level: Level, shown: frozenset[Factor], has: Account) -> Step | None:
    """The next step to `level`; None where nothing is missing."""
    shown = _still(shown, has)
    if is_enough(level, shown):
        return None
    if _F.PASSWORD not in shown:
        return Step.TYPE_PASSWORD if has.password else Step.SET_PASSWORD
    if has.device:
        return Step.PROVE_DEVICE
    if has.phone and _F.CODE not in shown:
        return Step.ENTER_CODE
    return Step.SET_UP_DEVICE


def missing_for_keys(shown: frozenset[Factor], has: Account) -> Step | None:
    """The next step before somebody may change the password, or add or see other factors.

    Otherwise a stolen password alone would be enough to add an app of the thief's own. As
    much is asked as the account can give: the device once there is one, the phone before.
    """
    shown = _still(shown, has)
    if shown & _STRONG:
        return None
    if has.device:
        return None if _F.DEVICE in shown else Step.PROVE_DEVICE
    if has.phone and _F.CODE not in shown:
        return Step.ENTER_CODE
    if has.password and _F.PASSWORD not in shown:
        return Step.TYPE_PASSWORD
    return None if has.password else Step.SET_PASSWORD


def missing_for_ending(fresh: frozenset[Factor], has: Account) -> Step | None:
    """The next step before somebody may throw the own other browsers out.

    `fresh` was proven in the last minutes: a browser left open must not be enough to keep its
    owner out. One factor of those the account has is asked for, the strongest; an account
    that has none of ours comes by a provider, and comes again by it.
    """
    fresh = _still(fresh, has)
    if fresh & (_STRONG | {_F.DEVICE}):
        return None
    if has.device:
        return Step.PROVE_DEVICE
    if has.phone:
        return None if _F.CODE in fresh else Step.ENTER_CODE
    if has.password:
        return None if _F.PASSWORD in fresh else Step.TYPE_PASSWORD
    return Step.SIGN_IN_AGAIN


def _still(shown: frozenset[Factor], has: Account) -> frozenset[Factor]:
    """A password that was given up since proves nothing any more."""
    return shown if has.password else shown - {_F.PASSWORD}
