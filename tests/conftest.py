"""Fixtures everybody may use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts.gateways import MemoryGateway


@pytest.fixture(autouse=True)
def _own_letters(settings: Any, tmp_path: Path) -> None:
    """Spools and letters of a test lie in its own folder."""
    settings.LETTER_DIR = tmp_path / "letters"


@pytest.fixture(autouse=True)
def _no_messages() -> None:
    MemoryGateway.sent.clear()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Races and row locks need PostgreSQL; say so instead of failing without it."""
    if connection.vendor == "postgresql":
        return
    skip = pytest.mark.skip(reason="needs PostgreSQL: set DATABASE_URL")
    for item in items:
        if item.get_closest_marker("postgres"):
            item.add_marker(skip)
