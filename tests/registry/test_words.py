"""Fixed words of the register in the reader's language; everything else as written."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from accounts.kinds import kind_words
from registry.words import register_word


@pytest.mark.parametrize("text", ["1/2", "", "共有（见附页）", "护照号"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_what_is_no_fixed_word_stays(text: str, language: str) -> None:
    with override(language):
        assert register_word(text) == text


@pytest.mark.parametrize(
    ("language", "shown"), [("zh-hans", "统一社会信用代码"), ("en", "credit code")]
)
def test_a_fixed_word_is_the_readers(language: str, shown: str) -> None:
    with override(language):
        assert register_word("统一社会信用代码") == shown


@pytest.mark.parametrize("text", ["居民身份证", "共同共有", "按份共有", "单独所有"])
def test_in_chinese_it_is_the_registers(text: str) -> None:
    with override("zh-hans"):
        assert register_word(text) == text


def test_a_list_has_the_commas_of_the_language() -> None:
    with override("en"):
        assert ", " in kind_words(["name", "phone"])
        assert "、" not in kind_words(["name", "phone"])
    with override("zh-hans"):
        assert "、" in kind_words(["name", "phone"])
