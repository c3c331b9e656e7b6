"""allauth's view of our users: phones are encrypted, sign-up is closed."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from accounts.gateways import gateway
from accounts.models import User
from registry.fields import keyed_hash


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Officials and committee members are invited, never self-registered."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_phone(self, user: User) -> tuple[str, bool] | None:
        return (user.phone, user.phone_verified) if user.phone else None

    def set_phone(self, user: User, phone: str, verified: bool) -> None:
        user.phone = phone
        user.phone_hash = keyed_hash(phone, purpose="phone")
        user.phone_verified = verified
        user.save(update_fields=["phone", "phone_hash", "phone_verified"])

    def set_phone_verified(self, user: User, phone: str) -> None:
        self.set_phone(user, phone, True)

    def get_user_by_phone(self, phone: str) -> User | None:
        return User.objects.filter(phone_hash=keyed_hash(phone, purpose="phone")).first()

    def send_verification_code_sms(
        self, user: User, phone: str, code: str, **kwargs: object
    ) -> None:
        gateway().send(
            phone=phone, text=f"验证码 {code}，10分钟内有效。", key=f"login-{user.pk}-{code}"
        )
