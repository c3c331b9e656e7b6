"""The trustees' page opens what the command line opens, and refuses what it refuses."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from tests.frontend.test_javascript import FRONTEND
from tests.voting.sessions import Vote
from tests.voting.trustee.sitting import PASSPHRASE
from tests.voting.trustee.test_command import Sat
from voting import keyfiles
from voting.keyfiles import Stop
from voting.protocol.shape import NO_HASH
from voting.trustee import files, opening

pytestmark = pytest.mark.node
# What the page calls it, and words of the command line's refusal.
SAID = {
    "open.voting": "投票还没有截止",
    "open.early": "截止和异议期要到",
    "open.tally": "平台还没有列出计入的票",
    "open.done": "这次会议已经开票",
    "open.own": "已经有您交的开票份额",
    "session.another": "另一次会议的记录",
    "keys.another": "不是您参加的那次仪式",
}


def close_with_papers(vote: Sat, *, at: str, tally: str | None = None) -> None:
    """Party 3 on paper; the box is counted at `at`."""
    vote.cast(1, [[0]])
    vote.cast(2, [[1]])
    vote.close()
    vote.paper(3, [[0]])
    vote.box(at)
    if tally:
        vote.tally(tally)


def vote_and_close(vote: Sat) -> None:
    vote.vote()
    vote.close()


# Each: the manifest's changes, what is done, the clock, what the page calls the outcome.
Case = tuple[dict[str, object], Callable[[Sat], None], str, str]
AFTER = "2026-04-01T00:00:00Z"


def open_still(vote: Sat) -> None:
    vote.vote()


def tallied(at: str | None = None) -> Callable[[Sat], None]:
    def act(vote: Sat) -> None:
        vote_and_close(vote)
        vote.tally(at)

    return act


def extended(vote: Sat) -> None:
    vote.post("extend", {"closes_at": "2026-03-20T10:03:00Z", "sha256": NO_HASH})
    vote.vote()
    vote.close("2026-03-20T10:00:00Z")
    vote.tally()


def boxed(at: str, tally: str | None = None) -> Callable[[Sat], None]:
    return lambda vote: close_with_papers(vote, at=at, tally=tally)


def box_forgotten(vote: Sat) -> None:
    vote.vote()
    vote.close()
    vote.tally()


def box_unbalanced(vote: Sat) -> None:
    vote.cast(1, [[0]])
    vote.close()
    vote.paper(3, [[0]])
    vote.box(counted=2)
    vote.tally()


def box_empty(vote: Sat) -> None:
    vote_and_close(vote)
    vote.box("2026-03-16T10:00:00Z")
    vote.tally("2026-03-16T10:10:00Z")


def ruled_out_but_counted(vote: Sat) -> None:
    vote_and_close(vote)
    vote.rule(3)
    vote.excluded.clear()
    vote.tally()


def one_alone(vote: Sat) -> None:
    """What a host would ask for to read a single choice."""
    vote.vote()
    vote.close()
    kept = dict(vote.cast_by)
    vote.cast_by = {2: kept[2]}
    vote.tally()
    vote.cast_by = kept


def resulted(vote: Sat) -> None:
    vote_and_close(vote)
    vote.tally()
    vote.trustee_secrets = {
        device.number: files.read_key(device.path("key-a"), PASSPHRASE).secret
        for device in vote.devices
    }
    vote.decrypt(2, 3)
    vote.result()


def shared(trustee: int) -> Callable[[Sat], None]:
    """One share of the two is on the board."""

    def act(vote: Sat) -> None:
        resulted(vote)
        del vote.lines[-3:]  # back to the entry of the tally
        vote.hash = vote.suite.hash(vote.lines[-1]).hex()
        vote.decrypt(trustee)

    return act


HOURS = {"challenge_hours": 48}
PAPER = {"paper": True, **HOURS}
CASES: dict[str, Case] = {
    "voting": ({}, open_still, AFTER, "open.voting"),
    "no tally": (HOURS, vote_and_close, AFTER, "open.tally"),
    "no tally, and early": (HOURS, vote_and_close, "2026-03-17T10:02:59Z", "open.early"),
    "a second early": (
        HOURS, tallied("2026-03-17T10:00:00Z"), "2026-03-17T10:02:59Z", "open.early",
    ),
    "on the second": (HOURS, tallied("2026-03-17T10:00:00Z"), "2026-03-17T10:03:00Z", "open"),
    "tally before the end": (HOURS, tallied(), AFTER, "unverified phases"),
    "extended, early": ({}, extended, "2026-03-20T10:02:59Z", "open.early"),
    "extended": ({}, extended, "2026-03-20T10:03:00Z", "open"),
    "box not counted": (PAPER, box_forgotten, AFTER, "unverified phases"),
    "box not balanced": ({"paper": True}, box_unbalanced, AFTER, "unverified box"),
    "box, no tally": (PAPER, boxed("2026-03-16T10:00:00Z"), AFTER, "open.tally"),
    "box, tally too soon": (
        PAPER, boxed("2026-03-16T10:00:00Z", "2026-03-17T10:00:00Z"), AFTER,
        "unverified phases",
    ),
    "box, clock too soon": (
        PAPER, boxed("2026-03-16T10:00:00Z", "2026-03-18T10:00:00Z"),
        "2026-03-18T09:59:59Z", "open.early",
    ),
    "box": (
        PAPER, boxed("2026-03-16T10:00:00Z", "2026-03-18T10:00:00Z"),
        "2026-03-18T10:00:00Z", "open",
    ),
    "box empty": ({"paper": True}, box_empty, AFTER, "open"),
    "ruling not followed": ({}, ruled_out_but_counted, AFTER, "unverified counted"),
    "one ballot alone": ({}, one_alone, AFTER, "unverified counted"),
    "opened": ({}, resulted, AFTER, "open.done"),
    "own share there": ({}, shared(1), AFTER, "open.own"),
    "another's share there": ({}, shared(2), AFTER, "open"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyfiles, "COST", 2**14)


def by_command_line(folder: Path, key: Path, now: str) -> str:
    try:
        held = files.read_key(key, PASSPHRASE)
        opening.judge(folder, held, now=datetime.fromisoformat(now))
    except Stop as stop:
        text = str(stop)
        if "没有通过核验" in text:
            return "unverified " + text.split("（", 1)[1].split("：", 1)[0]
        return next(code for code, words in SAID.items() if words in text)
    return "open"


def test_both_tools_open_and_refuse_the_same(tmp_path: Path) -> None:
    asked, expected, mine = [], [], []
    for number, (changes, act, now, outcome) in enumerate(CASES.values()):
        vote = Sat(tmp_path / str(number), **changes)
        act(vote)
        asked.append((vote.export_to("export"), vote.devices[0].path("key-a"), now))
        expected.append(outcome)
    # The key of another sitting, and of another session.
    other = Sat(tmp_path / "other")
    strange = Vote("P256-SHA256")
    strange.checkpoint()
    asked.append((strange.export(tmp_path / "strange"), other.devices[0].path("key-a"), AFTER))
    expected.append("keys.another")
    mine = [by_command_line(*one) for one in asked]
    names = [*CASES, "keys of another sitting"]
    assert dict(zip(names, mine, strict=True)) == dict(zip(names, expected, strict=True))
    given = [
        {"folder": str(folder), "key": str(key), "passphrase": PASSPHRASE, "now": now}
        for folder, key, now in asked
    ]
    done = subprocess.run(
        ["node", "tools/examine.mjs"], cwd=FRONTEND, input=json.dumps(given),
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    theirs = done.stdout.splitlines()
    assert dict(zip(names, theirs, strict=True)) == dict(zip(names, mine, strict=True))
