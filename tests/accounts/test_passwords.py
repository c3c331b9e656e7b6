"""Words of this place make no password."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError


@pytest.mark.parametrize(
    "password",
    [
        "Yishi-admin-2026",
        "organiser12345",
        "街道办事处2026!!",
        "yeweihui_888888",
        "password-password",
    ],
)
def test_words_of_this_place_are_refused(password):
    with pytest.raises(ValidationError, match="名字加数字"):
        validate_password(password)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "我家物业门口有三棵老槐树",
        "street lamps sing softly",
        "x" * 5 + "q7" * 40,
    ],
)
def test_a_sentence_may_hold_one(password):
    validate_password(password)


def test_a_hundred_letters_are_taken_and_any_sign():
    validate_password("长句子 with spaces, ✓ and 🀄 " * 5)
