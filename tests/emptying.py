"""What a test with real transactions committed is taken away again, and quickly.

Django empties all 140 tables and then writes every content type and permission anew, half a
second after each such test. Here only the tables that hold something are emptied, and content
types and permissions stay as the migrations left them.
"""

from __future__ import annotations

from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

STAY = {MigrationRecorder.Migration._meta.db_table, "django_content_type", "auth_permission"}


def empty() -> None:
    """Empty every table of the test database but those that migrations fill."""
    filled = _filled()
    if not filled:
        return
    if connection.vendor == "postgresql" and _superuser():
        # Without triggers: append-only tables refuse, and TRUNCATE makes the files of every
        # table and index anew.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table in filled:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")
        return
    cascade = connection.vendor == "postgresql"
    statements = connection.ops.sql_flush(no_style(), filled, allow_cascade=cascade)
    connection.ops.execute_sql_flush(statements)


def _filled() -> list[str]:
    tables = sorted(set(connection.introspection.django_table_names()) - STAY)
    asked = " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)})"
        for table in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return [table for (table,) in cursor.fetchall()]


def _superuser() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        return bool(cursor.fetchone()[0])
