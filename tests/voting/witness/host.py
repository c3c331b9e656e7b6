"""A host with a board of hashes' worth: entries whose bodies nobody but a verifier reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core import merkle
from core.canonical import canonical
from tests.voting.sessions import Setting
from voting.protocol import board, checkpoint, consistency, export
from voting.protocol.shape import NO_HASH

TIME = "2026-03-02T08:00:00Z"


class Host:
    """Signs whatever it likes with the board's key."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.suite = setting.suite
        self.lines: list[bytes] = []
        self.checkpoints: list[bytes] = []
        self.hash = NO_HASH
        self.post("manifest", setting.manifest.value)
        self.sign()

    def post(self, type_: str, body: Any) -> None:
        line, self.hash = board.make_line(
            len(self.lines), TIME, type_, self.hash, body, self.suite
        )
        self.lines.append(line)

    def grow(self, entries: int, mark: str = "") -> None:
        for _ in range(entries):
            self.post("ballot", {"entry": f"{mark}{len(self.lines)}"})

    def sign(self, time: str = TIME) -> None:
        signed = checkpoint.sign(
            self.setting.board_secret,
            session=self.setting.session,
            size=len(self.lines),
            root=merkle.root(self.suite.hash, self.leaves()).hex(),
            time=time,
        )
        line = checkpoint.make_line(signed)
        if line not in self.checkpoints:
            self.checkpoints.append(line)

    def leaves(self) -> list[bytes]:
        return [merkle.leaf_hash(self.suite.hash, line) for line in self.lines]

    def rewritten(self, at: int) -> Host:
        """The same board with another entry `at` and everything after it linked again; it has
        checkpoints at the same sizes."""
        other = Host(self.setting)
        sizes = {checkpoint_size(line) for line in self.checkpoints}
        while len(other.lines) < len(self.lines):
            size = len(other.lines)
            other.grow(1, "rewritten " if size == at else "")
            if size + 1 in sizes:
                other.sign()
        return other

    def public(self, folder: Path, old: int) -> Path:
        """The two public files."""
        proof = merkle.consistency_proof(
            self.suite.hash, self.leaves(), min(old, len(self.lines))
        )
        value = consistency.make(
            self.lines[0], min(old, len(self.lines)), len(self.lines), proof
        )
        folder.mkdir(parents=True)
        (folder / "checkpoints.jsonl").write_bytes(b"\n".join(self.checkpoints) + b"\n")
        (folder / "consistency.json").write_bytes(canonical(value) + b"\n")
        return folder

    def export(self, folder: Path) -> Path:
        export.write(
            folder,
            session=self.setting.session,
            board=self.lines,
            checkpoints=self.checkpoints,
            roll=self.setting.roll_lines,
        )
        return folder


def checkpoint_size(line: bytes) -> int:
    size: int = board.parse_line(line)["size"]
    return size
