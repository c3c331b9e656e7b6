"""Numbers of rows as they come in a request."""

import pytest

from core.numbers import DIGITS, number_in


@pytest.mark.parametrize(
    "text", ["", " 1", "-1", "+1", "1.0", "½", "²", "１２", "٣", "0x1", "1_0"]
)
def test_what_is_no_number_of_ours(text):
    assert number_in(text) == 0


def test_no_column_is_asked_for_what_it_cannot_hold():
    assert number_in("9" * DIGITS) == 10**DIGITS - 1 < 2**63
    assert number_in("9" * (DIGITS + 1)) == number_in("9" * 4_000) == 0
    assert number_in("1234", digits=3) == 0
    assert (number_in("7"), number_in("007")) == (7, 7)
