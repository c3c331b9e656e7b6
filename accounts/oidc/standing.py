"""Whether who signed in at the provider still stands there as they did.

The provider is asked again with the access token of the sign-in, so that a group taken
away is a role taken away with the next page. Tokens lie in the session, encrypted.
"""

from base64 import b64decode, b64encode
from enum import StrEnum
from typing import Any

import requests
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from cryptography.exceptions import InvalidTag
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from accounts.held import held_by, remember
from accounts.models import User
from accounts.oidc.groups import Given, MappingFault, groups_in, roles_of
from accounts.oidc.issuer import IssuerSession, ProviderUnreachable, discovery
from accounts.oidc.provider import person_key
from accounts.receivers import SIGN_IN
from accounts.services.groups import is_settled, settle_groups
from registry.fields import open_bytes, seal_bytes

_KEY = "oidc"
_PURPOSE = "oidc.token"


class Standing(StrEnum):
    """What became of asking."""

    GOOD = "good"
    ENDED = "ended"  # the provider no longer vouches for the session
    NO_ROLE = "no_role"  # it does, but no role is left
    DOWN = "down"  # it has not answered for longer than the grace


def keep_tokens(request: HttpRequest, answer: dict[str, Any], claims: dict[str, Any]) -> None:
    """After a sign-in: what asking again needs."""
    request.session[_KEY] = {
        "who": person_key(settings.OIDC_ISSUER, claims["sub"]),
        "checked": timezone.now().timestamp(),
        "tried": 0,
        **_sealed_tokens(answer),
    }


def standing_of(request: HttpRequest, user: User) -> Standing:
    """Ask where the last answer is too old; roles of groups are settled on the way."""
    state = request.session.get(_KEY)
    if state is None:
        return Standing.ENDED
    now = timezone.now().timestamp()
    late = now - state["checked"] > settings.OIDC_GRACE_SECONDS
    if now - max(state["checked"], state["tried"]) >= settings.OIDC_RECHECK_SECONDS or late:
        try:
            given = roles_of(groups_in(_ask(state)))
        except (ProviderUnreachable, MappingFault):
            request.session[_KEY] = {**state, "tried": now}
            return Standing.DOWN if late else _held(user)
        except (OAuth2Error, requests.RequestException, InvalidTag, ValueError):
            return Standing.ENDED
        request.session[_KEY] = {**state, "checked": now}
        _settle(request, user, given)
    return _held(user)


def _held(user: User) -> Standing:
    return Standing.GOOD if held_by(user) else Standing.NO_ROLE


def _settle(request: HttpRequest, user: User, given: list[Given]) -> None:
    at = timezone.now()
    if not is_settled(user, given, at):
        settle_groups(
            user=user,
            given=given,
            issuer=settings.OIDC_ISSUER,
            keep=request.session.get(SIGN_IN),
            at=at,
        )
        remember(user, at_provider=True)


def _ask(state: dict[str, Any]) -> dict[str, Any]:
    """Today's claims of the person; a new access token is fetched where the old one ended."""
    with IssuerSession() as session:
        answer = _userinfo(session, state)
        if answer.status_code in {400, 401, 403} and state.get("refresh"):
            state |= _sealed_tokens(_refreshed(session, state), state)
            answer = _userinfo(session, state)
    if answer.status_code != 200:
        raise OAuth2Error("the provider no longer knows the session")
    said = answer.json()
    if not isinstance(said, dict) or "sub" not in said:
        raise OAuth2Error("userinfo without a subject")
    if person_key(settings.OIDC_ISSUER, said["sub"]) != state["who"]:
        raise OAuth2Error("userinfo speaks of somebody else")
    return said


def _userinfo(session: IssuerSession, state: dict[str, Any]) -> requests.Response:
    bearer = {"Authorization": f"Bearer {_opened(state['access'])}"}
    return session.get(discovery()["userinfo_endpoint"], headers=bearer)


def _refreshed(session: IssuerSession, state: dict[str, Any]) -> dict[str, Any]:
    client = settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET
    data = {"grant_type": "refresh_token", "refresh_token": _opened(state["refresh"])}
    ways = discovery().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if "client_secret_post" in ways:  # as allauth chooses at the sign-in
        data |= {"client_id": client[0], "client_secret": client[1]}
    answer = session.post(
        discovery()["token_endpoint"],
        data=data,
        auth=None if "client_secret_post" in ways else client,
    )
    if answer.status_code != 200 or "access_token" not in answer.json():
        raise OAuth2Error("the provider refused to go on")
    found: dict[str, Any] = answer.json()
    return found


def _sealed_tokens(
    answer: dict[str, Any], before: dict[str, Any] | None = None
) -> dict[str, str]:
    refresh = answer.get("refresh_token")
    kept = (before or {}).get("refresh", "")
    return {
        "access": _sealed(answer["access_token"]),
        "refresh": _sealed(refresh) if refresh else kept,
    }


def _sealed(token: str) -> str:
    return b64encode(seal_bytes(token.encode(), purpose=_PURPOSE)).decode("ascii")


def _opened(sealed: str) -> str:
    return open_bytes(b64decode(sealed), purpose=_PURPOSE).decode()
