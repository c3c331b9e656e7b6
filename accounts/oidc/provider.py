"""allauth's OpenID Connect provider, made from our settings and stricter."""

import secrets
from hashlib import sha256
from typing import Any

from allauth.socialaccount.models import SocialApp, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.oidc.issuer import IssuerSession, discovery
from accounts.oidc.tokens import verified_claims

PROVIDER_ID = "oidc"


def configured_app() -> SocialApp:
    """allauth's record of a provider, from the settings: none is kept in the database."""
    return SocialApp(
        provider="openid_connect",
        provider_id=PROVIDER_ID,
        name=str(settings.OIDC_TITLE),
        client_id=settings.OIDC_CLIENT_ID,
        secret=settings.OIDC_CLIENT_SECRET,
        settings={
            "server_url": settings.OIDC_ISSUER,
            "oauth_pkce_enabled": True,
            "scope": settings.OIDC_SCOPES,
        },
    )


def person_key(issuer: str, subject: str) -> str:
    """By which a person is known again; one subject of two issuers is two people."""
    return sha256(f"{issuer}\n{subject}".encode()).hexdigest()


class TooWeak(OAuth2Error):  # type: ignore[misc]
    """The person signed in at the provider by less than is asked for here."""


class IssuerAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """Fetches and checks what the provider says in one sign-in."""

    state: dict[str, Any]
    claims: dict[str, Any]
    answer: dict[str, Any]

    @property
    def openid_config(self) -> dict[str, Any]:
        return discovery()

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        # Never from the request's Host: the code is sent to where this leads.
        return settings.PUBLIC_URL + reverse("oidc_callback")

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any
    ) -> Any:
        self.answer = kwargs["response"]
        id_token = self.answer.get("id_token")
        if not isinstance(id_token, str):
            raise OAuth2Error("no ID token")
        with IssuerSession() as session:
            keys = session.get(self.openid_config["jwks_uri"])
            keys.raise_for_status()
        claims = verified_claims(
            id_token,
            keys=keys.json(),
            issuer=self.openid_config["issuer"],
            client_id=app.client_id,
            nonce=self.state["nonce"],
        )
        # Of the signed token alone: userinfo is not, and speaks of the person, not the sign-in.
        if settings.OIDC_ACR and claims.get("acr") not in settings.OIDC_ACR:
            raise TooWeak("acr is none of YISHI_OIDC_ACR")
        said = self._fetch_user_info(token.token)
        if said.get("sub") != claims["sub"]:
            # Core 5.3.2: else another person's answer could be put in its place.
            raise OAuth2Error("userinfo speaks of somebody else")
        self.claims = {**claims, **said}
        request.oidc_claims = self.claims  # type: ignore[attr-defined]
        return self.get_provider().sociallogin_from_response(request, self.claims)


class IssuerProvider(OpenIDConnectProvider):  # type: ignore[misc]
    """Takes nothing from the visitor's address: no extra parameters, no other scope."""

    oauth2_adapter_class = IssuerAdapter

    def redirect(
        self,
        request: HttpRequest,
        process: str,
        next_url: str | None = None,
        data: Any = None,
        **_more: Any,
    ) -> HttpResponse:
        nonce = secrets.token_urlsafe(24)
        asked = {"nonce": nonce}
        if settings.OIDC_ACR:  # Core 3.1.2.1: in order of preference, a wish and no more
            asked["acr_values"] = " ".join(settings.OIDC_ACR)
        answer: HttpResponse = super().redirect(
            request, process, next_url, data, auth_params=asked, nonce=nonce
        )
        return answer

    def extract_uid(self, data: dict[str, Any]) -> str:
        return person_key(settings.OIDC_ISSUER, data["sub"])

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {}  # allauth would keep names and phones readable in the database

    def extract_email_addresses(self, data: dict[str, Any]) -> list[Any]:
        return []

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        return {}


class CallbackView(OAuth2CallbackView):  # type: ignore[misc]
    """allauth's, which also tells the adapter what was agreed when the person left."""

    adapter: IssuerAdapter

    def _get_state(self, request: HttpRequest, provider: Any) -> Any:
        state, refused = super()._get_state(request, provider)
        if state is not None:
            self.adapter.state = state
        return state, refused
