"""What a trustee opens of single ballots: all that count in a named vote, or one for a court.

Made only where the board asks for it, and sealed to whom the board (or the request that the
board's own key signed) names: nobody on the way reads a choice.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from voting.keyfiles import Stop, read, read_value
from voting.protocol import board, handed, openings
from voting.protocol.manifest import Manifest
from voting.protocol.openings import Counted
from voting.protocol.refusal import Refused
from voting.protocol.shape import b64
from voting.protocol.suite import Draw, draw_scalar
from voting.verifier import replay
from voting.verifier.reading import Reading
from voting.verifier.report import Report
from voting.verifier.verification import examine

from . import opening
from .files import Key

_MAX_PAPER = 64 * 1024 * 1024


class Single(NamedTuple):
    """Ballots that may be opened one by one. `entry`: hash of the line that asks for it;
    `recipient`: X25519 key to seal to; `words`: what the trustee agrees to."""

    manifest: Manifest
    ballots: list[Counted]
    entry: str
    recipient: bytes
    words: list[str]


def judge_named(
    folder: Path, key: Key, *, request: Path, now: datetime, root: str | None = None
) -> Single:
    """All ballots that count, where the vote is a named one. Raises Stop."""
    report, reading, _sums, counted = examine(folder, root=root)
    manifest = _ours(report, reading, key)
    if manifest.opening_policy != "named":
        raise Stop("这次会议不是记名的，不能打开单张票。")
    opening.demand_over(reading, now)
    if not _held(report, "verdict"):
        raise Stop("还没有结果。先开合计（decrypt），公布结果以后再打开单张票。")
    if _entries(reading, board.OPENINGS):
        raise Stop("这次会议的单张票已经打开过，不需要再交。")
    result = reading.entry(board.RESULT).hash
    try:
        recipient = handed.read_request(manifest, read_value(request), result=result)
    except Refused as refused:
        raise Stop(
            f"{request} 不是平台为这次会议出的开票请求（{refused.detail}）。请重新下载。"
        ) from refused
    value = manifest.value
    words = [
        f"会议：{value['estate']} {value['title']}（{manifest.session}）",
        "这是记名表决。这一次打开的不是合计，是每一张计入的票：",
        f"一共{len(counted)}张。改票以前的旧票、经裁定不计入的票，都不打开。",
        "写出的文件是封好的，只有平台打得开，组织者打不开。以后看得到的人：",
        "业主本人看自己的；监票人、街道逐户写明理由才能看，每次都有记录；法院依法可以看。",
    ]
    return Single(manifest, counted, result, recipient, words)


def judge_court(
    folder: Path, key: Key, *, order: int, paper: Path, root: str | None = None
) -> Single:
    """The one ballot that the court's order at entry `order` names. Raises Stop.

    `paper`: the trustee's own copy of the order, which must be the one on the board.
    """
    report, reading, _sums, _counted = examine(folder, root=root)
    manifest = _ours(report, reading, key)
    orders = _entries(reading, board.COURT_ORDER)
    entry = next((one for one in orders if one.seq == order), None)
    if entry is None or not _held(report, "court_orders"):
        raise Stop(f"记录的第{order}条不是法院要求打开一张票的登记。")
    asked = board.parse_court_order(entry.body, "order")
    if hashlib.sha256(read(paper, _MAX_PAPER)).digest() != asked.sha256:
        raise Stop(
            f"{paper} 和记录里登记的法院文书不是同一个文件。请向组织者要登记时上传的那一份，"
            "看过内容再来；对不上就不要开。"
        )
    if any(
        (one.body["order"], one.body["trustee"]) == (order, key.number)
        for one in _entries(reading, board.COURT_OPENING)
    ):
        raise Stop("记录里已经有您为这份文书交的文件，不需要再交。")
    one = replay.ballot_at(reading, asked.party, asked.seq)
    value = manifest.value
    words = [
        f"会议：{value['estate']} {value['title']}（{manifest.session}）",
        f"{asked.court}，文号：{asked.number}",
        f"要打开的只有一张票：名册第{asked.party}号，记录第{asked.seq}条。",
        f"登记的两个人：{asked.signers[0]}、{asked.signers[1]}",
        f"这次会议的记录里，法院要求打开的一共{len(orders)}张。",
        "封给这把公钥，只有法院打得开。请和文书上写的逐字核对：",
        b64(asked.key),
    ]
    return Single(manifest, [one], entry.hash, asked.key, words)


def make(due: Single, key: Key, *, rng: Draw = draw_scalar) -> bytes:
    """The sealed file, its proofs checked as whoever opens it will check them."""
    lines = list(
        openings.make_lines(
            due.manifest, due.ballots, trustee=key.number, secret=key.secret, rng=rng
        )
    )
    for one, line in zip(due.ballots, lines, strict=True):
        openings.read_line(due.manifest, one, line)
    return handed.make(
        due.manifest,
        entry=due.entry,
        trustee=key.number,
        recipient=due.recipient,
        lines=lines,
    )


def _ours(report: Report, reading: Reading, key: Key) -> Manifest:
    opening.demand_verified(report)
    opening.demand_ours(reading.manifest, key)
    return reading.manifest


def _held(report: Report, name: str) -> bool:
    return any(check.name == name and check.ok for check in report.checks)


def _entries(reading: Reading, type_: str) -> list[board.Entry]:
    return [entry for entry in reading.entries if entry.type == type_]
