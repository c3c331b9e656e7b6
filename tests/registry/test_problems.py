"""The numbered problems are those of the city's paper."""

from registry.domain.problems import CLASSES, ITEMS, NOT_DILIGENT, OTHER

# Anqing 建物发〔2023〕300号, annex 2: (一) 1-4, (二) 5-14, (三) 15-17, (四) 18-19, (五) 20-22.
LAST = {1: 4, 2: 14, 3: 17, 4: 19, 5: 22}


def test_numbers_and_classes() -> None:
    assert list(ITEMS) == list(range(1, 23))
    for number, item in ITEMS.items():
        assert item.group == min(group for group, last in LAST.items() if number <= last)
        assert item.words.endswith("。")
        assert len(item.words) >= 10
    assert set(CLASSES) == set(LAST)
    assert ITEMS[NOT_DILIGENT].group == OTHER
