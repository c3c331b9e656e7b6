from hypothesis import given
from hypothesis import strategies as st

from disclosures.domain.wording import (
    COVER,
    covered,
    covering_reasons,
    letters_covered,
    numbers_in,
)


def test_words_are_covered_and_nothing_else_changes():
    assert covered("张三家的车位", ["张三"]) == "＊＊家的车位"
    assert covered("张三丰和张三", ["张三", "张三丰"]) == "＊＊＊和＊＊"
    assert covered("没有", ["", "  "]) == "没有"


@given(st.text(alphabet="甲乙丙丁"), st.lists(st.text(alphabet="甲乙丙丁", max_size=3)))
def test_length_stays_and_every_letter_is_itself_or_covered(text, words):
    shown = covered(text, words)
    assert len(shown) == len(text)
    assert all(now in (then, COVER) for now, then in zip(shown, text, strict=True))
    assert not any(word in shown for word in words if word)


def test_something_is_left_to_read():
    assert covering_reasons("张三？", ["张三"])[0].field == "covered"
    assert covering_reasons("张三？", ["李四"]) == []
    assert covering_reasons("张三家", ["张三"]) == []
    assert covering_reasons("……", []) == []


def test_letters_are_counted_once():
    assert letters_covered("张三丰和张三", ["张三", "张三丰"]) == 5
    assert letters_covered("张三", ["李四"]) == 0


def test_numbers_of_people_are_found_as_written():
    text = "我是13900001234，卡６２２２ 0000 0000 0427，合同18000元，电话0556-0000000"
    assert numbers_in(text) == ["13900001234", "６２２２ 0000 0000 0427"]


def test_a_number_of_a_person_is_covered_before_it_is_shown():
    text = "请打１３９００００１２３４问"
    [one] = covering_reasons(text, [])
    assert (one.code, one.field) == ("covered.number", "covered")
    # Another spelling of it covers nothing.
    assert covering_reasons(text, ["13900001234"])[0].code == "covered.number"
    assert covering_reasons(text, ["１３９００００１２３４"]) == []
    beside = "张三 13900001234"
    assert covering_reasons("有广告", [], beside)[0].code == "covered.number"
    assert covering_reasons("有广告", ["13900001234"], beside) == []
    assert covering_reasons("有广告", [beside], beside) == []
