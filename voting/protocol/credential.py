"""The voting key of a party: from the letter's token, or new at random (§5)."""

from __future__ import annotations

import secrets

from .hashing import hkdf, lp
from .suite import Draw, Suite, draw_scalar

TOKEN_SIZE = 16
CHALLENGE_SIZE = 32
_INFO = b"YISHI-1-credential"


def new_token() -> bytes:
    """16 random bytes for a letter."""
    return secrets.token_bytes(TOKEN_SIZE)


def derive(suite: Suite, session: str, token: bytes) -> tuple[int, bytes]:
    """(k, K): the secret scalar and the 65 bytes of kG. `session`: its public code.

    Raises ValueError for a token of another size, and for k = 0, which never happens.
    """
    if len(token) != TOKEN_SIZE:
        raise ValueError(f"a token has {TOKEN_SIZE} bytes")
    data = hkdf(suite.hash_name, token, salt=session.encode(), info=_INFO, length=48)
    secret = int.from_bytes(data, "big") % suite.order
    if secret == 0:
        raise ValueError("this token gives no key")
    return secret, suite.group.base(secret).encode()


def random_key(suite: Suite, *, rng: Draw = draw_scalar) -> tuple[int, bytes]:
    """(k, K) of a replacement credential."""
    secret = rng(suite.order)
    return secret, suite.group.base(secret).encode()


def login_message(session: str, challenge: bytes) -> bytes:
    """What is signed with tag `login` to open the ballot page. `challenge`: 32 bytes."""
    if len(challenge) != CHALLENGE_SIZE:
        raise ValueError(f"a challenge has {CHALLENGE_SIZE} bytes")
    return lp(session, challenge)
