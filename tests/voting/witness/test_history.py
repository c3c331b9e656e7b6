"""Whatever only grows is witnessed; whatever is rewritten, cut or exchanged is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.voting.sessions import Setting
from tests.voting.witness.host import Host
from voting.keyfiles import Stop
from voting.protocol.shape import unb64
from voting.witness.history import Mark, judge, look

SETTING = Setting()
SM2 = Setting("SM2-SM3")
KEY = unb64(SETTING.manifest.value["witnesses"][0])
_number = count()


def shown_at(host: Host, folder: str, *, whole: bool, old: int) -> Path:
    out = Path(folder) / str(next(_number))
    return host.export(out) if whole else host.public(out, old)


def witness(host: Host, folder: str, before: Mark | None, *, whole: bool) -> Mark:
    shown = look(shown_at(host, folder, whole=whole, old=before.size if before else 1))
    judge(shown, before, unb64(host.setting.manifest.value["witnesses"][0]))
    return shown.mark()


steps = st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.booleans()), max_size=6)


@settings(max_examples=60, deadline=None)
@given(steps=steps, setting=st.sampled_from([SETTING, SM2]))
def test_what_only_grows_is_witnessed(
    steps: list[tuple[int, bool, bool]], setting: Setting
) -> None:
    host, mark = Host(setting), None
    with TemporaryDirectory() as folder:
        for entries, whole, asked in steps:
            host.grow(entries)
            host.sign()
            if asked:
                mark = witness(host, folder, mark, whole=whole)
                assert mark.size == len(host.lines)


@settings(max_examples=80, deadline=None)
@given(data=st.data(), whole=st.booleans())
def test_what_is_rewritten_is_refused(data: st.DataObject, whole: bool) -> None:
    host = Host(SETTING)
    for entries in data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)):
        host.grow(entries)
        host.sign()
    seen = len(host.lines)
    with TemporaryDirectory() as folder:
        mark = witness(host, folder, None, whole=data.draw(st.booleans()))
        other = host.rewritten(data.draw(st.integers(1, seen - 1)))
        other.grow(data.draw(st.integers(0, 4)))
        other.sign()
        assert other.lines[:seen] != host.lines[:seen]
        with pytest.raises(Stop, match="改写"):
            witness(other, folder, mark, whole=whole)
        # nor where the host shows the checkpoint the witness knows among its own
        if not whole:
            other.checkpoints = [*host.checkpoints, *other.checkpoints[len(host.checkpoints) :]]
            if len(other.lines) > seen:
                with pytest.raises(Stop, match="改写"):
                    witness(other, folder, mark, whole=False)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), whole=st.booleans())
def test_what_goes_back_is_refused(data: st.DataObject, whole: bool) -> None:
    short, long = data.draw(st.integers(0, 6)), data.draw(st.integers(1, 6))
    host = Host(SETTING)
    host.grow(short)
    host.sign()
    earlier = Host(SETTING)
    earlier.grow(short)
    earlier.sign()
    host.grow(long)
    host.sign()
    with TemporaryDirectory() as folder:
        mark = witness(host, folder, None, whole=whole)
        with pytest.raises(Stop, match="倒退"):
            witness(earlier, folder, mark, whole=whole)


def test_a_time_that_goes_back(tmp_path: Path) -> None:
    host = Host(SETTING)
    host.sign("2026-03-02T09:00:00Z")
    mark = witness(host, str(tmp_path), None, whole=True)
    host.checkpoints.pop()
    host.grow(1)
    host.sign()
    with pytest.raises(Stop, match="倒退"):
        witness(host, str(tmp_path), mark, whole=True)


@pytest.mark.parametrize("whole", [True, False])
def test_a_checkpoint_that_is_gone(tmp_path: Path, whole: bool) -> None:
    host = Host(SETTING)
    host.grow(2)
    host.sign()
    mark = witness(host, str(tmp_path), None, whole=whole)
    host.checkpoints.pop()
    host.grow(1)
    host.sign()
    with pytest.raises(Stop, match="检查点（3条）不见了"):
        witness(host, str(tmp_path), mark, whole=whole)


@pytest.mark.parametrize("whole", [True, False])
def test_another_board(tmp_path: Path, whole: bool) -> None:
    host = Host(SETTING)
    mark = witness(host, str(tmp_path), None, whole=whole)
    other = Setting(seed="another")
    other.witness_secrets = SETTING.witness_secrets
    named = Setting(seed="another", witnesses=SETTING.manifest.value["witnesses"])
    named.board_secret = other.board_secret
    with pytest.raises(Stop, match="换了签名钥匙"):
        witness(Host(named), str(tmp_path), mark, whole=whole)
    same_key = Setting(title="另一个标题")
    with pytest.raises(Stop, match="条款"):
        witness(Host(same_key), str(tmp_path), mark, whole=whole)


@pytest.mark.parametrize("whole", [True, False])
def test_who_is_not_asked_does_not_sign(tmp_path: Path, whole: bool) -> None:
    shown = look(shown_at(Host(SETTING), str(tmp_path), whole=whole, old=1))
    with pytest.raises(Stop, match="没有请您见证"):
        judge(shown, None, b"k" * 32)


def test_the_first_time_the_manifest_is_the_boards(tmp_path: Path) -> None:
    """Checkpoints of one board with the manifest of another, signed by the same key."""
    host, other = Host(SETTING), Host(Setting(title="另一个标题"))
    host.grow(3)
    host.sign()
    folder = host.public(tmp_path / "mixed", 1)
    proof = json.loads((folder / "consistency.json").read_text())
    proof["manifest"] = other.lines[0].decode()
    (folder / "consistency.json").write_bytes(dump(proof))
    with pytest.raises(Stop, match="对不上"):
        judge(look(folder), None, KEY)


def dump(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode() + b"\n"


def _cut(lines: list[bytes]) -> list[bytes]:
    return [*lines[:-1], lines[-1][:-5]]


def _unsigned(lines: list[bytes]) -> list[bytes]:
    value = json.loads(lines[-1])
    value["size"] -= 1
    return [*lines[:-1], dump(value)[:-1]]


@pytest.mark.parametrize(
    "change", [_cut, _unsigned, lambda lines: lines[::-1], lambda _lines: []]
)
def test_checkpoints_that_are_not_the_boards(
    tmp_path: Path, change: Callable[[list[bytes]], list[bytes]]
) -> None:
    host = Host(SETTING)
    host.grow(3)
    host.sign()
    folder = host.public(tmp_path / "public", 1)
    lines = change(list(host.checkpoints))
    (folder / "checkpoints.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    with pytest.raises(Stop, match="没有通过核对"):
        look(folder)


def test_two_roots_of_one_size(tmp_path: Path) -> None:
    host = Host(SETTING)
    host.grow(3)
    other = host.rewritten(2)
    host.sign()
    other.sign()
    host.checkpoints.append(other.checkpoints[-1])
    with pytest.raises(Stop, match="two different roots"):
        look(host.public(tmp_path / "public", 1))
    with pytest.raises(Stop, match="没有通过核对"):
        look(host.export(tmp_path / "whole"))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_changed_proof_is_refused(data: st.DataObject) -> None:
    host = Host(SETTING)
    host.grow(data.draw(st.integers(1, 12)))
    host.sign()
    with TemporaryDirectory() as folder:
        mark = witness(host, folder, None, whole=False)
        host.grow(data.draw(st.integers(1, 12)))
        host.sign()
        path = host.public(Path(folder) / "next", mark.size) / "consistency.json"
        value = json.loads(path.read_text())
        proof = value["proof"]
        at = data.draw(st.integers(0, len(proof) - 1))
        way = data.draw(st.sampled_from(["drop", "double", "flip", "from", "to"]))
        if way == "drop":
            del proof[at]
        elif way == "double":
            proof.insert(at, proof[at])
        elif way == "flip":
            proof[at] = f"{int(proof[at], 16) ^ 1:064x}"
        else:
            value[way] -= 1
        path.write_bytes(dump(value))
        with pytest.raises(Stop):
            judge(look(path.parent), mark, KEY)


def test_a_proof_from_elsewhere_says_which_is_wanted(tmp_path: Path) -> None:
    host = Host(SETTING)
    host.grow(4)
    host.sign()
    mark = witness(host, str(tmp_path), None, whole=True)
    host.grow(3)
    host.sign()
    with pytest.raises(Stop, match="第5条到第8条"):
        judge(look(host.public(tmp_path / "wrong", 2)), mark, KEY)
