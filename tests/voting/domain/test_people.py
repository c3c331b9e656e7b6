import pytest

from voting.domain.people import family_name, same_person, tails

STORED = tails([("王一", "99999900000000123X"), ("欧阳明月", "999999000000004567")])


@pytest.mark.parametrize(
    ("name", "tail", "right"),
    [
        ("王", "00123X", True),
        ("王一", "00123x", True),
        (" 王 ", " ００１２３Ｘ ", True),
        ("欧阳", "004567", True),
        ("欧", "004567", False),
        ("王", "004567", False),  # the number of the other
        ("李", "00123X", False),
        ("王", "0123X", False),
        ("", "00123X", False),
        ("王", "", False),
    ],
)
def test_both_must_fit_one_person(name, tail, right):
    assert same_person(STORED, name, tail) is right


def test_nobody_passes_where_no_number_is_known():
    assert not same_person(tails([("王一", "")]), "王", "")
    assert not same_person("", "王", "123456")


def test_family_names():
    assert [family_name(name) for name in ("王一", "欧阳明月", "司马", "样例公司")] == [
        "王",
        "欧阳",
        "司马",
        "样",
    ]
