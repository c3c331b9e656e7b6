"""见证人的工具：python -m voting.witness …（不联网，不用数据库）"""

from __future__ import annotations

import argparse
import getpass
import secrets
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from voting import keyfiles
from voting.keyfiles import Stop
from voting.protocol import checkpoint, ed25519
from voting.protocol.refusal import Refused
from voting.protocol.shape import Shape, b64, unb64

from .history import Mark, judge, look

KEY, STATE = "yishi-witness-key-1", "yishi-witness-state-1"
_MAX_STATE = 16 * 1024 * 1024
_SHAPE = Shape("state")
_Given = argparse.Namespace
_EPILOG = """init 只做一次；屏幕上的公钥由本机构的人在工作台“见证钥匙”页面登记。
每次见证：下载公开记录（或者公告板页面上的 checkpoints.jsonl 和 consistency.json，放在一个
文件夹里），运行 cosign，再把写出的文件上传。状态文件记着上次见证到哪里，和钥匙一样要保管好。"""


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
    keyfiles.demand_free([given.key, given.state])
    passphrase = keyfiles.new_passphrase(given.passphrase_file, given.ask_secret)
    secret = secrets.token_bytes(ed25519.KEY_SIZE)
    public = b64(ed25519.public_key(secret))
    sealed = keyfiles.seal(KEY, {"public": public, "secret": b64(secret)}, passphrase)
    keyfiles.write(given.key, sealed)
    keyfiles.write_value(given.state, {"format": STATE, "key": public, "sessions": {}})
    _say(
        "见证公钥（可以公开，在工作台登记）：",
        public,
        f"钥匙在 {given.key}，见证到哪里记在 {given.state}，两个文件都请备份；口令另外放。",
    )


def _cosign(given: _Given) -> None:
    keyfiles.demand_free([given.out])
    sealed = keyfiles.unseal(
        given.key, KEY, keyfiles.passphrase(given.passphrase_file, given.ask_secret)
    )
    state = _state(given.state, sealed["public"])
    shown = look(given.folder)
    session = shown.manifest.session
    before = state["sessions"].get(session)
    judge(shown, Mark(**before) if before else None, unb64(sealed["public"]))
    mark = shown.mark()
    # First remembered, then signed: whatever happens in between, no second history is.
    state["sessions"][session] = mark._asdict()
    keyfiles.replace_value(given.state, state)
    signed = checkpoint.make_cosignature(unb64(sealed["secret"]), shown.newest)
    keyfiles.write_value(given.out, signed)
    if before is None:
        _say(
            f"第一次见证会议 {session}。如果以前见证过，说明状态文件不对：",
            "请不要上传，找回原来的状态文件再来。",
        )
    else:
        _say(f"接着上次见证的{before['size']}条，没有改动。")
    _say(
        f"会议 {session}：见证到{mark.size}条，指纹 {mark.root}",
        f"见证签名写在 {given.out}，请在工作台这次会议的“见证”页面上传。",
    )


def _state(path: Path, public: str) -> dict[str, Any]:
    """What was witnessed so far with this key."""
    if not path.exists():
        raise Stop(
            f"找不到状态文件 {path}。它记着上次见证到哪里，没有它就发现不了历史被改写；"
            "请找回备份。"
        )
    value = keyfiles.read_value(path, _MAX_STATE)
    try:
        _SHAPE.fields(value, "state", "format", "key", "sessions")
        _SHAPE.equal(value["format"], "format", STATE)
        _SHAPE.equal(type(value["sessions"]), "sessions", dict)
        for mark in value["sessions"].values():
            _SHAPE.fields(mark, "session", *Mark._fields)
            _SHAPE.data(mark["board_key"], "board_key", ed25519.KEY_SIZE)
            _SHAPE.integer(mark["size"], "size", 1)
            _SHAPE.hash(mark["root"], "root")
            _SHAPE.hash(mark["manifest"], "manifest")
            _SHAPE.time(mark["time"], "time")
    except Refused as error:
        raise Stop(f"文件 {path} 不是状态文件，或者不完整。请找回备份。") from error
    if value["key"] != public:
        raise Stop(f"状态文件 {path} 是另一把见证钥匙的。")
    found: dict[str, Any] = value
    return found


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m voting.witness",
        description="见证人的工具，不联网：核对公告板没有改写历史，再签名见证最新的检查点。",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, act: Callable[[_Given], None], help_: str, *paths: str
    ) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=help_, description=help_)
        one.set_defaults(act=act)
        for path in paths:
            one.add_argument(path, type=Path, required=True, metavar="FILE")
        one.add_argument(
            "--passphrase-file", type=Path, metavar="FILE", help="从文件读口令（不写就问）"
        )
        return one

    command("init", _init, "做一把见证钥匙，显示公钥", "--key", "--state")
    cosign = command("cosign", _cosign, "核对并见证最新的检查点", "--key", "--state", "--out")
    cosign.add_argument("folder", type=Path, metavar="FOLDER", help="公开记录，或两个文件")
    return parser


if __name__ == "__main__":
    sys.exit(main())
