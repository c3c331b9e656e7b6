"""Trustees at their own devices: every step by the command line, in folders of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.canonical import canonical
from voting.protocol import ceremony
from voting.protocol.ceremony import Ceremony
from voting.trustee.__main__ import main

PASSPHRASE = "四个 不相干 的词 连起来"
ENOUGH = datetime(2099, 1, 1, tzinfo=UTC)
"""A clock after every vote of the tests."""


class Device:
    """One trustee's folder and keyboard."""

    def __init__(self, folder: Path, number: int) -> None:
        self.folder = folder / f"trustee-{number}"
        self.folder.mkdir(parents=True)
        self.number = number
        (self.folder / "passphrase").write_text(PASSPHRASE + "\n", encoding="utf-8")

    def path(self, name: str) -> Path:
        return self.folder / name

    def run(
        self, command: str, *arguments: object, now: datetime = ENOUGH, passphrase: str = ""
    ) -> int:
        words = [command, *map(str, arguments)]
        if passphrase:
            return main(words, now=now, ask_secret=lambda _prompt: passphrase)
        return main([*words, "--passphrase-file", str(self.path("passphrase"))], now=now)

    def sit(self, round_: int, transcript: Path) -> Path:
        """The message of a round (0, 1, 2), which must succeed."""
        out = self.path(f"round-{round_}.json")
        work = ("--work", self.path("work"))
        extra: tuple[object, ...] = (
            ("--index", self.number),
            (),
            ("--key", self.path("key-a"), "--copy", self.path("key-b")),
        )[round_]
        command = ("certificate", "reveal", "confirm")[round_]
        assert self.run(command, transcript, *work, *extra, "--out", out) == 0
        return out

    def open(self, export: Path, *, now: datetime = ENOUGH, out: str = "share.json") -> int:
        key = ("--key", self.path("key-a"))
        return self.run("decrypt", export, *key, "--out", self.path(out), "--yes", now=now)


def value_of(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def held(folder: Path, start: Ceremony) -> tuple[Ceremony, list[Device]]:
    """A whole ceremony with its devices, the files carried by hand."""

    def post(current: Ceremony) -> Path:
        path = folder / f"ceremony-{current.round}.json"
        path.write_bytes(canonical(current.value) + b"\n")
        return path

    return carried(folder, start, post, ceremony.advance)


def carried(
    folder: Path,
    start: Any,
    post: Callable[[Any], Path],
    collect: Callable[[Any, list[Any]], Any],
) -> tuple[Any, list[Device]]:
    current = start
    devices = [Device(folder, number) for number in range(1, start.count + 1)]
    for round_ in range(3):
        transcript = post(current)
        messages = [value_of(device.sit(round_, transcript)) for device in devices]
        current = collect(current, messages)
    post(current)
    return current, devices
