"""Migration operations by which the database itself keeps tables append-only and holds that
two people are two; one way past the first."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, migrations, router
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState, StateApps


class Statements(migrations.RunPython):
    """RunPython for functions that only send SQL: they find no models.

    RunPython draws up every model as it was at that point: half a second each time.
    """

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        if router.allow_migrate(schema_editor.connection.alias, app_label, **self.hints):
            self.code(StateApps([], {}), schema_editor)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        if self.reverse_code is None:
            raise NotImplementedError("You cannot reverse this operation")
        if router.allow_migrate(schema_editor.connection.alias, app_label, **self.hints):
            self.reverse_code(StateApps([], {}), schema_editor)


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


def append_only(table: str, *, columns: tuple[str, ...] = ()) -> Statements:
    """Return an operation by which the database refuses UPDATE and DELETE on `table`.

    With `columns`, only changes of these columns are refused on UPDATE (for rows that
    carry a state beside immutable content); DELETE is always refused.
    """

    def install(_models: object, editor: BaseDatabaseSchemaEditor) -> None:
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

    def remove(_models: object, editor: BaseDatabaseSchemaEditor) -> None:
        on = f" ON {table}" if editor.connection.vendor == "postgresql" else ""
        for act in ("update", "delete"):
            editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{act}{on}")

    return Statements(install, remove)


_SQLITE_ANOTHER = """
CREATE TRIGGER {name}_{act} BEFORE {ACT} ON {table} WHEN {same}
BEGIN SELECT RAISE(ABORT, '{table} wants two people'); END
"""


def two_people(table: str, first: str, second: str, *, where: str = "") -> Statements:
    """Return an operation by which the database refuses a row whose two names are one person's.

    `where`: SQL that says when `second` has to be another, "{row}" before each column; without
    it, whenever there is a second name.
    On SQLite triggers, which need no new table: a constraint would drop those that are there.
    """
    name = f"{table}_{second}_not_{first}"
    when = where or f"{{row}}\"{second}\" <> ''"

    def same(row: str) -> str:
        return f'{row}"{second}" = {row}"{first}" AND ({when.format(row=row)})'

    def install(_models: object, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            kept = f"CHECK (({same('')}) IS NOT TRUE)"
            editor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {kept}")
            return
        for act in ("insert", "update"):
            told = {"act": act, "ACT": act.upper(), "same": same("NEW.")}
            editor.execute(_SQLITE_ANOTHER.format(name=name, table=table, **told))

    def remove(_models: object, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
            return
        for act in ("insert", "update"):
            editor.execute(f"DROP TRIGGER {name}_{act}")

    return Statements(install, remove)


_SQLITE_UNLESS = """
CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} WHEN ({unless}) IS NOT TRUE
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
_POSTGRES_UNLESS_FUNCTION = """
CREATE OR REPLACE FUNCTION {table}_refuse_unless() RETURNS trigger AS $$
BEGIN
  IF ({unless}) IS TRUE THEN RETURN NEW; END IF;
  RAISE EXCEPTION '{table} is append-only';
END $$ LANGUAGE plpgsql
"""
_POSTGRES_UNLESS = """
CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}
FOR EACH ROW EXECUTE FUNCTION {table}_refuse_unless()
"""
_YEARS_AFTER = {
    "postgresql": "{instant} + interval '{years} years'",
    "sqlite": "datetime({instant}, '+{years} years')",
}


