"""制信的工具：python -m voting.letterer …（不联网，不用数据库）"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from secrets import choice
from typing import Any

from core.canonical import canonical
from core.codes import LENGTH, new_code
from voting import keyfiles
from voting.keyfiles import Stop
from voting.protocol import credential, letters
from voting.protocol.letters import LetterKey
from voting.protocol.manifest import OUTSIDE
from voting.protocol.shape import b64, unb64
from voting.protocol.suite import SUITES, Suite, suite
from voting.verifier.verification import examine

from . import rolls
from .fingerprints import fingerprint

_Given = argparse.Namespace
_SHOWN = 20  # numbers named in one sentence
_EPILOG = """draw：为每户抽二维码密钥和12位码，排成可打印的信，另写公钥文件交给平台。
印信的人拿着信就能投票，所以：断网做；信只打一份；当面封好；做完删掉信的文件。
check：公告以后，拿公开记录核对平台用的正是您做的钥匙，一把也没有换。"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand: 0 where it did what was asked, 1 where it refused (2: usage)."""
    given = _parser().parse_args(arguments)
    try:
        given.act(given)
    except Stop as refused:
        sys.stderr.write(f"没有完成：{refused}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("没有完成：中途停止了。\n")
        return 1
    return 0


def _draw(given: _Given) -> None:
    keyfiles.demand_free([given.letters, given.keys])
    roll = _value(given.roll)
    chosen, session = _head(roll)
    secrets, keys = _secrets(chosen, session, len(_parties(roll)))
    _render(roll, secrets, given.letters)
    file = letters.make(chosen, session, chosen.hash(canonical(roll)), keys)
    keyfiles.write_value(given.keys, file)
    _say(
        f"会议 {session}：{len(keys)}户，信在 {given.letters}（只打印一份）。",
        f"把 {given.keys} 交给组织者上传；公告前交到。里面有12位码，只能当面或者加密交。",
        f"钥匙指纹：{fingerprint(chosen, file)}（交的时候念给组织者核对）",
        "请留着公钥文件，公告以后用 check 核对；信寄送完，删掉信的文件。",
    )
    if given.keep_roll:
        return
    try:
        given.roll.unlink()
    except OSError:
        _say(f"制信名册 {given.roll} 有个人信息，这里删不掉，请您自己删除。")
    else:
        _say(f"制信名册 {given.roll} 有个人信息，已经删除。")


def _check(given: _Given) -> None:
    file = _value(given.keys)
    report, reading, *_ = examine(given.folder)
    for check in report.checks:
        if not check.ok:
            raise Stop(f"这份公开记录没有通过核验（{check.name}：{check.detail}）。")
    manifest = reading.manifest
    told = manifest.value["letters"]
    try:
        session = file["session"]
        mine = {row["party"]: unb64(row["key"]) for row in file["keys"]}
    except (KeyError, TypeError, ValueError) as error:
        raise Stop(f"{given.keys} 不是公钥文件。") from error
    if manifest.session != session:
        raise Stop("这是另一次会议的公开记录。")
    if told["by"] != OUTSIDE:
        raise Stop("公开记录说信是平台做的，不是您做的。请当众说明。")
    other = [str(one.number) for one in reading.parties if mine.get(one.number) != one.key]
    if other or len(mine) != len(reading.parties):
        shown = "、".join(other[:_SHOWN]) + ("等" if len(other) > _SHOWN else "")
        raise Stop(f"平台用的钥匙和您做的不一样（第{shown or '？'}号）。请当众说明。")
    _say(f"会议 {session}：{len(mine)}户的钥匙都是您做的，公告写明信由“{told['name']}”制作。")


def _secrets(
    chosen: Suite, session: str, count: int
) -> tuple[dict[int, tuple[str, str]], list[LetterKey]]:
    """(token, code) by party, and what the platform gets of them."""
    secrets, keys, used = {}, [], set[str]()
    for party in range(1, count + 1):
        token = credential.new_token()
        code = new_code(LENGTH, choice)
        while code in used:
            code = new_code(LENGTH, choice)
        used.add(code)
        _secret, key = credential.derive(chosen, session, token)
        secrets[party] = b64(token), code
        keys.append(LetterKey(key, code))
    return secrets, keys


def _render(roll: Any, secrets: dict[int, tuple[str, str]], out: Path) -> None:
    # Only here: making keys needs no layout engine.
    from core.errors import RuleViolation
    from documents.letters import render_letters

    try:
        facts = rolls.letters_of(roll, lambda party: secrets[party])
        written = render_letters(facts, out, processes=os.cpu_count() or 1)
    except rolls.NoRoll as error:
        raise Stop("这不是制信名册，或者这个工具的版本和平台不一样。") from error
    except RuleViolation as refused:
        raise Stop(str(refused)) from refused
    except OSError as error:
        raise Stop(f"写不进文件 {out}：{error.strerror}。") from error
    _say(f"排好{written.letters}封信，{written.pages}页。")


def _parties(roll: Any) -> list[dict[str, Any]]:
    try:
        return rolls.parties_of(roll)
    except rolls.NoRoll as error:
        raise Stop("这不是制信名册，或者这个工具的版本和平台不一样。") from error


def _head(roll: Any) -> tuple[Suite, str]:
    _parties(roll)
    if roll["suite"] not in SUITES or type(roll["session"]) is not str:
        raise Stop("这不是制信名册，或者这个工具的版本和平台不一样。")
    return suite(roll["suite"]), roll["session"]


def _value(path: Path) -> Any:
    return keyfiles.read_value(path, letters.MAX_SIZE)


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m voting.letterer",
        description="在平台以外制作通知书的工具，不联网。密钥只印在信里，别处都没有。",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, act: Callable[[_Given], None], help_: str) -> Any:
        one = commands.add_parser(name, help=help_, description=help_)
        one.set_defaults(act=act)
        return one

    draw = command("draw", _draw, "抽密钥、排信、写公钥文件")
    draw.add_argument("roll", type=Path, metavar="ROLL", help="平台给的制信名册")
    draw.add_argument("--letters", type=Path, required=True, metavar="PDF")
    draw.add_argument("--keys", type=Path, required=True, metavar="FILE")
    draw.add_argument("--keep-roll", action="store_true", help="不删制信名册")
    check = command("check", _check, "公告以后：平台用的是不是您做的钥匙")
    check.add_argument("folder", type=Path, metavar="BOARD", help="解压后的公开记录")
    check.add_argument("--keys", type=Path, required=True, metavar="FILE")
    return parser


if __name__ == "__main__":
    sys.exit(main())
