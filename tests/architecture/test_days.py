"""The day of an instant is its day in Shanghai: core.deadlines.local_day, nothing else.

`.date()` of an instant in UTC is yesterday until eight in the morning.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "core", "logbook", "registry", "accounts", "documents", "voting", "funds", "disclosures",
    "committees", "portal",
)  # fmt: skip


def test_one_place_turns_an_instant_into_a_day() -> None:
    found = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"\.date\(\)|\.today\(\)|utcnow", path.read_text(encoding="utf-8"))
    }
    assert found == {"core/deadlines.py"}
