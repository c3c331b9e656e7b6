"""Reading an export: files, canonical lines, manifest, links, tree, roll, trustees' keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core import merkle
from core.canonical import MAX_LINE, NotCanonical, parse_canonical
from voting.protocol import board, checkpoint, export, manifest, roll, trustees
from voting.protocol.manifest import Manifest
from voting.protocol.refusal import Refused


class NotYet(Exception):
    """The board has not come to what the check is about."""


def _lighter(value: dict[str, Any]) -> dict[str, Any]:
    """An entry without its ballot, which is large."""
    body = value.get("body")
    if value.get("type") == board.BALLOT:
        return {**value, "body": None}
    if value.get("type") == board.PAPER and type(body) is dict and "ballot" in body:
        return {**value, "body": {**body, "ballot": None}}
    return value


class Reading:
    """The lines of an export. Each method makes the check of its name; see `verification`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines: list[bytes] = []
        self.values: list[Any] = []  # of lines; without the bodies of ballots, which are large
        self.entries: list[board.Entry] = []
        self._signed: list[tuple[bytes, Any]] = []  # the checkpoints' lines and values
        self.roll_lines: list[bytes] = []
        self.parties: list[roll.Party] = []
        self.covered: list[tuple[int, str]] = []  # (size, time) of checkpoints
        self.lacking_witnesses = False
        self._index_session: str | None = None
        self._manifest: Manifest | None = None

    @property
    def manifest(self) -> Manifest:
        """The manifest; only for checks that need the check `manifest`."""
        if self._manifest is None:
            raise NotYet
        return self._manifest

    def entry(self, type_: str) -> board.Entry:
        """The last entry of the type. Raises NotYet."""
        found = [entry for entry in self.entries if entry.type == type_]
        if not found:
            raise NotYet
        return found[-1]

    def files(self) -> dict[str, str]:
        """The index covers the folder exactly."""
        index = export.verify(self.folder)
        self._index_session = index["session"]
        return {"files": f"{len(index['files'])} files as in the index"}

    def canonical(self) -> dict[str, str]:
        """Every line of the three files is its own canonical form."""
        for line, value in self._read(export.BOARD):
            if type(value) is dict:
                value = _lighter(value)
            self.lines.append(line)
            self.values.append(value)
        self._signed = list(self._read(export.CHECKPOINTS))
        self.roll_lines = [line for line, _ in self._read(export.ROLL)]
        counts = len(self.lines), len(self._signed), len(self.roll_lines)
        detail = "{} entries, {} checkpoints, {} parties".format(*counts)
        return {"canonical": detail}

    def _read(self, name: str) -> Iterator[tuple[bytes, Any]]:
        path = self.folder / name
        if path.is_symlink() or not path.is_file():
            raise Refused("canonical", f"no file {name}")
        with path.open("rb") as file:
            number = 0
            while line := file.readline(MAX_LINE + 2):
                number += 1
                if not line.endswith(b"\n"):
                    raise Refused("canonical", f"{name} line {number}: too long or cut")
                line = line[:-1]
                try:
                    value = parse_canonical(line, MAX_LINE)
                except NotCanonical as error:
                    raise Refused("canonical", f"{name} line {number}: {error}") from error
                yield line, value
        if number == 0:
            raise Refused("canonical", f"{name} is empty")

    def manifest_entry(self) -> dict[str, str]:
        """Entry 0 is a manifest, well-formed and lawful."""
        first = self.values[0]
        if type(first) is not dict or first.get("type") != board.MANIFEST:
            raise Refused("manifest", "the board does not begin with it")
        found = manifest.parse(first.get("body"))
        if self._index_session not in (None, found.session):
            raise Refused("manifest", "of another session than the index")
        self._manifest = found
        names = found.session, found.suite.name, len(found.motions)
        detail = "session {}, suite {}, {} motions, hash {}".format(*names, found.hash.hex())
        return {"manifest": detail}

    def chain(self) -> dict[str, str]:
        """Numbers, links and times of the entries."""
        chain = board.Chain(self.manifest.suite)
        self.entries = [
            chain.follow(value, line)
            for value, line in zip(self.values, self.lines, strict=True)
        ]
        return {"chain": f"{len(self.entries)} entries linked"}

    def checkpoints(self) -> dict[str, str]:
        """Every checkpoint is signed and is the root of the board's first entries."""
        tree = merkle.Tree(self.manifest.suite.hash)
        if len({line for line, _ in self._signed}) != len(self._signed):
            raise Refused("checkpoints", "a line occurs twice")
        size, time = 0, ""
        for _, value in self._signed:
            found = checkpoint.verify(self.manifest, value)
            where = f"size {found.size}"
            if found.size < size or found.time < time or found.size > len(self.lines):
                raise Refused("checkpoints", f"{where}: size or time goes back, or beyond")
            size, time = found.size, found.time
            for line in self.lines[tree.size : size]:
                tree.append(merkle.leaf_hash(self.manifest.suite.hash, line))
            if tree.root() != found.root:
                raise Refused("checkpoints", f"{where}: another root")
            if found.time < self._time_of(size - 1):
                raise Refused("checkpoints", f"{where}: earlier than its last entry")
            self.covered.append((size, time))
            self.lacking_witnesses = len(found.witnesses) < self.manifest.witnesses_needed
        if size != len(self.lines):
            raise Refused("checkpoints", "the last one does not cover the whole board")
        detail = f"{len(self.covered)} signed, root {tree.root().hex()}"
        if self.lacking_witnesses:
            detail += ", not witnessed"
        return {"checkpoints": detail}

    def _time_of(self, seq: int) -> str:
        value = self.values[seq]
        time = value.get("time") if type(value) is dict else None
        return time if type(time) is str else ""

    def roll(self) -> dict[str, str]:
        """The roll is the one of the manifest."""
        self.parties = roll.parse(self.manifest, self.roll_lines)
        area = self.manifest.roll_area
        return {"roll": f"{len(self.parties)} parties, {area // 100}.{area % 100:02} m²"}

    def trustees(self) -> dict[str, str]:
        """The trustees possess their keys, which fit the election key."""
        trustees.check(self.manifest)
        found = self.manifest
        return {"trustees": f"{found.threshold} of {len(found.trustees)}"}
