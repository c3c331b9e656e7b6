"""Every sealed column of the database, counted by key and sealed again under the present one.

A row is changed only if it still holds what was read (compare and swap): a writer in between
wins, and the row is met again. Plaintext is neither kept nor compared. What is done needs no
record: a value says itself which key it has.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from time import sleep
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from django.apps import apps
from django.db import OperationalError, connection, transaction

from core.sealed import HEAD_SIZE, KeyRing, Mark, mark_of
from logbook.triggers import shortly_waiting, update_triggers_off
from registry.fields import EncryptedTextField, SealedField

logger = logging.getLogger(__name__)

ROWS, BYTES = 500, 4 * 1024 * 1024  # of one transaction, at most
_WAITS, _WAIT = 200, 0.1


class Column(NamedTuple):
    """A sealed column: what its values are bound to, made of the row's columns `of`."""

    name: str
    purpose: Callable[..., str]
    of: tuple[str, ...]


class Table(NamedTuple):
    """A model's table and its sealed columns."""

    label: str
    table: str
    columns: tuple[Column, ...]


class Done(NamedTuple):
    """One batch of a table: resealed, changed meanwhile by somebody else, not to be opened."""

    resealed: int
    lost: int
    unreadable: int


def sealed_tables() -> list[Table]:
    """Every table with a column that is encrypted, by its model's name."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        columns = tuple(
            column
            for field in model._meta.local_fields
            if (column := _column(field)) is not None
        )
        if columns and model._meta.managed and not model._meta.proxy:
            found.append(Table(model._meta.label_lower, model._meta.db_table, columns))
    return sorted(found)


def count_by_key(table: Table) -> Counter[Mark]:
    """How many values of the table there are of each cipher and key; empty ones are none."""
    counted: Counter[Mark] = Counter()
    for column in table.columns:
        # Of the older form only the first byte: a nonce follows.
        sql = (
            f'SELECT CASE WHEN substr("{column.name}", 1, 1) = %s THEN %s '  # noqa: S608
            f'ELSE substr("{column.name}", 1, {HEAD_SIZE}) END AS head, COUNT(*) '
            f'FROM "{table.table}" WHERE length("{column.name}") > 0 GROUP BY 1'
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [_binary(b"\x01"), _binary(b"\x01")])
            for head, count in cursor.fetchall():
                counted[_mark(bytes(head))] += count
    return counted


def reseal_table(table: Table, ring: KeyRing, *, rows: int = ROWS) -> Iterator[Done]:
    """Seal again, batch by batch, what has another key or cipher than the ring seals with.

    Of the rows that are there when it begins: whoever still adds some under the old key, faster
    than they are sealed again, would keep it busy for ever. The next run takes those.
    """
    after, last = 0, _last(table)
    while after < last and (batch := _stale(table, ring, after, last, rows)):
        after = max(batch)
        changes, unreadable = _resealed(table, ring, batch)
        lost = _swap(table, changes) if changes else 0
        yield Done(len(changes) - lost, lost, unreadable)


class _Change(NamedTuple):
    """A row's sealed columns, as they were and as they are to be."""

    pk: int
    old: dict[str, bytes]
    new: dict[str, bytes]


def _column(field: Any) -> Column | None:
    if isinstance(field, EncryptedTextField):
        return Column(str(field.column), _fixed(field.purpose), ())
    if isinstance(field, SealedField):
        purpose = field.purpose if callable(field.purpose) else _fixed(field.purpose)
        return Column(str(field.column), purpose, field.of)
    return None


def _fixed(purpose: str) -> Callable[..., str]:
    return lambda: purpose


def _mark(head: bytes) -> Mark:
    try:
        return mark_of(head)
    except ValueError:
        return Mark("unreadable", "")


def _binary(value: bytes) -> Any:
    return connection.Database.Binary(value)  # type: ignore[attr-defined]


def _last(table: Table) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT max(id) FROM "{table.table}"')  # noqa: S608
        found = cursor.fetchone()
    return int(found[0] or 0)


def _stale(table: Table, ring: KeyRing, after: int, last: int, rows: int) -> list[int]:
    """The next rows to be sealed again, none after `last`, few enough for the memory."""
    stale = " OR ".join(
        f'(length("{one.name}") > 0 AND substr("{one.name}", 1, {HEAD_SIZE}) <> %s)'
        for one in table.columns
    )
    size = " + ".join(f'length("{one.name}")' for one in table.columns)
    sql = (
        f'SELECT id, {size} FROM "{table.table}" '  # noqa: S608
        f"WHERE id > %s AND id <= %s AND ({stale}) ORDER BY id LIMIT {rows}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [after, last, *[_binary(ring.head)] * len(table.columns)])
        found = cursor.fetchall()
    batch: list[int] = []
    total = 0
    for pk, size_of in found:
        total += size_of
        if batch and total > BYTES:
            break
        batch.append(pk)
    return batch


def _resealed(table: Table, ring: KeyRing, batch: Sequence[int]) -> tuple[list[_Change], int]:
    names = list(dict.fromkeys(part for one in table.columns for part in (one.name, *one.of)))
    listed = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join(["%s"] * len(batch))
    sql = f'SELECT id, {listed} FROM "{table.table}" WHERE id IN ({marks})'  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, list(batch))
        found = cursor.fetchall()
    changes, unreadable = [], 0
    for pk, *values in found:
        row = dict(zip(names, values, strict=True))
        change = _Change(pk, {}, {})
        for column in table.columns:
            old = bytes(row[column.name])
            if not old or old[:HEAD_SIZE] == ring.head:
                continue
            purpose = column.purpose(*[row[name] for name in column.of])
            try:
                plain = ring.open(old, purpose=purpose)
            except (InvalidTag, ValueError):
                # The row's number says where to look; what is in it nobody can say.
                logger.warning("%s %s: %s does not open", table.label, pk, column.name)
                unreadable += 1
                continue
            change.old[column.name] = old
            change.new[column.name] = ring.seal(plain, purpose=purpose)
        if change.new:
            changes.append(change)
    return changes, unreadable


def _swap(table: Table, changes: Sequence[_Change]) -> int:
    """Write the rows that are as they were read; how many were not.

    Tables that refuse changes let these through: their triggers are off in this transaction
    alone, in which nobody else can write the table.
    """
    for waited in range(_WAITS):
        try:
            with (
                transaction.atomic(durable=True),
                shortly_waiting(),
                update_triggers_off(table.table),
            ):
                return sum(_swapped(table, change) for change in changes)
        except OperationalError:
            # A long transaction writes the table: let it, and those behind it, pass first.
            if waited == _WAITS - 1:
                raise
            sleep(_WAIT)
    raise AssertionError


def _swapped(table: Table, change: _Change) -> bool:
    """Swap one row; whether it was lost to somebody else."""
    sets = ", ".join(f'"{name}" = %s' for name in change.new)
    same = " AND ".join(f'"{name}" = %s' for name in change.old)
    sql = f'UPDATE "{table.table}" SET {sets} WHERE id = %s AND {same}'  # noqa: S608
    new, old = map(_binary, change.new.values()), map(_binary, change.old.values())
    with connection.cursor() as cursor:
        cursor.execute(sql, [*new, change.pk, *old])
        return bool(cursor.rowcount == 0)
