"""抽签: the order of candidates on the ballot, drawn so that anybody can do it again.

Two halves make the order: a secret of the server, to whose hash it commits before anything is
said, and words said aloud by those present once the list is complete. Neither side alone can
bend it: the server does not know the words when it commits, the organiser not the secret when
they are spoken. docs/protocol.md §15.
"""

from collections.abc import Sequence
from hashlib import sha256

_COMMITMENT, _DRAW = b"YISHI-1-draw-commitment", b"YISHI-1-draw"


def commitment(secret: bytes) -> str:
    """What is shown before the words are said: 64 hex digits."""
    return sha256(_prefixed(_COMMITMENT, secret)).hexdigest()


def ticket(secret: bytes, words: str, name: str, room: str) -> bytes:
    """A candidate's ticket; the smallest goes first."""
    texts = (words.encode(), name.encode(), room.encode())
    return sha256(_prefixed(_DRAW, secret, *texts)).digest()


def drawn_order(
    secret: bytes, words: str, candidates: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    """(name, room) of each candidate, in the order of the ballot."""
    return sorted(candidates, key=lambda one: ticket(secret, words, *one))


def _prefixed(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
