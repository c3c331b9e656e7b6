"""The migrated database, made once and copied: every process of a test run needs one.

Migrating takes longer than most folders of tests. What was migrated is found again by a hash
of the migrations and of what they import; Django still asks the copy which migrations it
lacks, so that a stale copy is brought up to date and never merely believed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import django
import psycopg
from django.apps import apps
from django.db import connection
from psycopg import sql

KEPT = timedelta(days=7)
PREFIX = "yishi_migrated_"
# What migrations import of ours.
ROOT = Path(__file__).resolve().parents[1]
IMPORTED = (ROOT / "logbook" / "triggers.py", ROOT / "registry" / "fields.py")


def migrations_hash() -> str:
    digest = hashlib.sha256(f"{django.VERSION} {connection.vendor}".encode())
    files = [
        path
        for app in sorted(apps.get_app_configs(), key=lambda app: app.label)
        for path in sorted(Path(app.path, "migrations").glob("*.py"))
    ]
    for path in (*files, *IMPORTED):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _folder() -> Path:
    return Path(tempfile.gettempdir(), f"yishi-migrated-{os.getuid()}")


def copy_empty(path: Path) -> bool:
    """A migrated SQLite database, and whether one was kept: else it has to be migrated."""
    kept = _Sqlite(_folder(), migrations_hash()).kept
    if kept.exists():
        shutil.copyfile(kept, path)
    return kept.exists()


@contextmanager
def migrated() -> Iterator[None]:
    """Around the making of the test database: start from the copy, or leave one for others.

    One process at a time, so that two that start together do not both migrate.
    """
    folder = _folder()
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        yield  # somebody else's: nothing of it is believed
        return
    name = migrations_hash()
    kind: Any = _Postgres if connection.vendor == "postgresql" else _Sqlite
    template = kind(folder, name)
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = template.use()
        yield
        if not found:
            template.keep()


class _Sqlite:
    """A file beside the lock."""

    def __init__(self, folder: Path, name: str) -> None:
        self.kept = folder / f"{name}.sqlite3"

    @property
    def _test(self) -> Path:
        return Path(connection.settings_dict["TEST"]["NAME"])

    def use(self) -> bool:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self._test}{suffix}").unlink(missing_ok=True)
        if self.kept.exists():
            shutil.copyfile(self.kept, self._test)
        return self.kept.exists()

    def keep(self) -> None:
        for old in self.kept.parent.iterdir():
            if time.time() - old.stat().st_mtime > KEPT.total_seconds():
                old.unlink(missing_ok=True)
        aside = self.kept.with_suffix(f".{os.getpid()}")
        with sqlite3.connect(self._test) as source, sqlite3.connect(aside) as target:
            source.backup(target)
        source.close()
        target.close()
        aside.rename(self.kept)


class _Postgres:
    """A database of the same server, the day it was made as its comment."""

    def __init__(self, _folder: Path, name: str) -> None:
        self.kept = PREFIX + name

    def _server(self) -> psycopg.Connection[Any]:
        parameters = connection.get_connection_params()
        return psycopg.connect(
            **{
                key: parameters[key]
                for key in ("host", "port", "user", "password")
                if key in parameters
            },
            dbname="postgres",
            autocommit=True,
        )

    def use(self) -> bool:
        with self._server() as server:
            there = "SELECT 1 FROM pg_database WHERE datname = %s"
            found = server.execute(there, [self.kept]).fetchone() is not None
        if found:
            connection.settings_dict["TEST"]["TEMPLATE"] = self.kept
        return found

    def keep(self) -> None:
        source = connection.settings_dict["NAME"]
        connection.close()  # a database that somebody uses cannot be copied
        with self._server() as server:
            self._drop_old(server)
            server.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(self.kept), sql.Identifier(source)
                )
            )
            server.execute(
                sql.SQL("COMMENT ON DATABASE {} IS {}").format(
                    sql.Identifier(self.kept), sql.Literal(datetime.now(UTC).date().isoformat())
                )
            )

    def _drop_old(self, server: psycopg.Connection[Any]) -> None:
        rows = server.execute(
            "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database"
            " WHERE starts_with(datname, %s)",
            [PREFIX],
        ).fetchall()
        for name, made in rows:
            if not made or date.fromisoformat(made) < datetime.now(UTC).date() - KEPT:
                with suppress(psycopg.Error):
                    server.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
