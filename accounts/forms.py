"""allauth's forms, where people type otherwise than it expects."""

from typing import Any

from allauth.account.forms import ConfirmLoginCodeForm
from django import forms

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
