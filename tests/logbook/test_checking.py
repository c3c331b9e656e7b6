"""Logs are checked: whatever is changed behind the triggers' back is found, at its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from core.canonical import canonical
from logbook.checking import Fault, Head, against, check, heads
from logbook.models import Entry, Log
from logbook.steps import append, record_act
from tests.factories import FOR, Vote, frozen_vote

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("erasable")]
NAME = "estate/7Q2M"


@pytest.fixture
def log() -> Log:
    for number in range(5):
        with transaction.atomic():
            record_act(NAME, "x.done", {"n": number}, actor="user:1", at=timezone.now())
    return Log.objects.get(name=NAME)


def past_the_triggers(act: Callable[[], Any]) -> None:
    """As somebody who owns the database would."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            act()
    else:  # `erasable` has taken them away
        act()


def rewritten(log: Log, seq: int, **changes: Any) -> bytes:
    line = json.loads(bytes(log.entries.get(seq=seq).line))
    return canonical({**line, **changes})


def told(log: Log) -> list[tuple[int | None, str]]:
    log.refresh_from_db()
    return [(one.seq, one.what) for one in check(log)]


def test_what_was_written_is_well(log: Log) -> None:
    assert told(log) == []


def test_another_line_is_found_where_it_is_and_where_it_is_linked(log: Log) -> None:
    other = rewritten(log, 2, body={"n": 99})
    past_the_triggers(lambda: log.entries.filter(seq=2).update(line=other))
    assert told(log) == [(2, "leaf"), (3, "link")]


def test_with_its_leaf_hash_it_is_found_by_the_link(log: Log) -> None:
    from hashlib import sha256

    other = rewritten(log, 2, body={"n": 99})
    leaf = sha256(b"\x00" + other).digest()
    past_the_triggers(lambda: log.entries.filter(seq=2).update(line=other, leaf_hash=leaf))
    assert told(log) == [(3, "link")]


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (lambda log: log.entries.filter(seq=1).delete(), [(1, "gap")]),
        (lambda log: log.entries.filter(seq=4).delete(), [(None, "size")]),
        (lambda log: log.entries.filter(seq=3).update(line=b""), [(3, "empty")]),
        (lambda log: log.entries.filter(seq=3).update(kind="y"), [(3, "line")]),
        (lambda log: log.entries.filter(seq=3).update(line=b"\xff"), "leaf"),
        (lambda log: Log.objects.filter(pk=log.pk).update(head="0" * 64), [(None, "head")]),
    ],
)
def test_what_else_is_changed(log: Log, change: Any, wanted: Any) -> None:
    past_the_triggers(lambda: change(log))
    if isinstance(wanted, str):
        assert wanted in [what for _seq, what in told(log)]
    else:
        assert told(log) == wanted


def test_a_board_with_its_checkpoints(log: Log) -> None:
    vote: Vote = frozen_vote()
    vote.cast(1, [FOR])
    board = Log.objects.get(name=f"board/{vote.session.code}")
    assert told(board) == []
    point = board.checkpoints.last()
    assert point is not None
    line = json.loads(bytes(point.line))
    line["root"] = "0" * 64
    past_the_triggers(
        lambda: board.checkpoints.filter(pk=point.pk).update(line=canonical(line))
    )
    assert told(board) == [(point.size, "checkpoint")]


def test_an_end_cut_off_and_all_of_it_written_anew(log: Log) -> None:
    """The chain alone cannot tell; a head that was kept elsewhere can."""
    kept = heads()
    assert kept[NAME] == Head(5, log.head)
    assert list(against(kept)) == []
    with transaction.atomic():
        append(NAME, "x.done", {"n": 5}, at=timezone.now())
    assert list(against(kept)) == []

    def cut() -> None:
        last = log.entries.order_by("-seq")[:2]
        Entry.objects.filter(pk__in=[one.pk for one in last]).delete()
        head = json.loads(bytes(log.entries.get(seq=3).line))
        from hashlib import sha256

        Log.objects.filter(pk=log.pk).update(size=4, head=sha256(canonical(head)).hexdigest())

    past_the_triggers(cut)
    assert told(log) == []
    assert list(against(kept)) == [Fault(NAME, None, "shorter")]
    for number in range(2):
        with transaction.atomic():
            append(NAME, "x.other", {"n": number}, at=timezone.now())
    assert told(log) == []
    assert list(against(kept)) == [Fault(NAME, 4, "rewritten")]
    assert list(against({"estate/gone": Head(1, "0" * 64)})) == [
        Fault("estate/gone", None, "missing")
    ]


def test_the_command(log: Log, tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "heads.json"
    call_command("verify_logs", "--save", str(file))
    assert "全部相符" in capsys.readouterr().out
    call_command("verify_logs", NAME, "--against", str(file), "--json")
    assert json.loads(capsys.readouterr().out) == {
        "ok": True, "logs": 1, "entries": 5, "faults": [],
    }  # fmt: skip
    past_the_triggers(lambda: log.entries.filter(seq=3).update(kind="y"))
    with pytest.raises(SystemExit) as ended:
        call_command("verify_logs", "--json")
    assert ended.value.code == 1
    assert json.loads(capsys.readouterr().out)["faults"] == [
        {"log": NAME, "seq": 3, "what": "line"}
    ]
    with pytest.raises(CommandError, match="没有这本记录"):
        call_command("verify_logs", "estate/none")
    for broken in ("", "[]", '{"a": 1}', '{"a": ["x", "y"]}'):
        file.write_text(broken)
        with pytest.raises(CommandError, match="读不了"):
            call_command("verify_logs", "--against", str(file))
