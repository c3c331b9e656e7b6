"""What a command or a paper keeps names choices by documents.labels, in Chinese.

`get_…_display` answers in the language of whoever acts: an official who reads English would
have written English words into a paper that is rendered once.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# `*/selectors` feed pages too, which may speak the reader's language.
KEPT = (
    "*/services/*.py", "*/steps.py", "*/facts.py", "*/selectors/exports.py", "documents/*.py",
    "documents/services/*.py", "*/tasks.py",
)  # fmt: skip


def test_what_is_kept_does_not_speak_the_actors_language() -> None:
    found = {
        str(path.relative_to(ROOT))
        for pattern in KEPT
        for path in ROOT.glob(pattern)
        if re.search(r"_display\b", path.read_text(encoding="utf-8"))
    }
    assert found == {"documents/labels.py"}