def erasable(
    table: str, *, same: tuple[str, ...], emptied: str, where: str, years: int
) -> Statements:
    """Let one UPDATE through an append-only table: one that empties the column `emptied`.

    Every column of `same` stays as it was (name all the others), and `where`, SQL over OLD,
    holds; in it {later:X} is the instant X and `years` years. Takes the place of the trigger
    that refuses every UPDATE; DELETE is refused as before. A table that `where` names cannot
    be altered on SQLite while the trigger is there.
    """

    def install(_models: object, editor: BaseDatabaseSchemaEditor) -> None:
        vendor = editor.connection.vendor
        later = _YEARS_AFTER[vendor]
        asked = re.sub(
            r"\{later:([^}]+)\}",
            lambda found: later.format(instant=found.group(1), years=years),
            where,
        )
        kept = [f'OLD."{column}" = NEW."{column}"' for column in same]
        unless = " AND ".join([*kept, f'length(NEW."{emptied}") = 0', f"({asked})"])
        _drop_update(table, editor)
        if vendor == "postgresql":
            editor.execute(_POSTGRES_UNLESS_FUNCTION.format(table=table, unless=unless))
            editor.execute(_POSTGRES_UNLESS.format(table=table))
        else:
            editor.execute(_SQLITE_UNLESS.format(table=table, unless=unless))

    def remove(_models: object, editor: BaseDatabaseSchemaEditor) -> None:
        _drop_update(table, editor)
        template = _POSTGRES if editor.connection.vendor == "postgresql" else _SQLITE
        editor.execute(template.format(table=table, act="update", ACT="UPDATE", when=""))

    return Statements(install, remove)


def _drop_update(table: str, editor: BaseDatabaseSchemaEditor) -> None:
    on = f" ON {table}" if editor.connection.vendor == "postgresql" else ""
    editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_update{on}")


def refuses(what: str, rules: Sequence[tuple[str, str, str]]) -> Statements:
    """Let the database refuse single acts: (table, "INSERT" or "UPDATE", when) each.

    `when` is SQL over OLD and NEW that both databases read; `what` begins the message. The
    triggers are called `table_refuses_N` by their place in `rules`.
    """
    named = [(f"{rule[0]}_refuses_{place}", *rule) for place, rule in enumerate(rules)]

    def install(_models: object, editor: BaseDatabaseSchemaEditor) -> None:
        for name, table, act, when in named:
            if editor.connection.vendor == "postgresql":
                editor.execute(
                    f"CREATE FUNCTION {name}() RETURNS trigger AS $$ BEGIN IF {when} THEN "
                    f"RAISE EXCEPTION '{what}'; END IF; RETURN NEW; END $$ LANGUAGE plpgsql"
                )
                editor.execute(
                    f"CREATE TRIGGER {name} BEFORE {act} ON {table} "
                    f"FOR EACH ROW EXECUTE FUNCTION {name}()"
                )
            else:
                editor.execute(
                    f"CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH ROW WHEN {when} "
                    f"BEGIN SELECT RAISE(ABORT, '{what}'); END"
                )

    def remove(_models: object, editor: BaseDatabaseSchemaEditor) -> None:
        for name, table, _act, _when in named:
            postgres = editor.connection.vendor == "postgresql"
            editor.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if postgres else ""))
            if postgres:
                editor.execute(f"DROP FUNCTION {name}()")

    return Statements(install, remove)


@contextmanager
def shortly_waiting() -> Iterator[None]:
    """Give up a lock of this transaction soon (OperationalError: roll back and try again).

    Sooner than PostgreSQL looks for deadlocks, so that we are never the reason why it ends
    somebody else's transaction.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '300ms'")
    yield


@contextmanager
def update_triggers_off(table: str) -> Iterator[None]:
    """Let a transaction change rows of a table whose triggers refuse it, its own rows only.

    For what changes no meaning: sealing again under another key. On PostgreSQL writers of the
    table wait meanwhile, and its owner alone may do this. Without such triggers nothing is
    done at all. Use it with `shortly_waiting`.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("triggers are off inside a transaction only")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_UPDATE_TRIGGERS, [table])
            if not cursor.fetchone()[0]:
                yield
                return
            cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
            yield
            cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
            return
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s "
            "AND sql LIKE '%% UPDATE %%'",
            [table],
        )
        found = cursor.fetchall()
        for name, _sql in found:
            cursor.execute(f'DROP TRIGGER "{name}"')
        yield
        for _name, sql in found:
            cursor.execute(sql)


# The bit 16 of tgtype stands for UPDATE.
_UPDATE_TRIGGERS = """
SELECT EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal
AND tgenabled <> 'D' AND (tgtype & 16) > 0)
"""
