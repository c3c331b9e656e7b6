"""开票钥匙保管人的工具：python -m voting.trustee …（不联网，不用数据库）"""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from voting import keyfiles
from voting.domain import lots
from voting.keyfiles import Stop
from voting.protocol import ceremony, dealing
from voting.protocol.ceremony import Ceremony
from voting.protocol.refusal import Refused
from voting.protocol.suite import suite
from voting.verifier.verification import examine

from . import files, opening, single
from .files import Key

_Given = argparse.Namespace
_AGREE = "同意"
_MAX_LOT = 8 * 1024 * 1024
_FIRST = 10  # rooms shown of a lot
_EPILOG = """顺序：certificate（证书）→ reveal（公开）→ confirm（确认，生成两份钥匙）→
fingerprint（大家念指纹，必须一样）→ 公告后 test（试钥匙）→ 截止后 decrypt（开票）。
记名的会议，公布结果以后再 open（打开单张票）；法院要求打开一张票的，court。
哪一步提示有人的文件不对，就当众说明，所有人用新的钥匙重新开始。"""


def main(
    arguments: Sequence[str] | None = None,
    *,
    now: datetime | None = None,
    ask: Callable[[str], str] = input,
    ask_secret: Callable[[str], str] = getpass.getpass,
) -> int:
    """Run one subcommand: 0 where it did what was asked, 1 where it refused (2: usage).

    `now`: the device's clock; `ask`, `ask_secret`: the keyboard.
    """
    given = _parser().parse_args(arguments)
    given.now = now or datetime.now(UTC)
    given.ask, given.ask_secret = ask, ask_secret
    try:
        given.act(given)
    except Stop as refused:
        sys.stderr.write(f"没有完成：{refused}\n")
        return 1
    except Refused as refused:
        sys.stderr.write(f"没有完成：{files.said(refused)}\n")
        return 1
    except (EOFError, KeyboardInterrupt):
        sys.stderr.write("没有完成：中途停止了。\n")
        return 1
    return 0


# --- the sitting ----------------------------------------------------------------------------


def _certificate(given: _Given) -> None:
    current = _current(given, 0)
    if not 1 <= given.index <= current.count:
        raise Stop(f"编号要在1到{current.count}之间。")
    keyfiles.demand_free([given.work, given.out])
    _say(
        f"会议 {current.session}：{current.count}位保管人，要{current.threshold}位才能开票。",
        f"您是第{given.index}位：{current.names[given.index - 1]}",
    )
    passphrase = keyfiles.new_passphrase(given.passphrase_file, given.ask_secret)
    secret = dealing.new_secret(current, given.index)
    work = files.work_value(current, secret)
    keyfiles.write(given.work, keyfiles.seal(files.WORK, work, passphrase))
    keyfiles.write_value(given.out, dealing.certificate(current, secret))
    _say(
        f"临时文件 {given.work} 已经加密，留在您自己手里。",
        f"把证书 {given.out} 交给组织者；所有人都交了，拿新的仪式文件做下一步。",
    )


def _reveal(given: _Given) -> None:
    current = _current(given, 1)
    keyfiles.demand_free([given.out])
    secret = files.read_work(given.work, _passphrase(given), current)
    keyfiles.write_value(given.out, dealing.reveal(current, secret))
    _say(f"把公开文件 {given.out} 交给组织者。其中给每个人的份额，只有那个人打得开。")


def _confirm(given: _Given) -> None:
    current = _current(given, 2)
    copies = [given.key, given.copy]
    keyfiles.demand_free([*copies, given.out])
    passphrase = _passphrase(given)
    secret = files.read_work(given.work, passphrase, current)
    message, mine = dealing.confirm(current, secret)
    key = Key(
        session=current.session,
        suite=current.suite.name,
        number=secret.number,
        secret=mine,
        sitting=current.hashes[2].hex(),
        public=ceremony.public(current),
    )
    for path in copies:
        keyfiles.write(path, keyfiles.seal(files.KEY, files.key_value(key), passphrase))
    for path in copies:
        _try_key(path, passphrase)
    if _one_disk(copies):
        _say("注意：两份钥匙在同一个磁盘上。请把一份拷到另一个U盘，分开保管。")
    keyfiles.write_value(given.out, message)
    _say(
        f"把确认 {given.out} 交给组织者。念过指纹、大家都一样以后，可以删掉 {given.work}。",
        "口令和钥匙分开放。要开票的时候，两样都要有。",
    )


def _fingerprint(given: _Given) -> None:
    current = files.read_ceremony(given.ceremony)
    if not current.finished:
        raise Stop("三轮还没有全部做完，没有指纹可念。")
    key = files.read_key(given.key, _passphrase(given))
    if key.sitting != current.hashes[2].hex() or (
        key.public != ceremony.public_of(ceremony.outcome(current))
    ):
        raise Stop("这份仪式文件不是您做钥匙的那一次。请当众说明，大家用新的钥匙重新开始。")
    _say("请大声念，和每个人的都要一样：", ceremony.fingerprint(current))


# --- afterwards -----------------------------------------------------------------------------


def _lot(given: _Given) -> None:
    """Draw again from the file of a lot."""
    value = keyfiles.read_value(given.lot, _MAX_LOT)
    try:
        rooms, seed = value["rooms"], value["seed"]
        told = value["list_sha256"], value["order"]
        if value["format"] != lots.FORMAT or not all(type(room) is str for room in rooms):
            raise ValueError
        order = lots.drawn(rooms, seed) if lots.read_seed(seed) else []
        right = lots.list_hash(rooms), order
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Stop(f"文件 {given.lot} 不是抽签文件，或者不完整。") from error
    _say(f"名单{len(rooms)}户，名单的 SHA-256：{right[0]}", "请和固定名单时公布的核对。")
    if told != right:
        raise Stop("文件里的结果和按名单、种子抽出来的不一样。请当众说明。")
    if not order:
        raise Stop("种子还没有出来。")
    first = "、".join(rooms[place - 1] for place in order[:_FIRST])
    _say(f"种子：{seed}", f"抽中的先后次序：{first}")


