"""Migration operations that make tables append-only in the database itself."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_SQLITE = """
CREATE TRIGGER {table}_no_{act} BEFORE {ACT} ON {table} {when}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION '{table} is append-only'; END $$ LANGUAGE plpgsql
"""
_POSTGRES = """
CREATE TRIGGER {table}_no_{act} BEFORE {ACT} ON {table}
FOR EACH ROW {when} EXECUTE FUNCTION {table}_refuse()
"""


def append_only(table: str, *, columns: tuple[str, ...] = ()) -> migrations.RunPython:
    """Return an operation by which the database refuses UPDATE and DELETE on `table`.

    With `columns`, only changes of these columns are refused on UPDATE (for rows that
    carry a state beside immutable content); DELETE is always refused.
    """

    def install(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        postgres = editor.connection.vendor == "postgresql"
        differs = "IS DISTINCT FROM" if postgres else "IS NOT"
        when = ""
        if columns:
            tests = " OR ".join(f'OLD."{c}" {differs} NEW."{c}"' for c in columns)
            when = f"WHEN ({tests})"
        if postgres:
            editor.execute(_POSTGRES_FUNCTION.format(table=table))
        template = _POSTGRES if postgres else _SQLITE
        editor.execute(template.format(table=table, act="update", ACT="UPDATE", when=when))
        editor.execute(template.format(table=table, act="delete", ACT="DELETE", when=""))

    def remove(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        on = f" ON {table}" if editor.connection.vendor == "postgresql" else ""
        for act in ("update", "delete"):
            editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{act}{on}")

    return migrations.RunPython(install, remove)
