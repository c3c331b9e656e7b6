"""Every way of proving something, as a browser does it: for tests of the gate."""

from __future__ import annotations

import json
import os
import re
from typing import Any

from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.webauthn.internal.auth import WebAuthn
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.cache import cache
from django.test import Client
from django.urls import resolve, reverse
from fido2.cose import ES256
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from accounts.gateways import MemoryGateway
from accounts.models import User
from tests.app_digits import app_digits
from tests.town import PASSWORD

HOST, ORIGIN = "testserver", "https://testserver"


class SoftKey:
    """A security key or passkey made of software."""

    def __init__(self, user: User) -> None:
        self.user, self.key = user, ec.generate_private_key(ec.SECP256R1())
        self.credential_id = os.urandom(32)
        cose = ES256.from_cryptography_key(self.key.public_key())
        attested = AttestedCredentialData.create(b"\0" * 16, self.credential_id, cose)
        data = AuthenticatorData.create(sha256(HOST.encode()), 0x45, 0, bytes(attested))
        made = CollectedClientData.create("webauthn.create", b"x" * 32, ORIGIN)
        self.authenticator = WebAuthn.add(
            user,
            "key",
            {
                "id": websafe_encode(self.credential_id),
                "rawId": websafe_encode(self.credential_id),
                "type": "public-key",
                "response": {
                    "clientDataJSON": websafe_encode(bytes(made)),
                    "attestationObject": websafe_encode(
                        bytes(AttestationObject.create("none", data, {}))
                    ),
                },
                "clientExtensionResults": {"credProps": {"rk": True}},
            },
        ).instance

    def answer(self, challenge: str, *, verified: bool = True) -> str:
        """What the browser posts: signed; `verified`: it asked for finger, face or PIN."""
        flags = 0x05 if verified else 0x01
        data = AuthenticatorData.create(sha256(HOST.encode()), flags, 1)
        said = CollectedClientData.create("webauthn.get", websafe_decode(challenge), ORIGIN)
        signature = self.key.sign(bytes(data) + sha256(bytes(said)), ec.ECDSA(hashes.SHA256()))
        return json.dumps(
            {
                "id": websafe_encode(self.credential_id),
                "rawId": websafe_encode(self.credential_id),
                "type": "public-key",
                "clientExtensionResults": {},
                "response": {
                    "clientDataJSON": websafe_encode(bytes(said)),
                    "authenticatorData": websafe_encode(bytes(data)),
                    "signature": websafe_encode(signature),
                    "userHandle": websafe_encode(user_pk_to_url_str(self.user).encode()),
                },
            }
        )


class Browser:
    """One browser of one person. Each method is one page they fill in."""

    def __init__(self, user: User, client: Client | None = None) -> None:
        self.user, self.client = user, client or Client()
        self.secret = ""

    def post(self, name: str, **data: str) -> Any:
        return self.client.post(reverse(name), data)

    def do(self, way: str) -> Any:
        return getattr(self, way)()

    # --- what an account has
    def has_app(self) -> None:
        self.secret = totp.generate_totp_secret()
        totp.TOTP.activate(self.user, self.secret)

    def has_recovery_codes(self) -> None:
        RecoveryCodes.activate(self.user)

    # --- the ways in
    def password(self) -> Any:
        return self.post("account_login", login=self.user.username, password=PASSWORD)

    def code(self) -> Any:
        MemoryGateway.sent.clear()
        self.post("account_request_login_code", phone=self.user.phone)
        return self.post("account_confirm_login_code", code=sent_code())

    def app(self) -> Any:
        return self.post("mfa_authenticate", code=self.app_digits())

    def recovery(self) -> Any:
        return self.post("mfa_authenticate", code=self.recovery_code())

    def passkey(self, *, verified: bool = True) -> Any:
        key = SoftKey(self.user)
        asked = self.client.get(
            reverse("mfa_login_webauthn"), headers={"X-Requested-With": "XMLHttpRequest"}
        )
        challenge = asked.json()["request_options"]["publicKey"]["challenge"]
        return self.post(
            "mfa_login_webauthn", credential=key.answer(challenge, verified=verified)
        )

    # --- proving more, signed in
    def password_again(self) -> Any:
        return self.post("account_reauthenticate", password=PASSWORD)

    def app_again(self) -> Any:
        return self.post("mfa_reauthenticate", code=self.app_digits())

    def second_code(self) -> Any:
        MemoryGateway.sent.clear()
        self.post("account_second_code", send="1")
        return self.post("account_second_code", code=sent_code())

    def new_password(self) -> Any:
        return self.post("account_set_password", password1=NEW, password2=NEW)

    def set_up_app(self) -> Any:
        page = self.client.get(reverse("mfa_activate_totp"))
        if page.status_code != 200:
            return page
        self.secret = page.context["form"].secret
        return self.post("mfa_activate_totp", code=self.app_digits())

    # --- where it leads
    def at_staff(self) -> str:
        """ "in", or the name of the page the gate leads to."""
        answer = self.client.get("/staff/")
        return "in" if answer.status_code == 200 else where(answer)

    def app_digits(self) -> str:
        Authenticator.objects.filter(user=self.user).update(last_used_at=None)
        cache.clear()  # digits work once in their half minute; here they are needed twice
        return app_digits(self.secret)

    def recovery_code(self) -> str:
        found = Authenticator.objects.get(user=self.user, type="recovery_codes")
        return found.wrap().get_unused_codes()[0]


NEW = "Kq7-entirely-new-words"


def sent_code() -> str:
    """The code of the only message that left."""
    [(_phone, text)] = MemoryGateway.sent
    found = re.search(r"\d{6}", text)
    assert found
    return found[0]


def where(answer: Any) -> str:
    """The name of the page an answer leads to."""
    return resolve(answer.headers["Location"].split("?")[0]).url_name or ""
