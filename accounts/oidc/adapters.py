"""allauth's view of people who come from the provider."""

import logging
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthError
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.failures import note_failed
from accounts.held import held_by, remember
from accounts.models import User
from accounts.oidc.groups import MappingFault, groups_in, roles_of
from accounts.oidc.issuer import IssuerSession, ProviderUnreachable, is_enabled
from accounts.oidc.provider import PROVIDER_ID, IssuerProvider, TooWeak, configured_app
from accounts.services.groups import is_settled, settle_groups, welcome

logger = logging.getLogger(__name__)


def refusal(request: HttpRequest, why: str, *, status: int) -> HttpResponse:
    """The clear page of a sign-in that did not work; `why` picks its words."""
    context = {"why": why, "title": settings.OIDC_TITLE}
    return render(request, "account/oidc_refused.html", context, status=status)


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """One provider, from the settings; an account only for whom a group gives a role."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False  # accounts are made in `pre_social_login`, or not at all

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        return [configured_app()] if is_enabled() else []

    def get_provider(
        self, request: HttpRequest, provider: str, client_id: str | None = None
    ) -> IssuerProvider:
        if not is_enabled() or provider != PROVIDER_ID:
            raise SocialApp.DoesNotExist
        return IssuerProvider(request=request, app=configured_app())

    def get_requests_session(self) -> IssuerSession:
        return IssuerSession()

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Before anybody is signed in: an account, and the roles of today's groups."""
        now = timezone.now()
        try:
            given = roles_of(groups_in(request.oidc_claims))  # type: ignore[attr-defined]
        except MappingFault as fault:
            logger.error("groups of the identity provider: %s", fault)
            raise ImmediateHttpResponse(refusal(request, "setup", status=503)) from fault
        if not sociallogin.is_existing and given:
            welcome(
                provider=PROVIDER_ID,
                person=sociallogin.account.uid,
                display_name=str(request.oidc_claims.get("name", "")),  # type: ignore[attr-defined]
                issuer=settings.OIDC_ISSUER,
                at=now,
            )
            sociallogin.lookup()
        user: User | None = sociallogin.account.user if sociallogin.is_existing else None
        if user is None:
            raise ImmediateHttpResponse(refusal(request, "no_role", status=403))
        if user.is_active and not is_settled(user, given, now):
            settle_groups(
                user=user, given=given, issuer=settings.OIDC_ISSUER, keep=None, at=now
            )
        remember(user, at_provider=True)
        if user.is_active and not held_by(user):
            raise ImmediateHttpResponse(refusal(request, "no_role", status=403))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: str = AuthError.UNKNOWN,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        if error == AuthError.CANCELLED:
            raise ImmediateHttpResponse(refusal(request, "cancelled", status=403))
        # Our own sentences and names of exceptions: never a word of a token.
        logger.warning("sign-in at the provider: %s", exception or error)
        note_failed("provider", request=request, account=None)
        if isinstance(exception, ProviderUnreachable):
            raise ImmediateHttpResponse(refusal(request, "down", status=503))
        why = "weak" if isinstance(exception, TooWeak) else "refused"
        raise ImmediateHttpResponse(refusal(request, why, status=403))
