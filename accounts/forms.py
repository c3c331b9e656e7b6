"""allauth's forms, where people type otherwise than it expects."""

from typing import Any

from allauth.account.forms import ConfirmLoginCodeForm
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import LoginWebAuthnForm
from allauth.mfa.webauthn.internal import auth as webauthn
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.failures import note_failed, present_request
from core.text import typed_digits


class _DigitsField(forms.CharField):
    """A code as `core.text.typed_digits` reads it."""

    def to_python(self, value: Any) -> str:
        return typed_digits(str(super().to_python(value)))


class SignInCodeForm(ConfirmLoginCodeForm):  # type: ignore[misc]
    """The six digits that came by SMS."""

    code = _DigitsField(
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
    )

    def clean_code(self) -> str:
        try:
            code: str = super().clean_code()
        except forms.ValidationError:
            request = present_request()
            stage = getattr(request, "_login_stage", None)
            person = getattr(getattr(stage, "login", None), "user", None)
            note_failed("sms", request=request, account=getattr(person, "pk", None))
            raise
        return code


class _AppCodeField(forms.CharField):
    """Digits of an app, or a recovery code, however they are typed."""

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value))
        digits = typed_digits(text)
        return digits if digits.isdecimal() and digits.isascii() else text.strip()


_APP_CODE = _("6位数字，或者一个恢复码")


class FactorForm(AuthenticateForm):  # type: ignore[misc]
    """The second factor at the sign-in."""

    code = _AppCodeField(label=_APP_CODE, max_length=40)


class FactorAgainForm(ReauthenticateForm):  # type: ignore[misc]
    """The second factor, asked for in the middle of a session."""

    code = _AppCodeField(label=_APP_CODE, max_length=40)


class SecondCodeForm(forms.Form):
    """The six digits that came by SMS, as a second factor."""

    code = _DigitsField(label=_("验证码"), max_length=12)


class PasskeyForm(LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey instead of a password: only where it asked for finger, face or PIN.

    The challenge lies in the session whichever page began it, and the page for a second
    factor does not insist on that check; so it is looked for in the answer itself, whose
    flags are signed.
    """

    def clean_credential(self) -> Authenticator:
        try:
            answer = webauthn.parse_authentication_response(self.cleaned_data["credential"])
            if not answer.response.authenticator_data.is_user_verified():
                raise get_mfa_adapter().validation_error("incorrect_code")
            return super().clean_credential()
        except forms.ValidationError:
            note_failed("passkey", request=present_request(), account=None)
            raise
