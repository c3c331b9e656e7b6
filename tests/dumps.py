"""A thief's copy of the database, and everything he would try to find something in it.

dump = dump_of(tmp_path)
dump.find({"phone": ["10000000001"]})   # where each lies in clear, in whatever dress
"""

from __future__ import annotations

import os
import re
import subprocess
import zlib
from base64 import b64decode, b64encode
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from django.db import connection

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")


Cells = Iterable[tuple[str, bytes | str]]


class Found(NamedTuple):
    """Where a planted value lies: its kind, the place, how it is dressed. Never the value."""

    kind: str
    place: str
    dress: str


class Dump:
    """Texts and bytes by place: cells of tables, and copies as the database's tools make."""

    def __init__(
        self, cells: Iterable[tuple[str, bytes | str]], copies: Mapping[str, bytes]
    ) -> None:
        unpacked = (
            (place, one) for place, content in cells for one in dict.fromkeys(unpack(content))
        )
        self._places: list[str] = []
        self._starts: list[int] = []
        parts: list[bytes] = []
        at = 0
        for place, content in (*unpacked, *copies.items()):
            self._places.append(place)
            self._starts.append(at)
            parts.append(content)
            at += len(content) + 1
        self._whole = b"\0".join(parts)
        self._lower = self._whole.lower()

    def find(self, planted: Mapping[str, Iterable[str]]) -> list[Found]:
        """Every planted value that lies in clear, in hexadecimal or base64, or packed."""
        found = set()
        for kind, values in planted.items():
            for value in values:
                for dress, text in dresses(value):
                    for at in self._hits(text, dress):
                        place = self._places[bisect_right(self._starts, at) - 1]
                        found.add(Found(kind, place, dress))
        return sorted(found)

    def _hits(self, text: bytes, dress: str) -> Iterator[int]:
        where = self._lower if dress == "hexadecimal" else self._whole
        at = where.find(text)
        while at >= 0:
            around = where[max(at - 1, 0) : at] + where[at + len(text) : at + len(text) + 1]
            # A short one is not meant where it is part of something longer.
            if len(text) > 8 or not any(chr(one).isalnum() for one in around):
                yield at
            at = where.find(text, at + 1)


def dresses(value: str) -> Iterator[tuple[str, bytes]]:
    """The ways a value may be written."""
    raw = value.encode()
    yield "text", raw
    yield "hexadecimal", raw.hex().encode()
    yield "UTF-16", value.encode("utf-16-le")
    for pad in range(3):  # wherever it begins in what was encoded
        whole = b64encode(b"\0" * pad + raw)
        first, last = -(-pad * 4 // 3), (len(raw) + pad) * 4 // 3
        inner = whole[first:last]
        yield "base64", inner
        yield "base64", inner.replace(b"+", b"-").replace(b"/", b"_")


def unpack(content: bytes | str, depth: int = 3) -> Iterator[bytes]:
    """The content, and what comes out of it: compressed, in base64, streams of a PDF."""
    plain = content.encode() if isinstance(content, str) else bytes(content)
    yield plain
    if depth:
        for inner in _inside(plain, isinstance(content, str)):
            yield from unpack(inner, depth - 1)


def _inside(content: bytes, is_text: bool) -> Iterator[bytes]:
    for bits in (15, 31, -15):  # zlib, gzip, bare
        try:
            made = zlib.decompressobj(bits).decompress(content)
        except zlib.error:
            continue
        if len(made) > 3:
            yield made
    yield from _STREAM.findall(content)
    if is_text:
        for text in _BASE64.findall(content):
            plain = text.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
            plain = plain[: len(plain) - (len(plain) % 4 == 1)]
            yield b64decode(plain + b"=" * (-len(plain) % 4))


def dump_of(folder: Path) -> Dump:
    """The database as a thief has it: every cell, and copies as the database's tools make."""
    copies = _sqlite(folder) if connection.vendor == "sqlite" else _postgres()
    return Dump(_cells(), copies)


def _cells() -> Iterator[tuple[str, bytes | str]]:
    """Whatever holds letters or bytes, in every row of every table."""
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            for number, row in enumerate(cursor.fetchall()):
                for name, value in zip(names, row, strict=True):
                    if isinstance(value, bytes | memoryview | str) and len(value) > 0:
                        yield f"{table}.{name}[{number}]", value


def _sqlite(folder: Path) -> dict[str, bytes]:
    name = str(connection.settings_dict["NAME"])
    files = {
        f"file{end}": Path(f"{name}{end}").read_bytes()
        for end in ("", "-wal")
        if Path(f"{name}{end}").exists()
    }
    connection.ensure_connection()
    lines = "\n".join(connection.connection.iterdump())
    return {**files, "iterdump": lines.encode()}


def _postgres() -> dict[str, bytes]:
    known = connection.settings_dict
    reached = {
        "PGHOST": known["HOST"], "PGPORT": str(known["PORT"] or 5432), "PGUSER": known["USER"],
        "PGPASSWORD": known["PASSWORD"], "PGDATABASE": known["NAME"],
    }  # fmt: skip
    done = subprocess.run(
        ["pg_dump", "--data-only"],  # as COPY
        env={**os.environ, **reached}, capture_output=True, check=True,
    )  # fmt: skip
    inserts = subprocess.run(
        ["pg_dump", "--inserts"],
        env={**os.environ, **reached}, capture_output=True, check=True,
    )  # fmt: skip
    return {"pg_dump COPY": done.stdout, "pg_dump": inserts.stdout}
