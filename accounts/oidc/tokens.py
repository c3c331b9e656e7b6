"""The ID token, verified (OpenID Connect Core 1.0, 3.1.3.7), whoever handed it over.

allauth reads it without looking at the signature, as the standard allows where it came
straight from the provider over TLS, and knows no nonce. A government's own proxy may end
that TLS on the way; so everything is checked here.
"""

import hmac
from typing import Any

import jwt
from allauth.socialaccount.providers.oauth2.client import OAuth2Error

# Only what a public key verifies: "none" and HMAC under a public key are old tricks.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
_REQUIRED = ["iss", "sub", "aud", "exp", "iat"]
_LEEWAY = 60


def verified_claims(
    id_token: str, *, keys: dict[str, Any], issuer: str, client_id: str, nonce: str
) -> dict[str, Any]:
    """The claims of a token that is genuine, current, for us, and of this very sign-in.

    OAuth2Error otherwise; its text holds nothing of the token.
    """
    try:
        header = jwt.get_unverified_header(id_token)
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise OAuth2Error("ID token: algorithm")
        claims: dict[str, Any] = jwt.decode(
            id_token,
            key=_key(keys, header).key,
            algorithms=[algorithm],
            audience=client_id,
            issuer=issuer,
            leeway=_LEEWAY,
            options={"require": _REQUIRED},
        )
    except (jwt.PyJWTError, KeyError, TypeError, ValueError) as wrong:
        raise OAuth2Error(f"ID token: {type(wrong).__name__}") from None
    if "azp" in claims and claims["azp"] != client_id:
        raise OAuth2Error("ID token: made for another party")
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and "azp" not in claims:
        raise OAuth2Error("ID token: several audiences and no authorised party")
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise OAuth2Error("ID token: nonce")
    return claims


def _key(keys: dict[str, Any], header: dict[str, Any]) -> jwt.PyJWK:
    found = [one for one in keys.get("keys", []) if one.get("use", "sig") == "sig"]
    if "kid" in header:
        found = [one for one in found if one.get("kid") == header["kid"]]
    if len(found) != 1:
        raise OAuth2Error("ID token: unknown key")
    key = jwt.PyJWK(found[0], algorithm=found[0].get("alg") or header["alg"])
    if key.algorithm_name != header["alg"]:
        raise OAuth2Error("ID token: another algorithm than its key's")
    return key
