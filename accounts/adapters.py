"""allauth's view of our users: phones are encrypted, sign-up is closed."""

from base64 import b64decode, b64encode
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.failures import note_failed, note_refused, present_request
from accounts.models import User
from accounts.phones import clean_phone, phone_hash
from accounts.services.messages import may_get_code, send_code
from core.errors import RuleViolation
from registry.fields import open_bytes, seal_bytes

MFA = "mfa"  # what secrets of second factors are sealed for


class PhoneField(forms.CharField):
    """A mainland mobile number, however it is typed. allauth's own wants +86 in front."""

    widget = forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"label": _("手机号"), "max_length": 20, **kwargs})

    def clean(self, value: Any) -> str:
        try:
            return clean_phone(super().clean(value))
        except RuleViolation as refused:
            raise forms.ValidationError(str(refused), code=refused.code) from None


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Officials and committee members are invited, never self-registered."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        ours = {"allauth.mfa.stages.AuthenticateStage": "accounts.stages.SecondFactorStage"}
        return [ours.get(stage, stage) for stage in super().get_login_stages()]

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """A wrong password, or a name nobody has: as much work for both."""
        phone, name = credentials.get("phone", ""), credentials.get("username", "")
        asked = {"phone_hash": phone_hash(phone)} if phone else {"username": name}
        account = User.objects.filter(**asked).values_list("pk", flat=True).first()
        note_failed("password", request=request, account=account, typed=phone or name)

    def validation_error(self, code: str, *args: Any) -> forms.ValidationError:
        request = present_request()
        if code == "too_many_login_attempts" and request:
            note_refused("sign_in", request)
        refused: forms.ValidationError = super().validation_error(code, *args)
        return refused

    def phone_form_field(self, **kwargs: Any) -> forms.Field:
        return PhoneField(**kwargs)

    def clean_phone(self, phone: str) -> str:
        return PhoneField().clean(phone)

    def get_phone(self, user: User) -> tuple[str, bool] | None:
        return (user.phone, user.phone_verified) if user.phone else None

    def set_phone(self, user: User, phone: str, verified: bool) -> None:
        user.phone = phone
        user.phone_hash = phone_hash(phone)
        user.phone_verified = verified
        user.save(update_fields=["phone", "phone_hash", "phone_verified"])

    def set_phone_verified(self, user: User, phone: str) -> None:
        self.set_phone(user, phone, True)

    def get_user_by_phone(self, phone: str) -> User | None:
        if not phone:
            return None
        return User.objects.filter(phone_hash=phone_hash(phone), is_active=True).first()

    def send_verification_code_sms(
        self, user: User, phone: str, code: str, **kwargs: object
    ) -> None:
        try:
            send_code(
                phone=phone,
                template="sign_in",
                params={"code": code},
                key=f"sign-in:{user.pk}:{phone_hash(code)[:12]}",
                at=timezone.now(),
                aside=True,
            )
        except RuleViolation:
            # The next page is the same for every number, known or not, in or over the
            # limit; it says what to do when no code arrives.
            return

    def send_unknown_account_sms(self, phone: str, **kwargs: object) -> None:
        """Nothing is sent: a stranger's phone must not ring because someone typed it. It is
        counted like any other, so that the answer takes as long."""
        may_get_code(phone, timezone.now(), "sign_in")

    def send_account_already_exists_sms(self, phone: str) -> None:
        """Nobody signs up here."""


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of authenticator apps and recovery codes lie in the database encrypted."""

    error_messages: ClassVar[dict[str, Any]] = DefaultMFAAdapter.error_messages | {
        # A step of RFC 6238 is not held open longer, so that no digits are taken twice: whoever
        # types them as they change has to know what to do.
        "incorrect_code": _(
            "没有通过：验证器里的6位数字半分钟换一次，请填现在显示的；用安全密钥的请再试一次。"
        )
    }

    def encrypt(self, text: str) -> str:
        return b64encode(seal_bytes(text.encode(), purpose=MFA)).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        return open_bytes(b64decode(encrypted_text), purpose=MFA).decode()
