"""Places as people write them, in the real divisions of the two cities."""

import pytest
from django.utils import timezone

from committees.domain.places import Place, PlaceIndex
from committees.selectors.register import place_names
from registry.services.places import load_divisions, shipped_divisions

INDEX = PlaceIndex([Place(*one) for one in shipped_divisions()])


def test_every_place_is_found_as_the_register_writes_it() -> None:
    every = [one for one in shipped_divisions() if one.level > 2]
    assert len(every) > 4_000
    for one in every:
        assert INDEX.find(INDEX.written(one.code)) == one.code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("安庆市大观区、德宽路街道", "340803001000"),
        ("大观区德宽路街道", "340803001000"),
        ("安徽省安庆市 大观区／德宽路街道", "340803001000"),
        ("安庆市迎江区", "340802000000"),
        ("经开区", "340871000000"),
        ("安庆市经开区", "340871000000"),
        ("德宽路街道", None),  # a street without its district is not asked for
        ("大观区", "340803000000"),
        ("市中区", "370402000000"),
        ("火星区", None),
        ("", None),
    ],
)
def test_as_people_write(text: str, code: str | None) -> None:
    assert INDEX.find(text) == code


def test_a_community_with_and_without_its_body() -> None:
    street = next(one for one in shipped_divisions() if one.code == "340803001000")
    for one in shipped_divisions():
        if one.parent != street.code:
            continue
        short = one.name.removesuffix("居委会")
        for text in (f"大观区、德宽路街道、{short}", f"德宽路街道{one.name}"):
            assert INDEX.find(text) == one.code


def test_what_may_have_been_meant() -> None:
    assert "安庆市大观区、德宽路街道" in INDEX.near("大观区得宽路街道")
    assert INDEX.near("abc") == []


def test_two_places_of_one_name_lead_to_neither() -> None:
    index = PlaceIndex(
        [
            Place("1", "样例市", 2, ""),
            Place("11", "东区", 3, "1"),
            Place("12", "西区", 3, "1"),
            Place("111", "中街道", 4, "11"),
            Place("121", "中街道", 4, "12"),
            Place("1111", "和平社区", 5, "111"),
            Place("1211", "和平社区", 5, "121"),
        ]
    )
    assert index.find("中街道和平社区") is None
    assert index.find("东区中街道和平社区") == "1111"
    assert index.find("样例市西区、中街道、和平社区居委会") == "1211"


@pytest.mark.django_db
def test_the_names_of_a_few_places_are_those_of_the_index() -> None:
    load_divisions(actor="test", at=timezone.now())
    codes = [one.code for one in shipped_divisions() if one.level == 5][::97]
    assert place_names(codes) == {code: INDEX.written(code) for code in codes}
