"""The steps of a sign-in, where they differ from allauth's."""

from allauth.account.authentication import get_authentication_records
from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest

from accounts.factors import Factor, proven


class SecondFactorStage(AuthenticateStage):  # type: ignore[misc]
    """Who comes from the identity provider has shown there what it asks for."""

    def _should_handle(self, request: HttpRequest) -> bool:
        shown = proven(get_authentication_records(request, self.login.user))
        asked: bool = super()._should_handle(request)
        return asked and Factor.PROVIDER not in shown