def _test(given: _Given) -> None:
    if given.key.resolve() == given.copy.resolve():
        raise Stop("同一个文件名用了两次：两份钥匙都要试。")
    passphrase = _passphrase(given)
    keys = [_try_key(path, passphrase) for path in (given.key, given.copy)]
    if keys[0] != keys[1]:
        raise Stop("两个文件不是同一把钥匙。")
    if given.export is not None:
        report, reading, _sums, _counted = examine(given.export)
        opening.demand_verified(report)
        opening.demand_ours(reading.manifest, keys[0])
        _say(f"会议 {reading.manifest.session} 用的就是这次做的钥匙。")


def _decrypt(given: _Given) -> None:
    keyfiles.demand_free([given.out])
    key = files.read_key(given.key, _passphrase(given))
    _say("正在核验公开记录，自己重算合计……")
    due = opening.judge(given.folder, key, now=given.now, root=given.root)
    _say(*opening.words(due, key))
    _demand_yes(given)
    opening.remember(Path(f"{given.key}.opened"), due)
    keyfiles.write_value(given.out, opening.open_totals(due, key))
    _say(f"开票份额写在 {given.out}，交给组织者或监票人上传。")


def _open(given: _Given) -> None:
    keyfiles.demand_free([given.out])
    key = files.read_key(given.key, _passphrase(given))
    _say("正在核验公开记录……")
    due = single.judge_named(
        given.folder, key, request=given.request, now=given.now, root=given.root
    )
    _hand_over(given, due, key)


def _court(given: _Given) -> None:
    keyfiles.demand_free([given.out])
    key = files.read_key(given.key, _passphrase(given))
    _say("正在核验公开记录……")
    due = single.judge_court(
        given.folder, key, order=given.order, paper=given.paper, root=given.root
    )
    _hand_over(given, due, key)


def _hand_over(given: _Given, due: single.Single, key: Key) -> None:
    _say(*due.words)
    _demand_yes(given)
    keyfiles.write(given.out, single.make(due, key))
    _say(f"封好的文件写在 {given.out}，交给组织者或监票人上传。")


def _demand_yes(given: _Given) -> None:
    if not given.yes and given.ask(f"核对无误请输入“{_AGREE}”：").strip() != _AGREE:
        raise Stop("您没有同意，什么也没有打开。")


# --- small things ---------------------------------------------------------------------------


def _current(given: _Given, round_: int) -> Ceremony:
    """The transcript, which must be at the beginning of the round."""
    current = files.read_ceremony(given.ceremony)
    names = ("certificate（证书）", "reveal（公开）", "confirm（确认）")
    if current.finished:
        raise Stop("这份仪式文件的三轮都做完了，下一步是 fingerprint（念指纹）。")
    if current.round != round_:
        raise Stop(f"按这份仪式文件，现在该做的是 {names[current.round]}。")
    return current


def _try_key(path: Path, passphrase: str) -> Key:
    key = files.read_key(path, passphrase)
    if not dealing.decrypts(suite(key.suite), key.point, key.secret):
        raise Stop(f"{path} 试解没有通过，这一份不能用。")
    _say(f"{path}：试解通过。")
    return key


def _one_disk(paths: Sequence[Path]) -> bool:
    return len({path.stat().st_dev for path in paths}) == 1


def _passphrase(given: _Given) -> str:
    return keyfiles.passphrase(given.passphrase_file, given.ask_secret)


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m voting.trustee",
        description="开票钥匙保管人的工具，不联网。秘密只写进用口令加密的文件，从不显示。",
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
            if path.startswith("--"):
                one.add_argument(path, type=Path, required=True, metavar="FILE")
            else:
                one.add_argument(path, type=Path, metavar=path.upper())
        one.add_argument(
            "--passphrase-file", type=Path, metavar="FILE", help="从文件读口令（不写就问）"
        )
        return one

    made = command("certificate", _certificate, "第一轮：做证书", "ceremony", "--work", "--out")
    made.add_argument("--index", type=int, required=True, help="您是第几位保管人")
    command("reveal", _reveal, "第二轮：公开，并给别人份额", "ceremony", "--work", "--out")
    sitting = ("ceremony", "--work", "--key", "--copy", "--out")
    command("confirm", _confirm, "第三轮：核对份额，生成两份钥匙并试解", *sitting)
    command("fingerprint", _fingerprint, "显示要念的指纹", "ceremony", "--key")
    test = command("test", _test, "试两份钥匙", "--key", "--copy")
    test.add_argument("--export", type=Path, metavar="DIR", help="公开记录：核对用的是这把钥匙")
    command("lot", _lot, "照抽签文件再抽一遍", "lot")
    opened = command(
        "decrypt", _decrypt, "开票：核验、重算、写开票份额", "folder", "--key", "--out"
    )
    named = command(
        "open", _open, "记名：打开每一张计入的票", "folder", "--request", "--key", "--out"
    )
    court = command("court", _court, "法院：打开一张票", "folder", "--paper", "--key", "--out")
    court.add_argument(
        "--order", type=int, required=True, metavar="N", help="法院文书登记在记录的第几条"
    )
    for one in (opened, named, court):
        one.add_argument("--root", metavar="HEX", help="您手里记下的记录根")
        one.add_argument("--yes", action="store_true", help="不问，直接开")
    return parser


if __name__ == "__main__":
    sys.exit(main())
