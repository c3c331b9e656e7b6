"""What a folder shows of a board, and whether it continues what was witnessed before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from core import merkle
from core.canonical import MAX_LINE, NotCanonical, parse_canonical
from voting.keyfiles import Stop, read, read_value
from voting.protocol import checkpoint, consistency, export
from voting.protocol.checkpoint import Checkpoint
from voting.protocol.manifest import Manifest
from voting.protocol.refusal import Refused
from voting.protocol.shape import b64
from voting.verifier.reading import Reading

CONSISTENCY = "consistency.json"
_MAX_CHECKPOINTS = 64 * 1024 * 1024
_DO_NOT = "请不要见证，保留这些文件，并告诉组织者和主管部门。"


class Mark(NamedTuple):
    """What a witness remembers of a session: the checkpoint countersigned last."""

    board_key: str
    manifest: str
    size: int
    root: str
    time: str


class Shown(NamedTuple):
    """A board as a folder shows it; all its checkpoints are signed by the board.

    `continues(size, root)`: whether the newest checkpoint's entries begin with `size` entries
    of that root; Stop where the folder cannot tell.
    """

    manifest: Manifest
    checkpoints: list[Checkpoint]
    newest: dict[str, Any]
    first: bytes  # root of the first entry, the manifest
    continues: Callable[[int, bytes], bool]

    def mark(self) -> Mark:
        """What to remember once the newest checkpoint is countersigned."""
        last, terms = self.checkpoints[-1], self.manifest
        return Mark(
            b64(terms.board_key), terms.hash.hex(), last.size, last.root.hex(), last.time
        )


def look(folder: Path) -> Shown:
    """An export, or a folder with checkpoints.jsonl and consistency.json. Raises Stop."""
    if not folder.is_dir():
        raise Stop(f"没有文件夹 {folder}。")
    try:
        return _export(folder) if (folder / export.BOARD).exists() else _public(folder)
    except Refused as refused:
        raise Stop(
            f"公开记录没有通过核对（{refused.check}：{refused.detail}）。"
            f"先重新下载一次；还是这样，{_DO_NOT}"
        ) from refused


def judge(shown: Shown, before: Mark | None, key: bytes) -> None:
    """That the newest checkpoint may be countersigned by `key`. Raises Stop.

    `before`: None the first time, when only the folder itself is looked at.
    """
    if key not in shown.manifest.witnesses:
        raise Stop(
            "这次会议的条款里没有您的见证钥匙，没有请您见证。请核对是不是拿错了钥匙文件。"
        )
    if before is None:
        if not shown.continues(1, shown.first):
            raise Stop(f"检查点和会议条款对不上，不是同一份记录。{_DO_NOT}")
        return
    now = shown.mark()
    if now.board_key != before.board_key:
        raise Stop(f"公告板换了签名钥匙，和上次见证的不是同一个公告板。{_DO_NOT}")
    if now.manifest != before.manifest:
        raise Stop(f"会议的条款（记录的第一条）和上次见证的不一样，历史被改写。{_DO_NOT}")
    if now.size < before.size or now.time < before.time:
        raise Stop(
            f"记录倒退了：上次见证到{before.size}条，这里的最新检查点只有{now.size}条，"
            f"或者时间更早。先确认下载的是最新的；如果是，{_DO_NOT}"
        )
    kept = {(one.size, one.root.hex(), one.time) for one in shown.checkpoints}
    if (before.size, before.root, before.time) not in kept:
        raise Stop(f"上次见证的检查点（{before.size}条）不见了，或者历史被改写。{_DO_NOT}")
    if not shown.continues(before.size, bytes.fromhex(before.root)):
        raise Stop(f"现在的记录不是接着上次见证的{before.size}条写的，历史被改写。{_DO_NOT}")


def _export(folder: Path) -> Shown:
    reading = Reading(folder)
    for check in (
        reading.files,
        reading.canonical,
        reading.manifest_entry,
        reading.chain,
        reading.checkpoints,
    ):
        check()
    hash_ = reading.manifest.suite.hash
    checkpoints, newest = _checkpoints(folder, reading.manifest)

    def continues(size: int, root: bytes) -> bool:
        lines = reading.lines[:size]
        return merkle.root(hash_, [merkle.leaf_hash(hash_, line) for line in lines]) == root

    first = merkle.leaf_hash(hash_, reading.lines[0])
    return Shown(reading.manifest, checkpoints, newest, first, continues)


def _public(folder: Path) -> Shown:
    if not all((folder / name).is_file() for name in (export.CHECKPOINTS, CONSISTENCY)):
        raise Stop(
            f"文件夹 {folder} 里要有整个公开记录，或者 {export.CHECKPOINTS} 和 {CONSISTENCY}。"
        )
    proof = consistency.parse(read_value(folder / CONSISTENCY, consistency.MAX_SIZE))
    checkpoints, newest = _checkpoints(folder, proof.manifest)
    last = checkpoints[-1]

    def continues(size: int, root: bytes) -> bool:
        if size == last.size:
            return root == last.root
        if (proof.old, proof.new) != (size, last.size):
            raise Stop(
                f"{CONSISTENCY} 是第{proof.old}条到第{proof.new}条的，要用的是第{size}条到第"
                f"{last.size}条的。请在公告板页面填这两个数，重新下载。"
            )
        return proof.holds(root, last.root)

    return Shown(proof.manifest, checkpoints, newest, proof.first, continues)


def _checkpoints(folder: Path, manifest: Manifest) -> tuple[list[Checkpoint], dict[str, Any]]:
    """All checkpoints, each signed, none contradicting another of its size; and the last."""
    lines = read(folder / export.CHECKPOINTS, _MAX_CHECKPOINTS).splitlines()
    if not lines:
        raise Refused("checkpoints", "there is none")
    found: list[Checkpoint] = []
    value: Any = None
    for line in lines:
        try:
            value = parse_canonical(line, MAX_LINE)
        except NotCanonical as error:
            raise Refused("canonical", f"{export.CHECKPOINTS}: {error}") from error
        one = checkpoint.verify(manifest, value)
        if found:
            _follows(found[-1], one)
        found.append(one)
    return found, value


def _follows(last: Checkpoint, one: Checkpoint) -> None:
    where = f"size {one.size}"
    if one.size < last.size or one.time < last.time:
        raise Refused("checkpoints", f"{where}: size or time goes back")
    if one.size == last.size and one.root != last.root:
        raise Refused("checkpoints", f"{where}: signed with two different roots")
