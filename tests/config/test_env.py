"""Secrets from the environment: keys that only open, and a cipher that has to be one."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest

from config.env import env_choice, env_secrets

ONE, TWO = (b64encode(bytes([number]) * 32).decode() for number in (1, 2))


def secrets(folder: Path) -> tuple[bytes, ...]:
    return env_secrets("YISHI_TEST_KEYS", size=32, keys_dir=folder)


@pytest.mark.parametrize("between", [",", " ", ", ", "\n", " ,\n"])
def test_several_keys_however_they_are_divided(
    between: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("YISHI_TEST_KEYS", f"{ONE}{between}{TWO}\n")
    assert secrets(tmp_path) == (b"\x01" * 32, b"\x02" * 32)


def test_none_is_the_rule(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert secrets(tmp_path) == ()
    monkeypatch.setenv("YISHI_TEST_KEYS", "  ")
    assert secrets(tmp_path) == ()


def test_from_a_file_named_or_in_the_folder_of_keys(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "yishi_test_keys").write_text(f"{ONE}\n")
    assert secrets(tmp_path) == (b"\x01" * 32,)
    (tmp_path / "other").write_text(f"{TWO}\n{ONE}\n")
    monkeypatch.setenv("YISHI_TEST_KEYS_FILE", str(tmp_path / "other"))
    assert secrets(tmp_path) == (b"\x02" * 32, b"\x01" * 32)
    monkeypatch.setenv("YISHI_TEST_KEYS_FILE", str(tmp_path / "gone"))
    with pytest.raises(FileNotFoundError):
        secrets(tmp_path)


@pytest.mark.parametrize("junk", ["c2hvcnQ=", f"{ONE},c2hvcnQ=", "%%%", "abc"])
def test_a_key_that_is_none_stops_the_start_and_is_not_shown(
    junk: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("YISHI_TEST_KEYS", junk)
    with pytest.raises((RuntimeError, ValueError)) as stopped:
        secrets(tmp_path)
    assert ONE not in str(stopped.value)


def test_a_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    choices = ("aes256", "sm4")
    assert env_choice("YISHI_TEST_CIPHER", choices) == "aes256"
    monkeypatch.setenv("YISHI_TEST_CIPHER", " SM4 ")
    assert env_choice("YISHI_TEST_CIPHER", choices) == "sm4"
    monkeypatch.setenv("YISHI_TEST_CIPHER", "des")
    with pytest.raises(RuntimeError, match="aes256, sm4"):
        env_choice("YISHI_TEST_CIPHER", choices)
