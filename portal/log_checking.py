"""Whether an export of the log is whole, and what the platform signed: without a database."""

import csv
import io
import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, NamedTuple
from zipfile import BadZipFile, ZipFile

from core.canonical import NotCanonical
from portal.log_export import HEADS, LIST
from voting.protocol import ed25519
from voting.protocol.shape import unb64

_SEQ, _PREV, _DIGEST = 1, -2, -1  # columns of the table


class NoExport(ValueError):
    """The file is no export of the log."""


class Checked(NamedTuple):
    """What an export holds, and what is wrong with it: sentences."""

    acts: int
    logs: int
    key: str  # whose signature: base64url, to be compared with the platform's
    faults: list[str]


class _Line(NamedTuple):
    log: str
    seq: int
    prev: str
    digest: str


def check_export(path: str) -> Checked:
    """Signature, list and links of an export. NoExport where it cannot be read."""
    try:
        with ZipFile(path) as packed:
            told = json.loads(packed.read(HEADS))
            name = next(one for one in packed.namelist() if one.startswith(f"{LIST}."))
            with packed.open(name) as stream:
                digest = sha256()
                while piece := stream.read(1 << 20):
                    digest.update(piece)
            faults = [] if _is_signed(told) else ["签名不对"]
            if told["list"] != digest.hexdigest():
                faults.append("清单和签名时的不一样")
            with packed.open(name) as stream:
                text = io.TextIOWrapper(stream, "utf-8-sig", newline="")
                lines = _table(text) if name.endswith(".csv") else _objects(text)
                count, wrong = _links(lines, told["logs"])
    except (OSError, BadZipFile, KeyError, ValueError, TypeError, StopIteration) as error:
        raise NoExport(f"不是操作记录的导出：{path}") from error
    return Checked(count, len(told["logs"]), str(told["key"]), faults + wrong)


def _is_signed(told: dict[str, Any]) -> bool:
    said = {key: value for key, value in told.items() if key not in {"key", "signature"}}
    try:
        return ed25519.holds(unb64(told["key"]), said, unb64(told["signature"]))
    except NotCanonical:
        return False


def _links(lines: Iterator[_Line], heads: dict[str, list[Any]]) -> tuple[int, list[str]]:
    faults, count, before = [], 0, None
    for line in lines:
        count += 1
        if before is not None and before.log == line.log:
            if line.seq != before.seq + 1:
                faults.append(f"{line.log} 第{before.seq}条后面缺了，到第{line.seq}条")
            elif line.prev != before.digest:
                faults.append(f"{line.log} 第{line.seq}条和前一条接不上")
        size, head = heads[line.log]
        if line.seq == size - 1 and line.digest != head:
            faults.append(f"{line.log} 最后一条和签名的不一样")
        before = line
    return count, faults


def _table(text: io.TextIOWrapper) -> Iterator[_Line]:
    rows = csv.reader(text)
    next(rows)
    for row in rows:
        yield _Line(row[0], int(row[_SEQ]), row[_PREV], row[_DIGEST])


def _objects(text: io.TextIOWrapper) -> Iterator[_Line]:
    for line in text:
        told = json.loads(line)
        yield _Line(told["log"], told["seq"], told["prev"], told["hash"])
