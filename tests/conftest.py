"""Fixtures everybody may use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts.gateways import MemoryGateway


@pytest.fixture(autouse=True)
def _own_letters(settings: Any, tmp_path: Path) -> None:
    """Spools and letters of a test lie in its own folder."""
    settings.LETTER_DIR = tmp_path / "letters"
    settings.ARCHIVE_DIR = tmp_path / "archives"


@pytest.fixture(autouse=True)
def _no_messages() -> None:
    MemoryGateway.sent.clear()


@pytest.fixture(scope="module")
def erasable(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """For tests with real transactions: SQLite is emptied after each of them by DELETE,
    which append-only tables refuse (PostgreSQL truncates)."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        triggers = _sqlite_triggers(cursor)
        for name, _sql in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for _name, sql in triggers:
            cursor.execute(sql)


def _sqlite_triggers(cursor: Any) -> list[tuple[str, str]]:
    if connection.vendor != "sqlite":
        return []
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    return list(cursor.fetchall())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Races and row locks need PostgreSQL; say so instead of failing without it."""
    if connection.vendor == "postgresql":
        return
    skip = pytest.mark.skip(reason="needs PostgreSQL: set DATABASE_URL")
    for item in items:
        if item.get_closest_marker("postgres"):
            item.add_marker(skip)
