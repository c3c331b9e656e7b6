"""Fixtures everybody may use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from accounts.gateways import MemoryGateway
from tests.emptying import empty
from tests.templates import migrated
from voting import keyfiles

# How long an example takes says how busy the machine is, and nothing about the rule. The same
# examples every time, so that a change is not refused for what it did not touch; `make soak`
# looks for new ones.
hypothesis_settings.register_profile(
    "tests",
    deadline=None,
    derandomize="YISHI_SOAK" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
hypothesis_settings.load_profile("tests")


@pytest.fixture(autouse=True)
def _own_letters(settings: Any, tmp_path: Path) -> None:
    """Spools and letters of a test lie in its own folder."""
    settings.LETTER_DIR = tmp_path / "letters"
    settings.ARCHIVE_DIR = tmp_path / "archives"


@pytest.fixture(autouse=True)
def _nothing_before() -> None:
    """No message sent, and nobody's tries counted, by the test before."""
    MemoryGateway.sent.clear()
    cache.clear()


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """SQLite takes the copy of tests.templates as the test database; the file goes with its
    folder. PostgreSQL makes its own from a template, and drops it."""
    return connection.vendor == "sqlite"


@pytest.fixture(scope="session")
def _copied(django_db_modify_db_settings: None) -> Iterator[Callable[[], None]]:
    with ExitStack() as stack:
        stack.enter_context(migrated())
        yield stack.close


@pytest.fixture(scope="session")
def django_db_setup(_copied: Callable[[], None], django_db_setup: None) -> Iterator[None]:
    _copied()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda self: empty())
        yield


@pytest.fixture(scope="session", autouse=True)
def _stretched_once() -> Iterator[None]:
    """Scrypt of the same passphrase, salt and cost is the same key: a file sealed in a test
    is opened many times there, and takes the time once."""
    stretch = keyfiles._stretch
    known: dict[tuple[str, str], bytes] = {}

    def once(passphrase: str, head: dict[str, Any]) -> bytes:
        key = (passphrase, repr(sorted(head.items())))
        if key not in known:
            known[key] = stretch(passphrase, head)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keyfiles, "_stretch", once)
        yield


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
