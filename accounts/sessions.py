"""Web sessions at rest: the key in the cookie is kept as a hash, what is in them encrypted.

Django keeps both in clear: whoever reads the table could go on in anybody's session, and read
the code just sent to a phone. Here a dump tells who has a session no more than which
sessions there are, and a row put in another's place does not open.
"""

from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidTag
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore as Clear
from django.contrib.sessions.models import Session
from django.utils import timezone

from registry.fields import open_bytes, seal_bytes


def kept_key(session_key: str) -> str:
    """What the table has in place of a session's key, which has 165 random bits itself.

    A table of ours that points at a session keeps this, and ends it by `end_session`.
    """
    return sha256(b"yishi/session\x00" + session_key.encode()).hexdigest()[:40]


def purpose_of(kept: str) -> str:
    """What the content of a session is sealed for."""
    return f"session/{kept}"


def end_session(kept: str) -> None:
    """End the session that has this key at rest."""
    Session.objects.filter(session_key=kept).delete()


class SessionStore(Clear):
    """Sessions in Django's own table, of which a copy is of no use."""

    # The inherited ones read and write the key as it is.
    aload = SessionBase.aload
    aexists = SessionBase.aexists
    acreate = SessionBase.acreate
    asave = SessionBase.asave
    adelete = SessionBase.adelete

    def load(self) -> dict[str, Any]:
        """The content; {} and no key where there is none, or its key is not ours any more."""
        kept = kept_key(self.session_key or "")
        row = Session.objects.filter(session_key=kept, expire_date__gt=timezone.now()).first()
        if row is not None:
            try:
                sealed = b64decode(row.session_data)
                opened = open_bytes(sealed, purpose=purpose_of(kept))
            except (ValueError, InvalidTag):
                pass  # as Django has it for a bad signature: an empty session
            else:
                content: dict[str, Any] = self.serializer().loads(opened)
                return content
        self._session_key = None
        return {}

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(session_key=kept_key(session_key)).exists()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        kept = kept_key(self._get_or_create_session_key())  # type: ignore[attr-defined]
        sealed = seal_bytes(self.serializer().dumps(data), purpose=purpose_of(kept))
        return Session(
            session_key=kept,
            session_data=b64encode(sealed).decode("ascii"),
            expire_date=self.get_expiry_date(),
        )

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            end_session(kept_key(key))
