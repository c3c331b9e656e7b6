"""What tells a keys file from another: to be read aloud when it is handed over."""

from __future__ import annotations

from typing import Any

from core.canonical import canonical
from voting.protocol.suite import Suite


def fingerprint(chosen: Suite, file: dict[str, Any]) -> str:
    """Sixteen hex digits of the keys file without its codes, to be read aloud."""
    keys = [[row["party"], row["key"]] for row in file["keys"]]
    digest = chosen.hash(canonical([file["session"], file["roll"], keys])).hex()[:16]
    return " ".join(digest[at : at + 4] for at in range(0, 16, 4)).upper()
