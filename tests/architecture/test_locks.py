"""Row locks never stand in the way of a foreign key.

Foreign keys are checked at the commit, when the writer holds its locks already. FOR UPDATE
on the row referred to would wait for that writer and be waited for: a deadlock (closing a
session while ballots come in). FOR NO KEY UPDATE is what every lock here means.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_CALL = r"select_for_update\((?:[^()]|\([^()]*\))*\)"
PACKAGES = (
    "logbook",
    "registry",
    "accounts",
    "documents",
    "voting",
    "funds",
    "disclosures",
    "portal",
)


def test_every_row_lock_leaves_the_key_alone() -> None:
    calls = [
        (path.relative_to(ROOT), call)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for call in re.findall(_CALL, path.read_text(encoding="utf-8"))
    ]
    assert len(calls) > 20
    assert [where for where, call in calls if "no_key=True" not in call] == []
