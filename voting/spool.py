"""The spool: tokens and codes of a session's letters, between freezing and printing.

Outside the database and sealed under the data key, so that neither a copy of the database
nor of the folder alone can vote. A file is written whole, flushed to disk and then renamed.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from core.sealed import HEAD_SIZE, KeyRing
from registry.fields import open_bytes, seal_bytes

_PURPOSE = "voting.spool"


class Secret(NamedTuple):
    """What only the letter of a party may know: 22 characters base64url, 12 Crockford."""

    token: str
    code: str

    def __repr__(self) -> str:
        return "Secret(***)"


def spool_path(session_code: str) -> Path:
    return Path(settings.LETTER_DIR) / f"{session_code}.spool"


def letters_path(session_code: str) -> Path:
    return Path(settings.LETTER_DIR) / f"{session_code}.pdf"


def write_spool(session_code: str, secrets: Mapping[int, Secret]) -> None:
    """Keep the secrets by party number; on disk when this returns."""
    data = json.dumps({str(number): list(secret) for number, secret in secrets.items()})
    write_private(
        spool_path(session_code), seal_bytes(data.encode(), purpose=_purpose(session_code))
    )


def read_spool(session_code: str) -> dict[int, Secret] | None:
    """The secrets, or None where the spool is gone."""
    try:
        sealed = spool_path(session_code).read_bytes()
    except FileNotFoundError:
        return None
    opened = open_bytes(sealed, purpose=_purpose(session_code))
    return {int(number): Secret(*secret) for number, secret in json.loads(opened).items()}


def spooled_sessions() -> list[str]:
    """Codes of the sessions whose secrets wait."""
    return sorted(path.stem for path in Path(settings.LETTER_DIR).glob("[!.]*.spool"))


def spool_head(session_code: str) -> bytes | None:
    """The head of the spool, by which its key is known; None where it is gone."""
    try:
        with spool_path(session_code).open("rb") as file:
            return file.read(HEAD_SIZE)
    except FileNotFoundError:
        return None


def reseal_spool(session_code: str, ring: KeyRing) -> bool:
    """Seal a spool again where it has another key; under the session's lock, like deleting."""
    head = spool_head(session_code)
    if head is None or head == ring.head:
        return False
    purpose = _purpose(session_code)
    plain = ring.open(spool_path(session_code).read_bytes(), purpose=purpose)
    write_private(spool_path(session_code), ring.seal(plain, purpose=purpose))
    return True


def write_private(path: Path, content: bytes) -> None:
    """Write a file only we can read, durably and in one step."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def letters_lie(session_code: str) -> bool:
    """Whether anything of a session's letters is there."""
    return spool_path(session_code).exists() or letters_path(session_code).exists()


def delete_letters(session_code: str) -> None:
    """Remove spool and letters; harmless where they are gone."""
    for path in (spool_path(session_code), letters_path(session_code)):
        with suppress(FileNotFoundError):
            path.unlink()


def _purpose(session_code: str) -> str:
    return f"{_PURPOSE}/{session_code}"
