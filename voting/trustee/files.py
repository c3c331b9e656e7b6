"""Files of a trustee: transcripts and messages, and secrets under a passphrase."""

from __future__ import annotations

import os
import secrets
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from core.canonical import NotCanonical, canonical, parse_canonical
from voting.domain import keyholders
from voting.protocol import ceremony
from voting.protocol.ceremony import Ceremony, Complaint, WrongFile
from voting.protocol.dealing import Secret
from voting.protocol.refusal import Refused
from voting.protocol.shape import Shape, b64, unb64

WORK, KEY = "yishi-trustee-work-1", "yishi-trustee-key-1"
COST = 2**17  # of scrypt: 128 MiB and about half a second
SHORTEST = 12  # characters of a passphrase
_LEAST, _MOST = 2**14, 2**18
_NONCE = 12
_SHAPE = Shape("key file")
_MAX_KEY = 64 * 1024


class Stop(Exception):
    """The tool refuses, with a Chinese sentence a trustee can act on."""


class Key(NamedTuple):
    """What a key file holds. `sitting`: T_2; `public`: ceremony.public."""

    session: str
    suite: str
    number: int
    secret: int
    sitting: str
    public: dict[str, Any]

    @property
    def point(self) -> bytes:
        """vk_j, 65 bytes."""
        return unb64(self.public["keys"][self.number - 1])


# --- plain files ----------------------------------------------------------------------------


def read(path: Path, most: int = ceremony.MAX_SIZE) -> bytes:
    """The bytes of a file that is not too long. Raises Stop."""
    try:
        with path.open("rb") as file:
            data = file.read(most + 2)
    except OSError as error:
        raise Stop(f"打不开文件 {path}：{error.strerror}。") from error
    if len(data) > most + 1:
        raise Stop(f"文件 {path} 太大，不是要用的文件。")
    return data


def read_value(path: Path, most: int = ceremony.MAX_SIZE) -> Any:
    """The JSON value of a file: one canonical line. Raises Stop."""
    data = read(path, most)
    try:
        if not data.endswith(b"\n"):
            raise NotCanonical("the last line is cut")
        return parse_canonical(data[:-1], most)
    except NotCanonical as error:
        raise Stop(f"文件 {path} 不完整或者被改过，请重新拷贝一份。") from error


def read_ceremony(path: Path) -> Ceremony:
    """A transcript, with every message checked. Raises Stop."""
    value = read_value(path)
    try:
        return ceremony.parse(value)
    except Refused as refused:
        raise Stop(f"仪式文件 {path}：{said(refused)}") from refused


def said(refused: Refused) -> str:
    """A refusal of the protocol in plain words."""
    if isinstance(refused, Complaint):
        return keyholders.refusal(refused.code, refused.index)
    if isinstance(refused, WrongFile):
        return keyholders.refusal(refused.code)
    return keyholders.refusal("")


def write(path: Path, data: bytes) -> None:
    """Write a new file for this user alone, down to the disk; nothing is overwritten."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Stop(f"已经有文件 {path}，不会覆盖它，请换一个文件名。") from error
    except OSError as error:
        raise Stop(f"写不进文件 {path}：{error.strerror}。") from error
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def write_value(path: Path, value: Any) -> None:
    """One canonical line."""
    write(path, canonical(value) + b"\n")


def demand_free(paths: Sequence[Path]) -> None:
    """That none of these files is there yet, and all are different. Raises Stop."""
    if len({path.resolve() for path in paths}) != len(paths):
        raise Stop("同一个文件名用了两次，请分开写。")
    for path in paths:
        if path.exists():
            raise Stop(f"已经有文件 {path}，不会覆盖它，请换一个文件名。")
        if not path.absolute().parent.is_dir():
            raise Stop(f"没有文件夹 {path.absolute().parent}。")


# --- secrets under a passphrase -------------------------------------------------------------


def seal(
    format_: str,
    value: dict[str, Any],
    passphrase: str,
    *,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> bytes:
    """The bytes of a key file (§14)."""
    head = {"format": format_, "n": COST, "salt": b64(random(16))}
    nonce = random(_NONCE)
    sealed = AESGCM(_stretch(passphrase, head)).encrypt(
        nonce, canonical(value), canonical(head)
    )
    return canonical({**head, "sealed": b64(nonce + sealed)}) + b"\n"


def unseal(path: Path, format_: str, passphrase: str) -> dict[str, Any]:
    """What a key file holds. Raises Stop."""
    value = read_value(path, _MAX_KEY)
    try:
        _SHAPE.fields(value, "file", "format", "n", "salt", "sealed")
        _SHAPE.equal(value["format"], "format", format_)
        cost = _SHAPE.integer(value["n"], "n", _LEAST, _MOST)
        if cost & (cost - 1):
            raise _SHAPE.refuse("n", "no power of two")
        _SHAPE.data(value["salt"], "salt", 16)
        sealed = unb64(_SHAPE.text(value["sealed"], "sealed"))
    except (Refused, ValueError) as error:
        kind = "仪式用的临时文件" if format_ == WORK else "钥匙文件"
        raise Stop(f"文件 {path} 不是{kind}，或者不完整。") from error
    head = {name: item for name, item in value.items() if name != "sealed"}
    try:
        plain = AESGCM(_stretch(passphrase, head)).decrypt(
            sealed[:_NONCE], sealed[_NONCE:], canonical(head)
        )
    except (InvalidTag, ValueError) as error:
        raise Stop(
            f"打不开 {path}：口令不对，或者文件被改过。请再试一次，或者用另一份。"
        ) from error
    found: dict[str, Any] = parse_canonical(plain)
    return found


def _stretch(passphrase: str, head: dict[str, Any]) -> bytes:
    plain = unicodedata.normalize("NFC", passphrase).encode()
    return Scrypt(salt=unb64(head["salt"]), length=32, n=head["n"], r=8, p=1).derive(plain)


def work_value(current: Ceremony, secret: Secret) -> dict[str, Any]:
    """What a work file holds, for `seal`."""
    return {
        "number": secret.number,
        "terms": current.hashes[0].hex(),
        "coefficients": [b64(value.to_bytes(32, "big")) for value in secret.coefficients],
        "decryption": b64(secret.decryption),
    }


def read_work(path: Path, passphrase: str, current: Ceremony) -> Secret:
    """The secret of this sitting. Raises Stop."""
    value = unseal(path, WORK, passphrase)
    if value["terms"] != current.hashes[0].hex():
        raise Stop(f"{path} 是另一次仪式的，或者重新开始以前的那一次。")
    coefficients = (int.from_bytes(unb64(text), "big") for text in value["coefficients"])
    return Secret(value["number"], tuple(coefficients), unb64(value["decryption"]))


def key_value(key: Key) -> dict[str, Any]:
    """What a key file holds, for `seal`."""
    return {**key._asdict(), "secret": b64(key.secret.to_bytes(32, "big"))}


def read_key(path: Path, passphrase: str) -> Key:
    """Raises Stop."""
    value = unseal(path, KEY, passphrase)
    return Key(**{**value, "secret": int.from_bytes(unb64(value["secret"]), "big")})
