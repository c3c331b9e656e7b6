"""docs/law.md names functions; each must be where the page says."""

import importlib
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "law.md"
NAMES = sorted(set(re.findall(r"`((?:\w+\.){2,}\w+)`", PAGE.read_text(encoding="utf-8"))))


def test_the_page_names_functions() -> None:
    assert len(NAMES) > 15


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("tests.")])
def test_function_exists(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    assert hasattr(importlib.import_module(module), attribute)
