"""Leaked passwords: found by bisection in a file on the disk, whatever its line ends."""

import builtins
from hashlib import sha1

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from accounts.leaked import check_list, is_leaked

WORDS = [f"leaked words {number}" for number in range(1000)]


def hash_of(word):
    return sha1(word.encode()).hexdigest().upper()


def listed(tmp_path, words=WORDS, end="\r\n", last=True, change=str):
    lines = sorted(f"{hash_of(word)}:{len(word) ** 4}" for word in words)
    text = end.join(lines) + (end if last and lines else "")
    path = tmp_path / "leaked.txt"
    path.write_bytes(change(text).encode())
    return str(path)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_every_line_is_found(tmp_path, end, last):
    """The first and the last one too, with and without an end of line behind it."""
    path = listed(tmp_path, end=end, last=last)
    assert all(is_leaked(word, path) for word in WORDS)
    assert not [word for word in WORDS if is_leaked(word + "!", path)]
    check_list(path)


@pytest.mark.parametrize("many", [1, 2, 3])
def test_a_list_of_a_line_or_two(tmp_path, many):
    path = listed(tmp_path, WORDS[:many])
    assert [is_leaked(word, path) for word in WORDS[:4]] == [True] * many + [False] * (4 - many)


def test_small_letters_are_the_same_hash(tmp_path):
    path = listed(tmp_path, change=str.lower)
    assert is_leaked(WORDS[7], path)
    assert not is_leaked("nobody's words", path)


def test_a_look_takes_few_reads_and_no_memory(tmp_path, monkeypatch):
    path, read = listed(tmp_path), []
    plain = builtins.open

    def watched(*args):
        file = plain(*args)
        before = file.read

        class Watched:
            seek, __enter__, __exit__ = file.seek, lambda self: self, lambda *_a: file.close()

            def read(self, size):
                read.append(size)
                return before(size)

        return Watched()

    monkeypatch.setattr(builtins, "open", watched)
    assert not is_leaked("nobody's words", path)
    assert len(read) <= 13  # 2 ** 10 lines, and a place is no line
    assert max(read) <= 512


def test_a_password_of_the_list_is_refused(tmp_path, settings):
    words = "a long phrase that has leaked"
    validate_password(words)
    settings.LEAKED_PASSWORDS = listed(tmp_path, [*WORDS, words])
    with pytest.raises(ValidationError, match="泄露过"):
        validate_password(words)
    validate_password("a long phrase that nobody has typed")


def test_a_list_that_is_gone_or_none_is_told_and_lets_nothing_pass(tmp_path, settings):
    settings.LEAKED_PASSWORDS = str(tmp_path / "gone.txt")
    with pytest.raises(SystemCheckError, match=r"accounts\.E004"):
        call_command("check")
    with pytest.raises(ValidationError, match="读不出来"):
        validate_password("a long phrase that nobody has typed")
    for text in ("", "password\n123456\n", f"{hash_of('b')}:1\n{hash_of('a')}:1\n"):
        (tmp_path / "gone.txt").write_text(text)
        with pytest.raises(SystemCheckError, match=r"accounts\.E004"):
            call_command("check")
    for text in ("", "\n" * 2000):
        (tmp_path / "gone.txt").write_text(text)
        with pytest.raises(ValidationError, match="读不出来"):
            validate_password("a long phrase that nobody has typed")
    settings.LEAKED_PASSWORDS = listed(tmp_path)
    call_command("check")
