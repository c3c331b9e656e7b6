"""The catalogue as it stands, compiled for the tests: the .mo is not kept."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import chromium, erasable, open_page

__all__ = ["chromium", "erasable", "open_page"]

PO = Path(__file__).resolve().parents[2] / "locale" / "en" / "LC_MESSAGES" / "django.po"
# The framework's own sentences.
PLAIN = PO.parents[3] / "config" / "wording" / "zh_Hans" / "LC_MESSAGES" / "django.po"


@pytest.fixture(scope="session")
def _compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("locale")
    for language, catalogue in (("en", PO), ("zh_Hans", PLAIN)):
        messages = folder / language / "LC_MESSAGES"
        messages.mkdir(parents=True)
        subprocess.run(["msgfmt", "-o", messages / "django.mo", catalogue], check=True)
    return folder


@pytest.fixture(autouse=True)
def _english(_compiled: Path, settings: Any) -> None:
    settings.LOCALE_PATHS = [str(_compiled)]
