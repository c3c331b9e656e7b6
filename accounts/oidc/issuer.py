"""Talking to the one configured provider, and to nobody else."""

import time
from typing import Any
from urllib.parse import urlsplit

import requests
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings

TIMEOUT = 5  # seconds; a page waits for it
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
_KEPT_SECONDS = 600
_kept: dict[str, tuple[float, dict[str, Any]]] = {}


class ProviderUnreachable(requests.RequestException):
    """No answer, or one that only a broken provider gives (5xx)."""


def is_enabled() -> bool:
    """Whether there is single sign-on here at all."""
    return bool(settings.OIDC_ISSUER and settings.OIDC_CLIENT_ID)


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), port


def is_safe_issuer(url: str) -> bool:
    """https, or plain http to this very machine (a sidecar that speaks TLS outwards)."""
    scheme, host, _port = origin(url)
    return bool(host) and (scheme == "https" or (scheme == "http" and host in _LOOPBACK))


class IssuerSession(requests.Session):
    """Asks the configured issuer only: another origin, a redirect, a proxy or a password
    from the machine's surroundings never gets a request or a token out of us."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        if settings.OIDC_CA_FILE:  # a government's own certificate authority
            self.verify = settings.OIDC_CA_FILE

    def request(  # type: ignore[override]
        self, method: str, url: str, **options: Any
    ) -> requests.Response:
        if not is_safe_issuer(url) or origin(url) != origin(settings.OIDC_ISSUER):
            raise OAuth2Error("an address outside the configured issuer")
        options |= {"timeout": TIMEOUT, "allow_redirects": False}
        try:
            answer = super().request(method, url, **options)
        except requests.RequestException as silent:
            raise ProviderUnreachable(type(silent).__name__) from silent
        if answer.status_code >= 500:
            raise ProviderUnreachable(f"status {answer.status_code}")
        if answer.is_redirect:
            raise OAuth2Error("the issuer answered with a redirect")
        return answer


def discovery() -> dict[str, Any]:
    """The provider's own description (OpenID Connect Discovery 1.0), kept ten minutes.

    OAuth2Error where it speaks for another issuer or names an address elsewhere.
    """
    issuer = settings.OIDC_ISSUER
    read_at, found = _kept.get(issuer, (0.0, {}))
    if time.monotonic() - read_at < _KEPT_SECONDS and found:
        return found
    with IssuerSession() as session:
        answer = session.get(f"{issuer}/.well-known/openid-configuration")
        answer.raise_for_status()
        found = answer.json()
    if not isinstance(found, dict) or str(found.get("issuer", "")).rstrip("/") != issuer:
        raise OAuth2Error("the description names another issuer")
    for name in _ENDPOINTS:
        if origin(str(found.get(name, ""))) != origin(issuer):
            raise OAuth2Error(f"{name} lies outside the issuer")
    _kept[issuer] = (time.monotonic(), found)
    return found


def forget_discovery() -> None:
    """Ask again next time (tests change the provider under us)."""
    _kept.clear()
