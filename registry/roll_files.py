"""What an import keeps of the file it came from: encrypted, compressed JSON."""

import json
import zlib
from typing import Any

from core.tables import CellFault, Merged, Row, Table
from registry.fields import open_bytes, seal_bytes

_ROWS, _UNDO = "registry.rollimport.rows", "registry.rollimport.undo"


def sealed_table(table: Table, *, purpose: str = _ROWS) -> bytes:
    """The table as it was read, for the column that `purpose` names; a roll's by default."""
    return _sealed(table._asdict(), purpose)


def opened_table(sealed: bytes | memoryview, *, purpose: str = _ROWS) -> Table:
    """The inverse of `sealed_table`."""
    kept = _opened(sealed, purpose)
    # Most cells of a roll repeat ("1幢", "住宅"): one text for all of them.
    texts: dict[str, str] = {}
    one = texts.setdefault
    return Table(
        header_row=kept["header_row"],
        header=tuple(kept["header"]),
        rows=[
            Row(number, tuple([one(cell, cell) for cell in cells]))
            for number, cells in kept.pop("rows")
        ],
        faults=tuple(CellFault(*fault) for fault in kept["faults"]),
        merged=tuple(Merged(*merged) for merged in kept["merged"]),
        sheet=kept["sheet"],
        other_sheets=tuple(kept["other_sheets"]),
    )


def sealed_undo(undo: dict[str, Any]) -> bytes:
    """What an undo needs, for the column `undo`."""
    return _sealed(undo, _UNDO)


def opened_undo(sealed: bytes | memoryview) -> dict[str, Any]:
    """The inverse of `sealed_undo`."""
    undo: dict[str, Any] = _opened(sealed, _UNDO)
    return undo


def _sealed(value: Any, purpose: str) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return seal_bytes(zlib.compress(text, 1), purpose=purpose)


def _opened(sealed: bytes | memoryview, purpose: str) -> Any:
    return json.loads(zlib.decompress(open_bytes(bytes(sealed), purpose=purpose)))
