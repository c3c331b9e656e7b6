import secrets

import pytest

from core.codes import ALPHABET, new_code, read_code


def test_a_new_code_is_read_back():
    code = new_code(12, secrets.choice)
    assert read_code(code) == code


def test_crockford_has_no_letters_that_look_like_others():
    assert len(set(ALPHABET)) == 32
    assert not set("ILOU") & set(ALPHABET)


@pytest.mark.parametrize(
    "typed",
    ["7K4M-2QXH-9T30", " 7k4m 2qxh 9t3o ", "７Ｋ４Ｍ２ＱＸＨ９Ｔ３０", "7k4m2qxh-9t3O"],
)
def test_what_people_type(typed):
    assert read_code(typed) == "7K4M2QXH9T30"


@pytest.mark.parametrize(
    "typed", ["", "7K4M", "7K4M2QXH9T3W1", "7K4M2QXH9T3U", "7K4M2QXH9T3'", "x" * 10_000_000]
)
def test_what_is_no_code(typed):
    assert read_code(typed) is None
