"""What a reader may do that a hostile file has taken over: next to nothing."""

import json
import time

import pytest

from core import limited
from core.errors import RuleViolation


def ask(*words, memory=2**30, seconds=20):
    said = limited.answer("tests.core.hostage", b"x", *words, memory=memory, seconds=seconds)
    return json.loads(said)


def test_nothing_of_our_environment_is_there(monkeypatch):
    monkeypatch.setenv("DJANGO_SECRET_KEY", "planted")
    monkeypatch.setenv("DATABASE_URL", "postgres://planted")
    environment, arguments, _place = ask("look")
    assert set(environment) <= {"LC_CTYPE"}  # Python's own, where no locale is set
    assert "planted" not in "".join([*environment.values(), *arguments])


def test_no_file_is_opened_or_written(tmp_path):
    assert ask("write", str(tmp_path / "planted")) == ["Too many open files"] * 2
    assert list(tmp_path.iterdir()) == []


def test_no_socket_is_opened():
    assert ask("call") == ["Too many open files"] * 3


@pytest.mark.parametrize("deed", ["swell", "crash"])
def test_who_dies_has_failed(deed):
    with pytest.raises(limited.Failed):
        ask(deed)


@pytest.mark.parametrize("deed", ["turn", "sleep"])
def test_time_is_bounded(deed):
    started = time.monotonic()
    with pytest.raises(limited.Failed):
        ask(deed, seconds=1)
    assert time.monotonic() - started < 10


def test_a_refusal_comes_through_without_what_it_was_about():
    with pytest.raises(RuleViolation) as refused:
        ask("refuse")
    assert (refused.value.code, str(refused.value), refused.value.facts) == (
        "hostage.no",
        "不行",
        {},
    )
