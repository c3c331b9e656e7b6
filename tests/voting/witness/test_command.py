"""The tool by its command line: a key once, then a countersignature at a time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.voting.sessions import Setting, Vote, question
from tests.voting.witness.host import Host
from voting.protocol import checkpoint
from voting.protocol.shape import b64, unb64
from voting.verifier import verify
from voting.witness.__main__ import main

PASSPHRASE = "四个 不相干 的词 连起来"


class Desk:
    """A witness's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "passphrase").write_text(PASSPHRASE + "\n", encoding="utf-8")
        assert self.run("init", "--key", self.key, "--state", self.state) == 0
        self.public = value_of(self.state)["key"]

    key = property(lambda self: self.folder / "key")
    state = property(lambda self: self.folder / "state")

    def run(self, *words: object) -> int:
        secret = ("--passphrase-file", str(self.folder / "passphrase"))
        return main([*map(str, words), *secret])

    def cosign(self, folder: Path, out: str = "out.json") -> int:
        own = ("--key", self.key, "--state", self.state)
        return self.run("cosign", folder, *own, "--out", self.folder / out)


def value_of(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "desk")


def test_init_prints_the_public_key_and_keeps_the_secret_sealed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(tmp_path / "desk")
    assert desk.public in capsys.readouterr().out
    assert len(unb64(desk.public)) == 32
    assert desk.key.stat().st_mode & 0o077 == 0
    assert desk.public.encode() not in desk.key.read_bytes()
    assert desk.run("init", "--key", desk.key, "--state", desk.state) == 1
    assert "不会覆盖" in capsys.readouterr().err


def test_a_vote_witnessed_from_both_sides(desk: Desk, tmp_path: Path) -> None:
    """Growing from the public files and the whole record; the verifier sees the witness."""
    vote = Vote(motions=[question()], witnesses=[desk.public], witnesses_needed=1)
    vote.cast(1, [[0]])
    vote.checkpoint()
    assert desk.cosign(vote.export(tmp_path / "one")) == 0
    vote.cast(2, [[1]])
    vote.checkpoint()
    report = verify(vote.export(tmp_path / "two"))
    assert report.ok
    assert "witnesses" in report.not_checked
    assert desk.cosign(tmp_path / "two", "two.json") == 0
    signed = checkpoint.parse_cosignature(vote.manifest, value_of(desk.folder / "two.json"))
    last = json.loads(vote.checkpoints[-1])
    assert signed.signed == checkpoint.signed_part(last)
    last["cosignatures"] = [{"key": signed.key, "signature": signed.signature}]
    vote.checkpoints[-1] = checkpoint.make_line(last)
    report = verify(vote.export(tmp_path / "three"))
    assert report.ok
    assert "witnesses" not in report.not_checked
    # the line with the cosignature is still the checkpoint it knows: signing again is harmless
    assert desk.cosign(tmp_path / "three", "three.json") == 0
    assert value_of(desk.folder / "three.json") == value_of(desk.folder / "two.json")


def test_a_second_history_is_refused_and_nothing_written(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    host = Host(Setting(witnesses=[desk.public]))
    host.grow(5)
    host.sign()
    assert desk.cosign(host.public(tmp_path / "one", 1)) == 0
    assert "第一次见证" in capsys.readouterr().out
    state = desk.state.read_bytes()
    other = host.rewritten(3)
    for folder in (other.public(tmp_path / "two", 6), other.export(tmp_path / "three")):
        assert desk.cosign(folder, "other.json") == 1
        assert "历史被改写" in capsys.readouterr().err
    assert desk.state.read_bytes() == state
    assert not (desk.folder / "other.json").exists()
    host.grow(2)
    host.sign()
    assert desk.cosign(host.public(tmp_path / "four", 6), "four.json") == 0
    assert "接着上次见证的6条" in capsys.readouterr().out


def test_without_its_memory_it_does_not_sign(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Host(Setting(witnesses=[desk.public])).export(tmp_path / "export")
    kept = desk.state.read_bytes()
    desk.state.unlink()
    assert desk.cosign(folder) == 1
    assert "找不到状态文件" in capsys.readouterr().err
    for other in (
        b'{"format":"yishi-witness-state-1"}\n',
        kept.replace(b'"sessions":{}', b'"sessions":{"A":{}}'),
        kept[:-3],
    ):
        desk.state.write_bytes(other)
        assert desk.cosign(folder) == 1
    desk.state.write_bytes(kept.replace(desk.public.encode(), b64(b"k" * 32).encode()))
    capsys.readouterr()
    assert desk.cosign(folder) == 1
    assert "另一把见证钥匙" in capsys.readouterr().err
    assert not (desk.folder / "out.json").exists()


def test_a_wrong_passphrase_and_a_wrong_folder(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    for folder, sentence in ((tmp_path / "none", "没有文件夹"), (tmp_path / "empty", "要有")):
        assert desk.cosign(folder) == 1
        assert sentence in capsys.readouterr().err
    (desk.folder / "passphrase").write_text("别的 口令 也很长 的呀\n", encoding="utf-8")
    assert desk.cosign(tmp_path / "empty") == 1
    assert "口令不对" in capsys.readouterr().err


def test_it_runs_without_django_database_or_network() -> None:
    code = (
        "import sys, voting.witness.__main__\n"
        "loaded = {name.split('.')[0] for name in sys.modules}\n"
        "sys.exit(len(loaded & {'django', 'sqlite3', 'psycopg', 'http', 'ssl'}))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
