"""The tool: a sitting from the first file to the totals, and everything it refuses."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.canonical import canonical
from tests.voting.sessions import Vote, question
from tests.voting.trustee.sitting import PASSPHRASE, Device, held, value_of
from voting import keyfiles
from voting.protocol import ceremony, share, tally
from voting.trustee import files
from voting.trustee.__main__ import main
from voting.verifier import verify

NAMES = ["甲（抽签产生的业主）", "乙（居委会）", "丙（律师、公证员等外部人员）"]


class Sat(Vote):
    """A vote under keys that were made by the tool."""

    def __init__(self, folder: Path, name: str = "P256-SHA256", **changes: Any) -> None:
        start = ceremony.begin(name, "YS-2026-01", 2, NAMES)
        self.sitting, self.devices = held(folder, start)
        super().__init__(name, trustees=ceremony.outcome(self.sitting), **changes)
        self.folder = folder

    def vote(self) -> None:
        self.cast(1, [[0]])
        self.cast(2, [[1]])
        self.cast(3, [[0]])

    def export_to(self, name: str) -> Path:
        self.checkpoint()
        return self.export(self.folder / name)

    def take(self, path: Path) -> None:
        """As the server does with a share file."""
        body = share.read(self.manifest, self.tally_hash, value_of(path))
        self.shares.append(
            tally.verify_shares(self.manifest, self.sums, body, tally_hash=self.tally_hash)
        )
        self.post("decryption", body)


@pytest.fixture
def sat(tmp_path: Path) -> Sat:
    vote = Sat(tmp_path)
    vote.vote()
    return vote


def said(capsys: pytest.CaptureFixture[str]) -> str:
    got = capsys.readouterr()
    return got.err


def tallied(vote: Sat) -> Path:
    vote.close()
    vote.tally()
    return vote.export_to("export")


@pytest.mark.parametrize("name", ["P256-SHA256", "SM2-SM3"])
def test_two_of_three_open(name, tmp_path, capsys):
    vote = Sat(tmp_path, name, motions=[question("m1"), question("m2")])
    vote.cast(1, [[0], None])
    vote.cast(2, [[1], [2]])
    export = tallied(vote)
    first, second, third = vote.devices
    shown = [
        device.run("fingerprint", tmp_path / "ceremony-3.json", "--key", device.path("key-a"))
        for device in vote.devices
    ]
    assert shown == [0, 0, 0]
    assert capsys.readouterr().out.count(ceremony.fingerprint(vote.sitting)) == 3
    assert third.open(export) == 0
    words = capsys.readouterr().out
    for fact in ("2人，209.52平方米", "议题 m2：1人、120.00平方米参加", "任何一张票都不打开"):
        assert fact in words
    vote.take(third.path("share.json"))
    later = vote.export_to("later")  # with the first share on the board
    assert first.open(later) == 0
    vote.take(first.path("share.json"))
    vote.result()
    vote.resolve()
    report = verify(vote.export_to("end"))
    assert report.ok, report.as_text()
    assert report.results[0]["area"] == {"for": "89.52", "against": "120.00", "abstain": "0.00"}
    assert second.open(tmp_path / "end") == 1
    assert "已经开票" in said(capsys)


def test_nothing_secret_is_printed_or_lies_open(sat, capsys):
    export = tallied(sat)
    capsys.readouterr()
    device = sat.devices[0]
    device.open(export)
    device.run("test", "--key", device.path("key-a"), "--copy", device.path("key-b"))
    secret = files.read_key(device.path("key-a"), PASSPHRASE).secret
    kept = files.read_work(device.path("work"), PASSPHRASE, sat.sitting)
    raw = [secret, *kept.coefficients]
    hidden = [f"{scalar:x}" for scalar in raw] + [str(scalar) for scalar in raw]
    data = [scalar.to_bytes(32, "big") for scalar in raw] + [kept.decryption]
    hidden += [base64.urlsafe_b64encode(one).decode()[:40] for one in data]
    got = capsys.readouterr()
    places = [got.out, got.err]
    for path in (p for p in sat.folder.rglob("*") if p.is_file() and p.name != "passphrase"):
        bytes_ = path.read_bytes()
        assert not any(one in bytes_ for one in data), path
        places.append(bytes_.decode("utf-8", "replace"))
    for text in places:
        assert PASSPHRASE not in text
        assert not any(secret in text for secret in hidden)
    for name in ("work", "key-a", "key-b"):
        assert device.path(name).stat().st_mode & 0o077 == 0


# --- the sitting ------------------------------------------------------------------------------


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    start = ceremony.begin("P256-SHA256", "YS-2026-01", 2, NAMES)
    path = tmp_path / "ceremony.json"
    path.write_bytes(canonical(start.value) + b"\n")
    return path


def test_steps_out_of_order_say_which_is_due(begun, tmp_path, capsys):
    device = Device(tmp_path, 1)
    device.sit(0, begun)
    assert device.run("reveal", begun, "--work", device.path("work"), "--out", "x") == 1
    assert "现在该做的是 certificate" in said(capsys)
    assert device.run("fingerprint", begun, "--key", device.path("work")) == 1
    assert "三轮还没有全部做完" in said(capsys)


def test_nothing_is_overwritten(begun, tmp_path, capsys):
    device = Device(tmp_path, 1)
    device.sit(0, begun)
    before = device.path("work").read_bytes()
    again = ("--index", 1, "--work", device.path("work"), "--out", device.path("other"))
    assert device.run("certificate", begun, *again) == 1
    assert "不会覆盖" in said(capsys)
    assert device.path("work").read_bytes() == before
    assert not device.path("other").exists()


@pytest.mark.parametrize(
    ("passphrase", "index", "why"),
    [("短口令", 1, "至少12个字符"), ("够长的口令够长的口令够长", 4, "编号要在1到3之间")],
)
def test_what_was_typed_is_judged(begun, tmp_path, capsys, passphrase, index, why):
    device = Device(tmp_path, 1)
    arguments = ("--index", index, "--work", device.path("w"), "--out", device.path("o"))
    assert device.run("certificate", begun, *arguments, passphrase=passphrase) == 1
    assert why in said(capsys)
    assert not device.path("w").exists()


def test_two_different_passphrases(begun, tmp_path, capsys):
    typed = iter(["一二三四五六七八九十一二", "一二三四五六七八九十一三"])
    paths = ["--work", str(tmp_path / "w"), "--out", str(tmp_path / "o")]
    done = main(
        ["certificate", str(begun), "--index", "1", *paths],
        ask_secret=lambda _prompt: next(typed),
    )
    assert done == 1
    assert "两遍口令不一样" in said(capsys)


def test_two_copies_are_demanded(sat, tmp_path, capsys):
    one = sat.devices[0]
    second_round = tmp_path / "ceremony-2.json"
    same = ("--key", one.path("k"), "--copy", one.path("k"), "--out", one.path("c"))
    assert one.run("confirm", second_round, "--work", one.path("work"), *same) == 1
    assert "同一个文件名" in said(capsys)
    assert not one.path("k").exists()


def test_a_cheating_dealer_is_named_and_no_key_is_made(tmp_path, capsys):
    start = ceremony.begin("P256-SHA256", "YS-2026-01", 2, NAMES)
    _done, devices = held(tmp_path, start)
    value = value_of(tmp_path / "ceremony-2.json")
    shares = value["reveals"][1]["shares"]
    shares[0] = shares[2]  # what was meant for the third goes to the first
    bent = tmp_path / "bent.json"
    bent.write_bytes(canonical(value) + b"\n")
    device = devices[0]
    keys = ("--key", device.path("k1"), "--copy", device.path("k2"), "--out", device.path("c"))
    assert device.run("confirm", bent, "--work", device.path("work"), *keys) == 1
    assert "第2位保管人发给您的份额不对" in said(capsys)
    assert not any(device.path(name).exists() for name in ("k1", "k2", "c"))


def test_a_transcript_of_another_sitting_has_another_fingerprint(sat, tmp_path, capsys):
    other = tmp_path / "other"
    other.mkdir()
    held(other, ceremony.begin("P256-SHA256", "YS-2026-01", 2, NAMES))
    device = sat.devices[0]
    theirs = other / "ceremony-3.json"
    assert device.run("fingerprint", theirs, "--key", device.path("key-a")) == 1
    assert "不是您做钥匙的那一次" in said(capsys)
    first_round = other / "ceremony-1.json"
    work = ("--work", device.path("work"), "--out", device.path("r"))
    assert device.run("reveal", first_round, *work) == 1
    assert "另一次仪式" in said(capsys)


# --- keys -------------------------------------------------------------------------------------


def test_both_copies_are_tried_and_the_session_compared(sat, capsys):
    device = sat.devices[1]
    keys = ("--key", device.path("key-a"), "--copy", device.path("key-b"))
    export = sat.export_to("open")
    assert device.run("test", *keys, "--export", export) == 0
    assert capsys.readouterr().out.count("试解通过") == 2
    foreign = ("--key", device.path("key-a"), "--copy", sat.devices[0].path("key-b"))
    assert device.run("test", *foreign) == 1
    assert "不是同一把钥匙" in said(capsys)


def test_a_wrong_passphrase_and_a_file_cut_anywhere(sat, tmp_path, capsys):
    device = sat.devices[0]
    good = device.path("key-a").read_bytes()
    keys = ("--key", device.path("key-a"), "--copy", device.path("key-b"))
    assert device.run("test", *keys, passphrase="不是这个口令不是这个口令") == 1
    assert "口令不对" in said(capsys)
    cut = device.path("cut")
    for size in (0, 1, len(good) // 2, len(good) - 2, len(good) - 1):
        cut.write_bytes(good[:size])
        assert device.run("test", "--key", cut, "--copy", device.path("key-b")) == 1
        assert "不完整" in said(capsys)
    value = json.loads(good)
    for field, other in (
        ("n", 2**15),
        ("n", 3 * 2**14),
        ("n", 2**30),
        ("salt", "A" * 22),
        ("sealed", value["sealed"][:-6]),
        ("sealed", ""),
        ("format", "yishi-trustee-work-1"),
    ):
        cut.write_bytes(canonical({**value, field: other}) + b"\n")
        assert device.run("test", "--key", cut, "--copy", device.path("key-b")) == 1
        assert "没有完成" in said(capsys), field
    missing = tmp_path / "nothing"
    assert device.run("test", "--key", missing, "--copy", device.path("key-b")) == 1
    assert "打不开文件" in said(capsys)


def test_an_umlaut_is_one_passphrase_however_it_was_typed(tmp_path):
    path = tmp_path / "k"
    path.write_bytes(keyfiles.seal(files.KEY, {"a": 1}, "zwölf Zeichen"))
    assert keyfiles.unseal(path, files.KEY, "zwo\u0308lf Zeichen") == {"a": 1}


# --- opening ----------------------------------------------------------------------------------


def test_not_before_the_close_the_tally_and_the_end_of_objections(tmp_path, capsys):
    vote = Sat(tmp_path, challenge_hours=48)
    vote.vote()
    device = vote.devices[0]
    assert device.open(vote.export_to("open")) == 1
    assert "还没有截止" in said(capsys)
    vote.close()
    assert device.open(vote.export_to("closed")) == 1
    assert "还没有列出计入的票" in said(capsys)
    vote.time = "2026-03-17T10:00:00Z"
    vote.tally()
    export = vote.export_to("tallied")
    early = datetime(2026, 3, 17, 10, 2, 59, tzinfo=UTC)  # closes_at is 10:03
    assert device.open(export, now=early) == 1
    assert "2026-03-17 18:03" in said(capsys)
    assert device.open(export, now=early.replace(hour=10, minute=3, second=0)) == 0


def test_a_tally_before_the_end_of_objections_is_refused_whatever_the_clock(tmp_path, capsys):
    vote = Sat(tmp_path, challenge_hours=48)
    vote.vote()
    assert vote.devices[0].open(tallied(vote)) == 1
    assert "没有通过核验（phases" in said(capsys)


def test_an_export_that_was_edited(sat, capsys):
    export = tallied(sat)
    lines = (export / "board.jsonl").read_bytes().splitlines(keepends=True)
    for edit in (lines[:-1], [*lines[:2], *lines[3:]]):
        (export / "board.jsonl").write_bytes(b"".join(edit))
        assert sat.devices[0].open(export) == 1
        assert "没有通过核验（files" in said(capsys)
    assert sat.devices[0].open(sat.folder / "no such folder") == 1
    assert "没有通过核验（files" in said(capsys)


def test_a_tally_of_one_ballot_by_the_servers_own_hand(sat, capsys):
    """What a host would ask for to read a single choice: everything signed, one ballot left."""
    alone = sat.cast_by.pop(2)
    others, sat.cast_by = sat.cast_by, {2: alone}
    sat.close()
    sat.tally()
    sat.cast_by = {**others, 2: alone}
    assert sat.devices[0].open(sat.export_to("alone")) == 1
    assert "没有通过核验" in said(capsys)


def test_a_second_different_set_is_never_opened(sat, capsys):
    """Two sums that differ by a ballot give the ballot away."""
    before = list(sat.lines), sat.hash, list(sat.checkpoints)
    device = sat.devices[0]
    assert device.open(tallied(sat)) == 0
    sat.lines, sat.hash, sat.checkpoints = before
    sat.close()
    sat.rule(3)
    sat.tally()
    other = sat.export_to("other")
    assert verify(other).ok
    assert device.open(other, out="second.json") == 1
    assert "另一组票" in said(capsys)
    assert not device.path("second.json").exists()
    # The same set again, after the first file was lost.
    assert device.open(sat.folder / "export", out="again.json") == 0


def test_the_own_share_is_on_the_board_already(sat, capsys):
    assert sat.devices[0].open(tallied(sat)) == 0
    sat.take(sat.devices[0].path("share.json"))
    assert sat.devices[0].open(sat.export_to("later"), out="again.json") == 1
    assert "已经有您交的" in said(capsys)


def test_a_session_under_other_keys(sat, tmp_path, capsys):
    """The host freezes with keys of its own and hopes that nobody looks."""
    (tmp_path / "else").mkdir()
    other = Sat(tmp_path / "else")
    other.vote()
    export = tallied(other)
    device = sat.devices[0]
    assert device.open(export) == 1
    assert "不是您参加的那次仪式" in said(capsys)
    keys = ("--key", device.path("key-a"), "--copy", device.path("key-b"))
    assert device.run("test", *keys, "--export", export) == 1
    assert "不是您参加的那次仪式" in said(capsys)


def test_without_a_yes_nothing_is_opened(sat, capsys):
    export, device = tallied(sat), sat.devices[0]
    arguments = ["decrypt", str(export), "--key", str(device.path("key-a"))]
    arguments += ["--out", str(device.path("o"))]
    keyboard = {"ask": lambda _prompt: "不", "ask_secret": lambda _prompt: PASSPHRASE}
    assert main(arguments, **keyboard) == 1
    assert "没有同意" in said(capsys)
    assert list(device.folder.glob("*.opened")) == []
    assert not device.path("o").exists()
    assert main(arguments, **{**keyboard, "ask": lambda _prompt: "同意"}) == 0


def test_a_root_that_was_written_down(sat, capsys):
    export, device = tallied(sat), sat.devices[0]
    common = ("decrypt", export, "--key", device.path("key-a"), "--yes", "--out")
    assert device.run(*common, device.path("o"), "--root", "0" * 64) == 1
    assert "origin" in said(capsys)
    assert device.run(*common, device.path("o"), "--root", sat.root()) == 0


def test_the_tool_runs_by_itself_without_django(tmp_path):
    code = (
        "import sys, runpy\n"
        "sys.argv = ['voting.trustee', '--help']\n"
        "try:\n    runpy.run_module('voting.trustee', run_name='__main__')\n"
        "except SystemExit as done:\n    assert done.code == 0\n"
        "assert not any(name.split('.')[0] in ('django', 'socket') for name in sys.modules)\n"
    )
    root = Path(__file__).parents[3]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DJANGO")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, env=environment
    )
    assert done.returncode == 0, done.stderr.decode()
    assert "钥匙保管人" in done.stdout.decode()
