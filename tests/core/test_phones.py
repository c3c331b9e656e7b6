"""Phones printed for everybody."""

import pytest

from core.phones import is_public_phone


@pytest.mark.parametrize(
    "text",
    [
        "12345",
        "0000-0000000",
        "000 0000 0000-12",
        "10000000001",
        "400-000-0000",
        "(0000)0000000",
        "（０００0）0000000 转 801",
        "0000-0000000转801",
        "0000-0000000转分机801",
        "+86 0000 0000000",
        " 0000—0000000 ",
    ],
)
def test_what_can_be_dialled(text):
    assert is_public_phone(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "1234",
        "0000-abcdefg",
        "0000-0000000转",
        "转801",
        "00转12345",
        "(0000 0000000",
        "0000-0000000、0000-0000001",
        "0000-0000000\n12345",
        "٠٠٠٠٠٠٠",
        "0" * 21,
        "-00000",
    ],
)
def test_what_cannot(text):
    assert not is_public_phone(text)
