"""What the holder of a root, of the board's key or of a receipt can check on top."""

from __future__ import annotations

import re
from pathlib import Path

from core import merkle
from core.canonical import NotCanonical, parse_narrow
from voting.protocol import ballot, board, receipt
from voting.protocol.refusal import Refused
from voting.protocol.shape import unb64

from .reading import Reading
from .replay import Replay

_MAX_FILE = 64 * 1024


class Evidence:
    """Each method makes the check of its name; see `verification`."""

    def __init__(self, reading: Reading, replay: Replay) -> None:
        self._reading = reading
        self._replay = replay

    def origin(self, root: str) -> dict[str, str]:
        """The root is that of the board's first entries, however many: nothing was removed."""
        if not re.fullmatch(r"[0-9a-f]{64}", root.strip().lower(), re.ASCII):
            raise Refused("origin", "the root is not 64 hex digits")
        wanted = bytes.fromhex(root.strip())
        hash_ = self._reading.manifest.suite.hash
        tree = merkle.Tree(hash_)
        for line in self._reading.lines:
            tree.append(merkle.leaf_hash(hash_, line))
            if tree.root() == wanted:
                return {"origin": f"the root you hold covers the first {tree.size} entries"}
        raise Refused("origin", "this board never had the root you hold")

    def key(self, path: Path) -> dict[str, str]:
        """The manifest names the board key you hold."""
        try:
            held = unb64(_read("key", path).decode("ascii").strip())
        except ValueError as error:
            raise Refused("key", "the file holds no key in base64url") from error
        if held != self._reading.manifest.board_key:
            raise Refused("key", "signed with another key than the one you hold")
        return {"key": "signed with the key you hold"}

    def receipt(self, path: Path) -> dict[str, str]:
        """The promise of the receipt was kept."""
        try:
            value = parse_narrow(_read("receipt", path), _MAX_FILE)
        except NotCanonical as error:
            raise Refused("receipt", str(error)) from error
        found = receipt.verify(self._reading.manifest, value)
        entries = self._reading.entries
        seq = found["seq"]
        if seq >= len(entries) or entries[seq].type not in (board.BALLOT, board.PAPER):
            raise Refused("receipt", f"entry {seq} is no ballot")
        body = board.body_of(self._reading.lines[seq])
        if entries[seq].type == board.PAPER:
            body = board.parse_paper(body, f"entry {seq}").ballot
        same = (
            type(body) is dict
            and body.get("party") == found["party"]
            and body.get("encrypted_by") == found["encrypted_by"]
            and ballot.tracker(self._reading.manifest, body) == found["tracker"]
            and entries[seq].time == found["recorded_at"]
        )
        if not same:
            raise Refused("receipt", f"entry {seq} is another ballot")
        if not any(
            size > seq and time <= found["checkpoint_by"]
            for size, time in self._reading.covered
        ):
            raise Refused("receipt", "no checkpoint covered the ballot by the time promised")
        last, _ = self._replay.last.get(found["party"], (seq, ()))
        state = "the party's last" if last == seq else f"replaced by entry {last}"
        text = ballot.tracker_text(found["tracker"])
        return {"receipt": f"ballot {text} is entry {seq}, {state}"}


def _read(check: str, path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE + 1)
    except OSError as error:
        raise Refused(check, "the file cannot be read") from error
    if len(data) > _MAX_FILE:
        raise Refused(check, "the file is too long")
    return data
