"""法院的工具：python -m voting.court …（不联网，不用数据库）"""

from __future__ import annotations

import argparse
import getpass
import hashlib
import secrets
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from voting import keyfiles
from voting.keyfiles import Stop
from voting.protocol import board, handed, openings, sealing
from voting.protocol.refusal import Refused
from voting.protocol.shape import b64, unb64
from voting.verifier import replay
from voting.verifier.reading import Reading
from voting.verifier.verification import examine

KEY = "yishi-court-key-1"
_MAX_FILE = 4 * 1024 * 1024
_Given = argparse.Namespace
_EPILOG = """init 只做一次：把显示的公钥写进要求打开选票的文书，钥匙文件和口令留在法院。
收到公开记录和封好的文件以后，用 open 打开：先核验整份记录，再打开文书指明的那一张票。"""
_OPTIONS = {"for": "同意", "against": "反对", "abstain": "弃权"}


def main(
    arguments: Sequence[str] | None = None,
    *,
    ask_secret: Callable[[str], str] = getpass.getpass,
) -> int:
    """Run one subcommand: 0 where it did what was asked, 1 where it refused (2: usage)."""
    given = _parser().parse_args(arguments)
    given.ask_secret = ask_secret
    try:
        given.act(given)
    except Stop as refused:
        sys.stderr.write(f"没有完成：{refused}\n")
        return 1
    except (EOFError, KeyboardInterrupt):
        sys.stderr.write("没有完成：中途停止了。\n")
        return 1
    return 0


def _init(given: _Given) -> None:
    keyfiles.demand_free([given.key])
    passphrase = keyfiles.new_passphrase(given.passphrase_file, given.ask_secret)
    secret = secrets.token_bytes(sealing.KEY_SIZE)
    public = b64(sealing.public_key(secret))
    sealed = keyfiles.seal(KEY, {"public": public, "secret": b64(secret)}, passphrase)
    keyfiles.write(given.key, sealed)
    _say(
        "公钥（43个字符，可以公开，原样写进文书）：",
        public,
        f"钥匙在 {given.key}，请备份；口令另外放。两样都没有，谁也打不开。",
    )


def _open(given: _Given) -> None:
    held = keyfiles.unseal(
        given.key, KEY, keyfiles.passphrase(given.passphrase_file, given.ask_secret)
    )
    report, reading, _sums, _counted = examine(given.folder, root=given.root)
    for check in report.checks:
        if not check.ok:
            raise Stop(f"这份公开记录没有通过核验（{check.name}：{check.detail}）。")
    entry, order = _order(reading, given.order)
    if b64(order.key) != held["public"]:
        raise Stop("这一份文书登记的是另一把公钥，不是您手里这把钥匙的。")
    manifest = reading.manifest
    ballot = replay.ballot_at(reading, order.party, order.seq)
    listed = _hashes(reading, entry.seq)
    lines = []
    for path in given.files:
        data = keyfiles.read(path, _MAX_FILE)
        try:
            head = handed.read_head(manifest, data)
            if listed.get(head.trustee) != hashlib.sha256(data).digest():
                raise Stop(f"{path} 不是记录里登记的那个文件，请重新拷贝。")
            [line] = handed.unseal(manifest, data, private=unb64(held["secret"]))
            openings.read_line(manifest, ballot, line)
        except (Refused, ValueError) as error:
            raise Stop(f"{path} 打不开，或者其中的证明不成立：{error}") from error
        lines.append(line)
    try:
        choices = openings.open_one(manifest, ballot, lines)
    except Refused as error:
        raise Stop(f"要{manifest.threshold}位保管人的文件才打得开：{error.detail}。") from error
    value = manifest.value
    _say(
        f"会议：{value['estate']} {value['title']}（{manifest.session}）",
        f"{order.court}，文号：{order.number}",
        f"名册第{order.party}号，记录第{order.seq}条，{_place(reading, order)}。选择：",
    )
    for motion, chosen in zip(value["motions"], choices, strict=True):
        _say(f"  {motion['title']}：{_said(motion['options'], chosen)}")
    if report.not_checked:
        _say(
            f"没有核对的：{'、'.join(report.not_checked)}（有记下的记录根，用 --root 核对来源）"
        )


def _order(reading: Reading, seq: int) -> tuple[board.Entry, board.CourtOrder]:
    for entry in reading.entries:
        if entry.seq == seq and entry.type == board.COURT_ORDER:
            return entry, board.parse_court_order(entry.body, "order")
    raise Stop(f"记录的第{seq}条不是法院要求打开一张票的登记。")


def _hashes(reading: Reading, order: int) -> dict[int, bytes]:
    """Trustee -> SHA-256 of the file that the board bears."""
    read = (
        board.parse_court_opening(entry.body, "opening")
        for entry in reading.entries
        if entry.type == board.COURT_OPENING
    )
    return {trustee: sha256 for seq, trustee, sha256 in read if seq == order}


def _place(reading: Reading, order: board.CourtOrder) -> str:
    counted = reading.entry(board.TALLY).body["counted"]
    if {"party": order.party, "seq": order.seq} in counted:
        return "计入结果"
    return "没有计入结果（后来改过票，或者经裁定不计入）"


def _said(options: list[str], chosen: list[int] | None) -> str:
    if chosen is None:
        return "没有参加这一项"
    return (
        "、".join(_OPTIONS.get(options[one], options[one]) for one in chosen) or "一个也没有选"
    )


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m voting.court",
        description="法院打开一张选票的工具，不联网。选择只显示在屏幕上。",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, act: Callable[[_Given], None], help_: str
    ) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=help_, description=help_)
        one.set_defaults(act=act)
        one.add_argument("--key", type=Path, required=True, metavar="FILE")
        one.add_argument(
            "--passphrase-file", type=Path, metavar="FILE", help="从文件读口令（不写就问）"
        )
        return one

    command("init", _init, "做一把钥匙，显示公钥")
    opened = command("open", _open, "核验公开记录，打开文书指明的那一张票")
    opened.add_argument("folder", type=Path, metavar="DIR", help="公开记录")
    opened.add_argument("files", type=Path, nargs="+", metavar="FILE", help="封好的文件")
    opened.add_argument(
        "--order", type=int, required=True, metavar="N", help="文书登记在记录的第几条"
    )
    opened.add_argument("--root", metavar="HEX", help="您手里记下的记录根")
    return parser


if __name__ == "__main__":
    sys.exit(main())
