"""A small OpenID Connect provider, as a government's would answer: for tests.

Written from OpenID Connect Core 1.0, Discovery 1.0 and RFC 7636, not from our client. It
is strict where a provider has to be: one use of a code, the client's secret, the redirect
address, PKCE with S256.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "yishi", "a secret of the tests"


@dataclass
class Provider:
    """Its people and keys; `tamper` changes the claims of the next tokens."""

    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    redirect_uri: str = ""
    down: bool = False
    tamper: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    sign_with: Any = None
    algorithm: str = "RS256"
    userinfo_sub: str = ""
    discovery: dict[str, Any] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)  # what was asked, in order
    tokens: dict[str, str] = field(default_factory=dict)  # access token → subject
    refreshes: dict[str, str] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    token_ways: list[str] = field(default_factory=lambda: ["client_secret_post"])

    def __post_init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.server = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Handler", (Handler,), {"provider": self})
        )
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def id_token(self, subject: str, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": subject, "aud": CLIENT, "iat": now, "exp": now + 300,
            "nonce": nonce, **self.tamper,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        key = self.sign_with if self.sign_with is not None else self.key
        headers = {"kid": "one", **self.header}
        return jwt.encode(claims, key, algorithm=self.algorithm, headers=headers)

    def userinfo(self, subject: str) -> dict[str, Any]:
        return {"sub": self.userinfo_sub or subject, **self.people[subject]}

    def described(self) -> dict[str, Any]:
        at = self.issuer
        return {
            "issuer": at,
            "authorization_endpoint": f"{at}/authorize",
            "token_endpoint": f"{at}/token",
            "userinfo_endpoint": f"{at}/userinfo",
            "jwks_uri": f"{at}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": self.token_ways,
            "code_challenge_methods_supported": ["S256"],
            **self.discovery,
        }

    def jwks(self) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": "one", "use": "sig", "alg": "RS256"}]}

    def code_for(self, subject: str, asked: dict[str, str]) -> str:
        code = secrets.token_urlsafe(16)
        self.codes[code] = {**asked, "sub": subject}
        return code

    def redeem(self, said: dict[str, str], basic: str) -> dict[str, Any] | None:
        """RFC 6749 4.1.3 and 6; None: invalid_grant or invalid_client."""
        expected = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        by_post = (said.get("client_id"), said.get("client_secret")) == (CLIENT, SECRET)
        if not (by_post or basic == f"Basic {expected}"):
            return None
        if said.get("grant_type") == "refresh_token":
            subject = self.refreshes.pop(said.get("refresh_token", ""), "")
            return self._tokens(subject, "") if subject else None
        asked = self.codes.pop(said.get("code", ""), None)
        if asked is None or said.get("redirect_uri") != self.redirect_uri:
            return None
        digest = hashlib.sha256(said.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked["code_challenge"] != challenge:
            return None
        return self._tokens(asked["sub"], asked["nonce"])

    def _tokens(self, subject: str, nonce: str) -> dict[str, Any]:
        access, refresh = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        self.tokens[access], self.refreshes[refresh] = subject, subject
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": 300,
            "refresh_token": refresh,
            "id_token": self.id_token(subject, nonce),
        }


class Handler(BaseHTTPRequestHandler):
    """The addresses of one provider."""

    provider: Provider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        said = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.provider.answers.append(parts.path)
        if self.provider.down:
            return self.send(503, {"error": "temporarily_unavailable"})
        if parts.path == "/.well-known/openid-configuration":
            return self.send(200, self.provider.described())
        if parts.path == "/jwks":
            return self.send(200, self.provider.jwks())
        if parts.path == "/authorize":
            return self.authorize(said)
        return self.userinfo() if parts.path == "/userinfo" else self.send(404, {})

    def do_POST(self) -> None:
        self.provider.answers.append(self.path)
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length).decode()
        said = {name: values[0] for name, values in parse_qs(body).items()}
        if self.provider.down:
            return self.send(503, {})
        if self.path == "/sign-in":
            # The person chose who they are on the provider's own page.
            return self.back(said)
        answer = self.provider.redeem(said, self.headers.get("Authorization", ""))
        return self.send(200, answer) if answer else self.send(400, {"error": "invalid_grant"})

    def userinfo(self) -> None:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        subject = self.provider.tokens.get(token)
        if subject is None:
            return self.send(401, {"error": "invalid_token"})
        return self.send(200, self.provider.userinfo(subject))

    def authorize(self, said: dict[str, str]) -> None:
        wrong = (
            said.get("client_id") != CLIENT
            or said.get("redirect_uri") != self.provider.redirect_uri
            or said.get("response_type") != "code"
            or "openid" not in said.get("scope", "").split()
            or said.get("code_challenge_method") != "S256"
        )
        if wrong:
            return self.send(400, {"error": "invalid_request"})
        kept = "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in said.items()
        )
        buttons = "".join(
            f'<button name="subject" value="{escape(one)}">{escape(one)}</button>'
            for one in self.provider.people
        )
        form = f'<form method="post" action="/sign-in">{kept}{buttons}</form>'
        return self.send(200, f"<!doctype html><title>Provider</title>{form}")

    def back(self, said: dict[str, str]) -> None:
        code = self.provider.code_for(said["subject"], said)
        query = urlencode({"code": code, "state": said["state"]})
        self.send_response(302)
        self.send_header("Location", f"{said['redirect_uri']}?{query}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def send(self, status: int, body: dict[str, Any] | str) -> None:
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        kind = "text/html" if isinstance(body, str) else "application/json"
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_said: Any) -> None:
        """Quiet."""
