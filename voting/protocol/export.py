"""The export (§11): a folder whose index covers every file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.canonical import NotCanonical, canonical, parse_canonical

from .shape import Shape

FORMAT = "yishi-export-1"
BOARD, CHECKPOINTS, ROLL = "board.jsonl", "checkpoints.jsonl", "roll.jsonl"
INDEX, RESOLUTION = "index.json", "resolution.pdf"
_ALWAYS = {BOARD, CHECKPOINTS, ROLL}
_MAX_INDEX = 64 * 1024
_BLOCK = 1 << 20
_CHECK = Shape("files")


def write(
    folder: Path,
    *,
    session: str,
    board: Iterable[bytes],
    checkpoints: Iterable[bytes],
    roll: Iterable[bytes],
    resolution: bytes | None = None,
) -> None:
    """Write an export into `folder`, which must be empty or not yet exist.

    Lines come without their line feeds. Raises FileExistsError for a folder with files in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty")
    for name, lines in ((BOARD, board), (CHECKPOINTS, checkpoints), (ROLL, roll)):
        with (folder / name).open("wb") as file:
            file.writelines(line + b"\n" for line in lines)
    if resolution is not None:
        (folder / RESOLUTION).write_bytes(resolution)
    files = {
        path.name: {"size": path.stat().st_size, "sha256": _sha256(path)}
        for path in folder.iterdir()
    }
    index = {"format": FORMAT, "session": session, "files": files}
    (folder / INDEX).write_bytes(canonical(index) + b"\n")


def verify(folder: Path) -> dict[str, Any]:
    """The index, if it covers the folder exactly. Raises Refused("files", …)."""
    check = _CHECK
    if not folder.is_dir():
        raise check.refuse("export", "no such folder")
    there = sorted(folder.iterdir())
    for path in there:
        if path.is_symlink() or not path.is_file():
            raise check.refuse("export", "holds something that is not a file")
        if path.stat().st_size == 0:
            raise check.refuse("export", "holds an empty file")
    names = {path.name for path in there}
    if INDEX not in names:
        raise check.refuse(INDEX, "missing")
    index = _index(folder / INDEX)
    files = index["files"]
    if set(files) != names - {INDEX} or not _ALWAYS <= set(files) <= _ALWAYS | {RESOLUTION}:
        raise check.refuse(INDEX, "a file is missing, added or renamed")
    for name, entry in files.items():
        check.fields(entry, name, "size", "sha256")
        size = check.integer(entry["size"], name, 1)
        if size != (folder / name).stat().st_size:
            raise check.refuse(name, "of another size")
        if check.hash(entry["sha256"], name).hex() != _sha256(folder / name):
            raise check.refuse(name, "changed")
    return index


def _index(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        data = file.read(_MAX_INDEX + 1)
    if not data.endswith(b"\n"):
        raise _CHECK.refuse(INDEX, "does not end in a line feed")
    try:
        value = parse_canonical(data[:-1], _MAX_INDEX)
    except NotCanonical as error:
        raise _CHECK.refuse(INDEX, str(error)) from error
    index = _CHECK.fields(value, INDEX, "format", "session", "files")
    _CHECK.equal(index["format"], "format", FORMAT)
    _CHECK.text(index["session"], "session")
    if type(index["files"]) is not dict:
        raise _CHECK.refuse("files", "not an object")
    return index


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
