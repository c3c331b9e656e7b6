"""Files of the tools that run on people's own devices: canonical JSON, and secrets under a
passphrase (docs/protocol.md §14).
"""

from __future__ import annotations

import os
import secrets
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from core.canonical import NotCanonical, canonical, parse_canonical
from voting.protocol.refusal import Refused
from voting.protocol.shape import Shape, b64, unb64

COST = 2**17  # of scrypt: 128 MiB and about half a second
SHORTEST = 12  # characters of a passphrase
_LEAST, _MOST = 2**14, 2**18
_NONCE = 12
_SHAPE = Shape("key file")
_MAX_SIZE = 256 * 1024
_MAX_KEY = 64 * 1024


class Stop(Exception):
    """The tool refuses, with a Chinese sentence its user can act on."""


# --- plain files ----------------------------------------------------------------------------


def read(path: Path, most: int = _MAX_SIZE) -> bytes:
    """The bytes of a file that is not too long. Raises Stop."""
    try:
        with path.open("rb") as file:
            data = file.read(most + 2)
    except OSError as error:
        raise Stop(f"打不开文件 {path}：{error.strerror}。") from error
    if len(data) > most + 1:
        raise Stop(f"文件 {path} 太大，不是要用的文件。")
    return data


def read_value(path: Path, most: int = _MAX_SIZE) -> Any:
    """The JSON value of a file: one canonical line. Raises Stop."""
    data = read(path, most)
    try:
        if not data.endswith(b"\n"):
            raise NotCanonical("the last line is cut")
        return parse_canonical(data[:-1], most)
    except NotCanonical as error:
        raise Stop(f"文件 {path} 不完整或者被改过，请重新拷贝一份。") from error


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


def replace_value(path: Path, value: Any) -> None:
    """One canonical line in place of what the file held: whole, or not at all."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    write_value(fresh, value)
    fresh.replace(path)


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


def unseal(
    path: Path, format_: str, passphrase: str, *, kind: str = "钥匙文件"
) -> dict[str, Any]:
    """What a key file holds; `kind` is what people call it. Raises Stop."""
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


def passphrase(file: Path | None, ask: Callable[[str], str]) -> str:
    """From a file, or else from the keyboard. Raises Stop."""
    if file is not None:
        return read(file, 1024).decode("utf-8", "replace").rstrip("\r\n")
    return ask("口令：")


def new_passphrase(file: Path | None, ask: Callable[[str], str]) -> str:
    """One that is long enough, typed twice. Raises Stop."""
    chosen = passphrase(file, ask)
    if len(chosen) < SHORTEST:
        raise Stop(f"口令太短，至少{SHORTEST}个字符，例如几个不相干的词连在一起。")
    if file is None and ask("再输一遍口令：") != chosen:
        raise Stop("两遍口令不一样，请重来。")
    return chosen
